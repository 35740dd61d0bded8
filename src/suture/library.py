"""The functions of the library: `encode`, `plan`, `verify` and `compare`, with settings as keyword arguments.

Thin: a preset and the keywords become `EncodeSettings`, the rest is `pipeline`'s. As a library, Suture
installs no signal handlers, configures no logging, and asks nobody.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from suture import pipeline
from suture.presets import make_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from suture.events import EncodeReport
    from suture.planning.job import Plan
    from suture.proof import VerifyReport
    from suture.proof.comparison import Comparison

__all__ = ["compare", "encode", "plan", "verify"]


def encode(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    preset: str = "h264",
    overwrite: bool = False,
    **settings: Any,  # noqa: ANN401 - the fields of EncodeSettings
) -> EncodeReport:
    """Encode a file. The output appears under its name only when it was verified.

    Args:
        source: what to encode.
        output: where to; None: beside the source, its stem with ``.suture`` and the preset's extension.
        preset: a built-in preset, one of the user's own, or the path of a TOML file.
        overwrite: replace an output that exists; without it, one that exists is an error.
        settings: fields of `suture.EncodeSettings`, on top of the preset. With ``resume=False`` nothing of an earlier
            run is used, and nothing is kept for a later one.

    Raises:
        SutureError: what went wrong; nothing that was there before is harmed.
    """
    target = None if output is None else os.fspath(output)
    return pipeline.encode(os.fspath(source), target, make_settings(preset, settings), overwrite=overwrite or None)


def plan(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    preset: str = "h264",
    **settings: Any,  # noqa: ANN401 - the fields of EncodeSettings
) -> Plan:
    """What `encode` would do, and why; nothing is written.

    Raises:
        SutureError: it can't be done.
    """
    target = None if output is None else os.fspath(output)
    return pipeline.make_plan(os.fspath(source), target, make_settings(preset, settings))


def verify(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    quick: bool = False,
    ffmpeg: str | None = None,
    **settings: Any,  # noqa: ANN401 - the fields of EncodeSettings
) -> VerifyReport:
    """Compare a file with its source: every frame, timestamp and stream.

    Args:
        source: the one.
        output: the other, whoever made it; neither is changed.
        quick: compare packets, tags and times only; nothing is decoded.
        ffmpeg: the binary that decodes; None: the one that is found.
        settings: what stands between the two, as fields of `suture.EncodeSettings` (``start``, ``video_filter``,
            ``maps`` …); none: what the job that made the output has written down.

    Returns:
        The report: ``report.ok``, ``report.differences`` and what could not be judged.

    Raises:
        SutureError: the source can't be read, or both are one file; an output that can't be read is a difference.
    """
    from suture.proof import Between  # noqa: PLC0415 - only what is used loads
    from suture.proof import verify as compare  # noqa: PLC0415 - as above

    between = Between(make_settings("h264", settings)) if settings else None
    return compare(os.fspath(source), os.fspath(output), between, quick=quick, ffmpeg=ffmpeg)


def compare(
    reference: str | os.PathLike[str],
    file: str | os.PathLike[str],
    metrics: Sequence[str] = (),
    *,
    model: str = "",
    video_filter: str = "",
    start: float | Fraction | None = None,
    end: float | Fraction | None = None,
    workers: int | None = None,
    ffmpeg: str | None = None,
) -> Comparison:
    """Measure how good a file is beside its reference, frame by frame; neither is changed.

    ``suture.compare("film.mkv", "film.mp4", ["vmaf"]).of("vmaf").pooled("harmonic")``

    Args:
        reference: how it should look.
        file: how it looks.
        metrics: ``vmaf``, ``xpsnr``, ``ssim``, ``psnr``; none: VMAF where this ffmpeg has it, else SSIM.
        model: VMAF's, by a name that libvmaf knows or as a file; empty: by the reference's size.
        video_filter: ffmpeg's filters, that the reference runs through first.
        start: seconds from the reference's beginning; None: there.
        end: where what is compared ends; None: at its end.
        workers: stretches at a time; None: the machine's cores.
        ffmpeg: the binary that measures; None: the one that is found.

    Raises:
        ConfigError: both are one file, or a name or a range is wrong.
        MediaError: one can't be read, has no pictures, or none at the times of the other's.
        Unsupported: this ffmpeg can't measure that.
    """
    from fractions import Fraction  # noqa: PLC0415 - only what is used loads

    from suture.proof.measured import compare as measured  # noqa: PLC0415 - as above

    return measured(
        os.fspath(reference),
        os.fspath(file),
        metrics,
        model=model,
        filters=video_filter,
        start=None if start is None else Fraction(start),
        end=None if end is None else Fraction(end),
        workers=workers,
        ffmpeg=ffmpeg,
    )
