"""Language codes: which of them name one language. Pure."""

from __future__ import annotations

from typing import Final

__all__ = ["same_language"]

# Languages with two codes of three letters, and the two-letter codes of frequent ones. Source: ISO 639-1, 639-2.
_ALIASES: Final = [
    {"de", "ger", "deu"},
    {"fr", "fre", "fra"},
    {"en", "eng"},
    {"es", "spa"},
    {"it", "ita"},
    {"nl", "dut", "nld"},
    {"pt", "por"},
    {"ru", "rus"},
    {"ja", "jpn"},
    {"zh", "chi", "zho"},
    {"ko", "kor"},
    {"cs", "cze", "ces"},
    {"el", "gre", "ell"},
    {"fa", "per", "fas"},
    {"is", "ice", "isl"},
    {"mk", "mac", "mkd"},
    {"ro", "rum", "ron"},
    {"sk", "slo", "slk"},
    {"sq", "alb", "sqi"},
    {"pl", "pol"},
    {"tr", "tur"},
    {"uk", "ukr"},
    {"sv", "swe"},
    {"da", "dan"},
    {"nb", "no", "nor", "nob"},
    {"fi", "fin"},
    {"hu", "hun"},
    {"ar", "ara"},
    {"he", "heb"},
    {"hi", "hin"},
]


def same_language(one: str, other: str) -> bool:
    """Whether two codes name one language: ``de``, ``ger`` and ``deu`` do."""
    one, other = one.lower().partition("-")[0], other.lower().partition("-")[0]
    return one == other or any(one in names and other in names for names in _ALIASES)
