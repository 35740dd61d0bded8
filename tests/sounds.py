"""Files of one sound, made without an ffmpeg: WAV, listings, MP4 from boxes, and ALAC in real MP4 files.

For tests of how encoded sound is cut and spliced. ALAC has no memory from packet to packet: two encodes of the same
samples on the same grid have the same packets, and what is decoded is what was given.
"""

from __future__ import annotations

import wave
from array import array
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from suture.media.boxes import box
from suture.media.sound_table import SoundTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Samples in a packet of ALAC.
ALAC = 4096


def hiss(count: int, channels: int = 1, seed: int = 1) -> Any:
    """Noise as 16-bit samples: channels by samples, no stretch of it like another."""
    return np.random.default_rng(seed).integers(-20_000, 20_000, (channels, count), dtype=np.int16)


def wav(path: Path, samples: Any, rate: int = 48_000) -> Path:
    """A WAV file of 16-bit samples."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(samples))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(samples.T).tobytes())
    return path


def listing(path: Path, frames: Sequence[tuple[int, int]], rate: int = 48_000) -> Path:
    """What ffmpeg's ``framecrc`` writes of frames of sound, each told by its time and its length in samples."""
    head = f"#software: Lavf\n#tb 0: 1/{rate}\n#media_type 0: audio\n#codec_id 0: pcm_s16le\n"
    lines = [f"0, {at:10}, {at:10}, {count:8}, {2 * count:8}, 0x00000000\n" for at, count in frames]
    path.write_text(head + "".join(lines))
    return path


def raw_piece(path: Path, packets: Sequence[bytes], usual: int = 100, priming: int = 0, rate: int = 8000) -> SoundTable:
    """Packets one behind the other in a file, and the table that tells where they lie."""
    path.write_bytes(b"head" + b"".join(packets))
    sizes = array("I", map(len, packets))
    return SoundTable(str(path), b"", sizes, 4, rate, usual, usual * len(packets), priming)


def alac(path: Path, samples: Any, rate: int = 48_000, **options: str) -> Path:
    """An MP4 or MOV file of 16-bit samples as ALAC."""
    layout = {1: "mono", 2: "stereo", 3: "2.1"}[len(samples)]
    asked = {"movie_timescale": "705600", **options}
    with av.open(str(path), "w", options=asked) as file:
        stream: Any = file.add_stream("alac", rate=rate, layout=layout)
        stream.codec_context.format = "s16p"
        for at in range(0, samples.shape[1], ALAC):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[:, at : at + ALAC]), "s16p", layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def decoded(path: Path) -> Any:
    """All samples that a decoder gives of such a file."""
    with av.open(str(path)) as file:
        return np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1)


def told(values: Sequence[int], width: int = 4) -> bytes:
    """Numbers as a box holds them."""
    return b"".join(value.to_bytes(width, signed=value < 0) for value in values)


def boxed(
    path: Path,
    packets: Sequence[bytes],
    *,
    lasts: Sequence[tuple[int, int]] = ((1, 1000),),
    edits: bytes = b"",
    alike: int = 0,
    wide: bool = False,
    drop: bytes = b"",
) -> Path:
    """An MP4 file of one sound with an hour's clock of 48,000 ticks.

    Args:
        path: the file.
        packets: what it holds.
        lasts: how many packets last how long.
        edits: the contents of its edit list; empty: it has none.
        alike: the size of all packets; 0: a table tells them.
        wide: times and offsets have 64 bits.
        drop: a box of the table that is left out.
    """
    version, head = (b"\1", 16) if wide else (b"\0", 8)
    data, kind = b"".join(packets), box(b"ftyp", b"M4A \0\0\0\0")
    sizes = told([0, alike, len(packets)]) + (b"" if alike else told([len(packet) for packet in packets]))
    offset = told([0, 1]) + told([len(kind) + 8], 8 if wide else 4)
    table = {
        b"stts": told([0, len(lasts), *(number for run in lasts for number in run)]),
        b"stsz": sizes,
        b"co64" if wide else b"stco": offset,
    }
    stbl = b"".join(box(name, contents) for name, contents in table.items() if name != drop)
    mdhd = box(b"mdhd", version + bytes(3 + head) + told([48_000]) + bytes(16))
    mdia = box(b"mdia", mdhd + box(b"minf", box(b"stbl", stbl)))
    trak = box(b"trak", (box(b"edts", box(b"elst", edits)) if edits else b"") + mdia)
    path.write_bytes(kind + box(b"mdat", data) + box(b"moov", box(b"mvhd", bytes(100)) + trak))
    return path
