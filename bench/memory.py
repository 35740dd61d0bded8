"""How much memory does one encoder of a piece take? Measured peaks beside `suture.planning.memory`'s estimates.

Pieces are encoded by the commands that a job would run (`suture.encoder.VideoEncoder`), from FILM scaled to each size
and encoded to H.264; the peak is the largest resident set that the system reports of the child.

    python -m bench.memory FILM --ffmpeg PATH … --encoder libx264:medium … --size 1280x720 … --threads 1 …
    python -m bench.memory FILM --decoder h264 …     what decoding alone takes, by its number of threads
    python -m bench.memory FILM --audio              audio encoders
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path

from bench.running import run, version
from bench.table import print_table, row_line, write_json

from suture.encoder import AudioEncoder, VideoEncoder
from suture.encoder_table import KNOWN_ENCODERS
from suture.errors import CommandError
from suture.ffmpeg.locate import locate
from suture.model import ChunkData
from suture.planning.memory import estimate_audio_bytes, estimate_bytes, estimate_decoder_bytes
from suture.process import run as run_child

_MIB = 1 << 20
_COLUMNS = (
    "encoder",
    "speed",
    "size",
    "pix_fmt",
    "threads",
    "ffmpeg",
    "peak MiB",
    "estimate MiB",
    "ratio",
    "bits/pixel",
)
# The fastest and the slowest that people use of each, as far as a benchmark has time for them.
_ENCODERS = (
    "libx264:medium",
    "libx265:medium",
    "libsvtav1:8",
    "libsvtav1:4",
    "libvpx-vp9:4",
    "libaom-av1:6",
    "librav1e:9",
    "ffv1:",
)
_AUDIO = ("aac", "libopus", "flac", "ac3", "libmp3lame")
_DECODERS = {"h264": "libx264", "hevc": "libx265", "av1": "libsvtav1", "vp9": "libvpx-vp9", "mpeg2video": "mpeg2video"}
_QUICK = {
    "libsvtav1": ["-preset", "8"],
    "libvpx-vp9": ["-deadline", "realtime", "-cpu-used", "8"],
    "mpeg2video": ["-q:v", "4"],
}
_RATE = Fraction(24)


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. ``threads`` 0: as many as the encoder likes."""

    encoder: str
    speed: str
    size: str
    pix_fmt: str
    threads: int
    ffmpeg: str
    peak_bytes: int
    estimate_bytes: int
    bits_per_pixel: float = 0.0
    said: str = ""

    def cells(self) -> tuple[object, ...]:
        """As the table shows it."""
        about = (self.encoder, self.speed, self.size, self.pix_fmt, self.threads or "auto", self.ffmpeg)
        if not self.peak_bytes:
            return (*about, self.said, "", "", "")
        figures = (f"{self.peak_bytes / _MIB:.0f}", f"{self.estimate_bytes / _MIB:.0f}")
        return (*about, *figures, f"{self.estimate_bytes / self.peak_bytes:.2f}", f"{self.bits_per_pixel:.3f}")


@dataclass(frozen=True, slots=True)
class Case:
    """What to measure: an encoder's piece from a source of that size."""

    encoder: str
    size: str
    pix_fmt: str
    threads: int
    ffmpeg: str

    def measure(self, source: Path, folder: Path, frames: int) -> Row:
        """Encode it; a refusal (no such encoder, no such pixel format) is a row too."""
        codec, _, speed = self.encoder.partition(":")
        known = KNOWN_ENCODERS.get(codec)
        piece = VideoEncoder(
            codec=codec,
            crf=known.quality.default if known and known.quality else None,
            speed=speed or None,
            pixel_format=self.pix_fmt,
            threads=self.threads or None,
            frame_rate=_RATE,
            ffmpeg=self.ffmpeg,
        )
        chunk = ChunkData(0, 0.0, frames / float(_RATE), str(source), end_frame=frames, end_pts=1, open_end=True)
        output = folder / f"{abs(hash(self))}.mkv"
        peak, bits, said = 0, 0, ""
        try:
            done = piece.command(chunk, str(output)).run()
            peak, bits = done.peak_memory_bytes, 8 * done.size_bytes
        except CommandError as error:
            said = error.message.splitlines()[0][:60]
        finally:
            output.unlink(missing_ok=True)
        width, height = map(int, self.size.split("x"))
        per_pixel = bits / (frames * width * height)
        guess = estimate_bytes(codec, width, height, self.pix_fmt, self.threads or None, "h264", speed=speed)
        about = (codec, speed, self.size, self.pix_fmt, self.threads, version(self.ffmpeg))
        return Row(*about, peak, guess, per_pixel, said)


def main() -> int:
    """Measure and print; 1 when an estimate is below what was measured by more than 5 %."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="suture-bench-") as name:
        folder = Path(name)
        if asked.decoder:
            rows = _decoders(asked, folder)
        elif asked.audio:
            rows = _audio(asked, folder)
        else:
            rows = _encoders(asked, folder)
    write_json(asked.json, [asdict(row) for row in rows])
    short = [row for row in rows if row.estimate_bytes < 0.95 * row.peak_bytes]
    print(f"\n{len(rows)} measured; estimates too low: {len(short)}")
    return 1 if short else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("film", metavar="FILM")
    parser.add_argument("--ffmpeg", action="append", metavar="PATH", help="may be given several times, as the next")
    parser.add_argument("--encoder", action="append", metavar="NAME:SPEED")
    parser.add_argument("--size", action="append", metavar="WxH")
    parser.add_argument("--threads", action="append", type=int, metavar="N", help="0: as many as the encoder likes")
    parser.add_argument("--pix-fmt", action="append", metavar="FORMAT")
    parser.add_argument("--decoder", action="append", metavar="CODEC", choices=tuple(_DECODERS))
    parser.add_argument("--audio", action="store_true")
    parser.add_argument("--frames", type=int, default=100, metavar="N", help="enough to fill the longest lookahead")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="measured at once")
    parser.add_argument("--json", default="build/bench/memory.json", metavar="FILE")
    asked = parser.parse_args()
    asked.ffmpeg = asked.ffmpeg or [locate()]
    asked.size = asked.size or ["640x360", "1280x720", "1920x1080"]
    return asked


def _encoders(asked: argparse.Namespace, folder: Path) -> list[Row]:
    sources = {size: _source(asked, folder, size, "libx264") for size in asked.size}
    choices = (asked.encoder or _ENCODERS, asked.size, asked.pix_fmt or ["yuv420p"], asked.threads or [1, 2, 4])
    cases = [Case(*choice) for choice in product(*choices, asked.ffmpeg)]
    print_table(_COLUMNS, [])
    rows = []
    with ThreadPoolExecutor(asked.jobs) as pool:
        for row in pool.map(lambda case: case.measure(sources[case.size], folder, asked.frames), cases):
            rows.append(row)
            print(row_line(row.cells()), flush=True)
    return rows


def _source(asked: argparse.Namespace, folder: Path, size: str, encoder: str, pix_fmt: str = "yuv420p") -> Path:
    """The film's first frames in that size, made once."""
    path = folder / f"{encoder}-{size}-{pix_fmt}.mkv"
    # Near enough to the film that what is made from it is as large as if it were made from the film.
    quick = _QUICK.get(encoder, ["-preset", "veryfast", "-crf", "12"])
    head = [asked.ffmpeg[0], "-nostdin", "-v", "error", "-ss", "5", "-i", asked.film, "-an", "-sn"]
    tail = ["-frames:v", str(asked.frames), "-vf", f"scale={size.replace('x', ':')}", "-pix_fmt", pix_fmt]
    done = run([*head, *tail, "-r", str(_RATE), "-c:v", encoder, *quick, str(path)])
    if done.returncode:
        raise SystemExit(done.stderr)
    return path


def _decoders(asked: argparse.Namespace, folder: Path) -> list[Row]:
    """Decoding to nowhere: what a piece's source adds."""
    rows = []
    print_table(_COLUMNS, [])
    formats = asked.pix_fmt or ["yuv420p"]
    for codec, size, pix_fmt in product(asked.decoder, asked.size, formats):
        source = _source(asked, folder, size, _DECODERS[codec], pix_fmt)
        for threads, ffmpeg in product(asked.threads or [1, 4, 16], asked.ffmpeg):
            head = [ffmpeg, "-nostdin", "-v", "error", "-threads", str(threads), "-i", str(source)]
            peak = run_child([*head, "-f", "null", "-"]).peak_memory_bytes
            width, height = map(int, size.split("x"))
            guess = estimate_decoder_bytes(codec, width, height, pix_fmt, threads)
            rows.append(Row(codec, "", size, pix_fmt, threads, version(ffmpeg), peak, guess))
            print(row_line(rows[-1].cells()), flush=True)
    return rows


def _audio(asked: argparse.Namespace, folder: Path) -> list[Row]:
    rows = []
    print_table(_COLUMNS, [])
    chunk = ChunkData(0, 0.0, 0.0, asked.film, stream_index=_sound_of(asked), open_end=True)
    for codec, ffmpeg in product(_AUDIO, asked.ffmpeg):
        command = AudioEncoder(codec=codec, ffmpeg=ffmpeg).command(chunk, str(folder / f"{codec}.mka"), codec)
        peak = command.run().peak_memory_bytes
        rows.append(Row(codec, "", "", "", 0, version(ffmpeg), peak, estimate_audio_bytes()))
        print(row_line(rows[-1].cells()), flush=True)
    return rows


def _sound_of(asked: argparse.Namespace) -> int:
    from suture.media.probe import probe  # noqa: PLC0415 - only here

    return probe(asked.film).of_kind("audio")[0].index


if __name__ == "__main__":
    sys.exit(main())
