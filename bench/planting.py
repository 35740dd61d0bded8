"""How a defect is planted into an output that is right but for it. Which ones: `plants`; who looks: `verify_plants`.

A `Bed` makes the films and their good outputs once; a `Plant` spoils one of them: packets are dropped, doubled or moved
by PyAV, pictures by ffmpeg's filters, so nothing of Suture's own code takes part.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from bench.film import make_film

from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_X264 = "-c:v libx264 -crf 26 -preset ultrafast -fps_mode passthrough"
_COPY = "-map 0 -c copy"
_TO_MP4 = "-map 0:v -map 0:a -map 0:s -c copy -c:s mov_text"
_ENCODE = f"-map 0 -c copy {_X264}"
_HDR = (
    "-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le "
    "-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc "
    "-x265-params log-level=error:hdr10=1:repeat-headers=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
)
MASTER = ":master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400"
QUICK = ("--quick",)
# PyAV's; its stubs do not know what a packet of each kind can do.
Packet = Any
# The frame in which, and the packet of sound in which, something is planted.
FRAME, SOUND = 47, 60


@dataclass
class Bed:
    """Films in a folder, each made once."""

    folder: Path
    made: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def film(self) -> Path:
        """Eight seconds with everything."""
        return self._once("film.mkv", lambda path: make_film(path, "320x180", 8))

    @property
    def hdr(self) -> Path:
        """Two seconds of HDR10."""
        source = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=24:d=2"]
        return self._once("hdr.mkv", lambda path: ffmpeg(*source, *f"{_HDR}{MASTER}".split(), path))

    @property
    def wide(self) -> Path:
        """Two seconds of pixels that are not square."""
        source = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=24:d=2", "-vf", "setsar=64/45"]
        return self._once("wide.mkv", lambda path: ffmpeg(*source, *_X264.split(), path))

    def source(self, plant: Plant) -> Path:
        """What a plant's output is compared with."""
        path: Path = getattr(self, plant.bed)
        return path

    def good_encode(self) -> Path:
        """A good encode."""
        return self._once("encoded.mkv", lambda path: ffmpeg("-i", self.film, *_ENCODE.split(), path))

    def output(self, name: str) -> Path:
        """A place for an output."""
        return self.folder / f"spoiled-{name}"

    def _once(self, name: str, make: Callable[[Path], object]) -> Path:
        if name not in self.made:
            make(self.folder / name)
            self.made[name] = self.folder / name
        return self.made[name]


@dataclass(frozen=True)
class Plant:
    """One defect.

    Args:
        name: what it is.
        kinds: of findings, one of which must come first.
        make: makes the output.
        bed: with which film.
        ways: options under which it has to be found.
    """

    name: str
    kinds: tuple[str, ...]
    make: Callable[[Bed], Path]
    bed: str = "film"
    ways: tuple[tuple[str, ...], ...] = ((), QUICK)


def ffmpeg(*arguments: str | Path) -> None:
    """Run ffmpeg; raises when it fails."""
    subprocess.run([locate(), "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


def remuxed(
    source: Path,
    output: Path,
    change: Callable[[Any, Any], Sequence[Any]],
    *,
    keep: Callable[[Any], bool] = lambda _: True,
) -> Path:
    """Copy a file packet by packet.

    Args:
        source: the file.
        output: its copy.
        change: gets a packet and its number within its stream, gives the packets to write.
        keep: whether a stream stays.
    """
    with (
        av.open(str(source)) as one,
        av.open(str(output), "w", container_options={"avoid_negative_ts": "disabled"}) as other,
    ):
        mine = [s for s in one.streams if s.type in {"video", "audio", "subtitle"} and keep(s)]
        theirs = {}
        for stream in mine:
            theirs[stream.index] = other.add_stream_from_template(stream, opaque=True)
            theirs[stream.index].metadata.update(stream.metadata)
            theirs[stream.index].disposition = stream.disposition
            theirs[stream.index].time_base = stream.time_base
        other.metadata.update(one.metadata)
        other.set_chapters(one.chapters())
        for item in one.streams.attachments:
            other.add_attachment(item.name or "", item.mimetype or "", item.data)
        counts = dict.fromkeys(theirs, -1)
        for packet in one.demux(mine):
            if not packet.size:
                continue
            counts[packet.stream_index] += 1
            number, index = counts[packet.stream_index], packet.stream_index
            for each in change(packet, number):
                each.dts = None if packet.pts is None else each.dts
                each.stream = theirs[index]
                other.mux(each)
    return output


def _is(packet: Packet, kind: str, index: int = 0) -> bool:
    stream = packet.stream
    same = [s for s in stream.container.streams if s.type == kind]
    return bool(stream.type == kind and same[index].index == stream.index)


def dropped(kind: str, number: int, of: Callable[[Bed], Path]) -> Callable[[Bed], Path]:
    """Without one packet of the first stream of a kind."""

    def make(bed: Bed) -> Path:
        return remuxed(of(bed), bed.output("dropped.mkv"), lambda p, n: [] if _is(p, kind) and n == number else [p])

    return make


def doubled(bed: Bed) -> Path:
    """One packet of sound twice."""

    def change(packet: Packet, number: int) -> list[Any]:
        if not (_is(packet, "audio") and number == SOUND):
            return [packet]
        again = av.Packet(bytes(packet))
        again.pts, again.dts, again.time_base, again.duration = packet.pts + 1, packet.dts + 1, packet.time_base, 20
        return [packet, again]

    return remuxed(bed.film, bed.output("doubled.mkv"), change)


def swapped(bed: Bed) -> Path:
    """Two packets of sound, each at the other's time."""
    held: list[Any] = []

    def change(packet: Packet, number: int) -> list[Any]:
        if not _is(packet, "audio") or number not in {SOUND, SOUND + 1}:
            return [packet]
        held.append(packet)
        if number == SOUND:
            return []
        first, second = held
        first.pts, second.pts = second.pts, first.pts
        first.dts, second.dts = second.dts, first.dts
        return [second, first]

    return remuxed(bed.film, bed.output("swapped.mkv"), change)


def later(kind: str, seconds: Fraction, output: str, first: int = 0, last: int = 10**9) -> Callable[[Bed], Path]:
    """Packets of a stream, from ``first`` to before ``last``, later by a time."""

    def make(bed: Bed) -> Path:
        def change(packet: Packet, number: int) -> list[Any]:
            if _is(packet, kind) and first <= number < last:
                ticks = int(seconds / packet.time_base)
                packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
            return [packet]

        return remuxed(bed.film, bed.output(output), change)

    return make


def corrupt(kind: str, number: int) -> Callable[[Bed], Path]:
    """Four bytes in the middle of one packet."""

    def make(bed: Bed) -> Path:
        data = bytearray(bed.film.read_bytes())
        with av.open(str(bed.film)) as container:
            packet = [bytes(p) for p in container.demux(**{kind: 0}) if p.size][number]
        at = data.find(packet) + len(packet) // 2
        data[at : at + 4] = bytes(byte ^ 0x5A for byte in data[at : at + 4])
        output = bed.output("corrupt.mkv")
        output.write_bytes(data)
        return output

    return make


def truncated(source: Callable[[Bed], Path], extension: str) -> Callable[[Bed], Path]:
    """Without its last quarter."""

    def make(bed: Bed) -> Path:
        content = source(bed).read_bytes()
        output = bed.output(f"truncated.{extension}")
        output.write_bytes(content[: len(content) * 3 // 4])
        return output

    return make


def without(word: str) -> Callable[[Bed], Path]:
    """A copy without a stream, a font, chapters …: in ffmpeg's words."""

    def make(bed: Bed) -> Path:
        output = bed.output("without.mkv")
        ffmpeg("-i", bed.film, *_COPY.split(), *word.split(), output)
        return output

    return make


def filtered(graph: str, more: str = "") -> Callable[[Bed], Path]:
    """An encode whose pictures a filter has spoiled."""

    def make(bed: Bed) -> Path:
        output = bed.output("filtered.mkv")
        maps = "-map [v] -map 0:a -map 0:s -map 0:t -c copy"
        ffmpeg("-i", bed.film, "-filter_complex", f"[0:v]{graph}[v]", *f"{maps} {_X264} {more}".split(), output)
        return output

    return make


def freeze(first: int, second: int) -> str:
    """Two pictures, each in the other's place."""
    there = f"freezeframes=first={first}:last={first}:replace={second}"
    back = f"freezeframes=first={second}:last={second}:replace={first}"
    return f"split=3[a][b][c];[a][b]{there}[d];[d][c]{back}"


def late_sound(bed: Bed) -> Path:
    """Sound that was encoded 20 ms late."""
    output = bed.output("late.mkv")
    ffmpeg("-i", bed.film, *f"{_ENCODE} -c:a:0 aac -b:a:0 128k -filter:a:0 adelay=20:all=1".split(), output)
    return output


def tags(name: str, words: str, source: str = "film") -> Callable[[Bed], Path]:
    """Another copy, with these words of ffmpeg's about tags and roles."""

    def make(bed: Bed) -> Path:
        output = bed.output(f"{name}.mkv")
        ffmpeg("-i", getattr(bed, source), *_COPY.split(), *words.split(), output)
        return output

    return make


def hdr(parameters: str) -> Callable[[Bed], Path]:
    """HDR10 encoded anew with these parameters of x265's."""

    def make(bed: Bed) -> Path:
        output = bed.output("hdr.mkv")
        source: list[str | Path] = [
            "-i",
            bed.hdr,
            "-vf",
            "sidedata=delete:type=MASTERING_DISPLAY_METADATA,sidedata=delete:type=CONTENT_LIGHT_LEVEL",
        ]
        ffmpeg(*source, *f"{_HDR}{parameters}".split(), output)
        return output

    return make


def plain_pixels(bed: Bed) -> Path:
    """Pixels that were not square, labelled as square."""
    output = bed.output("square.mkv")
    ffmpeg("-i", bed.wide, "-vf", "setsar=1", *_X264.split(), output)
    return output


def sdr(bed: Bed) -> Path:
    """HDR10 labelled as BT.709."""
    output = bed.output("sdr.mkv")
    labels = "-color_primaries bt709 -color_trc bt709 -colorspace bt709"
    ffmpeg(
        "-i",
        bed.hdr,
        "-vf",
        "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709",
        *_X264.split(),
        *labels.split(),
        output,
    )
    return output


def late_line(bed: Bed) -> Path:
    """One line of the second subtitle half a second late."""

    def change(packet: Packet, number: int) -> list[Any]:
        if _is(packet, "subtitle", 1) and number == 1:
            packet.pts, packet.dts = packet.pts + 500, packet.dts + 500
        return [packet]

    return remuxed(bed.film, bed.output("late-line.mkv"), change)


def lost_line(bed: Bed) -> Path:
    """One line of the second subtitle missing."""
    made = bed.output("lost-line.mkv")
    return remuxed(bed.film, made, lambda p, n: [] if _is(p, "subtitle", 1) and n == 1 else [p])


def converted(bed: Bed) -> Path:
    """As `lost_line`, and in MP4."""
    output = bed.output("lost-line.mp4")
    ffmpeg("-i", lost_line(bed), *_TO_MP4.split(), output)
    return output


def film(bed: Bed) -> Path:
    """The film itself, which is a good copy."""
    return bed.film


def encoded(bed: Bed) -> Path:
    """A good encode."""
    return bed.good_encode()


def lost_chapter(bed: Bed) -> Path:
    """The second of three, on the way through ffmpeg's own description of a file."""
    text, output = bed.folder / "chapters.txt", bed.output("chapter.mkv")
    ffmpeg("-i", bed.film, "-f", "ffmetadata", text)
    parts = text.read_text().split("[CHAPTER]")
    text.write_text("[CHAPTER]".join([parts[0], parts[1], *parts[3:]]))
    ffmpeg("-i", bed.film, "-i", text, *_COPY.split(), "-map_chapters", "1", output)
    return output
