"""How much room a job needs on its disks: predicted before the start, watched while it runs. Pure but for two looks.

Pieces and encoded sound lie in the work folder until the output is verified; the output is written beside its final
place, so for a while everything is there twice. A prediction is a guess until pieces are finished; from then on their
size per frame is what counts. What happens when room runs out is the pipeline's business. Sizes are bytes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from suture.planning.pixels import pixels_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["RESERVE", "Disks", "Done", "Film", "Need", "Shortage", "Watch", "disk_of", "free_bytes", "predict"]

# Left alone on every disk: logs, the job's database, and what others write meanwhile.
RESERVE: Final = 64 << 20
# Of a small disk, this part of it.
_RESERVED_PART: Final = 50
# A container's own bytes, beside those of the packets.
_WRAPPING: Final = 1.01
# A lossy encode of a lossy film at the usual quality is seldom larger than it by more.
_OVER_SOURCE: Final = 1.5


@dataclass(frozen=True, slots=True)
class _Lossy:
    """Bits per pixel at a constant quality ``crf``, and by how many steps of it the size halves."""

    bits: float
    crf: float
    halves: float

    def at(self, crf: float | None) -> float:
        """How many times the bits at ``crf`` are the table's."""
        return 1.0 if crf is None else 2.0 ** ((self.crf - crf) / self.halves)


# Source: bench/memory.py (its last column), the hardest of the films there; the halves: FIELD-NOTES 6.
_LOSSY: Final[dict[str, _Lossy]] = {
    "libx264": _Lossy(0.25, 20, 6),
    "libx264rgb": _Lossy(0.5, 20, 6),
    "libx265": _Lossy(0.2, 22, 6),
    "libsvtav1": _Lossy(0.15, 30, 10),
    "libaom-av1": _Lossy(0.15, 30, 10),
    "librav1e": _Lossy(0.15, 90, 40),
    "libvpx-vp9": _Lossy(0.2, 31, 10),
    "mpeg2video": _Lossy(0.6, 4, 4),
    "mpeg4": _Lossy(0.5, 4, 4),
    "mjpeg": _Lossy(1.5, 4, 4),
    "prores_ks": _Lossy(5.0, 0, 1),
}
_ANY_LOSSY: Final = _Lossy(0.5, 20, 6)
# Of the raw size. Source: as above.
_LOSSLESS: Final = {"ffv1": 0.45, "ffvhuff": 0.65, "huffyuv": 0.75, "utvideo": 0.6, "rawvideo": 1.0}


@dataclass(frozen=True, slots=True)
class Film:
    """What is known of one video track that is encoded.

    Args:
        encoder: ffmpeg's name of it.
        frames: how many.
        width: of the output.
        height: of the output.
        pix_fmt: of the output.
        seconds: how long it plays.
        source_bytes: of the same frames in the source; 0: not known, or another size of picture.
        crf: the constant quality; None: the encoder's default.
        bits_per_s: the rate that it is held to, instead.
    """

    encoder: str
    frames: int
    width: int
    height: int
    pix_fmt: str = ""
    seconds: float = 0.0
    source_bytes: int = 0
    crf: float | None = None
    bits_per_s: int | None = None

    @property
    def bytes(self) -> int:
        """How large its pieces will be together, rather too large than too small."""
        if self.bits_per_s is not None:
            return int(self.bits_per_s * self.seconds / 8)
        pixels = self.frames * self.width * self.height
        if (part := _LOSSLESS.get(self.encoder)) is not None:
            return int(pixels * pixels_of(self.pix_fmt).bits * part / 8)
        lossy = _LOSSY.get(self.encoder, _ANY_LOSSY)
        guess = pixels * lossy.bits * lossy.at(self.crf) / 8
        # Asked for more than the usual quality, it may leave any source behind.
        most = self.source_bytes * _OVER_SOURCE * max(1.0, lossy.at(self.crf))
        return int(min(guess, most) if most else guess)


@dataclass(frozen=True, slots=True)
class Need:
    """The room that a job takes: its pieces, its encoded sound, and what is copied from the source."""

    video_bytes: int
    sound_bytes: int = 0
    copied_bytes: int = 0

    @property
    def work_bytes(self) -> int:
        """In the work folder."""
        return int((self.video_bytes + self.sound_bytes) * _WRAPPING)

    @property
    def part_bytes(self) -> int:
        """Beside the output."""
        return int((self.video_bytes + self.sound_bytes + self.copied_bytes) * _WRAPPING)


def predict(films: Sequence[Film], sounds: Sequence[tuple[float, float]] = (), copied_bytes: int = 0) -> Need:
    """What a job will need.

    Args:
        films: the video tracks that are encoded.
        sounds: bits per second and seconds of each sound track that is encoded.
        copied_bytes: what all else weighs that arrives as it is.
    """
    sound = sum(rate * seconds / 8 for rate, seconds in sounds)
    return Need(sum(film.bytes for film in films), int(sound), copied_bytes)


@dataclass(frozen=True, slots=True)
class Disks:
    """What is free now where the work folder lies and where the output goes; ``same``: that is one disk."""

    work_free: int
    output_free: int
    same: bool

    @classmethod
    def of(cls, work: str, output: str) -> Disks:
        """Look, and leave a reserve on each. Both need not exist yet.

        Raises:
            OSError: it can't be asked.
        """
        return cls(free_bytes(work), free_bytes(output), disk_of(work) == disk_of(output))


@dataclass(frozen=True, slots=True)
class Done:
    """How far a job is.

    Args:
        frames: of the finished pieces.
        size_bytes: of the finished pieces.
        running_frames: of the pieces that are being encoded, all of them.
        running_bytes: what these have written so far; 0 where nobody knows.
        sound_bytes: of the finished encoded sound.
        joining: the output is being written.
        part_bytes: of it, so far.
    """

    frames: int = 0
    size_bytes: int = 0
    running_frames: int = 0
    running_bytes: int = 0
    sound_bytes: int = 0
    joining: bool = False
    part_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Shortage:
    """A disk has too little room: what is still needed there until the end, and what is free now."""

    where: Literal["work", "output"]
    needed_bytes: int
    free_bytes: int

    def __str__(self) -> str:
        place = "the work folder" if self.where == "work" else "the output"
        return f"{place} needs {_size(self.needed_bytes)} more, and {_size(self.free_bytes)} are free there"


@dataclass(frozen=True, slots=True)
class Watch:
    """Compares what a job needs with what there is.

    Args:
        need: the prediction.
        frames: of all pieces.
    """

    need: Need
    frames: int

    def foreseen(self, disks: Disks, done: Done | None = None) -> Shortage | None:
        """Whether all that is still to come will not fit. A guess, so a reason to warn, none to refuse.

        Args:
            disks: what is free.
            done: how far the job is; None: it has not begun.
        """
        done = done or Done()
        work, output = self._work_left(done), self._part_left(done)
        if disks.same:
            return _short("work", work + output, disks.work_free)
        return _short("work", work, disks.work_free) or _short("output", output, disks.output_free)

    def shortage(self, done: Done, disks: Disks) -> Shortage | None:
        """While it runs: whether what is in flight will not fit, so that it is better to stop now and keep all.

        ``needed_bytes`` is what it takes to go on to the end, not only to the end of what is in flight.
        """
        if done.joining:  # what is known goes there, whatever else does
            left = max(0, done.size_bytes + done.sound_bytes - done.part_bytes)
            return Shortage("output", left, disks.output_free) if left > disks.output_free else None
        coming = max(0, int(done.running_frames * self._per_frame(done)) - done.running_bytes)
        if not coming or coming <= disks.work_free:
            return None
        left = self._work_left(done) + (self._part_left(done) if disks.same else 0)
        return Shortage("work", max(left, coming), disks.work_free)

    def _per_frame(self, done: Done) -> float:
        """Bytes of a frame: measured, as soon as there is anything to measure."""
        if done.frames:
            return done.size_bytes / done.frames
        return self.need.video_bytes / self.frames if self.frames else 0.0

    def _video(self, done: Done) -> int:
        return done.size_bytes + int(max(0, self.frames - done.frames) * self._per_frame(done))

    def _work_left(self, done: Done) -> int:
        whole = Need(self._video(done), self.need.sound_bytes).work_bytes
        return max(0, whole - done.size_bytes - done.running_bytes - done.sound_bytes)

    def _part_left(self, done: Done) -> int:
        whole = Need(self._video(done), self.need.sound_bytes, self.need.copied_bytes).part_bytes
        return max(0, whole - done.part_bytes)


def _short(where: Literal["work", "output"], needed: int, free: int) -> Shortage | None:
    return Shortage(where, needed, free) if needed > free else None


def free_bytes(path: str | os.PathLike[str]) -> int:
    """What may still be written on a path's disk, but for a reserve; quotas are not known.

    Raises:
        OSError: the disk can't be asked.
    """
    status = os.statvfs(_existing(path))
    whole, free = status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize
    return max(0, free - min(RESERVE, whole // _RESERVED_PART))


def disk_of(path: str | os.PathLike[str]) -> int:
    """A number that tells the disk of a path, or of the folder where it is going to be, from every other."""
    return _existing(path).stat().st_dev


def _existing(path: str | os.PathLike[str]) -> Path:
    """The path, or the nearest folder above it that exists."""
    whole = Path(os.path.realpath(path))
    return next((place for place in (whole, *whole.parents) if place.exists()), whole)


def _size(number: int) -> str:
    """For people, in powers of 1000."""
    for unit, one in (("GB", 1e9), ("MB", 1e6)):
        if number >= one:
            return f"{number / one:.1f} {unit}"
    return f"{number / 1e3:.0f} kB"
