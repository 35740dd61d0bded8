"""Is a file the one that it has to be? `publish` asks it of a job's own part file, `suture verify` of any two files.

`publication` is what is left behind for who asks later, `finding` is what both say; the questions themselves are the
other modules, each usable for itself: `promises` (what a stream says about itself), `times` (when frames are shown),
`packets`, `lines` and `rest` (what is copied), `pictures` and `sound` (what was encoded). Who asks them all of two
files is `suture.proof`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from suture.verify.publication import facts_path, losses_path, published

if TYPE_CHECKING:
    from suture.verify.part_file import publish, verify_part

__all__ = ["facts_path", "losses_path", "publish", "published", "verify_part"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """What opens media loads when it is used: who only runs jobs does without libavformat."""
    if name in {"publish", "verify_part"}:
        return getattr(importlib.import_module("suture.verify.part_file"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
