"""`MediaInfo` as JSON and back."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.errors import ProbeError
from suture.media import probe as probe_module
from suture.media.probe import from_json, to_json
from suture.model import Attachment, Chapter, MediaInfo, StreamInfo

if TYPE_CHECKING:
    from pathlib import Path

RATIOS = st.fractions(min_value=Fraction(1, 10**9), max_value=10**9, max_denominator=10**9)
TAGS = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2)
STREAMS = st.builds(
    StreamInfo,
    index=st.integers(0, 99),
    kind=st.sampled_from(["video", "audio", "subtitle", "data", "attachment", "unknown"]),
    codec=st.text(max_size=8),
    time_base=RATIOS,
    start_pts=st.none() | st.integers(-(2**63), 2**63 - 1),
    metadata=TAGS,
    disposition=st.lists(st.sampled_from(["default", "forced"]), max_size=2).map(tuple),
    frame_rate=st.none() | RATIOS,
    sample_aspect_ratio=st.none() | RATIOS,
    side_data=st.dictionaries(st.text(max_size=4), st.booleans() | st.lists(st.integers(), max_size=3), max_size=2),
)
INFOS = st.builds(
    MediaInfo,
    path=st.text(max_size=10),
    format=st.just("matroska,webm"),
    size_bytes=st.integers(0, 2**50),
    start_us=st.integers(-(2**40), 2**40),
    duration_us=st.none() | st.integers(0, 2**60),
    streams=st.lists(STREAMS, max_size=3).map(tuple),
    chapters=st.lists(
        st.builds(Chapter, start=st.integers(), end=st.integers(), time_base=RATIOS, metadata=TAGS),
        max_size=2,
    ).map(tuple),
    attachments=st.lists(
        st.builds(
            Attachment,
            stream_index=st.integers(0, 9),
            name=st.text(),
            mimetype=st.text(),
            size_bytes=st.just(1),
        ),
        max_size=2,
    ).map(tuple),
    metadata=TAGS,
)


@given(INFOS)
def test_json_gives_back_an_equal_value(info: MediaInfo) -> None:
    """Through text and back, nothing is lost, rounded or of another type."""
    assert from_json(json.loads(json.dumps(to_json(info)))) == info


def test_names_that_are_no_utf8_survive() -> None:
    """A path with bytes that are no UTF-8 comes back as the same path."""
    info = MediaInfo("caf\udce9.mkv", "x", 1, 0, None, ())
    assert from_json(json.loads(json.dumps(to_json(info)))).path == "caf\udce9.mkv"


def test_ratios_are_text_that_people_read() -> None:
    """24000/1001, not a float."""
    stream = StreamInfo(0, "video", "h264", Fraction(1, 1000), frame_rate=Fraction(24000, 1001))
    data = to_json(MediaInfo("x", "y", 1, 0, None, (stream,)))
    assert data["streams"][0]["frame_rate"] == "24000/1001"
    assert data["streams"][0]["time_base"] == "1/1000"


# -- begun ahead ------------------------------------------------------------------------------------------------------


def _reader(monkeypatch: pytest.MonkeyPatch, *answers: Any) -> list[str]:
    """Children that answer so, one after the other; gives the paths that they were asked for."""
    asked: list[str] = []

    def call(_function: str, *, path: str, **_more: Any) -> Any:
        answer = answers[len(asked)]
        asked.append(path)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("suture.media.isolated.call", call)
    return asked


def test_what_was_begun_is_not_read_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first who asks gets it, the second a new look."""
    film = tmp_path / "film.mkv"
    film.write_bytes(b"film")
    told = probe_module.to_json(MediaInfo(str(film), "matroska", 4, 0, None, ()))
    asked = _reader(monkeypatch, told, told)
    probe_module.begin_probe(str(film))
    assert probe_module.probe(film).format == "matroska"
    assert len(asked) == 1
    probe_module.probe(film)
    assert len(asked) == 2


@pytest.mark.parametrize("first", [ProbeError("a moment's trouble"), "replaced"])
def test_what_went_wrong_or_is_another_file_is_read_again(
    first: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Who asks gets the answer for what lies there then."""
    film = tmp_path / "film.mkv"
    film.write_bytes(b"film")
    old, new = (probe_module.to_json(MediaInfo(str(film), name, 4, 0, None, ())) for name in ("old", "new"))
    _reader(monkeypatch, old if first == "replaced" else first, new)
    probe_module.begin_probe(str(film))
    if first == "replaced":
        film.write_bytes(b"another film")
    assert probe_module.probe(film).format == "new"
