"""`measure`: one stretch of picture against its reference, by any number of metrics, in one decode.

Exact where a stretch is only a part: neighbours that a metric looks at are measured, too, and dropped. What ffmpeg
wrote counts only when there is a score for every frame. Two whole files are `suture.proof.measured`'s business.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.base import RunContext
from suture.command.glimpse import Glimpse
from suture.command.measuring import Measuring
from suture.errors import ChunkError, CommandFailed, Unsupported
from suture.quality.logs import read_log
from suture.quality.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from suture.command.base import Outcome
    from suture.command.glimpse import Shape
    from suture.command.measuring import Gauge, Seen

__all__ = ["measure", "shape_of"]

_HUNG_AFTER_S: Final = 120.0
# Source: libavfilter/vf_libvmaf.c.
_NO_MODEL: Final = "could not load libvmaf model"


def shape_of(seen: Seen, *, ffmpeg: str | None = None, context: RunContext | None = None) -> Shape:
    """What the first frame of a side looks like, behind its filters.

    Raises:
        CommandError: it was stopped, or failed as a whole.
        MediaError: no frame came out.
        FFmpegNotFound: there is no ffmpeg.
    """
    return Glimpse("glimpse", seen, program=ffmpeg).look(_patient(context))


def measure(
    reference: Seen,
    distorted: Seen,
    gauges: Sequence[Gauge],
    *,
    folder: str,
    frames: int | None,
    rate: Fraction = Fraction(25),
    lead_in: int = 0,
    lead_out: int = 0,
    bare: bool = False,
    threads: int = 1,
    name: str = "measure",
    ffmpeg: str | None = None,
    context: RunContext | None = None,
    on_cost: Callable[[Outcome], None] = lambda _outcome: None,
) -> tuple[Scores, ...]:
    """Measure a stretch.

    Args:
        reference: how it should look: the frames of the stretch, with ``lead_in`` before and ``lead_out`` behind it.
        distorted: how it looks: the same frames.
        gauges: what is measured.
        folder: an existing folder; logs of this ``name`` lie there meanwhile, and none is left.
        frames: of the stretch, without those around it; None: as many as there are.
        rate: of the film, nominally, in frames a second; the same for all of its stretches.
        lead_in: frames before the stretch that are there for their motion only; `context_of` tells how many it takes.
        lead_out: frames behind it, likewise.
        bare: ``distorted`` is the stretch alone, without any frames around it. Scores stay exact all the same, as no
            metric looks at its neighbours.
        threads: of each decoder; the metrics themselves take one core.
        name: unique among those that run in the folder.
        ffmpeg: the binary; None: the one that is found.
        context: how to run.
        on_cost: told what it has cost.

    Returns:
        For each of the ``gauges``, the scores of the stretch's frames.

    Raises:
        ChunkError: there were more or fewer frames than ``frames``.
        CommandError: it failed or was stopped.
        Unsupported: this ffmpeg does not know the model.
        FFmpegNotFound: there is no ffmpeg.
    """
    total = 0 if frames is None else lead_in + frames + lead_out
    command = Measuring(
        name,
        reference,
        distorted,
        folder,
        tuple(gauges),
        rate=rate,
        frames=total,
        missing=(lead_in, lead_out) if bare else (0, 0),
        threads=threads,
        program=ffmpeg,
    )
    try:
        on_cost(_run(command, _patient(context)))
        found = [_scores(command, number) for number in range(len(command.gauges))]
    finally:
        for number in range(len(command.gauges)):
            Path(command.log(number)).unlink(missing_ok=True)
    for scores in found:
        if total and len(scores) != total:
            raise ChunkError(f"{name}: {len(scores)} frames were measured, not {total}", f"in {distorted.path!r}")
    return tuple(scores.part(lead_in, len(scores) - lead_out) for scores in found)


def _run(command: Measuring, context: RunContext) -> Outcome:
    try:
        return command.run(context)
    except CommandFailed as error:
        models = [gauge.model for gauge in command.gauges if gauge.model]
        if _NO_MODEL in error.stderr:
            what = f"this ffmpeg's libvmaf can't load the model {models[0]!r}"
            raise Unsupported(what, "such as vmaf_v0.6.1, vmaf_v0.6.1neg, vmaf_4k_v0.6.1, or a .json file") from error
        raise


def _scores(command: Measuring, number: int) -> Scores:
    gauge, path = command.gauges[number], Path(command.log(number))
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            values = read_log(gauge.metric, lines)
    except (OSError, ValueError) as error:
        raise ChunkError(f"{command.id}: no {gauge.metric} was written: {error}", "it is tried again") from error
    return Scores(gauge.metric, values, gauge.model.rpartition("/")[2], gauge.width, gauge.height, gauge.pixel_format)


def _patient(context: RunContext | None) -> RunContext:
    """A run that hangs is ended."""
    context = context or RunContext()
    return context if context.stall_timeout_s else replace(context, stall_timeout_s=_HUNG_AFTER_S)
