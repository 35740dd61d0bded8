"""``suture plan``: what encode would do and why, as a tree, a script, JSON or a graph."""

from __future__ import annotations

import os
from typing import Any

import click

from suture.cli.options import EncodeCommand, encode_options, settings_from

__all__ = ["command"]

FORMATS = ("tree", "sh", "json", "mermaid")


@click.command("plan", cls=EncodeCommand, short_help="print what encode would do and why")
@click.argument("source", metavar="INPUT")
@click.argument("output", required=False)
@click.option("--format", "form", type=click.Choice(FORMATS), default="tree", show_default=True, help="How to print.")
@encode_options
def command(source: str, output: str | None, form: str, **params: Any) -> None:  # noqa: ANN401 - click's values
    """Print what `suture encode` would do with INPUT, and why. Nothing is encoded."""
    settings = settings_from(params)
    from suture.pipeline import make_plan  # noqa: PLC0415 - after the settings: wrong ones need no pipeline
    from suture.report.plan_text import render  # noqa: PLC0415 - as above

    click.echo(os.fsencode(render(make_plan(source, output, settings), form)))
