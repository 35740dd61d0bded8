"""What is left in a job's folder about its output, and what it costs to ask."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from suture.verify.publication import announce, look_at_file, published

if TYPE_CHECKING:
    from pathlib import Path


def test_the_file_that_was_announced_is_known_under_its_name(tmp_path: Path) -> None:
    """The rename changes nothing of what it is known by; another file of the same bytes is another one."""
    part, output, spec = tmp_path / ".part-a.opus", tmp_path / "a.opus", str(tmp_path / "join.json")
    part.write_bytes(b"sound")
    announce(str(part), spec)
    assert not published(spec, str(output)), "it has no name yet"
    part.replace(output)
    assert published(spec, str(output))
    (tmp_path / "copy").write_bytes(b"sound")
    (tmp_path / "copy").replace(output)
    assert not published(spec, str(output))


def test_nothing_announced_is_nothing_published(tmp_path: Path) -> None:
    """No note, a note that is no JSON, no file: not ours."""
    output, spec = tmp_path / "a.opus", tmp_path / "join.json"
    output.write_bytes(b"sound")
    assert not published(str(spec), str(output))
    spec.with_name("join.json.published").write_text("[")
    assert not published(str(spec), str(output))


def test_a_change_of_the_file_shows(tmp_path: Path) -> None:
    """Its size or its date."""
    path = tmp_path / "a"
    path.write_bytes(b"one")
    first = look_at_file(str(path))
    os.utime(path, ns=(0, 0))
    assert look_at_file(str(path)) != first


def test_who_runs_jobs_loads_no_libavformat() -> None:
    """Files from outside are opened in children only; loading what opens them costs more than all the rest."""
    code = "import sys, suture.pipeline; sys.exit(any(name in sys.modules for name in ('av', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
