"""``python -m suture`` is ``suture``."""

from __future__ import annotations

import sys

from suture.main import main

if __name__ == "__main__":
    sys.exit(main())
