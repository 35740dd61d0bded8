"""How people write times, sizes and rates, and what they mean exactly.

Times become `Fraction` seconds, sizes bytes and rates bits per second, both whole numbers: ``k``, ``M`` and
``G`` are powers of 1000, ``Ki``, ``Mi`` and ``Gi`` of 1024. Imports nothing of ours but the errors.
"""

from __future__ import annotations

import re
from fractions import Fraction

from suture.errors import ConfigError

__all__ = ["format_time", "parse_rate", "parse_size", "parse_time"]

_CLOCK = re.compile(r"(?:(?P<hours>\d+):(?=[0-5]?\d:))?(?P<minutes>\d+):(?P<seconds>[0-5]?\d(?:\.\d+)?)")
_SECONDS = re.compile(r"(?P<number>\d+(?:\.\d+)?|\.\d+)(?P<unit>s|ms|us)?")
_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?|\.\d+)(?P<unit>k|K|M|G|Ki|Mi|Gi)?")
_PARTS_OF_A_SECOND = {None: 1, "s": 1, "ms": 1000, "us": 1_000_000}
_MULTIPLES = {
    None: 1,
    "k": 10**3,
    "K": 10**3,
    "M": 10**6,
    "G": 10**9,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
}
_MINUTE = 60
_HOUR = 3600


def parse_time(text: str, name: str = "time") -> Fraction:
    """Seconds from ``90``, ``1.5s``, ``500ms``, ``50:00``, ``00:50:00.5``. Never negative.

    Args:
        text: what was written.
        name: the option that an error names.

    Raises:
        ConfigError: it is none of these.
    """
    clock = _CLOCK.fullmatch(text.strip())
    if clock:
        return int(clock["hours"] or 0) * _HOUR + int(clock["minutes"]) * _MINUTE + Fraction(clock["seconds"])
    plain = _SECONDS.fullmatch(text.strip())
    if plain:
        return Fraction(plain["number"]) / _PARTS_OF_A_SECOND[plain["unit"]]
    raise ConfigError(f"{name}: {text!r} is no time", "write 90, 1.5s, 500ms, 50:00 or 00:50:00.5")


def format_time(seconds: Fraction) -> str:
    """``0:50:00.500``, to the millisecond, for people."""
    ticks = round(abs(seconds) * 1000)
    whole, thousandths = divmod(ticks, 1000)
    sign = "-" if seconds < 0 else ""
    return f"{sign}{whole // _HOUR}:{whole % _HOUR // _MINUTE:02}:{whole % _MINUTE:02}.{thousandths:03}"


def parse_size(text: str, name: str = "size") -> int:
    """Bytes from ``700M``, ``1.5Gi``, ``4096``.

    Raises:
        ConfigError: it is none of these, or nothing at all.
    """
    return _amount(text, name, "size")


def parse_rate(text: str, name: str = "rate") -> int:
    """Bits per second from ``192k``, ``2M``, ``1Mi``.

    Raises:
        ConfigError: it is none of these, or nothing at all.
    """
    return _amount(text, name, "rate")


def _amount(text: str, name: str, kind: str) -> int:
    found = _AMOUNT.fullmatch(text.strip())
    amount = round(Fraction(found["number"]) * _MULTIPLES[found["unit"]]) if found else 0
    if amount <= 0:
        hint = "write a number above 0 with k, M, G or Ki, Mi, Gi, such as 192k or 2M"
        raise ConfigError(f"{name}: {text!r} is no {kind}", hint)
    return amount
