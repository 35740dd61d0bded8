"""`EncodeSettings` as JSON, for a later process that goes on with a job; and what has changed between two of them."""

from __future__ import annotations

from dataclasses import asdict, fields
from fractions import Fraction
from typing import Any, Final

from suture.errors import ConfigError
from suture.settings import EncodeSettings, option_of

__all__ = ["changes", "essence", "settings_as_json", "settings_of"]

# Settings that say how a job is run, not what it makes; a change of them is no news. (Which ffmpeg it is does count, by
# its build and not by its path.)
_CONDUCT: Final = frozenset(
    {
        "ffmpeg",
        "keep_work",
        "fail_fast",
        "max_retries",
        "gpu_encode_slots",
        "gpu_scale_slots",
        "io_slots",
        "resume",
        "workers",
    }
)


def settings_of(facts: dict[str, Any]) -> EncodeSettings | None:
    """The settings that a job's facts tell; None where they tell none that are allowed now."""
    told = facts.get("settings")
    if not isinstance(told, dict):
        return None
    names = {field.name for field in fields(EncodeSettings)}
    try:
        return EncodeSettings(**{key: _tuples(value) for key, value in told.items() if key in names})
    except (ConfigError, TypeError, ValueError, ArithmeticError):
        return None


def changes(before: EncodeSettings, now: EncodeSettings) -> list[str]:
    """What is asked for otherwise than before, for people: ``--crf 20 → 24``."""
    old, new = essence(before), essence(now)
    changed = [name for name in new if old[name] != new[name]]
    return [f"{option_of(name)} {_shown(old[name])} → {_shown(new[name])}" for name in changed]


def _shown(value: Any) -> str:  # noqa: ANN401 - a setting
    return "unset" if value is None or value == [] else str(value)


def essence(settings: EncodeSettings) -> dict[str, Any]:
    """What of the settings says what is made, as JSON holds it."""
    return {name: value for name, value in settings_as_json(settings).items() if name not in _CONDUCT}


def settings_as_json(settings: EncodeSettings) -> dict[str, Any]:
    """Settings as JSON holds them; ``EncodeSettings`` takes fractions back as text."""
    return {name: _plain(value) for name, value in asdict(settings).items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - a setting
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Fraction) else value


def _tuples(value: Any) -> Any:  # noqa: ANN401 - a setting
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value
