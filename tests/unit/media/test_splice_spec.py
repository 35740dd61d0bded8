"""Specs of splices: JSON between two processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suture.media.splice_spec import SoundPart, SpliceSpec, read_splice

if TYPE_CHECKING:
    from pathlib import Path


def test_a_spec_is_read_as_it_was_written(tmp_path: Path) -> None:
    """All of it, the pieces too."""
    parts = (SoundPart("a.mov", 0), SoundPart("b.mov", 17, "b.wav"))
    spec = SpliceSpec("out.mov", "heard.txt", parts, "begin.txt", warm=16, tail=40, reach=511, run=3)
    path = tmp_path / "spec.json"
    path.write_text(spec.to_json())
    assert read_splice(str(path)) == spec
