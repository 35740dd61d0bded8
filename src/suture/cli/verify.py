"""``suture verify``: prove that OUTPUT holds every frame, timestamp and stream of SOURCE.

What stands between the two is told with the options of `suture encode`, or known from the job that made OUTPUT. The
report is for stdout, as text or as one JSON document; the first difference is the error, with exit code 4.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from suture.cli.options import EncodeCommand, settings_from
from suture.errors import CommandCancelled, VerificationError

if TYPE_CHECKING:
    from suture.proof import Between, VerifyReport

__all__ = ["command"]

# Sound that was encoded: with what does not matter, but filters need it said.
_ANY_ENCODER = "aac"
_NEED_ENCODER = frozenset({"audio_filter", "channels", "loudness"})


@click.command("verify", cls=EncodeCommand, short_help="compare an output with its source")
@click.argument("source", metavar="SOURCE")
@click.argument("output", metavar="OUTPUT")
@click.option("--quick", is_flag=True, help="Packets, tags and times only; nothing is decoded.")
@click.option("--start", metavar="T", help="OUTPUT begins here in SOURCE: 90, 1.5s, 00:50:00.5.")
@click.option("--end", metavar="T", help="OUTPUT ends here.")
@click.option("-vf", "--video-filter", metavar="FILTERS", help="What was done to the pictures, as ffmpeg's.")
@click.option("--scale", metavar="W:H", help="The pictures were scaled.")
@click.option("-af", "--audio-filter", metavar="FILTERS", help="What was done to the sound.")
@click.option("--loudness", type=float, metavar="LUFS", help="The loudness that was asked for.")
@click.option("--channels", type=int, metavar="N", help="Audio channels that were asked for.")
@click.option("-c:v", "--video-codec", metavar="none", help="none: the video was left out.")
@click.option("-c:a", "--audio-codec", metavar="none", help="none: the sound was left out.")
@click.option("--subtitles", metavar="copy|none|burn[:N]", help="What became of subtitles.")
@click.option("--subtitle-file", "subtitle_files", multiple=True, metavar="PATH[:LANG]", help="It was added.")
@click.option("--map", "maps", multiple=True, metavar="SPEC", help="Tracks that were taken, as ffmpeg's -map.")
@click.option("--audio-lang", "audio_languages", multiple=True, metavar="LANG", help="Audio languages taken.")
@click.option("--subtitle-lang", "subtitle_languages", multiple=True, metavar="LANG", help="Subtitle languages taken.")
@click.option("--ffmpeg", metavar="PATH", help="The ffmpeg that decodes; or SUTURE_FFMPEG.")
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON document.")
@click.option("-q", "--quiet", is_flag=True, help="Print the first difference only.")
@click.option("--no-progress", is_flag=True, help="No progress line.")
def command(source: str, output: str, quick: bool, as_json: bool, quiet: bool, no_progress: bool, **told: Any) -> None:  # noqa: ANN401, FBT001 - click's values
    """Prove that OUTPUT holds every frame, timestamp and stream of SOURCE.

    Works on what any tool made. What was done on purpose is told with the options of encode.
    """
    program = told.pop("ffmpeg")
    report = _looked(source, output, _between(told), quick=quick, ffmpeg=program, shown=not (quiet or no_progress))
    if as_json:
        click.echo(json.dumps(report.to_json(), indent=2))
    elif not quiet:
        from suture.report.verify_text import lines_of  # noqa: PLC0415 - not for JSON

        click.echo("\n".join(lines_of(report)))
    if not report.ok:
        raise _first(report)


def _between(told: dict[str, Any]) -> Between | None:
    """What was told; None: nothing, so that a job's own record may tell."""
    from suture.proof import Between  # noqa: PLC0415 - loads what reads files

    given = {name: value for name, value in told.items() if value is not None and value != ()}
    if not given:
        return None
    if given.keys() & _NEED_ENCODER and "audio_codec" not in given:
        given["audio_codec"] = _ANY_ENCODER
    for name in ("video_codec", "audio_codec"):
        if given.get(name, "none") not in {"none", _ANY_ENCODER} and not given.keys() & _NEED_ENCODER:
            del given[name]  # with which encoder it was made is seen in the file
    return Between(settings_from(given))


def _looked(
    source: str, output: str, between: Between | None, *, quick: bool, ffmpeg: str | None, shown: bool
) -> VerifyReport:
    """The comparison, with a brake and a progress line."""
    from suture.cli.signals import halted  # noqa: PLC0415 - loads what reads files
    from suture.control import Control  # noqa: PLC0415 - as above
    from suture.proof import verify  # noqa: PLC0415 - as above
    from suture.report.verify_progress import progress_for  # noqa: PLC0415 - as above

    control = Control()
    with progress_for(shown=shown) as on_progress, halted(control):
        try:
            return verify(
                source, output, between, quick=quick, ffmpeg=ffmpeg, on_progress=on_progress, cancel=control.cancel
            )
        except CommandCancelled as error:
            error.exit_code = control.exit_code
            raise


def _first(report: VerifyReport) -> VerificationError:
    """The error that names the first difference."""
    first, more = report.differences[0], len(report.differences) - 1
    others = f"; and {more} more difference{'' if more == 1 else 's'}" if more else ""
    return VerificationError(f"{report.output!r} is not what {report.source!r} asks for: {first.text}{others}")
