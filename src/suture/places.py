"""Where things lie for this user: the cache folder and the jobs in it."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache_folder", "jobs_folder"]


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/suture`` or ``~/.cache/suture``; it need not exist."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG base directory specification has relative paths ignored.
    base = Path(configured) if configured.startswith("/") else Path.home() / ".cache"
    return base / "suture"


def jobs_folder() -> Path:
    """One folder for each job that was not tidied away."""
    return cache_folder() / "jobs"
