"""`compare`: how good a file is beside its reference, by any metric, frame by frame, on all cores.

Both films are indexed, their frames paired, the pairs cut into stretches that are measured at the same time. A stretch
is measured with the neighbours of which its scores know, so the numbers are those of one serial pass.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.cancel import CancelToken
from suture.command.base import RunContext
from suture.errors import ChunkError, CommandFailed, ConfigError, MediaError
from suture.ffmpeg.capabilities import capabilities
from suture.ffmpeg.diagnose import blames_input
from suture.ffmpeg.locate import locate
from suture.media.probe import begin_probe
from suture.planning.machine import cores
from suture.proof.comparison import Comparison
from suture.proof.films import Film, film_of, filter_refused, linear, probed
from suture.proof.offset import offset_of, suspicious
from suture.proof.pairs import Pairs, pair
from suture.proof.stretches import Stretches
from suture.proof.workplace import refuse_one_file, workplace
from suture.quality.measure import shape_of
from suture.quality.metrics import default_metric, gauges_of, metric_of, require
from suture.quality.pool import POOLS, check_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from suture.command.glimpse import Shape
    from suture.ffmpeg.capabilities import Capabilities

__all__ = ["compare"]

_ROUNDING_S: Final = 1e-6
_NAMES: Final = ("reference", "file")
_HDR: Final = frozenset({"smpte2084", "arib-std-b67"})


def _nobody(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def compare(
    reference: str,
    file: str,
    metrics: Sequence[str] = (),
    *,
    pools: Sequence[str] = (),
    model: str = "",
    filters: str = "",
    start: Fraction | None = None,
    end: Fraction | None = None,
    workers: int | None = None,
    ffmpeg: str | None = None,
    on_progress: Callable[[str, int, int], None] = _nobody,
    cancel: CancelToken | None = None,
) -> Comparison:
    """Measure a file against its reference; neither is changed.

    Args:
        reference: how it should look.
        file: how it looks.
        metrics: ``vmaf``, ``xpsnr``, ``ssim``, ``psnr``; none: VMAF where this ffmpeg has it, else SSIM.
        pools: poolings that `Comparison.to_json` tells besides the usual ones.
        model: VMAF's; empty: by the reference's size.
        filters: ffmpeg's, that the reference runs through first.
        start: seconds from the reference's beginning; None: there.
        end: where what is compared ends; None: at its end.
        workers: stretches at a time; None: the machine's cores.
        ffmpeg: the binary that measures; None: the one that `locate` finds.
        on_progress: told what is done, how far it is, and how far it goes (0: nobody knows).
        cancel: stops it.

    Raises:
        ConfigError: both are one file, no frame of one has a partner in the other, or a name is unknown.
        MediaError: one can't be read, or has no pictures.
        Unsupported: this ffmpeg can't measure that.
        CommandCancelled: ``cancel`` was set.
    """
    refuse_one_file(reference, file, "name the reference, then the file to be judged")
    for name in pools:
        check_pool(name)
    if workers is not None and workers < 1:
        raise ConfigError(f"{workers} workers do nothing", "1 or more")
    for name in metrics:
        metric_of(name)
    begin_probe(file)
    found = [probed(path, cancel) for path in (reference, file)]
    able = capabilities(locate(ffmpeg))
    metrics = tuple(dict.fromkeys(metrics)) or (default_metric(able),)
    require(metrics, able)
    with workplace("compare") as folder:
        on_progress("reading both files", 0, 0)
        films = _both(
            lambda number, stop: film_of(
                found[number],
                str(Path(folder) / _NAMES[number]),
                able.path,
                filters="" if number else filters,
                cancel=stop,
            ),
            cancel,
        )
        span = (start, end) if start is not None or end is not None else None
        work = partial(_Work, folder, able, tuple(metrics), model, workers or cores(), on_progress, cancel)
        try:
            done = work(films[0], films[1], span).comparison()
        except ChunkError as error:  # packets told of other frames than were decoded
            on_progress("counting frames", 0, 0)
            known, why = films, error.message
            films = _both(
                lambda number, stop: linear(known[number], why, str(Path(folder) / _NAMES[number]), able.path, stop),
                cancel,
            )
            done = work(films[0], films[1], span).comparison()
    return replace(done, pools=tuple(dict.fromkeys((*POOLS, *pools))))


def _both(ask: Callable[[int, CancelToken], Film], cancel: CancelToken | None) -> list[Film]:
    """Ask of both films at once; when one of them fails, the other is stopped."""
    stop = CancelToken()
    forget = cancel.on_cancel(stop.cancel) if cancel else lambda: None
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(ask, number, stop) for number in (0, 1)]
        try:
            return [job.result() for job in jobs]
        except BaseException:
            stop.cancel()
            raise
        finally:
            forget()


class _Work:
    """Two films whose frames are known."""

    def __init__(
        self,
        folder: str,
        able: Capabilities,
        metrics: tuple[str, ...],
        model: str,
        workers: int,
        on_progress: Callable[[str, int, int], None],
        cancel: CancelToken | None,
        mine: Film,
        theirs: Film,
        span: tuple[Fraction | None, Fraction | None] | None,
    ) -> None:
        self.folder, self.able, self.metrics, self.model, self.workers = folder, able, metrics, model, workers
        self.mine, self.theirs, self.span = mine, theirs, span
        self.notes: list[str] = []
        self._tell = on_progress
        self._stop = CancelToken()  # of all stretches, when one has failed
        self._forget = cancel.on_cancel(self._stop.cancel) if cancel else lambda: None

    def comparison(self) -> Comparison:
        """Pair, measure, and say what came of it."""
        try:
            return self._comparison()
        finally:
            self._forget()

    def _comparison(self) -> Comparison:
        times, others = self.mine.times, self.theirs.times
        mine, theirs = self._parts(times, others)
        pairs = self._paired(times, others, mine, theirs)
        shapes = self._shapes(pairs)
        gauges = gauges_of(self.metrics, *shapes, self.model)
        work = Stretches(self.mine, self.theirs, pairs, gauges, self.folder, self.able.path, self.workers)
        scores = work.measured(self._tell, self._stop)
        if suspicious(scores):
            self._note_offset(work)
        self._note_shapes(*shapes)
        return Comparison(
            self.mine.info.path,
            self.theirs.info.path,
            scores,
            pairs.mine,
            array("d", (times[number] for number in pairs.mine)),
            tuple(pairs.alone(times, others, mine, theirs)),
            (len(mine), len(theirs)),
            shapes,
            self.mine.rate,
            tuple(self.notes),
            self.able.version,
        )

    # -- which frames ---------------------------------------------------------------------------------------------

    def _parts(self, times: Sequence[float], others: Sequence[float]) -> tuple[range, range]:
        """Which frames count: a part of the reference beside the file, or beside the same part of that.

        The file is the part that was named if its length is nearer to that than to the whole.
        """
        whole = range(len(times)), range(len(others))
        if self.span is None:
            return whole
        part = _within(times, *self.span)
        if not part:
            raise ConfigError(f"{self.mine.info.path!r} has no frame in that range", "suture probe tells its length")
        if abs(len(others) - len(part)) <= abs(len(others) - len(times)):
            self.notes.append("the file is taken for the part of the reference that was named")
            return part, whole[1]
        self.notes.append("the same part of both is compared")
        return part, _within(others, *self.span)

    def _paired(self, times: Sequence[float], others: Sequence[float], mine: range, theirs: range) -> Pairs:
        is_part = self.span is not None and len(theirs) == len(others)
        late = times[mine.start] - others[theirs.start] if is_part and theirs else 0.0
        pairs = pair(times, others, mine, theirs, late)
        if not len(pairs):
            what = f"no frame of {self.theirs.info.path!r} is shown when one of {self.mine.info.path!r} is"
            raise MediaError(what, "is it another film, or a part of it? --start and --end name one")
        return pairs

    # -- how they are measured ------------------------------------------------------------------------------------

    def _shapes(self, pairs: Pairs) -> tuple[Shape, Shape]:
        context = RunContext(cancel=self._stop)
        try:
            mine = shape_of(self.mine.seen([pairs.mine[0]]), ffmpeg=self.able.path, context=context)
        except CommandFailed as error:
            if self.mine.filters and not blames_input(error.returncode or 0, error.stderr):
                raise filter_refused(self.mine.filters, error) from error
            raise
        return mine, shape_of(self.theirs.seen([pairs.theirs[0]]), ffmpeg=self.able.path, context=context)

    def _note_offset(self, work: Stretches) -> None:
        self._tell("looking why all of it is bad", 0, 0)
        if offset := offset_of(work, self._stop):
            where = f"{'later' if offset > 0 else 'earlier'} in the reference"
            frames = f"{abs(offset)} frame{'' if abs(offset) == 1 else 's'}"
            self.notes.append(
                f"bad throughout: its pictures fit those {frames} {where} better, so look at the cut first"
            )

    def _note_shapes(self, mine: Shape, theirs: Shape) -> None:
        if (mine.width, mine.height) != (theirs.width, theirs.height):
            sizes = f"{theirs.width}x{theirs.height} beside {mine.width}x{mine.height}"
            self.notes.append(f"the file has another size than the reference, and was scaled: {sizes}")
        for film, what in ((self.mine, "reference"), (self.theirs, "file")):
            if film.linear:
                self.notes.append(f"the {what} was decoded from its beginning: {film.linear}")
        hdr = [shape.color_transfer in _HDR for shape in (mine, theirs)]
        if any(hdr) and not all(hdr):
            self.notes.append("one of the two is HDR, the other is not: what is measured is not what is seen")
        elif all(hdr) and "vmaf" in self.metrics:
            self.notes.append("VMAF's models were not made for HDR: use its numbers to compare, not as they are")


def _within(times: Sequence[float], start: Fraction | None, end: Fraction | None) -> range:
    """The frames that are shown from ``start`` on, and before ``end``, in seconds."""
    first = 0 if start is None else bisect_left(times, float(start) - _ROUNDING_S)
    return range(first, len(times) if end is None else max(first, bisect_left(times, float(end) - _ROUNDING_S)))
