"""Estimates of memory: near what was measured, and larger where there is more to keep."""

from __future__ import annotations

import pytest

from suture.planning.memory import estimate_audio_bytes, estimate_bytes, estimate_decoder_bytes, memory_kind

MIB = 1 << 20


# Peaks in MiB, of H.264 sources, by bench/memory.py on two cores: the larger of FFmpeg 5.1.9's and 9.0.2's.
@pytest.mark.parametrize(
    ("encoder", "speed", "size", "pix_fmt", "threads", "measured"),
    [
        ("libx264", "medium", (640, 360), "yuv420p", 1, 113),
        ("libx264", "medium", (1280, 720), "yuv420p", 1, 245),
        ("libx264", "medium", (1280, 720), "yuv420p10le", 1, 372),
        ("libx264", "medium", (1920, 1080), "yuv420p", 1, 449),
        ("libx264", "medium", (1920, 1080), "yuv420p", 4, 544),
        ("libx264", "superfast", (960, 540), "yuv420p", 1, 99),
        ("libx264", "veryslow", (1920, 1080), "yuv420p", 1, 795),
        ("libx265", "medium", (640, 360), "yuv420p", 4, 161),
        ("libx265", "medium", (1280, 720), "yuv420p10le", 1, 395),
        ("libx265", "medium", (1920, 1080), "yuv420p", 4, 537),
        ("libsvtav1", "8", (640, 360), "yuv420p", 1, 135),
        ("libsvtav1", "8", (1280, 720), "yuv420p", 4, 512),
        ("libsvtav1", "4", (1280, 720), "yuv420p", 4, 621),
        ("libsvtav1", "8", (1920, 1080), "yuv420p", 2, 600),
        ("libvpx-vp9", "4", (1280, 720), "yuv420p", 4, 234),
        ("libvpx-vp9", "4", (1920, 1080), "yuv420p", 1, 370),
        ("libaom-av1", "6", (1920, 1080), "yuv420p", 1, 553),
        ("librav1e", "9", (1920, 1080), "yuv420p", 1, 1467),
        ("ffv1", "", (1920, 1080), "yuv420p", 1, 416),
    ],
)
def test_an_estimate_is_near_what_was_measured(
    encoder: str, speed: str, size: tuple[int, int], pix_fmt: str, threads: int, measured: int
) -> None:
    """Not below, and above by half at most, so that no worker is kept idle for nothing."""
    estimate = estimate_bytes(encoder, *size, pix_fmt, threads, "h264", speed=speed, machine_cores=2)
    assert 0.98 <= estimate / MIB / measured <= 1.55


@pytest.mark.parametrize("encoder", ["libx264", "libx265", "libsvtav1", "libvpx-vp9", "libaom-av1", "ffv1", "what"])
def test_more_of_anything_takes_more(encoder: str) -> None:
    """Pixels, bits, colour, threads, decoding; and never less than the program itself."""
    base = estimate_bytes(encoder, 1280, 720, "yuv420p", 1, machine_cores=8)
    assert base > 60 * MIB
    assert estimate_bytes(encoder, 1920, 1080, "yuv420p", 1, machine_cores=8) > base
    assert estimate_bytes(encoder, 1280, 720, "yuv420p10le", 1, machine_cores=8) > base
    assert estimate_bytes(encoder, 1280, 720, "yuv444p", 1, machine_cores=8) > base
    assert estimate_bytes(encoder, 1280, 720, "yuv420p", 4, machine_cores=8) > base
    assert estimate_bytes(encoder, 1280, 720, "yuv420p", 1, "h264", machine_cores=8) > base


def test_threads_that_nobody_sets_are_the_machines() -> None:
    """An encoder left alone takes a thread for each core; x264 half as many again."""
    alone = estimate_bytes("libx265", 1280, 720, "yuv420p", None, machine_cores=8)
    assert alone == estimate_bytes("libx265", 1280, 720, "yuv420p", 8, machine_cores=8)
    alone = estimate_bytes("libx264", 1280, 720, "yuv420p", None, machine_cores=8)
    assert alone == estimate_bytes("libx264", 1280, 720, "yuv420p", 12, machine_cores=8)


def test_a_decoder_has_threads_of_its_own() -> None:
    """One more than its encoder, or than there are cores where that may take all; and no more than 16."""

    def decoding(threads: int | None, there: int) -> int:
        encoding = estimate_bytes("libx264", 1280, 720, "", threads, machine_cores=there)
        return estimate_bytes("libx264", 1280, 720, "", threads, "hevc", machine_cores=there) - encoding

    assert decoding(1, 2) == decoding(1, 64) < decoding(8, 2) < decoding(16, 2) == decoding(32, 2)
    assert decoding(None, 2) < decoding(None, 32) == decoding(None, 64)


def test_encoders_on_a_graphics_card_keep_less_here() -> None:
    """Most of their frames are in its own memory; a name that nobody knows is taken for a thirsty one."""
    card, unknown = (estimate_bytes(name, 3840, 2160, "nv12", 1) for name in ("hevc_nvenc", "what"))
    assert card < unknown


def test_this_machine_counts_when_none_is_named() -> None:
    """The number of cores is asked for only then."""
    assert estimate_bytes("libx264", 64, 64, "gray", None, "h264") > 60 * MIB


def test_sound_takes_little() -> None:
    """An ffmpeg with an audio encoder was measured at 63 MiB; its length plays no part."""
    assert 63 * MIB <= estimate_audio_bytes() < 100 * MIB


def test_decoding_alone_is_measured_too() -> None:
    """1080p H.264 in one thread took 77 MiB, in 16 threads 181."""
    assert 77 <= estimate_decoder_bytes("h264", 1920, 1080, "yuv420p", 1) / MIB < 120
    assert 181 <= estimate_decoder_bytes("h264", 1920, 1080, "yuv420p", 16) / MIB < 280


def test_a_kind_is_what_peaks_have_in_common() -> None:
    """Everything that the estimate depends on and that differs between tasks of a job."""
    kinds = {
        memory_kind("libx264", 1280, 720, "yuv420p", 1),
        memory_kind("libx265", 1280, 720, "yuv420p", 1),
        memory_kind("libx264", 720, 1280, "yuv420p", 1),
        memory_kind("libx264", 1280, 720, "", 1),
        memory_kind("libx264", 1280, 720, "yuv420p", None),
    }
    assert len(kinds) == 5
    assert memory_kind("libx264", 1280, 720, "yuv420p", 1) == "libx264 1280x720 yuv420p 1"
