"""A plan's steps that are no ffmpeg calls: ``suture index``, ``loudness``, ``splice``, ``join``, ``publish``. Hidden.

The orchestrator runs them as children, and a plan printed as a script names them; so they report on stdout
as ffmpeg's ``-progress`` does. Thin: what each step does is `media.index`'s, `command.loudness`', `media.mux`'s and
`verify`'s. Each has a process of its own already, so libavformat is called here directly.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suture.command.part import Part
from suture.command.step import STEP_OPTION, error_line
from suture.errors import ConfigError, SutureError

if TYPE_CHECKING:
    from suture.media.index import FrameIndex

__all__ = ["index", "join", "loudness", "publish", "splice"]


class _Step(click.Command):
    """A step that the orchestrator may run: with ``--as-step`` its errors go to the parent as they are."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(*arguments, **keywords)
        self.params.append(click.Option([STEP_OPTION, "as_step"], is_flag=True, hidden=True))

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's
        if not ctx.params.pop("as_step"):
            return super().invoke(ctx)
        try:
            return super().invoke(ctx)
        except SutureError as error:
            click.echo(error_line(error), err=True)
            return error.exit_code


@click.command("index", hidden=True, short_help="write the frame index of a video stream")
@click.argument("source", metavar="SOURCE")
@click.option("--stream", type=click.IntRange(min=0), required=True, help="The stream's index in SOURCE.")
@click.option("-o", "output", metavar="FILE", required=True, help="Where the index goes.")
@click.option("--listing", metavar="FILE", help="Take the frames of this listing (-f framecrc), not packets.")
@click.option("--first", type=click.IntRange(min=0), default=0, help="The first frame to keep.")
@click.option("--end", type=click.IntRange(min=1), help="One past the last frame to keep.")
def index(source: str, output: str, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Write the frame index of one video stream of SOURCE."""
    from suture.media.index import write_index  # noqa: PLC0415 - loads what the step needs

    found = _found(source, output, options)
    first, end = options["first"], options["end"] or len(found)
    if first >= end or end > len(found):
        raise ConfigError(
            f"frames {first} to {end} of stream {options['stream']} of {source!r} do not exist",
            f"it has {len(found)} frames",
        )
    write_index(found.part(first, end), output)
    _finish(end - first)


def _found(source: str, output: str, options: dict[str, Any]) -> FrameIndex:
    from suture.media.index import index_of_listing, read_index  # noqa: PLC0415 - loads what the step needs
    from suture.media.packet_index import index_file  # noqa: PLC0415 - as above

    if options["listing"]:
        return index_of_listing(options["listing"], options["stream"])
    index_file(source, options["stream"], output)
    return read_index(output)


@click.command("loudness", cls=_Step, hidden=True, short_help="measure a sound and write the filters that level it")
@click.argument("source", metavar="SOURCE")
@click.option("--target", type=float, metavar="LUFS", required=True, help="How loud the sound shall be.")
@click.option("--ceiling", type=float, metavar="DBTP", default=-1.5, help="The highest peak that may be.")
@click.option("--stream", type=click.IntRange(min=0), help="The stream's index in SOURCE; default the first sound.")
@click.option("--before", multiple=True, metavar="FILTERS", help="Filters that come first; it is measured behind them.")
@click.option("--behind", multiple=True, metavar="FILTERS", help="Filters that come last.")
@click.option("--rate", type=click.IntRange(min=1), default=48_000, help="Samples a second, if ffmpeg does not say.")
@click.option("--ffmpeg", "program", metavar="PATH", help="The ffmpeg that listens; or SUTURE_FFMPEG.")
@click.option("-o", "output", metavar="FILE", required=True, help="Where the filters go; the figures go beside it.")
def loudness(source: str, output: str, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Measure one sound of SOURCE, and write the chain of filters that gives it the loudness that was asked for."""
    from suture.command.loudness import LoudnessCommand, write_filters  # noqa: PLC0415 - loads what the step needs

    last = 0

    def tell(done_us: int) -> None:
        nonlocal last
        last = done_us
        _report_time(done_us, "continue")

    write_filters(LoudnessCommand(Path(output).stem, source, output, **options), tell)
    _report_time(last, "end")


@click.command("splice", cls=_Step, hidden=True, short_help="join the pieces of a sound")
@click.argument("spec", metavar="SPEC")
def splice(spec: str) -> None:
    """Join the pieces of a sound that SPEC describes."""
    from suture.media.splice import splice as sew  # noqa: PLC0415 - loads what the step needs
    from suture.media.splice_spec import read_splice  # noqa: PLC0415 - as above

    told = read_splice(spec)
    with Part(told.output) as part:
        for joint in sew(told, part.path):
            click.echo(f"joined at packet {joint.packet}: {joint.why}", err=True)
        part.settle()
    _finish(0)


@click.command("join", cls=_Step, hidden=True, short_help="sew the pieces of a plan together")
@click.argument("spec", metavar="SPEC")
def join(spec: str) -> None:
    """Write the part file that SPEC describes, and beside SPEC what was written."""
    from suture.media.mux import join as sew  # noqa: PLC0415 - loads libavformat
    from suture.media.spec import read_spec  # noqa: PLC0415 - as above
    from suture.verify import facts_path  # noqa: PLC0415 - as above

    facts = sew(read_spec(spec), _tell)
    _write(facts_path(spec), json.dumps(facts))
    _finish(facts["frames"])


@click.command("publish", cls=_Step, hidden=True, short_help="check what was joined and give it its name")
@click.argument("spec", metavar="SPEC")
def publish(spec: str) -> None:
    """Check the part file that SPEC describes, and give it its name."""
    from suture.media.spec import read_spec  # noqa: PLC0415 - loads what the step needs
    from suture.verify import publish as check  # noqa: PLC0415 - as above

    last = 0

    def tell(frames: int) -> None:
        nonlocal last
        last = frames
        _tell(frames)

    check(read_spec(spec), spec, tell)
    _finish(last)


def _write(path: str, text: str) -> None:
    """The file appears whole or not at all."""
    with Part(path) as part:
        Path(part.path).write_text(text)


def _tell(frames: int) -> None:
    _report(frames, "continue")


def _finish(frames: int) -> None:
    _report(frames, "end")


def _report(frames: int, state: str) -> None:
    _say(f"frame={frames}", state)


def _report_time(done_us: int, state: str) -> None:
    _say(f"out_time_us={done_us}", state)


def _say(what: str, state: str) -> None:
    """One block of ffmpeg's ``-progress``."""
    sys.stdout.write(f"{what}\nprogress={state}\n")
    sys.stdout.flush()
