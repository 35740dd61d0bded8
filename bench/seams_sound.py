"""Sound for the bench of joins: what is encoded, and what comes back.

`make_source` puts music, speech and film sound of a folder of media one behind the other, and hard material of its own
behind those: strokes like castanets, noise that changes its level at once, chords with silence between them. One FLAC
of 16 bits for each rate and number of channels. `decoded` gives a file's samples, `packets` its packets.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import numpy as np
from bench.running import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bench.noise import Sound
    from numpy.typing import NDArray

    Samples = NDArray[np.float64]

__all__ = ["Kind", "Source", "decoded", "hard", "make_source", "packets"]

_LAYOUTS: Final = {1: "mono", 2: "stereo", 6: "5.1"}
# Five different channels of two, and a deep one.
_SURROUND: Final = (
    "pan=5.1|FL=c0|FR=c1|FC=0.5*c0+0.5*c1|LFE=0.3*c0+0.3*c1|BL=0.7*c0-0.3*c1|BR=0.7*c1-0.3*c0,"
    "adelay=0|0|5|0|12|12,channelmap=channel_layout=5.1"
)
_FULL: Final = 32768
_LEAST_S: Final = 20.0
_SCENE_S: Final = 20


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """What a source is like: samples a second, and channels."""

    rate: int
    channels: int

    def __str__(self) -> str:
        return f"{self.rate / 1000:g} kHz {_LAYOUTS[self.channels]}"


@dataclass(frozen=True, slots=True)
class Source:
    """A FLAC file, and its samples."""

    path: Path
    kind: Kind
    sound: Sound

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return len(self.sound) / self.kind.rate


def make_source(ffmpeg: str, kind: Kind, folder: Path, media: Sequence[Path], limit_s: float) -> Source:
    """All excerpts and the hard material; made anew each time.

    Args:
        ffmpeg: the binary that decodes and encodes.
        kind: what to make.
        folder: where the FLAC file is written.
        media: folders with real files; those with sound of 20 s or more are taken.
        limit_s: of real sound, so many seconds, equally much of each file.
    """
    files = [path for path in _listed(media) if _seconds(path) >= _LEAST_S]
    share = limit_s / max(len(files), 1)
    real = [_excerpt(ffmpeg, path, kind, share) for path in files]
    samples = np.concatenate([*real, _rounded(hard(kind))])
    path = folder / f"source-{kind.rate}-{kind.channels}.flac"
    argv = [ffmpeg, "-v", "error", "-y", *_raw(kind), "-i", "-", "-c:a", "flac", str(path)]
    subprocess.run(argv, input=samples.tobytes(), check=True)
    return Source(path, kind, samples.astype(np.float32) / np.float32(_FULL))


def _raw(kind: Kind) -> list[str]:
    """How ffmpeg is told what bare samples are; by the name of the option that all versions have."""
    layout = _LAYOUTS[kind.channels]
    return ["-f", "s16le", "-ar", str(kind.rate), "-ac", str(kind.channels), "-channel_layout", layout]


def _listed(folders: Iterable[Path]) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file()]


def _seconds(path: Path) -> float:
    """How long a file plays that has sound; 0 for anything else."""
    try:
        with av.open(str(path)) as file:
            return (file.duration or 0) / av.time_base if file.streams.audio else 0.0
    except (av.FFmpegError, ValueError):
        return 0.0


def _excerpt(ffmpeg: str, path: Path, kind: Kind, share_s: float) -> NDArray[np.int16]:
    """From the middle of a file: the beginning is often silent."""
    begin = max(0.0, (_seconds(path) - share_s) / 2)
    argv = [ffmpeg, "-v", "error", "-ss", f"{begin:.3f}", "-t", f"{share_s:.3f}", "-i", f"file:{path}", "-map", "0:a:0"]
    form = ["-ar", str(kind.rate), *_mixed(path, kind), "-f", "s16le", "-"]
    made = subprocess.run([*argv, *form], check=True, stdout=subprocess.PIPE).stdout
    return np.frombuffer(made, np.int16).reshape(-1, kind.channels)


def _mixed(path: Path, kind: Kind) -> list[str]:
    with av.open(str(path)) as file:
        has = file.streams.audio[0].codec_context.channels
    surround = kind.channels == 6 and has < kind.channels  # noqa: PLR2004 - 5.1
    before = "aformat=channel_layouts=stereo,"
    return ["-af", before + _SURROUND] if surround else ["-ac", str(kind.channels)]


def hard(kind: Kind) -> Samples:
    """A minute of what encoders like least; always the same."""
    chance = np.random.default_rng(5)
    return np.concatenate([scene(kind, chance) for scene in (_strokes, _steps, _chords)])


def _rounded(samples: Samples) -> NDArray[np.int16]:
    return np.round(np.clip(samples, -0.95, 0.95) * _FULL).astype(np.int16)


def _strokes(kind: Kind, chance: np.random.Generator) -> Samples:
    """Short bursts at irregular times, each in another place of the room, over a quiet tone."""
    time = np.arange(kind.rate * _SCENE_S) / kind.rate
    made = np.repeat(0.01 * np.sin(2 * np.pi * 220 * time)[:, None], kind.channels, axis=1)
    length = round(0.06 * kind.rate)
    fading = np.exp(-np.arange(length) / (0.006 * kind.rate))
    for begin in _times(chance, 0.04, 0.35, kind.rate):
        burst = 0.5 * chance.standard_normal(length) * fading
        place = made[begin : begin + length]
        place += (burst[:, None] * chance.uniform(0.3, 1, kind.channels))[: len(place)]
    return made


def _steps(kind: Kind, chance: np.random.Generator) -> Samples:
    """Noise between -50 and -8 dB whose level and breadth change at once."""
    made = np.zeros((kind.rate * _SCENE_S, kind.channels))
    begins = [0, *_times(chance, 0.3, 1.0, kind.rate)]
    for begin, end in zip(begins, [*begins[1:], len(made)], strict=True):
        level, alike = 10 ** (chance.uniform(-50, -8) / 20), chance.uniform()
        together, apart = (chance.standard_normal((end - begin, n)) for n in (1, kind.channels))
        made[begin:end] = level * (alike * together + (1 - alike) * apart)
    return made


def _chords(kind: Kind, chance: np.random.Generator) -> Samples:
    """A chord each half second, some with noise, each seventh a silence."""
    half = kind.rate // 2
    time = np.arange(half) / kind.rate
    made = []
    for number in range(2 * _SCENE_S):
        tones = chance.uniform(80, 600) * np.arange(1, 12)
        parts = [
            0.15 / n * np.sin(2 * np.pi * tone * time) for n, tone in enumerate(tones, 1) if tone < 0.45 * kind.rate
        ]
        chord = np.sum(parts, axis=0)[:, None] * chance.uniform(0.2, 1, kind.channels)
        noise = 0.1 * chance.standard_normal(chord.shape) * (number % 3 == 0)
        made.append((chord + noise) * (number % 7 != 5))  # noqa: PLR2004 - any of seven
    return np.concatenate(made)


def _times(chance: np.random.Generator, least_s: float, most_s: float, rate: int) -> Iterator[int]:
    """Samples at irregular distances, until the scene is over."""
    at = chance.uniform(least_s, most_s)
    while at < _SCENE_S:
        yield round(at * rate)
        at += chance.uniform(least_s, most_s)


def decoded(ffmpeg: str, path: Path, kind: Kind) -> Sound:
    """All samples of a file's sound, as ffmpeg gives them to anybody: priming and padding as the file declares them.

    Raises:
        RuntimeError: when it does not decode.
    """
    bare = path.with_suffix(".f32")
    form = ["-map", "0:a:0", "-ac", str(kind.channels), "-ar", str(kind.rate), "-f", "f32le", str(bare)]
    done = run([ffmpeg, "-v", "error", "-nostdin", "-y", "-i", f"file:{path}", *form])
    if done.returncode:
        raise RuntimeError(done.stderr)
    sound: Sound = np.fromfile(bare, np.float32).reshape(-1, kind.channels)
    bare.unlink()
    return sound


def packets(path: Path) -> list[bytes]:
    """The packets of a file's sound, in order."""
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(file.streams.audio[0]) if packet.size]
