"""`Stretches`: pairs of frames, cut into stretches that are measured at the same time, and put together again.

A stretch is measured with the neighbours of which its scores know, so the numbers are those of one serial pass.
"""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from suture.command.base import RunContext
from suture.errors import CommandCancelled
from suture.quality.measure import measure
from suture.quality.metrics import context_of
from suture.quality.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from suture.cancel import CancelToken
    from suture.command.measuring import Gauge
    from suture.ffmpeg.progress import Progress
    from suture.proof.films import Film
    from suture.proof.pairs import Pairs

__all__ = ["Stretches"]

# Stretches for each worker: enough that all end together, few enough that seeking costs little.
_EACH: Final = 3
_SHORTEST: Final = 96
# Frames that are left out of a stretch are named in its command, which has to stay short.
_GAPS: Final = 1000


@dataclass(frozen=True, slots=True)
class Stretches:
    """What is to be measured.

    Args:
        mine: the reference.
        theirs: the file.
        pairs: of their frames.
        gauges: by what.
        folder: an existing one.
        ffmpeg: the binary.
        workers: stretches at a time.
        name: what the names of stretches begin with.
    """

    mine: Film
    theirs: Film
    pairs: Pairs
    gauges: Sequence[Gauge]
    folder: str
    ffmpeg: str
    workers: int
    name: str = "stretch-"

    def measured(self, tell: Callable[[str, int, int], None], stop: CancelToken) -> tuple[Scores, ...]:
        """Measure all.

        Args:
            tell: what is done, how far it is, and how far it goes.
            stop: stops all of them, also when one has failed.

        Raises:
            ChunkError: one film has other frames than its index tells.
            CommandError: one failed for good, or was stopped.
        """
        ends = list(pairwise(self.ends()))
        count = _Count(tell, len(self.pairs))
        with ThreadPoolExecutor(min(self.workers, len(ends))) as pool:
            jobs = [pool.submit(self._one, *each, len(ends), count, stop) for each in ends]
            try:
                if any(job.exception() for job in wait(jobs, return_when=FIRST_EXCEPTION).done):
                    stop.cancel()
                parts = [job.result() for job in jobs]
            except BaseException as error:
                stop.cancel()
                if isinstance(error, CommandCancelled):  # since another one has failed before, or all were stopped
                    stopped = CommandCancelled("stopped before everything was measured", "nothing was changed")
                    raise next(_failures(jobs), stopped) from None
                raise
        return tuple(Scores.joined(part) for part in zip(*parts, strict=True))

    def ends(self) -> list[int]:
        """Where stretches begin and end. Films that are decoded from the beginning have one for each worker."""
        each = 1 if self.mine.linear or self.theirs.linear else _EACH
        number = max(1, min(self.workers * each, len(self.pairs) // _SHORTEST))
        gaps = sum(b - a > 1 for side in (self.pairs.mine, self.pairs.theirs) for a, b in pairwise(side))
        number = max(number, 1 + gaps // _GAPS)
        return [len(self.pairs) * n // number for n in range(number + 1)]

    def _one(self, first: int, end: int, among: int, count: _Count, stop: CancelToken) -> tuple[Scores, ...]:
        before, behind = context_of(gauge.metric for gauge in self.gauges)
        lead_in, lead_out = min(before, first), min(behind, len(self.pairs) - end)
        part = slice(first - lead_in, end + lead_out)
        name = f"{self.name}{first}"
        return measure(
            self.mine.seen(self.pairs.mine[part]),
            self.theirs.seen(self.pairs.theirs[part]),
            self.gauges,
            folder=self.folder,
            frames=end - first,
            rate=self.mine.rate,
            lead_in=lead_in,
            lead_out=lead_out,
            threads=max(1, self.workers // among),
            name=name,
            ffmpeg=self.ffmpeg,
            context=RunContext(on_progress=partial(count.moved, name), cancel=stop),
        )


@dataclass(slots=True)
class _Count:
    """Adds up the frames of stretches that run at the same time."""

    tell: Callable[[str, int, int], None]
    total: int
    done: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def moved(self, name: str, progress: Progress) -> None:
        """One of them is so far."""
        with self.lock:
            self.done[name] = progress.frame
            self.tell("frames compared", min(self.total, sum(self.done.values())), self.total)


def _failures(jobs: Sequence[Future[tuple[Scores, ...]]]) -> Iterator[BaseException]:
    """What went wrong with those that were not stopped."""
    for job in jobs:
        error = job.exception() if job.done() and not job.cancelled() else None
        if error is not None and not isinstance(error, CommandCancelled):
            yield error
