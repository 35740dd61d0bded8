"""Does a piece decode? All of it, or its last group of pictures, up to where the next piece begins.

Its beginning is a keyframe and is decoded in the output (`suture.verify`); its end can't be without all that its last
keyframe is followed by, which is done here, beside the encoding. `look` asks a child, `decode_piece` is what that does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from suture.errors import ChunkError, ProbeError
from suture.media.isolated import call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from suture.process import CancelToken

__all__ = ["decode_piece", "look"]

_REPORT_EVERY: Final = 50


def look(path: str, *, whole: bool, cancel: CancelToken) -> None:
    """Decode a piece in a child process.

    Args:
        path: the piece, of one video stream.
        whole: all of it; else from its last keyframe on.
        cancel: stops it when set.

    Raises:
        ChunkError: it does not decode, or not to as many pictures as it has packets.
        CommandCancelled: it was stopped.
        CommandTimeout: the decoder hung.
    """
    try:
        call("decode", cancel=cancel, on_progress=lambda _number: None, path=path, whole=whole)
    except ProbeError as error:
        raise ChunkError(f"what was encoded does not decode: {error.message}", "it is made again") from error


def decode_piece(path: str, *, whole: bool, on_progress: Callable[[int], None] | None = None) -> int:
    """As `look`, in this process. Gives the number of pictures.

    Raises:
        ChunkError: as there.
        ProbeError: it can't be opened.
    """
    import av  # noqa: PLC0415 - loads only where it is used

    from suture.media.inspect import Concealed, checked  # noqa: PLC0415 - as above
    from suture.media.opening import open_input  # noqa: PLC0415 - as above

    shown, seen = set[int](), set[int]()
    with open_input(path) as container:
        stream = container.streams.video[0]
        packets = (packet for packet in container.demux(stream) if packet.size)
        chosen = packets if whole else iter(_last_group(packets))
        try:
            for frame in checked(stream, _pictures(stream, chosen, shown)):
                if frame.is_corrupt:
                    raise ChunkError("what was encoded decodes to a damaged picture", "it is made again")
                seen.add(frame.pts)
                if on_progress is not None and len(seen) % _REPORT_EVERY == 0:
                    on_progress(len(seen))
        except (av.error.FFmpegError, Concealed) as error:
            raise ChunkError(f"what was encoded does not decode: {error}", "it is made again") from None
    if lost := shown - seen:
        raise ChunkError(f"{len(lost)} of {len(shown)} pictures of what was encoded do not decode", "it is made again")
    return len(seen)


def _last_group(packets: Iterable[Any]) -> list[Any]:
    """The packets from the last keyframe on."""
    group: list[Any] = []
    for packet in packets:
        if packet.is_keyframe:
            group.clear()
        group.append(packet)
    return group


def _pictures(stream: Any, packets: Iterator[Any], shown: set[int]) -> Iterator[Any]:  # noqa: ANN401
    """What packets decode to, those of the decoder's delay included; their times go into ``shown``."""
    for packet in packets:
        if packet.pts is not None:
            shown.add(packet.pts)
        yield from packet.decode()
    yield from stream.codec_context.decode(None)
