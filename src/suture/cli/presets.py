"""``suture presets``: list them, show one, save one's own."""

from __future__ import annotations

from typing import Any

import click

from suture.cli.options import EncodeCommand, encode_options, settings_from
from suture.preset_file import to_toml
from suture.presets import BUILT_IN, make_settings, preset_names, save_preset

__all__ = ["command"]


@click.group("presets", invoke_without_command=True, short_help="list, show and save presets")
@click.pass_context
def command(ctx: click.Context) -> None:
    """List, show and save presets. Without a command: list."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(show_all)


@command.command("list")
def show_all() -> None:
    """Name all presets, built-in ones and your own."""
    width = max(len(name) for name in preset_names())
    for name in preset_names():
        click.echo(f"{name:{width}}  {_summary(name)}{'' if name in BUILT_IN else '  (your own)'}")


def _summary(name: str) -> str:
    settings = make_settings(name)
    video = [settings.video_codec]
    video += [f"crf {settings.crf:g}"] if settings.crf is not None else []
    video += [f"speed {settings.speed}"] if settings.speed is not None else []
    audio = " ".join(part for part in (settings.audio_codec, settings.audio_bitrate) if part)
    return f"{settings.extension:4}  video {' '.join(video)}, audio {audio}"


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print a preset as TOML; what is not there has its default."""
    click.echo(to_toml(make_settings(name)), nl=False)


@command.command("save", cls=EncodeCommand)
@click.argument("name")
@encode_options
def save(name: str, **params: Any) -> None:  # noqa: ANN401 - click's values
    """Save the options as your own preset NAME, on top of --preset."""
    click.echo(f"saved {save_preset(name, settings_from(params))}")
