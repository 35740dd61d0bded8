"""What `bench.compare` lays side by side: encoders with one set of settings, and the command lines of each tool. Pure.

Every tool gets the same source, the same encoder, quality and speed, and no sound (or copies it). What differs is how
it uses the cores. A tool that has no such encoder has no command.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.running import suture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["BARE", "CROWD", "ENCODERS", "PLAIN", "TOOLS", "Case", "Encoder", "available", "command"]

PLAIN: Final = "ffmpeg"
BARE: Final = "bare"
CROWD: Final = "bare, on every core"


@dataclass(frozen=True, slots=True)
class Encoder:
    """One encoder and its settings, in every tool's words.

    Args:
        codec: ffmpeg's name.
        speed: its speed.
        crf: its quality.
        options: the same for ffmpeg, with ``{crf}`` where the quality goes.
        best: what is known to make plain ffmpeg faster; empty: its defaults are the best known.
        single: ffmpeg's options for one thread.
        handbrake: HandBrake's encoder, and its name of the speed; empty: it has none.
        av1an: Av1an's encoder and its options; empty: it has none.
    """

    codec: str
    speed: str
    crf: float
    options: str
    best: str = ""
    single: str = "-threads 1"
    handbrake: tuple[str, str] = ("", "")
    av1an: tuple[str, str] = ("", "")

    def words(self, crf: float | None = None) -> list[str]:
        """Encoder, quality and speed on ffmpeg's command line."""
        return ["-c:v", self.codec, *self.options.format(crf=f"{self.crf if crf is None else crf:g}").split()]


# Tiles and rows: sources: FFmpeg's wiki on VP9 and AV1, "Encode/VP9" and "Encode/AV1". x264, x265 and SVT-AV1 use all
# cores by themselves. rav1e has no threads but tiles.
ENCODERS: Final[dict[str, Encoder]] = {
    "x264": Encoder(
        "libx264",
        "medium",
        23,
        "-preset medium -crf {crf}",
        handbrake=("x264", "medium"),
        av1an=("x264", "--preset medium --crf {crf}"),
    ),
    "x265": Encoder(
        "libx265",
        "medium",
        28,
        "-preset medium -crf {crf}",
        single="-x265-params pools=1:frame-threads=1",
        handbrake=("x265", "medium"),
        av1an=("x265", "--preset medium --crf {crf}"),
    ),
    "svtav1": Encoder(
        "libsvtav1",
        "8",
        35,
        "-preset 8 -crf {crf}",
        single="-svtav1-params lp=1",
        handbrake=("svt_av1", "8"),
        av1an=("svt-av1", "--preset 8 --crf {crf}"),
    ),
    "vp9": Encoder(
        "libvpx-vp9",
        "4",
        31,
        "-deadline good -cpu-used 4 -crf {crf} -b:v 0",
        "-row-mt 1 -tile-columns 2",
        handbrake=("VP9", "faster"),
        av1an=("vpx", "--codec=vp9 --good --cpu-used=4 --end-usage=q --cq-level={crf}"),
    ),
    "aom": Encoder(
        "libaom-av1",
        "6",
        30,
        "-cpu-used 6 -crf {crf} -b:v 0",
        "-row-mt 1 -tiles {tiles}x1",
        av1an=("aom", "--cpu-used=6 --end-usage=q --cq-level={crf}"),
    ),
    "rav1e": Encoder(
        "librav1e",
        "8",
        100,
        "-speed 8 -qp {crf}",
        "-tiles {cores}",
        single="-rav1e-params threads=1",
        av1an=("rav1e", "--speed 8 --quantizer {crf}"),
    ),
}


@dataclass(frozen=True, slots=True)
class Case:
    """What is encoded, and how.

    Args:
        film: the source.
        encoder: one of `ENCODERS`.
        ffmpeg: the binary for all tools that use one.
        cores: that a tool may use.
        scale: ``W:H``; empty: as the source.
        sound: copy it; else it is left out.
        crf: instead of the encoder's.
        piece_s: how long the naive way's pieces are.
        extra: options for Suture alone.
    """

    film: Path
    encoder: Encoder
    ffmpeg: str
    cores: int
    scale: str = ""
    sound: bool = False
    crf: float | None = None
    piece_s: float = 10.0
    extra: tuple[str, ...] = ()

    @property
    def quality(self) -> str:
        """As a command line has it."""
        return f"{self.encoder.crf if self.crf is None else self.crf:g}"

    def tracks(self) -> list[str]:
        """The first picture track and, where it is asked for, all sound, as ffmpeg is told."""
        return ["-map", "0:v:0", *(["-map", "0:a?", "-c:a", "copy"] if self.sound else ["-an"])]

    def scaled(self) -> list[str]:
        """The filter."""
        return ["-vf", f"scale={self.scale}"] if self.scale else []

    def best(self) -> list[str]:
        """The options that make ffmpeg faster on so many cores."""
        return self.encoder.best.format(cores=self.cores, tiles=2 if self.cores < 8 else 4).split()  # noqa: PLR2004


def _ffmpeg(case: Case, output: Path, *more: str, before: tuple[str, ...] = ()) -> list[str]:
    head = [case.ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-y", *before, "-i", f"file:{case.film}"]
    encode = [*case.tracks(), *case.scaled(), *case.encoder.words(case.crf), *more]
    return [*head, *encode, f"file:{output}"]


def _plain(case: Case, output: Path) -> list[str]:
    return _ffmpeg(case, output)


def _best(case: Case, output: Path) -> list[str]:
    return _ffmpeg(case, output, *case.best()) if case.encoder.best else []


def _bare(case: Case, output: Path) -> list[str]:
    """One thread for everything: nothing is spent on sharing."""
    return _ffmpeg(case, output, *case.encoder.single.split(), before=("-threads", "1", "-filter_threads", "1"))


def _crowd(case: Case, output: Path) -> list[str]:
    """As many of these at once as there are cores: what one of them costs while its neighbours are busy."""
    outputs = [output, *(output.with_name(f"{output.stem}-{number}{output.suffix}") for number in range(1, case.cores))]
    return ["sh", "-c", " & ".join(shlex.join(_bare(case, path)) for path in outputs) + " & wait"]


def _suture(case: Case, output: Path) -> list[str]:
    made = ["-c:v", case.encoder.codec, "--crf", case.quality, "--speed", case.encoder.speed]
    maps = ["--map", "0:v:0", *(["--map", "0:a?"] if case.sound else []), "-c:a", "copy" if case.sound else "none"]
    scaled = ["--scale", case.scale] if case.scale else []
    # Nothing is to be learned from, or left for, another run.
    own = ["--ffmpeg", case.ffmpeg, "--json", "-y", "--no-resume"]
    return suture(str(case.film), str(output), *made, *maps, *scaled, *own, *case.extra)


def _naive(case: Case, output: Path) -> list[str]:
    own = [str(case.film), str(output), "--ffmpeg", case.ffmpeg, "--piece", f"{case.piece_s:g}", "-w", str(case.cores)]
    tracks = ["-map", "0:v:0", *(["-map", "0:a?", "-c:a", "copy"] if case.sound else ["-an"])]
    encode = [*tracks, *case.scaled(), *case.encoder.words(case.crf)]
    return [sys.executable, "-m", "bench.compare_naive", *own, "--", *encode]


def _handbrake(case: Case, output: Path) -> list[str]:
    name, speed = case.encoder.handbrake
    if not name:
        return []
    made = ["-e", name, "--encoder-preset", speed, "-q", case.quality, "--vfr"]
    sound = ["--all-audio", "-E", "copy"] if case.sound else ["-a", "none"]
    # As it is: no cropping, no filter, no other shape.
    straight = ["--crop", "0:0:0:0", "--no-comb-detect", "--no-decomb", "--no-deinterlace", "-s", "none"]
    width, _, height = case.scale.partition(":")
    scaled = ["-w", width, "-l", height, "--non-anamorphic"] if case.scale else []
    return ["HandBrakeCLI", "-i", str(case.film), "-o", str(output), "-f", "av_mkv", *made, *sound, *straight, *scaled]


def _av1an(case: Case, output: Path) -> list[str]:
    name, options = case.encoder.av1an
    if not name:
        return []
    made = ["-e", name, "-v", options.format(crf=case.quality)]
    filters = ["-f", " ".join(case.scaled())] if case.scale else []
    sound = ["-a", "-c:a copy" if case.sound else "-an"]
    return [
        "av1an",
        "-i",
        str(case.film),
        "-o",
        str(output),
        "-y",
        "--temp",
        f"{output}.av1an",
        *made,
        *filters,
        *sound,
    ]


TOOLS: Final[dict[str, Callable[[Case, Path], list[str]]]] = {
    PLAIN: _plain,
    "suture": _suture,
    "ffmpeg, best": _best,
    "naive": _naive,
    "HandBrake": _handbrake,
    "Av1an": _av1an,
    BARE: _bare,
    CROWD: _crowd,
}
_PROGRAMS: Final = {"HandBrake": "HandBrakeCLI", "Av1an": "av1an"}


def available(tool: str) -> bool:
    """Whether it is on this machine."""
    return tool not in _PROGRAMS or shutil.which(_PROGRAMS[tool]) is not None


def command(tool: str, case: Case, output: Path) -> list[str]:
    """A tool's command line; empty: it can't do that, or has nothing of its own to try."""
    return TOOLS[tool](case, output)
