"""What a search for a goal came to, over all pieces: read from what each left beside itself in the job's folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from suture.quality.targeted import TargetedVideo
from suture.quality.trials import read_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from suture.command.base import Command
    from suture.goal import Goal

__all__ = ["Reached", "ReachedPiece", "reached_by"]

_MOST_NAMED: Final = 3
_MISSED: Final = {
    "best": "stayed below it at the best quality that is tried ({:g})",
    "worst": "stayed above it even at the worst quality ({:g})",
    "far": "missed it: the encoder's scores do not follow its quality",
}


@dataclass(frozen=True, slots=True)
class ReachedPiece:
    """One piece: at which quality it was encoded, what it scored, and how the search ended (`search.Found`)."""

    task: str
    frames: int
    quality: float
    score: float
    verdict: str
    trials: int
    whole_trials: int


@dataclass(frozen=True, slots=True)
class Reached:
    """All pieces of a job that had a goal."""

    goal: Goal
    pieces: tuple[ReachedPiece, ...]

    @property
    def score(self) -> float | None:
        """Of all frames, where it can be told from those of the pieces: means can, percentiles can't."""
        frames = sum(piece.frames for piece in self.pieces)
        if not frames or self.goal.pool not in {"mean", "harmonic"}:
            return None
        if self.goal.pool == "mean":
            return sum(piece.frames * piece.score for piece in self.pieces) / frames
        return frames / sum(piece.frames / (piece.score + 1) for piece in self.pieces) - 1

    def said(self) -> str:
        """For people, in a line."""
        qualities = [piece.quality for piece in self.pieces]
        met = sum(piece.verdict in {"near", "nearest"} for piece in self.pieces)
        over = f", {self.goal.shown(self.score)} over all" if self.score is not None else ""
        between = f"{min(qualities):g} to {max(qualities):g}" if len(set(qualities)) > 1 else f"{qualities[0]:g}"
        return f"target {self.goal}: {met} of {len(self.pieces)} pieces have it{over}; quality {between}"

    def missed(self) -> Iterator[str]:
        """Pieces that have not what was asked for, since the encoder can't."""
        for verdict, why in _MISSED.items():
            found = [piece for piece in self.pieces if piece.verdict == verdict]
            named = ", ".join(f"{piece.task} ({self.goal.shown(piece.score)})" for piece in found[:_MOST_NAMED])
            more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
            if found:
                yield f"target {self.goal}: {named}{more} {why.format(found[0].quality)}"

    def to_json(self) -> dict[str, Any]:
        """For events and the record: the goal, the score, and a row for each piece."""
        rows = [
            [p.task, p.frames, p.quality, round(p.score, 6), p.verdict, p.trials, p.whole_trials] for p in self.pieces
        ]
        score = None if self.score is None else round(self.score, 6)
        return {"goal": str(self.goal), "score": score, "pieces": rows}


def reached_by(commands: Iterable[Command]) -> Reached | None:
    """What the searches among these commands came to; None: there were none, or nothing is known of them."""
    searched = [command for command in commands if isinstance(command, TargetedVideo)]
    pieces = tuple(piece for command in searched if (piece := _piece(command)) is not None)
    return Reached(searched[0].goal, pieces) if pieces else None


def _piece(command: TargetedVideo) -> ReachedPiece | None:
    told = read_found(command.found_path)
    if told is None:
        return None
    try:
        trials = [bool(trial["whole"]) for trial in told["trials"]]
        found = float(told["quality"]), float(told["score"]), str(told["verdict"])
    except (KeyError, TypeError, ValueError):  # another version's
        return None
    return ReachedPiece(command.id, command.whole.frames, *found, len(trials), sum(trials))
