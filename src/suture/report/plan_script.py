"""A plan as a POSIX script that, run by ``sh``, makes the same output.

The ffmpeg lines are exactly what the commands would run; what is Suture's own stands in it as ``suture
index``, ``join`` and ``publish``. One step after the other: a script can't hand out slots. It stops at the
first failure and leaves the job's folder then; only a success removes it.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from suture.command.sound import SoundSlice
from suture.errors import ConfigError
from suture.media.spec import to_json
from suture.report.wording import printable
from suture.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.planning.job import Plan, VideoPlan
    from suture.planning.steps import Step

__all__ = ["render"]


def render(plan: Plan) -> str:
    """The script.

    Raises:
        ConfigError: the plan has a goal, so what is encoded is found out on the way.
    """
    if any(video.targeting for video in plan.videos):
        raise ConfigError("--target: what is encoded is found out on the way, which no script can", "see --format tree")
    parts = (_header(plan), _guard(plan), _indexes(plan), _join_file(plan), _steps(plan), _end(plan))
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part)


def _header(plan: Plan) -> Iterator[str]:
    yield "#!/bin/sh"
    yield f"# Encodes {printable(repr(plan.source))} as {printable(repr(plan.output))}."
    yield f"# Made by suture {__version__}: suture plan --format sh, or suture encode --dry-run."
    if not all(map(_is_absolute, (plan.source, plan.output))):
        yield "# Names without a leading slash count from the folder in which it was made."
    for loss in plan.losses:
        yield f"# warning: {printable(str(loss))}"
    yield "set -eu"
    yield "say() { printf '%s\\n' \"$*\" >&2; }"


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or "://" in path


def _guard(plan: Plan) -> Iterator[str]:
    """Nothing that is there is harmed; better to know before than after hours."""
    if not plan.spec.overwrite:
        output = _word(plan.output)
        yield f"if [ -e {output} ] || [ -L {output} ]; then"
        yield f"    say {shlex.quote('the output exists:')} {output}"
        yield "    exit 2"
        yield "fi"
    yield f"mkdir -p -- {_words(_folders(plan))}"


def _folders(plan: Plan) -> list[str]:
    """The job's folder, and those in it that steps write to."""
    paths = [step.command.output_path for step in plan.steps] + [video.index_path for video in plan.videos]
    inside = {str(Path(path).parent) for path in paths if Path(path).is_relative_to(plan.folder)}
    return [plan.folder, *sorted(inside - {plan.folder})]


def _indexes(plan: Plan) -> Iterator[str]:
    """The frame indexes that the join reads the times from."""
    needed = {track.index for track in plan.spec.tracks if track.index}
    videos = [video for video in plan.videos if video.index_path in needed]
    if plan.copy:
        yield "# The clock of the source starts again or jumps; all is made from a copy whose clock runs on."
        yield f"{plan.copy.dry_run()} >/dev/null"
    if videos:
        yield "# The times of all frames."
    for video in videos:
        if video.listing:  # a damaged film is taken as far as it decodes
            yield f"{video.listing.dry_run()} >/dev/null || :"
        yield f"{_index(video, plan)} >/dev/null"


def _index(video: VideoPlan, plan: Plan) -> str:
    words = ["suture", "index", _file(plan.spec.source), "--stream", str(video.track.source_index)]
    words += ["-o", _file(video.index_path)]
    if video.listing:
        words += ["--listing", _file(video.listing.output_path)]
    if plan.settings.is_part:
        first = video.first_frame
        words += ["--first", str(first), "--end", str(first + len(video.index))]
    return shlex.join(words)


def _join_file(plan: Plan) -> Iterator[str]:
    yield "# What the join has to make."
    yield from _here(plan.spec_path, to_json(plan.spec))
    for path, text in plan.splices():
        yield "# What a sound is spliced of."
        yield from _here(path, text)


def _here(path: str, text: str) -> Iterator[str]:
    """A file, as it is: in a quoted here-document nothing is expanded."""
    mark = "END_OF_JOIN_FILE"
    while mark in text:
        mark += "_"
    yield f"cat >{shlex.quote(path)} <<'{mark}'"
    yield text
    yield mark


def _steps(plan: Plan) -> Iterator[str]:
    """Every step behind those that it waits for, each intermediate only until it was read."""
    ordered = _ordered(plan.steps)
    may_fail = _may_fail(ordered)
    for number, step in enumerate(ordered, 1):
        yield f"say {shlex.quote(f'{number} of {len(ordered)}: {step.command.id}')}"
        line = f"{step.command.dry_run()} >/dev/null"
        if step.command.id in may_fail:
            line += f" || rm -f -- {_word(step.command.output_path)}"
        yield line
        if isinstance(step.command, SoundSlice) and (beside := step.command.beside()):
            yield f"{shlex.join(beside)} >/dev/null"
        if consumed := getattr(step.command, "consumes", ""):
            yield f"rm -f -- {_word(consumed)}"


def _may_fail(ordered: Sequence[Step]) -> set[str]:
    """Pieces that may be missing, and what is made for these alone."""
    # A step before the encoder waits for a piece only for its room on the disk, not for its failure.
    found = {task for step in ordered if not step.transient for task in step.after_any}
    makers = {step.command.output_path: step.command.id for step in ordered}
    for step in reversed(ordered):
        if step.command.id in found and (maker := makers.get(getattr(step.command, "consumes", ""))):
            found.add(maker)
    return found


def _ordered(steps: Sequence[Step]) -> list[Step]:
    """Dependencies first, else as they are."""
    waiting = list(steps)
    ordered: list[Step] = []
    done: set[str] = set()
    while waiting:
        ready = next((step for step in waiting if done.issuperset((*step.after, *step.after_any))), waiting[0])
        waiting.remove(ready)
        done.add(ready.command.id)
        ordered.append(ready)
    return ordered


def _end(plan: Plan) -> Iterator[str]:
    yield f"rm -rf -- {_word(plan.folder)}"
    yield f"say {shlex.quote('made:')} {_word(plan.output)}"


def _file(path: str) -> str:
    """A name that never looks like an option."""
    return f"./{path}" if path.startswith("-") else path


def _word(path: str) -> str:
    return shlex.quote(_file(path))


def _words(paths: Sequence[str]) -> str:
    return " ".join(map(_word, paths))
