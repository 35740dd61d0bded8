"""Preset files: settings as TOML, read and written. What a preset means is `presets`.

A file has the keys of `EncodeSettings`; times may be numbers or written as on the command line, encoder
options are a table, extra subtitle files a list of pairs of path and language.
"""

from __future__ import annotations

import json
import tomllib
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from suture.errors import ConfigError
from suture.settings import EncodeSettings, field_names, unknown
from suture.units import parse_time

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_values", "to_toml"]

_TIMES = ("start", "end", "chunk_duration")
_LISTS = ("maps", "audio_languages", "subtitle_languages")
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "bool": (bool,),
    "float": (int, float),
    "int": (int,),
    "str": (str,),
}


def read_values(path: Path) -> dict[str, Any]:
    """What a file sets, as fields of `EncodeSettings`.

    Raises:
        ConfigError: it can't be read, is no TOML, or sets what does not exist or can't be so.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        why = f"cannot read the preset {str(path)!r}: {error.strerror}"
        raise ConfigError(why, "check the name") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        why = f"the preset {str(path)!r} is no TOML: {error}"
        raise ConfigError(why, "see suture presets show h264") from None
    return {name: _value(name, value, path) for name, value in data.items()}


def to_toml(settings: EncodeSettings) -> str:
    """The settings as a preset file: what differs from doing nothing special, and always the codecs."""
    plain = EncodeSettings()
    always = {"extension", "video_codec", "audio_codec"}
    lines = []
    for name in field_names():
        value = getattr(settings, name)
        if name != "preset" and value is not None and (name in always or value != getattr(plain, name)):
            lines.append(f"{name} = {_toml(name, value)}")
    return "\n".join(lines) + "\n"


def _toml(name: str, value: Any) -> str:  # noqa: ANN401 - any field's type
    """One value; JSON's strings, numbers and lists are TOML's, too."""
    if name in _TIMES:
        return json.dumps(f"{float(value):.6f}".rstrip("0").rstrip("."))
    if name == "encoder_options":
        return "{ " + ", ".join(f"{json.dumps(key)} = {json.dumps(text)}" for key, text in value) + " }"
    if name == "subtitle_files":
        return json.dumps([[path, language or ""] for path, language in value])
    return json.dumps(value)


def _value(name: str, value: Any, path: Path) -> Any:  # noqa: ANN401 - whatever TOML holds
    """A TOML value as the field has it."""
    if name not in field_names():
        raise unknown(f"setting in {str(path)!r}:", name, field_names())
    try:
        return _convert(name, value)
    except ConfigError:
        raise
    except (TypeError, ValueError, AttributeError):
        why = f"{name} in {str(path)!r}: {value!r} is of the wrong kind"
        raise ConfigError(why, "see suture presets show h264") from None


def _convert(name: str, value: Any) -> Any:  # noqa: ANN401 - as above
    if name in _TIMES:
        return parse_time(value, name) if isinstance(value, str) else Fraction(str(value))
    if name in _LISTS:
        return _strings(value)
    if name == "encoder_options":
        return tuple((str(key), _scalar(text)) for key, text in value.items())
    if name == "subtitle_files":
        return tuple((path, language or None) for path, language in value)
    if name == "speed":
        return _scalar(value)
    expected = _TYPES[EncodeSettings.__annotations__[name].removesuffix(" | None")]
    if type(value) not in expected:
        raise TypeError(name)
    return float(value) if expected == _TYPES["float"] else value


def _strings(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - as above
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError(value)
    return tuple(value)


def _scalar(value: Any) -> str:  # noqa: ANN401 - as above
    """A word or a number; numbers may be written without quotes."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError(value)
    return str(value)
