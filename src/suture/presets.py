"""Presets: settings under a name, and how options on top of them make an `EncodeSettings`.

Built-in ones stand here; a user's own are TOML files, in ``$XDG_CONFIG_HOME/suture/presets`` or named by
path. A file has the keys of `EncodeSettings`; ``preset`` in it names the preset that it changes. Neighbours:
`settings` checks the values, `encoder_table` knows what an encoder gets when nothing is said.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from suture.encoder_table import KNOWN_ENCODERS
from suture.errors import ConfigError
from suture.preset_file import read_values, to_toml
from suture.settings import EncodeSettings, field_names, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "BUILT_IN",
    "load_preset",
    "make_settings",
    "preset_folder",
    "preset_names",
    "save_preset",
]

BUILT_IN: Final[dict[str, dict[str, Any]]] = {
    "h264": {"video_codec": "libx264", "crf": 20.0, "speed": "medium"},
    "hevc": {"video_codec": "libx265", "crf": 22.0, "speed": "medium"},
    "av1": {"video_codec": "libsvtav1", "crf": 30.0, "speed": "8"},
    "vp9": {"video_codec": "libvpx-vp9", "crf": 31.0, "speed": "4", "extension": "webm"},
    "archive": {
        "video_codec": "ffv1",
        "encoder_options": (("level", "3"), ("g", "1"), ("slices", "4"), ("slicecrc", "1")),
    },
    "audio-aac": {
        "video_codec": "none",
        "audio_codec": "aac",
        "audio_bitrate": "160k",
        "subtitles": "none",
        "extension": "m4a",
    },
    "audio-opus": {
        "video_codec": "none",
        "audio_codec": "libopus",
        "audio_bitrate": "128k",
        "subtitles": "none",
        "extension": "opus",
    },
    "audio-flac": {
        "video_codec": "none",
        "audio_codec": "flac",
        "subtitles": "none",
        "extension": "flac",
    },
}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_QUALITY = ("crf", "video_bitrate", "target")
_AUDIO_QUALITY = ("audio_bitrate", "audio_quality")
# Encoders' own options that ask for a quality, or for a rate.
_OWN_QUALITY = frozenset(
    {"b", "b:v", "cq", "crf", "global_quality", "lossless", "q", "q:v", "qp", "qscale", "qscale:v"}
)
_VIDEO = ("crf", "speed", "video_bitrate", "encoder_options", "pixel_format", "scale", "video_filter", "target")
_AUDIO = (*_AUDIO_QUALITY, "channels", "sample_rate", "audio_filter", "loudness")


def make_settings(preset: str = "h264", overrides: Mapping[str, Any] | None = None) -> EncodeSettings:
    """A preset with options on top.

    An option overrides the preset's value. Another video encoder than the preset's takes its own default
    quality and speed where these are not given, and none of the preset's encoder options; so does audio. A
    rate replaces the preset's quality, and the other way round.

    Args:
        preset: a built-in name, one of the user's own, or the path of a TOML file.
        overrides: fields of `EncodeSettings`.

    Raises:
        ConfigError: no such preset, unknown field, or a value that is not allowed.
    """
    return EncodeSettings(**_merged(load_preset(preset), overrides or {}) | {"preset": preset})


def load_preset(preset: str) -> dict[str, Any]:
    """A preset's settings, as fields of `EncodeSettings`.

    Raises:
        ConfigError: there is none of that name, or its file is wrong.
    """
    if preset in BUILT_IN:
        return dict(BUILT_IN[preset])
    if "/" in preset or preset.endswith(".toml"):
        return _read(Path(preset))
    own = preset_folder() / f"{preset}.toml"
    if _NAME.fullmatch(preset) and own.is_file():
        return _read(own)
    raise unknown("preset", preset, preset_names())


def preset_folder() -> Path:
    """Where the user's own presets lie; it need not exist."""
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    # The XDG base directory specification has relative paths ignored.
    base = Path(configured) if configured.startswith("/") else Path.home() / ".config"
    return base / "suture" / "presets"


def preset_names() -> tuple[str, ...]:
    """Built-in presets, then the user's own."""
    own = sorted(path.stem for path in preset_folder().glob("*.toml") if path.stem not in BUILT_IN)
    return (*BUILT_IN, *own)


def save_preset(name: str, settings: EncodeSettings) -> Path:
    """Write the settings as the user's own preset, replacing one of that name; gives its path.

    Raises:
        ConfigError: the name is no plain word, is a built-in one, or the file can't be written.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is no name for a preset", "use letters, digits, - and _")
    if name in BUILT_IN:
        raise ConfigError(f"{name!r} is a built-in preset", "choose another name")
    path = preset_folder() / f"{name}.toml"
    part = path.with_name(f".part-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(to_toml(settings), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"cannot write {str(path)!r}: {error.strerror}", "check its folder") from None
    return path


def _read(path: Path) -> dict[str, Any]:
    """The settings in a file, on top of the preset that it names."""
    values = read_values(path)
    base = values.pop("preset", None)
    if base is None:
        return values
    if base not in BUILT_IN:
        raise unknown(f"preset in {str(path)!r}:", base, BUILT_IN)
    return _merged(BUILT_IN[base], values)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    for name in changes:
        if name not in field_names():
            raise unknown("setting", name, field_names())
    values = dict(base)
    _change_encoder(values, changes)
    _change_audio(values, changes)
    if any(changes.get(name) is not None for name in _QUALITY) or _tells_quality(changes):
        for name in _QUALITY:
            values.pop(name, None)
    if any(changes.get(name) is not None for name in _AUDIO_QUALITY):
        for name in _AUDIO_QUALITY:
            values.pop(name, None)
    return values | dict(changes)


def _tells_quality(changes: Mapping[str, Any]) -> bool:
    """Whether an encoder's own option (``-x qp=0``) says how good it is to be, so that a default would only mislead."""
    return any(key in _OWN_QUALITY for key, _ in changes.get("encoder_options") or ())


def _change_encoder(values: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Another video encoder than the base's: its own defaults, and nothing meant for the other one."""
    codec = changes.get("video_codec", values.get("video_codec"))
    if codec == values.get("video_codec"):
        return
    pictures = values.get("video_codec") != "none" and codec not in {"copy", "none"}
    for name in _VIDEO[: 5 if pictures else None]:
        values.pop(name, None)
    known = KNOWN_ENCODERS.get(codec)
    if known is None:
        return
    if known.quality is not None:
        values["crf"] = known.quality.default
    if known.speed is not None:
        values["speed"] = known.speed


def _change_audio(values: dict[str, Any], changes: Mapping[str, Any]) -> None:
    codec = changes.get("audio_codec", values.get("audio_codec", "copy"))
    if codec == values.get("audio_codec", "copy"):
        return
    for name in _AUDIO if codec in {"copy", "none"} else _AUDIO_QUALITY:
        values.pop(name, None)
