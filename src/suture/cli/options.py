"""The options that `encode` and `plan` share, and how they become `EncodeSettings`.

Names are those of the manual, and ffmpeg's where the meaning is ffmpeg's. Values are checked by
`EncodeSettings`; here only what is the command line's own: ``PATH:LANG``, ``burn:N``, ``KEY=VALUE``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from suture.errors import ConfigError
from suture.presets import make_settings
from suture.settings import CHUNKING, VERIFY, field_names
from suture.units import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from suture.settings import EncodeSettings

__all__ = ["EncodeCommand", "encode_options", "settings_from"]

# ffmpeg's options that are called otherwise here.
_FROM_FFMPEG = {
    "-crf": "--crf",
    "-filter:a": "-af",
    "-filter:v": "-vf",
    "-hide_banner": "nothing: no banner is shown",
    "-i": "INPUT without an option",
    "-map": "--map",
    "-preset": "--speed (or -p for a preset of Suture's)",
    "-ss": "--start",
    "-t": "--start and --end",
    "-threads": "--threads",
    "-to": "--end",
    "-vcodec": "-c:v",
    "-acodec": "-c:a",
    "-aq": "-q:a",
    "-qscale:a": "-q:a",
    "-codec:v": "-c:v",
    "-codec:a": "-c:a",
    "-c": "-c:v and -c:a",
    "-ac": "--channels",
    "-ar": "--sample-rate",
    "-an": "-c:a none",
    "-vn": "-c:v none",
    "-sn": "--subtitles none",
    "-cq": "--crf",
    "-qp": "--crf",
}


class EncodeCommand(click.Command):
    """Says what an option of ffmpeg's is called here, and ``--crf`` to who writes ``-crf``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's, but click would read ``-preset`` as ``-p reset`` and ``-vn`` as ``-v -n``."""
        options = [parameter for parameter in self.params if isinstance(parameter, click.Option)]
        known = {name for option in options for name in option.opts}
        with_value = {name for option in options if not option.is_flag for name in option.opts}
        previous = ""
        for arg in args:
            if arg == "--":
                break
            if previous not in with_value and arg.startswith("-"):
                self._check(arg.partition("=")[0], known, ctx)
            previous = arg
        return super().parse_args(ctx, args)

    def _check(self, name: str, known: Collection[str], ctx: click.Context) -> None:
        """Refuse what is written as in ffmpeg and is called otherwise here."""
        if name not in known and (name in _FROM_FFMPEG or f"-{name}" in known):
            right = _FROM_FFMPEG.get(name, f"-{name}")
            raise click.UsageError(f"no such option: {name}, use {right}", ctx)


_OPTIONS: list[Callable[..., Any]] = [
    click.option(
        "-p", "--preset", default="h264", show_default=True, metavar="NAME|FILE", help="Preset to start from."
    ),
    click.option("-c:v", "--video-codec", metavar="NAME", help="Video encoder of ffmpeg's, copy or none."),
    click.option("--crf", type=float, metavar="N", help="Constant quality, in the encoder's own numbers."),
    click.option("--speed", metavar="NAME", help="The encoder's speed: a word or a number."),
    click.option("-b:v", "--video-bitrate", metavar="RATE", help="Video bit rate instead of a quality."),
    click.option(
        "--target", metavar="GOAL", help="Quality to reach in each piece: vmaf=95, vmaf=95:p5, xpsnr=40, ssim=0.98."
    ),
    click.option("-x", "encoder_options", multiple=True, metavar="KEY=VALUE", help="An option of the encoder's own."),
    click.option("-pix_fmt", "--pix-fmt", "pixel_format", metavar="NAME", help="Pixel format; default the source's."),
    click.option("-c:a", "--audio-codec", metavar="NAME", help="Audio encoder of ffmpeg's, copy (default) or none."),
    click.option("-b:a", "--audio-bitrate", metavar="RATE", help="Audio bit rate of each track, such as 128k."),
    click.option(
        "-q:a", "--audio-quality", type=float, metavar="N", help="Audio quality, in the encoder's own numbers."
    ),
    click.option("--channels", type=int, metavar="N", help="Audio channels."),
    click.option("--sample-rate", type=int, metavar="HZ", help="Audio samples a second."),
    click.option("--scale", metavar="W:H", help="Picture size; -2 keeps the shape."),
    click.option("-vf", "--video-filter", metavar="FILTERS", help="Video filters, as ffmpeg's."),
    click.option("-af", "--audio-filter", metavar="FILTERS", help="Audio filters, as ffmpeg's."),
    click.option("--loudness", type=float, metavar="LUFS", help="Make sound this loud (EBU R128), such as -16."),
    click.option("--start", metavar="T", help="Begin here: 90, 1.5s, 00:50:00.5."),
    click.option("--end", metavar="T", help="End here."),
    click.option("--subtitles", metavar="copy|none|burn[:N]", help="What becomes of subtitles."),
    click.option("--subtitle-file", "subtitle_files", multiple=True, metavar="PATH[:LANG]", help="Add this file."),
    click.option("--chunking", type=click.Choice(CHUNKING), help="Where to cut; scenes looks for shots first."),
    click.option("--chunk-duration", metavar="SECONDS", help="Length of a piece with --chunking fixed."),
    click.option("-w", "--workers", type=int, metavar="N", help="Pieces at a time; default the machine's cores."),
    click.option("--threads", type=int, metavar="N", help="Threads of each encoder."),
    click.option("--max-retries", type=int, metavar="N", help="How often a failed piece is tried again (2)."),
    click.option("--gpu-encode-slots", type=int, metavar="N", help="GPU encodes at a time (1)."),
    click.option("--gpu-scale-slots", type=int, metavar="N", help="GPU scalings at a time (1)."),
    click.option("--io-slots", type=int, metavar="N", help="Disk-bound steps at a time (1)."),
    click.option("--permissive", is_flag=True, default=None, help="Leave out pieces that failed for good."),
    click.option("--no-loss", is_flag=True, default=None, help="Fail where something can't be carried over."),
    click.option("--verify", type=click.Choice(VERIFY), help="How the output is checked (joins)."),
    click.option("--work-dir", metavar="DIR", help="Where pieces lie while it runs."),
    click.option("--keep-work", is_flag=True, default=None, help="Leave the pieces there afterwards."),
    click.option(
        "--no-resume", "resume", flag_value=False, default=None, help="Begin anew, and keep nothing for a later run."
    ),
    click.option(
        "--keep-going/--fail-fast",
        "keep_going",
        default=None,
        help="After a failure: go on (default) or stop.",
    ),
    click.option("--map", "maps", multiple=True, metavar="SPEC", help="Tracks to take, as ffmpeg's -map; default all."),
    click.option("--audio-lang", "audio_languages", multiple=True, metavar="LANG", help="Audio languages to take."),
    click.option(
        "--subtitle-lang",
        "subtitle_languages",
        multiple=True,
        metavar="LANG",
        help="Subtitle languages to take.",
    ),
    click.option("--ffmpeg", metavar="PATH", help="The ffmpeg to use; or SUTURE_FFMPEG."),
]


def encode_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all of them."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def settings_from(params: dict[str, Any]) -> EncodeSettings:
    """The settings that the options ask for; what was not given is the preset's.

    Raises:
        ConfigError: a value is not allowed.
    """
    given = {name: value for name, value in params.items() if value is not None and value != ()}
    preset = given.pop("preset", "h264")
    if "keep_going" in given:
        given["fail_fast"] = not given.pop("keep_going")
    changes: dict[str, Any] = {}
    for name, value in given.items():
        changes |= _change(name, value)
    return make_settings(preset, {name: value for name, value in changes.items() if name in field_names()})


def _change(name: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - what click gives
    """An option's value as settings."""
    if name in {"start", "end", "chunk_duration"}:
        return {name: parse_time(value, "--" + name.replace("_", "-"))}
    if name == "encoder_options":
        return {name: tuple(_pair(text) for text in value)}
    if name == "subtitle_files":
        return {name: tuple(_subtitle_file(text) for text in value)}
    if name == "subtitles":
        return _subtitles(value)
    return {name: value}


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"-x: {text!r} has no value", "write KEY=VALUE, such as -x tune=grain")
    return key, value


def _subtitle_file(text: str) -> tuple[str, str | None]:
    """``PATH:LANG``; a path may hold colons, so only a short word after the last one is a language."""
    path, colon, language = text.rpartition(":")
    short = colon and path and language.replace("-", "").isalpha() and 2 <= len(language) <= 6  # noqa: PLR2004
    if short and not os.path.lexists(text):
        return path, language
    return text, None


def _subtitles(text: str) -> dict[str, Any]:
    word, colon, number = text.partition(":")
    if not colon:
        return {"subtitles": word}
    if word != "burn" or not number.isdecimal():
        raise ConfigError(f"--subtitles: {text!r} is not allowed", "write copy, none, burn or burn:N, N from 0")
    return {"subtitles": word, "burn_index": int(number)}
