"""What a user's filters mean for cutting. Pure: names in a chain, looked up in lists.

A filter that changes which frames there are leaves the source's index behind; one that looks at neighbouring frames,
or counts them, gives other pictures in a piece. Both are right in one piece, so that is how they are encoded; only
filters known to treat each frame for itself are cut.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["are_near_sighted", "can_be_counted", "changes_frames", "filter_names", "moves_times", "remembers"]

_CHANGING: Final = frozenset(
    """concat decimate detelecine doubleweave fps framepack framerate framestep freezeframes interlace loop
    minterpolate mpdecimate pullup random repeatfields reverse segment select separatefields setpts shuffleframes
    tblend telecine thumbnail tinterlace tpad trim untile weave""".split()  # noqa: SIM905
)
# Deinterlacers: the modes that give a frame for each field, by name and number; "": also without a word about it.
# Source: ffmpeg -h filter=NAME of 5.1 and 9.0.
_FIELDS: Final = {
    **dict.fromkeys(
        ("yadif", "yadif_cuda", "yadif_videotoolbox", "bwdif_cuda", "bwdif_vulkan"),
        "1 3 send_field send_field_nospatial",
    ),
    **dict.fromkeys(("bwdif", "estdif", "w3fdif"), " 1 send_field field"),
    "nnedi": "af tf bf -2 2 3",
}
# What they make of a frame depends on that frame alone, and at most on its time, which pieces keep.
_POINTWISE: Final = frozenset(
    """avgblur ass bilateral boxblur chromahold chromakey chromanr chromashift cas colorbalance colorchannelmixer
    colorcontrast colorcorrect colorhold colorize colorkey colorlevels colormatrix colorspace colortemperature
    convolution copy crop curves deband deblock delogo despill dilation drawbox drawgrid drawtext edgedetect eq erosion
    exposure extractplanes fade fillborders format gblur geq gradfun greyedge hflip hqx hue hwdownload hwupload
    hwupload_cuda hwmap inflate deflate kirsch lenscorrection libplacebo limiter lumakey lut lut1d lut3d lutrgb lutyuv
    median monochrome negate nlmeans noformat null pad perspective pixelize prewitt pseudocolor removelogo rgbashift
    roberts rotate sab scale scale_cuda scale_npp scale_qsv scale_vaapi scale_vulkan scharr selectivecolor setdar
    setparams setrange setsar sharpness_vaapi shear smartblur sobel spp subtitles super2xsai swapuv tonemap
    tonemap_opencl transpose unsharp uspp v360 vflip vibrance xbr yaepblur zscale""".split()  # noqa: SIM905
)
# They look at a few neighbouring frames and at times, and at nothing further away: the same frames come out, whether a
# film is put through them from its beginning or from some frames before. (That it is so, each piece has to prove.)
_NEAR_SIGHTED: Final = frozenset(
    """atadenoise bwdif bwdif_cuda bwdif_vulkan dedot estdif fps framerate nnedi separatefields tmix tmedian
    w3fdif yadif yadif_cuda""".split()  # noqa: SIM905
)
# They move frames to other times.
_MOVING: Final = frozenset({"concat", "loop", "reverse", "segment", "setpts", "tpad"})
# They take so long for a frame that nobody wants them to see the film twice.
_SLOW: Final = frozenset({"minterpolate", "mcdeint"})
# The number of a frame, as expressions and texts of filters call it; a piece counts its frames from 0.
_COUNTING: Final = re.compile(r"(?<![A-Za-z_])(n|N|in|on|out|frame_num|start_frame|nb_frames|s)(?![A-Za-z])")
_NO_COUNTER: Final = frozenset({"scale", "crop", "format", "pad"})


def filter_names(chain: str) -> list[str]:
    """The filters of a chain or graph, by name, in order; what stands in quotes or after a backslash is no name."""
    return [name for name, _ in _filters(chain)]


def changes_frames(chain: str) -> str:
    """The first filter that may change the number or the times of frames; empty when there is none."""
    return next((name for name, options in _filters(chain) if name in _CHANGING or _doubles(name, options)), "")


def remembers(chain: str) -> str:
    """The first filter whose pictures may depend on earlier frames or on how many there were; empty: there is none."""
    return next((name for name, options in _filters(chain, quoted=True) if not _is_pointwise(name, options)), "")


def are_near_sighted(chain: str) -> bool:
    """Whether each filter treats a frame for itself, or with a few neighbours."""
    parts = _filters(chain, quoted=True)
    near = [name in _NEAR_SIGHTED and "enable" not in options for name, options in parts]
    return all(is_near or _is_pointwise(*part) for is_near, part in zip(near, parts, strict=True))


def moves_times(chain: str) -> str:
    """The first filter that moves frames to other times; empty when there is none."""
    return next((name for name in filter_names(chain) if name in _MOVING), "")


def can_be_counted(chain: str) -> bool:
    """Whether a film can be put through a chain once more than needed, to know what frames come out."""
    return not _SLOW & set(filter_names(chain))


def _is_pointwise(name: str, options: str) -> bool:
    """Whether it treats each frame for itself. In doubt it does not: one piece is slower, but never wrong."""
    if name not in _POINTWISE or "enable" in options:
        return False
    if name == "fade":
        return "st=" in options or "start_time=" in options
    return not _COUNTING.search(options) or (name in _NO_COUNTER and not re.search(r"\b(n|on)\b", options))


def _filters(chain: str, *, quoted: bool = False) -> list[tuple[str, str]]:
    """Names and options, without labels, and without what stands in quotes unless that is asked for."""
    if quoted:  # separators in quotes separate nothing
        chain = re.sub(r"'([^']*)'", lambda text: re.sub(r"[,;\[\]]", " ", text[1]), chain)
    bare = re.sub(r"\\.|'[^']*'|\[[^\]]*\]", "", chain)
    parts = [part.partition("=") for part in re.split(r"[,;]", bare) if part.strip()]
    return [(name.partition("@")[0].strip(), options.strip()) for name, _, options in parts]


def _doubles(name: str, options: str) -> bool:
    """Whether a deinterlacer gives two frames for one; its mode is called so, or (in most) stands first."""
    if name not in _FIELDS:
        return False
    words = [word.partition("=") for word in options.split(":")]
    mode = next((value for key, _, value in words if key in {"mode", "field"} and value), "")
    first = words[0][0] if not words[0][1] and name not in {"nnedi", "w3fdif"} else ""
    return (mode or first) in _FIELDS[name].split(" ")
