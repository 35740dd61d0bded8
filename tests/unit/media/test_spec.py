"""What a join has to make, as JSON: nothing is lost on the way, and what is no spec is refused."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from suture.errors import ConfigError
from suture.media.spec import SCHEMA, ChapterSpec, JoinSpec, PieceSpec, TrackSpec, read_spec, to_json, write_spec

if TYPE_CHECKING:
    from pathlib import Path

FULL = JoinSpec(
    source="/films/it's \n \udce9.mkv",
    output="out.mp4",
    part=".part-out.mp4",
    format="mp4",
    tracks=(
        TrackSpec(
            "video",
            "pieces",
            0,
            pieces=(PieceSpec(0, "a.mkv", 0, 10), PieceSpec(1, "b\udcff.mkv", 10, -1)),
            index="index",
            rate="24000/1001",
            tag="hvc1",
            display_matrix=(0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30),
            sample_aspect_ratio="64/45",
            metadata={"title": "Äpfel 🎬"},
            disposition=("default", "original"),
        ),
        TrackSpec("subtitle", "file", -1, path="subs.mkv"),
    ),
    options={"movflags": "+faststart"},
    shift="-1/3",
    start="1/3",
    end="10",
    attachments=(4, 5),
    chapters=(ChapterSpec(-5, 1000, "1/1000", {"title": "One"}),),
    metadata={"a=b": "c;d"},
    verify="full",
    permissive=True,
    overwrite=True,
)


@pytest.mark.parametrize("spec", [FULL, JoinSpec("s", "o", "p", "matroska", ())])
def test_what_is_written_is_read(spec: JoinSpec, tmp_path: Path) -> None:
    """Every field and type, and names that no encoding takes."""
    path = str(tmp_path / "join.json")
    write_spec(spec, path)
    assert read_spec(path) == spec


def test_every_field_stands_in_the_file() -> None:
    """A field that is forgotten would silently be the default in the child."""
    data = json.loads(to_json(FULL))
    assert set(data) == set(JoinSpec.__slots__)
    assert set(data["tracks"][0]) == set(TrackSpec.__slots__)
    assert data["schema"] == SCHEMA


def test_the_shift_is_a_number() -> None:
    """Exact."""
    assert FULL.shift_seconds == Fraction(-1, 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "null",
        "7",
        "{}",
        '{"schema": 1}',
        '{"schema": 1, "tracks": 5, "chapters": [], "attachments": []}',
        '{"schema": 1, "tracks": ["x"], "chapters": [], "attachments": []}',
        '{"schema": 1, "tracks": [], "chapters": ["x"], "attachments": []}',
        '{"schema": 1, "tracks": [], "chapters": [], "attachments": [], "unheard": 1}',
    ],
)
def test_what_is_no_spec_is_refused(text: str, tmp_path: Path) -> None:
    """One error, whatever is wrong with it."""
    path = tmp_path / "join.json"
    path.write_text(text)
    with pytest.raises(ConfigError):
        read_spec(str(path))


def test_another_schema_is_refused_by_name(tmp_path: Path) -> None:
    """Never misread."""
    path = tmp_path / "join.json"
    path.write_text(to_json(FULL).replace(f'"schema": {SCHEMA}', f'"schema": {SCHEMA + 1}'))
    with pytest.raises(ConfigError, match=f"has schema {SCHEMA + 1}, this version reads {SCHEMA}"):
        read_spec(str(path))


def test_an_absent_spec_is_refused(tmp_path: Path) -> None:
    """Nothing there, or bytes that are no text."""
    with pytest.raises(ConfigError):
        read_spec(str(tmp_path / "absent"))
    (tmp_path / "noise").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError):
        read_spec(str(tmp_path / "noise"))
