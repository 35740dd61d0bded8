"""Everything in a file, read once: each stream's packets by time, size and digest, subtitles' lines, fonts, pictures.

What `suture.verify` compares two files by. Digests are of what a decoder sees (`framing`), so a packet has the same in
every container. `read_contents` asks a child process; `contents_file` is what that child does.
"""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from suture.media import isolated
from suture.media.framing import barer

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.media.cues import Cue
    from suture.process import CancelToken

__all__ = ["NO_TIME", "Contents", "Packets", "contents_file", "read_contents"]

# In place of a timestamp that a packet does not have. Source: AV_NOPTS_VALUE.
NO_TIME: Final = -(2**63)
_REPORT_EVERY: Final = 5000
# Opening and listening; between two reports there are far fewer than a minute's packets.
_PATIENCE_S: Final = 600.0
_PICTURE: Final = "attached_pic"
_BITMAPS: Final = frozenset({"dvd_subtitle", "hdmv_pgs_subtitle", "dvb_subtitle", "xsub", "dvb_teletext"})


@dataclass(slots=True, eq=False)
class Packets:
    """One stream, packet by packet, in the file's order (which is decoding order).

    Args:
        index: the stream's index in its file.
        kind: ``video``, ``audio``, ``subtitle``, ``data``.
        codec: libavcodec's name.
        time_base: of ``pts`` and ``durations``.
        pts: presentation times in ticks; `NO_TIME` where there is none.
        durations: in ticks; 0 where it is not told.
        digests: of what a decoder sees.
        hidden: 1 where an edit list hides it; 2 where it is sound of which nothing is heard.
        whole: a digest of all bytes in a row, and their number: samples that are cut into packets at will.
        header: a digest of the stream's header (a subtitle's styles).
        cues: of a text subtitle: its lines, by time.
    """

    index: int
    kind: str
    codec: str
    time_base: Fraction
    pts: array[int] = field(default_factory=lambda: array("q"))
    durations: array[int] = field(default_factory=lambda: array("q"))
    digests: array[int] = field(default_factory=lambda: array("Q"))
    hidden: bytearray = field(default_factory=bytearray)
    whole: str = ""
    header: str = ""
    cues: tuple[Cue, ...] = ()

    def __len__(self) -> int:
        return len(self.pts)

    def time(self, number: int) -> Fraction | None:
        """When a packet is shown, in seconds."""
        ticks = self.pts[number]
        return None if ticks == NO_TIME else ticks * self.time_base

    def shown(self) -> list[int]:
        """Numbers of the packets that are not hidden."""
        return [n for n, hidden in enumerate(self.hidden) if not hidden]


@dataclass(frozen=True, slots=True)
class Contents:
    """A file.

    Args:
        streams: by index, still pictures apart.
        pictures: digests of cover art, by stream index.
        attachments: digests of attached files, by stream index.
        cut_short: what libavformat says of a file that ends too early.
    """

    streams: dict[int, Packets]
    pictures: dict[int, str]
    attachments: dict[int, str]
    cut_short: tuple[str, ...] = ()


def read_contents(
    path: str, folder: str, *, on_progress: Callable[[int], None] | None = None, cancel: CancelToken | None = None
) -> Contents:
    """Read a file in a child process.

    Args:
        path: the file.
        folder: an existing folder for what the child finds; nothing stays there.
        on_progress: told the number of packets so far.
        cancel: stops it.

    Raises:
        ProbeError: it can't be opened, or its parser crashed.
        CommandCancelled: ``cancel`` was set.
    """
    place = Path(folder, "contents")
    told = isolated.call(
        "contents", timeout_s=_PATIENCE_S, on_progress=on_progress, cancel=cancel, path=path, output=str(place)
    )
    try:
        return _read_back(told, place.read_bytes())
    finally:
        place.unlink(missing_ok=True)


def _read_back(told: dict[str, Any], data: bytes) -> Contents:
    from suture.media.cues import Cue  # noqa: PLC0415 - av loads only where it is used

    streams, at = {}, 0
    for head in told["streams"]:
        count = head.pop("packets")
        cues = tuple(Cue(*cue) for cue in head.pop("cues"))
        found = Packets(**{**head, "time_base": Fraction(head["time_base"])}, cues=cues)
        for column in (found.pts, found.durations, found.digests):
            column.frombytes(data[at : at + 8 * count])
            at += 8 * count
        found.hidden = bytearray(data[at : at + count])
        at += count
        streams[found.index] = found
    pictures, attachments = ({int(n): each for n, each in told[name].items()} for name in ("pictures", "attachments"))
    return Contents(streams, pictures, attachments, tuple(told["cut_short"]))


def contents_file(path: str, output: str, on_progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Read all packets of a file; the runner of the parser child. The columns of numbers go to ``output``.

    Raises:
        ProbeError: it can't be opened.
    """
    import av.error  # noqa: PLC0415 - av loads only where it is used

    from suture.media.opening import complaints, open_input  # noqa: PLC0415 - as above

    cut_short: list[str] = []
    with open_input(path) as container, complaints(cut_short):
        reading = _Reading(container)
        try:
            reading.run(on_progress)
        except av.error.FFmpegError as error:
            cut_short.append(f"it can't be read to its end: {error}")
        heads = [reader.head() for reader in reading.readers.values()]
        with Path(output).open("wb") as file:
            for reader in reading.readers.values():
                reader.write(file)
        attachments = {s.index: _digest(s.data) for s in container.streams.attachments}
    return {"streams": heads, "pictures": reading.pictures, "attachments": attachments, "cut_short": cut_short}


class _Reading:
    """One pass over a container."""

    def __init__(self, container: Any) -> None:  # noqa: ANN401 - PyAV's
        self._container = container
        self.pictures: dict[int, str] = {}
        self.readers = {
            stream.index: _Reader(stream)
            for stream in container.streams
            if stream.type in {"video", "audio", "subtitle", "data"} and not _is_picture(stream)
        }

    def run(self, on_progress: Callable[[int], None] | None) -> None:
        """Read to the end."""
        streams = [s for s in self._container.streams if s.index in self.readers or _is_picture(s)]
        for number, packet in enumerate(self._container.demux(streams), 1):
            if on_progress is not None and number % _REPORT_EVERY == 0:
                on_progress(number)
            if not packet.size:
                continue
            if reader := self.readers.get(packet.stream_index):
                reader.see(packet)
            else:
                self.pictures.setdefault(packet.stream_index, _digest(bytes(packet)))


class _Reader:
    """What the packets of one stream come to."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - PyAV's
        context = stream.codec_context
        codec = context.codec.canonical_name if context else "unknown"
        header = bytes(getattr(context, "extradata", None) or b"")
        self.found = Packets(stream.index, stream.type, codec, Fraction(stream.time_base or 1))
        self.found.header = _digest(b"".join(header.split()))
        self._cues: list[Cue] = []
        self._bare = barer(codec, header)
        self._all = hashlib.blake2b(digest_size=16) if codec.startswith("pcm_") else None
        self._bytes = 0
        self._rate = context.rate or 0 if stream.type == "audio" and context is not None else 0
        self._reads_lines = stream.type == "subtitle" and context is not None and codec not in _BITMAPS

    def see(self, packet: Any) -> None:  # noqa: ANN401 - PyAV's
        """Take one packet."""
        data, found = bytes(packet), self.found
        look = _number(self._bare(data))
        if self._reads_lines:
            self._read_line(packet, data)
        found.pts.append(NO_TIME if packet.pts is None else packet.pts)
        found.durations.append(packet.duration or 0)
        found.digests.append(look)
        found.hidden.append(1 if packet.is_discard else 2 * self._is_unheard(packet))
        self._bytes += len(data)
        if self._all is not None:
            self._all.update(data)

    def _is_unheard(self, packet: Any) -> bool:  # noqa: ANN401 - PyAV's
        """Whether all of it is priming: Matroska says so by its delay, where MP4 has an edit list."""
        from suture.media.copied import skipped  # noqa: PLC0415 - av loads only where it is used

        before = skipped(packet)[0] if self._rate else 0
        return before > 0 and Fraction(before, self._rate) > ((packet.duration or 0) - 1) * self.found.time_base

    def _read_line(self, packet: Any, data: bytes) -> None:  # noqa: ANN401 - PyAV's
        from suture.media.cues import cue_of  # noqa: PLC0415 - av loads only where it is used

        # In Matroska an ASS line begins with its number in the order of reading, which a cut changes.
        said = data.partition(b",")[2] if self.found.codec in {"ass", "ssa"} else data
        if (cue := cue_of(packet, _number(said))) is not None:
            self._cues.append(cue)

    def head(self) -> dict[str, Any]:
        """What is no column of numbers, for JSON."""
        found = self.found
        cues = [(c.start, c.duration, c.text, c.look) for c in sorted(self._cues, key=lambda cue: cue.start)]
        return {
            "index": found.index,
            "kind": found.kind,
            "codec": found.codec,
            "time_base": str(found.time_base),
            "whole": f"{self._bytes} {self._all.hexdigest()}" if self._all else "",
            "header": found.header,
            "packets": len(found),
            "cues": cues,
        }

    def write(self, file: Any) -> None:  # noqa: ANN401 - an open file
        """The columns, in the order in which they are read back."""
        found = self.found
        for column in (found.pts, found.durations, found.digests, found.hidden):
            file.write(bytes(memoryview(column).cast("B")))


def _is_picture(stream: Any) -> bool:  # noqa: ANN401 - PyAV's
    return any(flag.name == _PICTURE for flag in type(stream.disposition) if flag & stream.disposition)


def _number(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest())


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
