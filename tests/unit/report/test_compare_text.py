"""A comparison as text: one table, every number where it belongs, nothing that moves the cursor."""

from __future__ import annotations

from array import array

from suture.proof.comparison import Comparison
from suture.proof.pairs import Alone
from suture.quality.scores import Scores
from suture.report.compare_text import lines_of, pooled_lines

VMAF = Scores("vmaf", array("d", [96.0, 80.0, 90.0, 94.0]), "vmaf_v0.6.1", 1920, 1080, "yuv420p")
XPSNR = Scores("xpsnr", array("d", [40.0, 35.5, 100.0, 41.0]), "", 1280, 720, "yuv420p")
COMPARISON = Comparison(
    "in.mkv",
    "out\n.mkv",
    (VMAF, XPSNR),
    array("q", [10, 11, 12, 14]),
    array("d", [1.0, 1.04, 1.08, 1.16]),
    (Alone("reference", 13, 13, 1.12), *(Alone("file", n, n + 1, n / 25) for n in range(20, 48, 4))),
    notes=("the file has another size",),
)


def test_the_table() -> None:
    """A row for each metric, with its unit and model; the lowest frame by its number and time in the reference."""
    head, frames, lost, more, note, _, *table = lines_of(COMPARISON)
    assert head == r"out\n.mkv beside in.mkv"
    assert frames == "  4 frames compared"
    assert lost == "  1 frame of the reference has no partner: 13 (0:00:01.120)"
    assert more.startswith("  14 frames of the file have no partner: 20 to 21 (0:00:00.800), 24 to 25")
    assert more.endswith(" and 2 more places")
    assert note == "  the file has another size"
    assert table == [
        "            measured                 mean  harmonic     p1     p5  median    min  lowest at",
        "vmaf        1920x1080, vmaf_v0.6.1  90.00     89.56  80.30  81.50   92.00  80.00  0:00:01.040, frame 11",
        "xpsnr (dB)  1280x720                54.12     45.78  35.63  36.17   40.50  35.50  0:00:01.040, frame 11",
    ]


def test_another_pooling_has_a_column_of_its_own() -> None:
    """Before the usual ones; those have theirs already."""
    head, *_ = list(lines_of(COMPARISON, "p10"))[6:]
    assert head.split()[:4] == ["measured", "p10", "mean", "harmonic"]
    assert list(lines_of(COMPARISON, "p5")) == list(lines_of(COMPARISON))


def test_for_scripts_one_number() -> None:
    """With finer places; of several metrics each has its name."""
    assert list(pooled_lines(COMPARISON, "min")) == ["vmaf 80.0000", "xpsnr 35.5000"]
    alone = Comparison("a", "b", (VMAF,), COMPARISON.numbers, COMPARISON.times)
    assert list(pooled_lines(alone, "mean")) == ["90.0000"]
