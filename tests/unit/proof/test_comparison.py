"""A comparison as a value: its worst frames, and all of it as JSON."""

from __future__ import annotations

import json
from array import array
from fractions import Fraction

import pytest

from suture.errors import ConfigError
from suture.proof.comparison import Comparison
from suture.proof.pairs import Alone
from suture.quality.scores import Scores


def comparison(values: list[float], **more: object) -> Comparison:
    """Of frames that stand a tenth of a second apart."""
    count = len(values)
    scores = Scores("ssim", array("d", values), "", 64, 48, "yuv420p")
    times = array("d", (n / 10 for n in range(count)))
    return Comparison("a", "b", (scores,), array("q", range(5, 5 + count)), times, **more)  # type: ignore[arg-type]


def test_the_worst_frames_stand_apart() -> None:
    """A bad second is one place, by its worst frame; the worst place comes first."""
    values = [1.0] * 40
    values[7], values[8], values[20], values[35] = 0.3, 0.2, 0.6, 0.5
    found = comparison(values).worst("ssim", 3)
    assert [(w.number, w.score) for w in found] == [(13, 0.2), (40, 0.5), (25, 0.6)]
    assert found[0].time_s == 0.8
    assert len(comparison([0.5] * 25).worst("ssim")) == 3


def test_the_worst_are_found_when_one_place_holds_most_of_the_low_ones() -> None:
    """Two thousand bad frames in one place do not hide the next place."""
    values = [*([0.1] * 5), *([0.9] * 3000)]
    values[2500] = 0.5
    found = comparison(values).worst("ssim", 2, apart_s=10.0)
    assert [w.score for w in found] == [0.1, 0.5]


def test_what_was_not_measured() -> None:
    """Is said, and not a number."""
    with pytest.raises(ConfigError, match="vmaf was not measured"):
        comparison([1.0]).of("vmaf")


def test_json_holds_every_number() -> None:
    """With a schema, the pooled ones by name, and what has no partner."""
    alone = (Alone("file", 3, 4, 0.125),)
    made = comparison([0.5, 1.0], alone=alone, frames=(2, 4), rate=Fraction(24000, 1001), pools=("mean", "p7"))
    told = json.loads(json.dumps(made.to_json()))
    assert (told["schema"], told["rate"]) == (1, "24000/1001")
    assert told["frames"] == {"compared": 2, "reference": 2, "file": 4}
    assert told["alone"] == [{"side": "file", "first": 3, "last": 4, "time": 0.125}]
    (metric,) = told["metrics"]
    assert metric["pooled"] == {"mean": 0.75, "p7": pytest.approx(0.535)}
    assert (metric["scores"], told["numbers"], told["times"]) == ([0.5, 1.0], [5, 6], [0.0, 0.1])
    assert metric["worst"] == [{"frame": 5, "time": 0.0, "score": 0.5}]
