"""What each video encoder needs so that its pieces join: equal headers, no state across the cut, its own threads.

A table and the merging of it with what the user asked for; the user's word wins, except that a join is checked anyway.
Sources: x264 ``--stitchable``, x265 ``--no-info`` and ``--no-open-gop``, SVT-AV1 ``--lp``; FIELD-NOTES 3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

__all__ = ["PieceRules", "listed_of", "piece_options", "rules_of"]


@dataclass(frozen=True, slots=True)
class PieceRules:
    """How one encoder is told what pieces need.

    Args:
        list_option: the option that takes ``key=value:key=value``; empty where there is none.
        listed: what goes into it always.
        threads: keys of that list that get the number of threads; empty: ``-threads`` says it.
        options: plain options.
        tag: the codec tag that most players know, in MP4 and MOV.
    """

    list_option: str = ""
    listed: dict[str, str] = field(default_factory=dict)
    threads: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    tag: str = ""


_RULES: Final[dict[str, PieceRules]] = {
    "libx264": PieceRules("x264-params", {"stitchable": "1"}),
    "libx265": PieceRules(
        "x265-params",
        {"info": "0", "open-gop": "0", "log-level": "error"},
        ("pools", "frame-threads"),
        tag="hvc1",
    ),
    "libsvtav1": PieceRules("svtav1-params", {}, ("lp",)),
    "libvpx-vp9": PieceRules(options={"row-mt": "1"}),
    "libaom-av1": PieceRules(options={"row-mt": "1"}),
    "librav1e": PieceRules("rav1e-params", {}, ("threads",)),
    "hevc_nvenc": PieceRules(options={"forced-idr": "1"}, tag="hvc1"),
}


# An older name of a list.
_OTHER_LISTS: Final = {"libx264": ("x264opts",)}


def rules_of(codec: str) -> PieceRules:
    """An encoder's rules; one that is not in the table has none of its own."""
    return _RULES.get(codec, PieceRules())


def piece_options(
    codec: str, asked: tuple[tuple[str, str], ...], threads: int | None
) -> tuple[list[tuple[str, str]], int | None]:
    """Encoder options for a piece, and what ``-threads`` is set to (None: not at all).

    Args:
        codec: the encoder.
        asked: the user's options.
        threads: for this piece; None leaves it to the encoder.
    """
    rules = rules_of(codec)
    options = {**rules.options, **dict(asked)}
    if not rules.list_option:
        return list(options.items()), threads
    listed = dict(rules.listed)
    if threads is not None:
        listed |= _thread_keys(rules, threads)
    listed |= _parsed(options.pop(rules.list_option, ""))
    if listed:
        options[rules.list_option] = ":".join(f"{key}={value}" if value else key for key, value in listed.items())
    return list(options.items()), None if rules.threads else threads


def listed_of(codec: str, asked: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """What the user put into an encoder's list (``x264-params``), whatever that is called."""
    given = dict(asked)
    texts = [given.get(name, "") for name in (rules_of(codec).list_option, *_OTHER_LISTS.get(codec, ()))]
    return {key: value for text in texts for key, value in _parsed(text).items()}


def _thread_keys(rules: PieceRules, threads: int) -> dict[str, str]:
    # x265 counts frame threads of its own; with one thread a piece they would only add waiting.
    return {
        key: "1" if key == "frame-threads" and threads == 1 else str(threads)
        for key in rules.threads
        if key != "frame-threads" or threads == 1
    }


def _parsed(text: str) -> dict[str, str]:
    """``a=1:b`` as a dict; a bare key has an empty value."""
    pairs = (part.partition("=") for part in text.split(":") if part)
    return {key: value for key, _, value in pairs}
