"""The page of a comparison: whole without script, no word of outside is markup, the graph is that of the numbers."""

from __future__ import annotations

import json
import re
from array import array

import pytest

from suture.command.glimpse import Shape
from suture.proof.comparison import Comparison
from suture.quality.scores import Scores
from suture.report.compare_page import page_of
from suture.report.score_graph import graph_of


def drawn(scores: list[float], best: float = 100.0) -> str:
    """A graph of frames, 25 a second."""
    return graph_of(scores, range(len(scores)), [n / 25 for n in range(len(scores))], best, 2)


def points(graph: str, kind: str) -> list[tuple[float, float]]:
    """Where a path goes."""
    (path,) = re.findall(rf'class="{kind}" d="M([^"Z]*)', graph)
    return [(float(x), float(y)) for x, y in (point.split() for point in path.split("L"))]


def test_few_frames_are_drawn_one_by_one() -> None:
    """From left to right; the best at the top, the lowest at or above the bottom."""
    line = points(drawn([90.0, 80.0, 100.0, 85.0]), "line")
    assert [x for x, _ in line] == [125.0, 375.0, 625.0, 875.0]
    assert [y for _, y in line] == pytest.approx([110.0, 220.0, 0.0, 165.0])


def test_many_frames_are_a_band_from_the_least_to_the_greatest() -> None:
    """And nothing between them is lost: one bad frame of ten thousand is seen."""
    scores = [95.0] * 10_000
    scores[5003] = 15.0
    graph = drawn(scores)
    band = points(graph, "band")
    assert len(band) == 2000
    assert max(y for _, y in band) == pytest.approx(220 * (100 - 15) / (100 - 10), abs=0.1)
    assert min(y for _, y in band) == pytest.approx(220 * 5 / 90, abs=0.1)


def test_the_script_knows_every_frame() -> None:
    """Even clocks and numbers are told in short, others in full."""
    told = json.loads(re.findall(r'<script type="application/json">(.*)</script>', drawn([90.0, 80.123456]))[0])
    assert told["scores"] == [90.0, 80.12]
    assert (told["numbers"], told["times"]) == (0, {"first": 0.0, "step": 0.04})
    uneven = graph_of([1.0, 1.0, 1.0], [0, 5, 6], [0.0, 1.0, 1.25], 1.0, 4)
    told = json.loads(re.findall(r'<script type="application/json">(.*)</script>', uneven)[0])
    assert (told["numbers"], told["times"]) == ([0, 5, 6], [0.0, 1.0, 1.25])


@pytest.mark.parametrize("scores", [[100.0], [100.0, 100.0], [0.0, 0.0], [0.97] * 3, [35.2, 100.0]])
def test_any_numbers_can_be_drawn(scores: list[float]) -> None:
    """One frame, equal ones, none of any worth: nothing is divided by nothing, and all is on the page."""
    for best in (100.0, 60.0, 1.0):
        assert all(0 <= y <= 220 for _, y in points(drawn([min(s, best) for s in scores], best), "line"))


def test_the_page_stands_alone() -> None:
    """No address but its own places; names from outside are text; each metric has its part."""
    scores = (
        Scores("vmaf", array("d", [96.0, 80.0]), "vmaf_v0.6.1", 1920, 1080, "yuv420p"),
        Scores("psnr", array("d", [40.0, 100.0]), "", 1280, 720, "yuv420p"),
    )
    shapes = (Shape(1280, 720), Shape(640, 360, "yuv420p10le"))
    notes = ("scaled: <i>",)
    page = page_of(
        Comparison(
            "/a/<in>.mkv",
            "/a/<script>x.mkv",
            scores,
            array("q", [0, 1]),
            array("d", [0.0, 0.04]),
            shapes=shapes,
            notes=notes,
        ),
        "p20",
    )
    assert "<script>x.mkv" not in page
    assert "<in>" not in page
    assert "scaled: &lt;i&gt;" in page
    assert not re.search(r"(?:src|href)=\"[^#]|url\((?!#)|@import|https?:", page)
    assert re.findall(r'<section id="(\w+)"', page) == ["vmaf", "psnr", "notes"]
    assert "640x360, yuv420p10le" in page
    assert "vmaf, p20" in page
    assert 'data-frame="1">0:00:00.040</a>, frame 1: 80.00' in page
