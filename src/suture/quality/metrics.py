"""What can be measured, with which filter of ffmpeg's, at which size, and how many neighbours of a frame it looks at.

Pure, but for asking what an ffmpeg has. `gauges_of` makes what `suture.command.measuring` measures of names of metrics
and of what both sides look like.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from suture.command.measuring import Gauge
from suture.errors import ConfigError, Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from suture.command.glimpse import Shape
    from suture.ffmpeg.capabilities import Capabilities

__all__ = ["METRICS", "Metric", "context_of", "default_metric", "gauges_of", "metric_of", "model_of", "require"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One way to measure.

    Args:
        name: as options and records call it.
        filter: ffmpeg's.
        unit: behind its numbers; empty: none.
        best: what equal pictures get; VMAF gives a little less.
        places: decimal places that mean something.
        before: frames before one that its score depends on, of the reference only.
        behind: frames behind it, likewise.
    """

    name: str
    filter: str
    unit: str
    best: float
    places: int
    before: int = 0
    behind: int = 0


# Neighbours. VMAF: the motion of a frame is the lesser of that from the one before and that to the next one. XPSNR: up
# to two frames before. Both look at the reference only. Source: libvmaf, integer_motion.c; FFmpeg, vf_xpsnr.c.
METRICS: Final = {
    metric.name: metric
    for metric in (
        Metric("vmaf", "libvmaf", "", 100, 2, before=1, behind=1),
        Metric("xpsnr", "xpsnr", "dB", 100, 2, before=2),
        Metric("ssim", "ssim", "", 1, 4),
        Metric("psnr", "psnr", "dB", 100, 2),
    )
}
# Source: Netflix, VMAF's README: the models are for 1080p seen from three times its height, and for 4K from one and a
# half times.
_HD: Final = ("vmaf_v0.6.1", (1920, 1080))
_UHD: Final = ("vmaf_4k_v0.6.1", (3840, 2160))
_LARGEST_FOR_HD: Final = (2560, 1440)
# Where the first ffmpeg to have a filter stands.
_SINCE: Final = {"libvmaf": "an ffmpeg that is built with libvmaf", "xpsnr": "ffmpeg 7.1 or later"}
_HINT: Final = "the ffmpeg that pip brings (imageio-ffmpeg) has it; ssim runs with any"
_DEEP: Final = re.compile(r"(?:p|y|ya|xyz|x2rgb|x2bgr)[024]?(?:9|1[0246])(?:le|be)?$|48|64|f16|f32|nv20|xv30|v30x")
_SUBSAMPLED: Final = (("422", "422"), ("yuyv", "422"), ("uyvy", "422"), ("nv16", "422"), ("p21", "422"), ("y21", "422"))
_FULL_CHROMA: Final = ("444", "440", "rgb", "gbr", "bgr", "pal8", "nv24", "nv42", "p41", "vuy", "ayuv", "xv3", "xyz")
# xpsnr reads deep pictures as if no line of them ended in a gap; there is none where lines are of whole cache lines.
# Source: FFmpeg, vf_xpsnr.c (the stride of the second input).
_CACHE_LINE: Final = 64
# Below so many pixels xpsnr divides by a block size of zero. Source: as above.
_FEWEST_FOR_XPSNR: Final = 2025


def metric_of(name: str) -> Metric:
    """A metric by its name.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in METRICS:
        raise ConfigError(f"there is no metric {name!r}", f"one of: {', '.join(METRICS)}")
    return METRICS[name]


def require(names: Iterable[str], ffmpeg: Capabilities) -> None:
    """Nothing, if this ffmpeg can measure all of these.

    Raises:
        ConfigError: there is no metric of a name.
        Unsupported: it can't.
    """
    for name in names:
        wanted = metric_of(name).filter
        if wanted not in ffmpeg.filters:
            what = f"{name} can't be measured: ffmpeg {ffmpeg.version} ({ffmpeg.path}) has no filter {wanted!r}"
            raise Unsupported(what, f"it takes {_SINCE.get(wanted, 'another ffmpeg')}; {_HINT}")


def default_metric(ffmpeg: Capabilities) -> str:
    """What is measured where nobody says: VMAF where it can be, else SSIM."""
    return "vmaf" if METRICS["vmaf"].filter in ffmpeg.filters else "ssim"


def context_of(names: Iterable[str]) -> tuple[int, int]:
    """How many frames of the reference before and behind a stretch its scores depend on."""
    chosen = [metric_of(name) for name in names]
    return max((m.before for m in chosen), default=0), max((m.behind for m in chosen), default=0)


def model_of(shape: Shape) -> str:
    """The VMAF model for pictures of this size: for 4K where they are larger than 1440p."""
    return (_HD if _fits(shape, _LARGEST_FOR_HD) else _UHD)[0]


def gauges_of(names: Sequence[str], reference: Shape, distorted: Shape, model: str = "") -> tuple[Gauge, ...]:
    """How these metrics are measured.

    VMAF at the size of its model, the others at the reference's. In the reference's chroma, and as deep as the deeper
    side, so that nothing is rounded: 8 or 10 bits.

    Args:
        names: of metrics, each once.
        reference: what the reference looks like, behind its filters.
        distorted: what the other side looks like.
        model: of VMAF; empty: by the reference's size.

    Raises:
        ConfigError: there is no metric of a name, no such file of a model, or a model's name can't be passed on.
        Unsupported: the pictures are too small for a metric.
    """
    return tuple(_gauge(metric_of(name), reference, distorted, model) for name in dict.fromkeys(names))


def _gauge(metric: Metric, reference: Shape, distorted: Shape, model: str) -> Gauge:
    form, width, height = _format(reference, distorted), reference.width, reference.height
    model = _checked(model or model_of(reference)) if metric.name == "vmaf" else ""
    if metric.name == "vmaf":
        width, height = _fitted(reference, _UHD[1] if "4k" in os.path.basename(model) else _HD[1])  # noqa: PTH119
    if metric.name == "xpsnr":
        if width * height < _FEWEST_FOR_XPSNR:
            raise Unsupported(f"pictures of {width}x{height} are too small for xpsnr", "measure ssim or psnr")
        form = form.removesuffix("10le") if width % _CACHE_LINE else form
    return Gauge(metric.name, width, height, form, model, _range(reference, distorted), _matrix(reference, distorted))


def _checked(model: str) -> str:
    """A model that is a file is there; libvmaf's filter has a meaning for ``|`` that nothing can escape."""
    is_file = "/" in model or model.endswith(".json")
    if "|" in model or (is_file and not os.path.isfile(model)):  # noqa: PTH113 - a string all the way
        raise ConfigError(f"there is no VMAF model {model!r}", "a name such as vmaf_v0.6.1neg, or a .json file")
    return model


def _fitted(shape: Shape, screen: tuple[int, int]) -> tuple[int, int]:
    """The size that fills a screen, or one on its side for pictures that are higher than wide."""
    wide = shape.width * shape.aspect
    across, down = screen if wide >= shape.height else screen[::-1]
    scale = min(Fraction(across) / wide, Fraction(down, shape.height))
    return _even(wide * scale), _even(shape.height * scale)


def _even(length: Fraction) -> int:
    return max(2, 2 * round(length / 2))


def _fits(shape: Shape, screen: tuple[int, int]) -> bool:
    long, short = max(shape.width, shape.height), min(shape.width, shape.height)
    return long <= screen[0] and short <= screen[1]


def _format(reference: Shape, distorted: Shape) -> str:
    """The planar format in which both are compared."""
    deep = any(_DEEP.search(shape.pixel_format) for shape in (reference, distorted))
    return f"yuv{_chroma(reference.pixel_format)}p{'10le' if deep else ''}"


def _chroma(name: str) -> str:
    if any(word in name for word in _FULL_CHROMA):
        return "444"
    return next((chroma for word, chroma in _SUBSAMPLED if word in name), "420")


def _range(reference: Shape, distorted: Shape) -> str:
    """To which range both are brought: full where both are, limited where one is; empty: both are limited."""
    full = [shape.is_full and not shape.is_rgb for shape in (reference, distorted)]
    if all(full):
        return "pc"
    return "tv" if any(full) or reference.is_rgb or distorted.is_rgb else ""


def _matrix(reference: Shape, distorted: Shape) -> str:
    """By which matrix RGB becomes what it is compared with: that of the other side."""
    if reference.is_rgb == distorted.is_rgb:
        return ""
    other = distorted if reference.is_rgb else reference
    return _MATRICES.get(other.color_space, "")


# ffmpeg's scale has names of its own. Source: libavfilter/vf_scale.c.
_MATRICES: Final = {
    "bt709": "bt709",
    "bt470bg": "bt601",
    "smpte170m": "bt601",
    "fcc": "fcc",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
}
