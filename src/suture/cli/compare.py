"""``suture compare``: how good FILE is beside REFERENCE, as numbers; as text, JSON, or a page with a graph.

The numbers are for stdout. With ``-q`` there is nothing but the pooled one, for scripts.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suture.cli.options import EncodeCommand
from suture.errors import CommandCancelled, ConfigError
from suture.units import parse_time

if TYPE_CHECKING:
    from suture.proof.comparison import Comparison

__all__ = ["command"]


@click.command("compare", cls=EncodeCommand, short_help="measure how good a file is beside its reference")
@click.argument("reference", metavar="REFERENCE")
@click.argument("file", metavar="FILE")
@click.option(
    "--metric", "metrics", multiple=True, metavar="NAME,…", help="vmaf (where there is), xpsnr, ssim, psnr; several."
)
@click.option("--pool", default="harmonic", show_default=True, metavar="NAME", help="mean, harmonic, min, p1 to p99 …")
@click.option("--model", default="", metavar="NAME|FILE", help="VMAF's model; by default chosen by the size.")
@click.option("-vf", "--video-filter", metavar="FILTERS", help="What REFERENCE runs through first, as ffmpeg's.")
@click.option("--scale", metavar="W:H", help="Scale REFERENCE first.")
@click.option("--start", metavar="T", help="Compare from here in REFERENCE: 90, 1.5s, 00:50:00.5.")
@click.option("--end", metavar="T", help="Compare up to here.")
@click.option("-w", "--workers", type=int, metavar="N", help="Stretches at a time; default the machine's cores.")
@click.option("--ffmpeg", metavar="PATH", help="The ffmpeg that measures; or SUTURE_FFMPEG.")
@click.option("--html", metavar="OUT.html", help="Write a page with graphs.")
@click.option("-y", "overwrite", is_flag=True, help="Replace an existing page.")
@click.option("--json", "as_json", is_flag=True, help="All numbers as one JSON document.")
@click.option("-q", "--quiet", is_flag=True, help="Print the pooled number only.")
@click.option("--no-progress", is_flag=True, help="No progress line.")
def command(html: str | None, pool: str, **told: Any) -> None:  # noqa: ANN401 - click's values
    """Measure how good FILE is beside REFERENCE, frame by frame: VMAF, XPSNR, SSIM, PSNR.

    A file of another size is scaled; one with other frames is compared where it has a partner at the same time.
    """
    overwrite, as_json, quiet, hushed = (told.pop(name) for name in ("overwrite", "as_json", "quiet", "no_progress"))
    if html is not None:
        _refuse(html, told["reference"], told["file"], overwrite=overwrite)
    comparison = _looked(pool, shown=not (quiet or hushed), **told)
    if html is not None:
        _write(html, comparison, pool)
    if as_json:
        click.echo(json.dumps(comparison.to_json(), separators=(",", ":")))
        return
    from suture.report.compare_text import lines_of, pooled_lines  # noqa: PLC0415 - not for JSON

    click.echo("\n".join(pooled_lines(comparison, pool) if quiet else lines_of(comparison, pool)))


def _looked(
    pool: str,
    *,
    shown: bool,
    reference: str,
    file: str,
    metrics: tuple[str, ...],
    video_filter: str | None,
    scale: str | None,
    start: str | None,
    end: str | None,
    **settings: Any,  # noqa: ANN401 - as they are
) -> Comparison:
    """The comparison, with a brake and a progress line."""
    from suture.cli.signals import halted  # noqa: PLC0415 - loads what reads files
    from suture.control import Control  # noqa: PLC0415 - as above
    from suture.proof.measured import compare  # noqa: PLC0415 - as above
    from suture.report.verify_progress import progress_for  # noqa: PLC0415 - as above

    control = Control()
    names = [name.strip().lower() for text in metrics for name in text.split(",") if name.strip()]
    chain = ",".join(filter(None, (video_filter, f"scale={scale}" if scale else "")))
    with progress_for(shown=shown) as on_progress, halted(control):
        try:
            return compare(
                reference,
                file,
                names,
                pools=(pool,),
                filters=chain,
                start=None if start is None else parse_time(start, "--start"),
                end=None if end is None else parse_time(end, "--end"),
                on_progress=on_progress,
                cancel=control.cancel,
                **settings,
            )
        except CommandCancelled as error:
            error.exit_code = control.exit_code
            raise


def _refuse(page: str, *films: str, overwrite: bool) -> None:
    """Raise when a page must not be written there, before hours are spent on its numbers."""
    if os.path.isdir(page):  # noqa: PTH112 - pathlib's raises for names that are too long
        raise ConfigError(f"--html: {page!r} is a folder", "name a file in it")
    if os.path.exists(page) and any(os.path.exists(film) and os.path.samefile(film, page) for film in films):  # noqa: PTH110, PTH121
        raise ConfigError(f"--html: {page!r} is one of the two films", "name another file")
    if os.path.lexists(page) and not overwrite:
        raise ConfigError(f"--html: {page!r} exists", "-y replaces it")
    if not os.path.isdir(os.path.dirname(page) or "."):  # noqa: PTH112, PTH120
        raise ConfigError(f"--html: there is no folder {os.path.dirname(page)!r}", "make it first")  # noqa: PTH120


def _write(page: str, comparison: Comparison, pool: str) -> None:
    """All of it or nothing.

    Raises:
        ConfigError: it can't be written there.
    """
    from suture.command.part import Part  # noqa: PLC0415 - loads what runs commands
    from suture.report.compare_page import page_of  # noqa: PLC0415 - not without a page

    try:
        with Part(page) as part:
            Path(part.path).write_text(page_of(comparison, pool), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ConfigError(f"--html: {page!r} can't be written: {error.strerror}", "name another file") from error
