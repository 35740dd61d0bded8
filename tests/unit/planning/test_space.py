"""Room on disks: predicted, compared, watched."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from suture.planning.space import (
    Disks,
    Done,
    Film,
    Need,
    Shortage,
    Watch,
    disk_of,
    free_bytes,
    predict,
)

if TYPE_CHECKING:
    from pathlib import Path

HD = Film("libx264", 1000, 1280, 720, "yuv420p", seconds=40.0, crf=20.0)
PLENTY = 1 << 50
# 1,000 frames of 1 MB.
WATCH = Watch(Need(10**9, 10**7, 10**8), 1000)


def film(**changes: Any) -> Film:
    """The film, changed."""
    values = {name: getattr(HD, name) for name in HD.__slots__}
    return Film(**{**values, **changes})


def test_a_rate_is_what_it_says() -> None:
    """Rate times duration, whatever the source weighs."""
    assert film(bits_per_s=8000, crf=None, source_bytes=1).bytes == 40_000


def test_a_lossless_encode_is_a_part_of_the_raw_size() -> None:
    """More bits or more colour make it larger, the quality plays no part."""
    raw = 1000 * 1280 * 720 * 12 / 8
    assert film(encoder="rawvideo").bytes == raw
    assert 0.4 * raw < film(encoder="ffv1").bytes < raw
    assert film(encoder="ffv1", crf=3.0).bytes == film(encoder="ffv1").bytes
    assert film(encoder="ffv1", pix_fmt="yuv444p").bytes == 2 * film(encoder="ffv1").bytes


def test_a_source_bounds_a_lossy_encode() -> None:
    """At the usual quality it is seldom larger than its source by half."""
    assert film(source_bytes=1000).bytes == 1500
    assert film(source_bytes=10**12).bytes == film().bytes


def test_a_better_quality_takes_more_and_may_outgrow_its_source() -> None:
    """Six steps of x264's CRF double the size, of a bound by the source too; a lower quality keeps the bound."""
    assert film(crf=14.0).bytes == pytest.approx(2 * film(crf=20.0).bytes, abs=1)
    assert film(crf=26.0).bytes == pytest.approx(film(crf=20.0).bytes / 2, abs=1)
    assert film(crf=14.0, source_bytes=1000).bytes == 3000
    assert film(crf=26.0, source_bytes=1000).bytes == 1500


def test_no_quality_and_no_table_still_give_a_guess() -> None:
    """The encoder's default is the table's; an unknown encoder is taken for a thirsty one."""
    assert film(crf=None).bytes == film(crf=20.0).bytes
    assert film(encoder="what", crf=None).bytes >= film().bytes


def test_pieces_and_sound_lie_in_the_work_folder_all_of_it_in_the_part_file() -> None:
    """With one in a hundred for the containers."""
    need = predict([film(bits_per_s=8_000_000), film(bits_per_s=8_000_000)], [(128_000, 10.0), (64_000, 10.0)], 5000)
    assert need == Need(80_000_000, 240_000, 5000)
    assert need.work_bytes == int(80_240_000 * 1.01)
    assert need.part_bytes == int(80_245_000 * 1.01)


def test_what_fits_is_not_warned_of() -> None:
    """On one disk both have to fit together."""
    both = WATCH.need.work_bytes + WATCH.need.part_bytes
    assert WATCH.foreseen(Disks(both, both, same=True)) is None
    assert WATCH.foreseen(Disks(both - 1, 0, same=True)) == Shortage("work", both, both - 1)


def test_two_disks_are_looked_at_one_by_one() -> None:
    """Each needs room for its own."""
    work, part = WATCH.need.work_bytes, WATCH.need.part_bytes
    assert WATCH.foreseen(Disks(work, part, same=False)) is None
    assert WATCH.foreseen(Disks(work - 1, part, same=False)) == Shortage("work", WATCH.need.work_bytes, work - 1)
    assert WATCH.foreseen(Disks(work, part - 1, same=False)) == Shortage("output", WATCH.need.part_bytes, part - 1)


def test_what_is_there_already_needs_no_room_again() -> None:
    """A resumed job needs room for what is left of it, and its pieces tell how large the others will be."""
    done = Done(frames=500, size_bytes=10**9, running_frames=100, running_bytes=5 * 10**7, sound_bytes=10**7)
    left = int((2 * 10**9 + 10**7) * 1.01) - 10**9 - 5 * 10**7 - 10**7
    assert WATCH.foreseen(Disks(0, PLENTY, same=False), done) == Shortage("work", left, 0)


def test_while_it_runs_only_what_is_in_flight_has_to_fit() -> None:
    """Nothing is stopped for a want that lies hours ahead."""
    done = Done(frames=100, size_bytes=10**8, running_frames=100)
    assert WATCH.shortage(done, Disks(10**8, PLENTY, same=False)) is None
    found = WATCH.shortage(done, Disks(10**8 - 1, PLENTY, same=False))
    assert found == Shortage("work", int(1.01 * 1.01 * 10**9) - 10**8, 10**8 - 1)


def test_on_one_disk_the_output_is_part_of_what_is_needed() -> None:
    """So that the user makes room once, not twice."""
    done = Done(frames=100, size_bytes=10**8, running_frames=100)
    found = WATCH.shortage(done, Disks(0, 0, same=True))
    assert found is not None
    assert found.needed_bytes == int(1.01 * 1.01 * 10**9) - 10**8 + WATCH.need.part_bytes


def test_what_is_in_flight_and_written_counts_once() -> None:
    """It is no longer free, and no longer needed."""
    done = Done(running_frames=100, running_bytes=10**8 - 10)
    assert WATCH.shortage(done, Disks(10, PLENTY, same=False)) is None


def test_before_the_first_piece_the_prediction_counts() -> None:
    """Nothing is measured yet."""
    assert WATCH.shortage(Done(running_frames=100), Disks(10**8 - 1, PLENTY, same=False)) is not None
    assert WATCH.shortage(Done(running_frames=100), Disks(10**8, PLENTY, same=False)) is None


def test_with_nothing_in_flight_nothing_is_short() -> None:
    """A full disk is no matter to a job that writes nothing."""
    assert WATCH.shortage(Done(frames=1000, size_bytes=10**9), Disks(0, 0, same=True)) is None


def test_the_join_needs_room_beside_the_output() -> None:
    """For the pieces and the sound that are there, less what it has written; no prediction stops it."""
    done = Done(frames=1000, size_bytes=2 * 10**9, sound_bytes=10**7, joining=True, part_bytes=10**9)
    left = 2 * 10**9 + 10**7 - 10**9
    assert WATCH.shortage(done, Disks(0, left, same=False)) is None
    assert WATCH.shortage(done, Disks(PLENTY, left - 1, same=False)) == Shortage("output", left, left - 1)


def test_a_job_without_video_is_never_short_while_it_runs() -> None:
    """There are no frames to count by."""
    assert Watch(Need(0, 10**6), 0).shortage(Done(), Disks(0, 0, same=True)) is None


@pytest.mark.parametrize(
    ("shortage", "text"),
    [
        (Shortage("work", 3_210_000_000, 12_345_678), "the work folder needs 3.2 GB more, and 12.3 MB are free there"),
        (Shortage("output", 5_000_000, 999), "the output needs 5.0 MB more, and 1 kB are free there"),
    ],
)
def test_a_shortage_says_what_is_missing(shortage: Shortage, text: str) -> None:
    """In words for people."""
    assert str(shortage) == text


def test_a_disk_is_asked_even_for_a_path_to_be(tmp_path: Path) -> None:
    """The nearest folder that exists answers."""
    there = tmp_path / "not" / "yet"
    assert free_bytes(there) > 0
    assert disk_of(there) == tmp_path.stat().st_dev
    assert Disks.of(str(tmp_path), str(there)).same


def test_reserved_blocks_are_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only root may fill does not count (f_bavail, not f_bfree)."""
    values = [4096, 4096, 1000, 500, 300, 0, 0, 0, 0, 255]
    monkeypatch.setattr(os, "statvfs", lambda _path: os.statvfs_result(values))
    assert free_bytes(tmp_path) == (300 - 20) * 4096  # the reserve of a small disk is a fiftieth of it


def test_a_large_disk_has_a_reserve_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is the same for all of them."""
    values = [4096, 4096, 10**9, 10**9, 10**8, 0, 0, 0, 0, 255]
    monkeypatch.setattr(os, "statvfs", lambda _path: os.statvfs_result(values))
    assert free_bytes(tmp_path) == 10**8 * 4096 - (64 << 20)
