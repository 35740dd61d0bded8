"""Fingerprints: what changes them, and what does not."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from suture.command.base import Command, TaskType
from suture.orchestrator.fingerprint import fingerprints
from suture.orchestrator.graph import Dag

if TYPE_CHECKING:
    from pathlib import Path

    from suture.command.base import Files


@dataclass(frozen=True)
class Made(Command):
    """Reads one file, and another one by all that is in it."""

    id: str = "t"
    input_path: str = "in"
    output_path: str = "out"
    priority: int = 5
    options: tuple[str, ...] = ()
    font: str = ""
    task_type: TaskType = field(default=TaskType.VIDEO)

    def build_args(self) -> list[str]:
        """Never asked."""
        raise AssertionError

    def identity(self, files: Files) -> tuple[str, ...]:
        """What it reads, and how."""
        return (files.source(self.input_path), *([files.content(self.font)] if self.font else []), *self.options)


def of(*commands: Made) -> list[str]:
    """The fingerprints of commands of one graph, each after the one before it."""
    dag = Dag()
    before: list[Command] = []
    for command in commands:
        dag.add(command, after=before)
        before = [command]
    found = fingerprints(dag)
    return [found[command.id] for command in commands]


def test_names_and_places_do_not_count(tmp_path: Path) -> None:
    """What the task is called and where its file goes is nobody's business."""
    film = tmp_path / "film"
    film.write_text("film")
    assert of(Made("a", str(film), "here")) == of(Made("b", str(film), "there"))
    assert of(Made("a", str(film))) != of(Made("a", str(film), options=("-x",)))


def test_the_source_counts(tmp_path: Path) -> None:
    """What is in it, and when it was written."""
    film = tmp_path / "film"
    film.write_text("film")
    os.utime(film, ns=(1, 1))
    before = of(Made(input_path=str(film)))
    os.utime(film, ns=(2, 2))
    touched = of(Made(input_path=str(film)))
    film.write_text("another film")
    assert len({*before, *touched, *of(Made(input_path=str(film)))}) == 3


def test_a_named_file_counts_by_its_content_alone(tmp_path: Path) -> None:
    """It may be copied, moved and touched; a folder stands for all the files in it."""
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        (folder / "font").write_text("sans")
        (folder / "within").mkdir()
    os.utime(two / "font", (0, 0))
    assert of(Made(font=str(one / "font"))) == of(Made(font=str(two / "font")))
    assert of(Made(font=str(one))) == of(Made(font=str(two)))
    (two / "font").write_text("serif")
    assert of(Made(font=str(one / "font"))) != of(Made(font=str(two / "font")))
    assert of(Made(font=str(one))) != of(Made(font=str(two)))


def test_what_another_task_makes_counts_by_how_it_is_made() -> None:
    """Whether its file is there or not; a change at the beginning changes all that follows."""
    first, second, third = Made("a", "in", "x"), Made("b", "x", "y"), Made("c", "y", "z")
    plain = of(first, second, third)
    moved = of(Made("a", "in", "/else/x"), Made("b", "/else/x", "y"), third)
    changed = of(Made("a", "in", "x", options=("-x",)), second, third)
    assert plain == moved
    assert not set(plain) & set(changed)


def test_what_can_not_be_read_counts_by_its_name() -> None:
    """A URL, or a file that is not there: the command itself will say what is wrong."""
    assert of(Made(input_path="https://a/film")) == of(Made(input_path="https://a/film"))
    assert of(Made(input_path="https://a/film")) != of(Made(input_path="https://b/film"))
