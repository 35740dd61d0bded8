"""The README tells what is true: commands, options, presets, exit codes and events are those in the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from suture.cli.encode import command as encode
from suture.main import COMMANDS, HIDDEN
from suture.presets import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def section(title: str) -> str:
    """The text under a heading, up to the next one."""
    return re.split(r"^#+ ", README.split(f" {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def first_cells(title: str) -> Iterator[str]:
    """The first cell of each row of the table under a heading, without the head."""
    rows = [line for line in section(title).splitlines() if line.startswith("|")]
    return (re.split(r"(?<!\\)\|", row)[1].strip() for row in rows[2:])


def test_every_option_stands_in_the_table() -> None:
    """Each option of encode has a row, by at least one of its names; and no row names one that does not exist."""
    told = set(re.findall(r"(?<![\w-])--?[a-z][\w:-]*", " ".join(first_cells("Options of `encode` and `plan`"))))
    options = [parameter for parameter in encode.params if isinstance(parameter, click.Option)]
    names = {name for option in options for name in (*option.opts, *option.secondary_opts)}
    assert not told - names
    assert not [option.opts for option in options if not told & set(option.opts) and "-o" not in option.opts]


def test_every_command_stands_in_the_table() -> None:
    """Each command that the help lists has a row; plumbing has none."""
    told = {word for cell in first_cells("Commands") for word in re.findall(r"suture ([a-z]+)", cell)}
    assert told == set(COMMANDS)
    assert not told & set(HIDDEN)


def test_the_presets_are_those_built_in() -> None:
    """The table of presets names each of them, in order, with its encoder's container and quality."""
    assert [cell.strip("`") for cell in first_cells("Presets")] == list(BUILT_IN)
    rows = [line for line in section("Presets").splitlines() if line.startswith("| `")]
    for row, values in zip(rows, BUILT_IN.values(), strict=True):
        assert "crf" not in values or f"CRF {values['crf']:g}" in row
        assert "audio_bitrate" not in values or values["audio_bitrate"] in row


def test_the_exit_codes_are_those_of_the_errors() -> None:
    """Every exit code that an error carries is explained."""
    from suture import errors  # noqa: PLC0415 - only its classes' codes are wanted here

    kinds = [getattr(errors, name) for name in errors.__all__]
    told = {int(number) for cell in first_cells("Exit codes") for number in cell.split(",")}
    assert {kind.exit_code for kind in kinds} <= told


def test_the_events_are_those_that_are_written() -> None:
    """Every event type in the code is in the table, and the other way round."""
    source = (ROOT / "src/suture/report/json_lines.py").read_text()
    written = set(re.findall(r'"((?:job|task)\.[a-z]+|note|warning)"', source))
    told = {name for cell in first_cells("Events") for name in re.findall(r"`([a-z.]+)`", cell)}
    assert told == written


def test_the_test_command_is_what_continuous_integration_runs() -> None:
    """`.ci/run` calls the command that the README gives for the tests."""
    assert "\nmake test\n" in section("Install and run")
    assert re.search(r"^make test\b", (ROOT / ".ci/run").read_text(), re.MULTILINE)
