"""Makes the captured listings anew: what real ffmpegs say when asked what they have.

    python tests/golden/capture_listings.py FFMPEG [FFMPEG …]

writes ``capabilities/<major.minor>/<question>.txt`` for each of them. No test.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
QUESTIONS = (
    "-version",
    "-encoders",
    "-decoders",
    "-filters",
    "-muxers",
    "-demuxers",
    "-hwaccels",
    "-h encoder=libx264",
    "-h encoder=libopus",
)


def ask(ffmpeg: str, question: str) -> str:
    """Its answer."""
    argv = [ffmpeg, "-hide_banner", *question.split()]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Ask all the binaries named on the command line."""
    for ffmpeg in sys.argv[1:]:
        found = re.search(r"version n?(\d+\.\d+)", ask(ffmpeg, "-version"))
        target = HERE / "capabilities" / (found[1] if found else "unknown")
        target.mkdir(parents=True, exist_ok=True)
        for question in QUESTIONS:
            name = question.split()[-1].removeprefix("-").replace("=", "-")
            (target / f"{name}.txt").write_text(ask(ffmpeg, question))


if __name__ == "__main__":
    main()
