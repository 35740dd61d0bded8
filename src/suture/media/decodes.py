"""Does the end of a piece decode, its last group of pictures, up to where the next piece begins?

Its beginning is a keyframe and is decoded in the output (`suture.verify`); its end can't be without what its last
keyframe is followed by, which is done here, beside the encoding. Of a long group, pictures that no other is made from
are decoded only near the end. `look` asks a child, `decode_piece` is what that does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from suture.errors import ChunkError, CommandFailed, ProbeError
from suture.media.isolated import call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from suture.process import CancelToken

__all__ = ["decode_piece", "look"]

_REPORT_EVERY: Final = 50
# So many packets at the end are decoded, each; and the codecs whose decoders can be told so on the way.
_WHOLE: Final = 24
_SKIPS: Final = frozenset({"h264", "hevc"})


def look(path: str, cancel: CancelToken) -> None:
    """Decode the end of a piece in a child process.

    Args:
        path: the piece, of one video stream.
        cancel: stops it when set.

    Raises:
        CommandFailed: it does not decode, or not to as many pictures as it has packets. It is the encoder's fault, not
            the cut's, so it may be tried again.
        CommandCancelled: it was stopped.
        CommandTimeout: the decoder hung.
    """
    try:
        call("decode", cancel=cancel, on_progress=lambda _number: None, path=path)
    except (ChunkError, ProbeError) as error:
        raise CommandFailed(error.message, "another encoder, or other options, may help", retryable=True) from error


def decode_piece(path: str, on_progress: Callable[[int], None] | None = None) -> int:
    """As `look`, in this process. Gives the number of pictures that were decoded.

    Raises:
        ChunkError: it does not decode.
        ProbeError: it can't be opened.
    """
    import av  # noqa: PLC0415 - loads only where it is used

    from suture.media.inspect import Concealed, checked, hasten  # noqa: PLC0415 - as above
    from suture.media.opening import open_input  # noqa: PLC0415 - as above

    shown, seen = set[int](), set[int]()
    with open_input(path) as container:
        stream = container.streams.video[0]
        hasten(stream)
        group = _last_group(packet for packet in container.demux(stream) if packet.size)
        try:
            for frame in checked(stream, _pictures(stream, group, shown)):
                if frame.is_corrupt:
                    raise ChunkError("what was encoded decodes to a damaged picture")
                seen.add(frame.pts)
                if on_progress is not None and len(seen) % _REPORT_EVERY == 0:
                    on_progress(len(seen))
        except (av.error.FFmpegError, Concealed) as error:
            raise ChunkError(f"what was encoded does not decode: {error}") from None
    if lost := shown - seen:
        raise ChunkError(f"{len(lost)} of {len(shown)} pictures of what was encoded do not decode")
    return len(seen)


def _last_group(packets: Iterable[Any]) -> list[Any]:
    """The packets from the last keyframe on."""
    group: list[Any] = []
    for packet in packets:
        if packet.is_keyframe:
            group.clear()
        group.append(packet)
    return group


def _pictures(stream: Any, packets: list[Any], shown: set[int]) -> Iterator[Any]:  # noqa: ANN401
    """What packets decode to, those of the decoder's delay included; the times that must come go into ``shown``."""
    context = stream.codec_context
    skipped = max(0, len(packets) - _WHOLE) if context.name in _SKIPS else 0
    for number, packet in enumerate(packets):
        context.skip_frame = "NONREF" if number < skipped else "DEFAULT"
        if packet.pts is not None and number >= skipped:
            shown.add(packet.pts)
        yield from packet.decode()
    yield from context.decode(None)
