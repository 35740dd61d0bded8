"""What does the command do with every file of a folder, good or broken? It must end, say one line, and leave nothing.

Each file is given to ``suture FILE out.mkv --speed ultrafast`` (or other options after ``--``) with work and cache
folders of its own. Afterwards is counted: the exit code, seconds, what was said, files left beside the output or in
the work folders, processes that still run, tracebacks.

    python -m bench.every_file FOLDER… [-- SUTURE-OPTION…]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.running import Run, run, split_options, suture
from bench.table import print_table, row_line, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COLUMNS = ("file", "exit", "s", "left behind", "traceback", "said")
_LONGEST = 150


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one file."""

    file: str
    exit_code: int
    seconds: float
    said: str
    output: bool
    left: tuple[str, ...]
    strays: tuple[str, ...]
    traceback: bool
    timed_out: bool

    def cells(self) -> tuple[object, ...]:
        """As the table shows it."""
        left = [*self.left, *(f"process {stray}" for stray in self.strays)]
        code = "hung" if self.timed_out else self.exit_code
        return (
            self.file,
            code,
            f"{self.seconds:.1f}",
            ", ".join(left) or "no",
            "YES" if self.traceback else "no",
            self.said,
        )

    def clean(self) -> bool:
        """Ended by itself, left nothing, showed no traceback, and an output stands there if and only if it said so."""
        silent = not (self.left or self.strays or self.traceback or self.timed_out)
        return silent and self.output == (self.exit_code in {0, 3})


def main() -> int:
    """Try everything; 1 when any file was not ended cleanly."""
    asked = _arguments()
    rows: list[Row] = []
    print_table(_COLUMNS, [])
    for path in _files(asked.folders):
        rows.append(_try(path, asked.options or ["--speed", "ultrafast"], asked.timeout))
        print(row_line(rows[-1].cells()), flush=True)
    codes = ", ".join(
        f"exit {code}: {number}" for code, number in sorted(Counter(row.exit_code for row in rows).items())
    )
    unclean = [row.file for row in rows if not row.clean()]
    print(f"\n{len(rows)} files: {codes}; not clean: {', '.join(unclean) or 'none'}")
    write_json(asked.json, [asdict(row) for row in rows])
    return 1 if unclean else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.every_file", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument(
        "--timeout", type=float, default=1800.0, metavar="SECONDS", help="after which a file counts as hung"
    )
    parser.add_argument("--json", default="build/bench/every_file.json", metavar="FILE")
    own, options = split_options(sys.argv[1:])
    asked = parser.parse_args(own)
    asked.options = options
    return asked


def _files(folders: Sequence[str]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and path.suffix not in {".tsv", ".md"}:
                yield path


def _try(path: Path, options: Sequence[str], timeout_s: float) -> Row:
    with tempfile.TemporaryDirectory(prefix="suture-bench-") as name:
        root = Path(name)
        for folder in ("out", "cache", "tmp"):
            (root / folder).mkdir()
        output = root / "out" / "out.mkv"
        env = {"XDG_CACHE_HOME": str(root / "cache"), "TMPDIR": str(root / "tmp")}
        done = run(suture(str(path), str(output), *options), env=env, timeout_s=timeout_s)
        crashes = list(root.rglob("crash-*"))
        left = tuple(_left(root, output))
        traced = bool(crashes) or "Traceback (most recent call last)" in done.stderr + done.stdout
        seconds = round(done.wall_seconds, 2)
        return Row(
            path.name,
            done.returncode,
            seconds,
            _said(done, path),
            output.is_file(),
            left,
            done.strays,
            traced,
            done.timed_out,
        )


def _left(root: Path, output: Path) -> Iterator[str]:
    """What lies there besides the output; what an ffmpeg was found to be able to do may be remembered."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and path != output and "capabilities" not in str(path.relative_to(root)):
            yield str(path.relative_to(root))


def _said(done: Run, path: Path) -> str:
    """The error, or else the warnings, or else how it ended."""
    stderr = done.stderr.replace(f"{path.parent}/", "")
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("suture: error:")]
    warnings = [line for line in lines if line.startswith("warning:")]
    text = "; ".join(errors or warnings) or (lines[-1] if lines else "")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


if __name__ == "__main__":
    sys.exit(main())
