"""The figures of one tool over several runs, and how they are shown. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, Final, Self

from bench.compare_where import Where, read_events, where

if TYPE_CHECKING:
    from bench.compare_tree import Tree

__all__ = ["COLUMNS", "WHERE_COLUMNS", "Figures", "Measured", "efficiency_line"]

COLUMNS: Final = ("tool", "wall s", "CPU s", "peak MiB", "bytes", "VMAF", "wall ÷", "CPU ÷", "bytes ÷", "least wall ÷")
WHERE_COLUMNS: Final = (
    "suture: to the first encoder s",
    "encoders s",
    "behind the last s",
    "of it join, check s",
    "idle slots s",
    "of it tail s",
    "pieces, at once",
    "CPU of encoders s",
)
_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one tool. ``where`` is Suture's own account of it."""

    wall: float
    cpu: float
    peak_bytes: int
    frames: int
    size_bytes: int
    where: Where | None = None

    @classmethod
    def of(cls, tree: Tree, frames: int, size_bytes: int, *, tells: bool = False) -> Self:
        """What a run came to; one that ``tells`` has printed events."""
        wall = tree.done.wall_seconds
        told = where(read_events(tree.done.stdout), tree.began, wall) if tells else None
        return cls(wall, tree.cpu_seconds, tree.peak_bytes, frames, size_bytes, told)


@dataclass
class Figures:
    """All runs of one tool. ``trouble`` is why there are none, or fewer than were tried."""

    runs: list[Measured] = field(default_factory=list)
    vmaf: float | None = None
    trouble: str = ""

    def add(self, found: Measured | str) -> None:
        """One more run; or what went wrong."""
        if isinstance(found, str):
            self.trouble = found
        else:
            self.runs.append(found)

    @property
    def wall(self) -> float:
        """The median, in seconds."""
        return median(run.wall for run in self.runs)

    @property
    def least_wall(self) -> float:
        """Of the run that was disturbed least."""
        return min(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        """The median, in seconds."""
        return median(run.cpu for run in self.runs)

    @property
    def size_bytes(self) -> float:
        """The median; encoders with several threads may differ from run to run."""
        return median(run.size_bytes for run in self.runs)

    @property
    def frames(self) -> int:
        """In the output of the last run."""
        return self.runs[-1].frames

    def rows(self, name: str, plain: Figures | None) -> list[tuple[object, ...]]:
        """For a table: one row, with ratios to ``plain``."""
        if not self.runs:
            return [(name, self.trouble.replace("\n", " "), *([""] * (len(COLUMNS) - 2)))]
        peak = median(run.peak_bytes for run in self.runs) / _MIB
        score = "" if self.vmaf is None else f"{self.vmaf:.2f}"
        own = (name, f"{self.wall:.2f}", f"{self.cpu:.2f}", f"{peak:.0f}", f"{self.size_bytes:.0f}", score)
        return [(*own, *self._ratios(plain))]

    def _ratios(self, plain: Figures | None) -> list[str]:
        if plain is None or not plain.runs:
            return ["", "", "", ""]
        names = ("wall", "cpu", "size_bytes", "least_wall")
        return [f"{getattr(self, name) / getattr(plain, name):.3f}" for name in names]

    def where_row(self) -> tuple[object, ...]:
        """Where Suture's wall time went: medians over its runs, each by itself."""
        middle = self._where()
        times = tuple(f"{middle[name]:.2f}" for name in ("start", "encoders", "end"))
        ends = f"{middle['join']:.2f}, {middle['verify']:.2f}"
        at_once = f"{middle['pieces']:.0f}, {middle['workers']:.0f}"
        return (*times, ends, f"{middle['idle']:.2f}", f"{middle['tail']:.2f}", at_once, f"{middle['cpu']:.2f}")

    def _where(self) -> dict[str, float]:
        told = [run.where.as_dict() for run in self.runs if run.where]
        return {name: median(one[name] for one in told) for name in told[0]}

    def as_dict(self) -> dict[str, Any]:
        """For JSON: every run."""
        return asdict(self)


def efficiency_line(bare: Figures, ours: Figures, cores: int) -> str:
    """What could have been, over what was."""
    share = bare.cpu / (cores * ours.wall)
    return (
        f"efficiency {share:.3f}: one encoder with one thread takes {bare.cpu:.2f} s of CPU, on {cores} cores that is "
        f"{bare.cpu / cores:.2f} s, Suture took {ours.wall:.2f} s"
    )
