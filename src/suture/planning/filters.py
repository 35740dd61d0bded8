"""What a user's filters mean for cutting. Pure: names in a chain, looked up in two lists.

A filter that changes which frames there are leaves the source's index behind; a filter that looks at neighbouring
frames gives other pictures where a piece begins. Both are right in one piece, so that is how they are encoded.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["changes_frames", "filter_names", "remembers"]

_CHANGING: Final = frozenset(
    """concat decimate detelecine doubleweave fps framepack framerate framestep freezeframes interlace loop
    minterpolate mpdecimate pullup random repeatfields reverse segment select separatefields setpts shuffleframes
    telecine thumbnail tinterlace tpad trim untile weave""".split()  # noqa: SIM905
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
_REMEMBERING: Final = frozenset(
    """amplify atadenoise cropdetect dedot deflicker deshake fftdnoiz fieldmatch hqdn3d
    hysteresis kerndeint lagfun mcdeint mestimate noise normalize owdenoise phase photosensitivity scdet
    sendcmd setfield tblend tmedian tmidequalizer tmix vfrdet vidstabtransform vidstabdetect xmedian
    zoompan bm3d nlmeans_vulkan""".split()  # noqa: SIM905
).union(_FIELDS)


def filter_names(chain: str) -> list[str]:
    """The filters of a chain or graph, by name, in order; what stands in quotes or after a backslash is no name."""
    return [name for name, _ in _filters(chain)]


def changes_frames(chain: str) -> str:
    """The first filter that may change the number or the times of frames; empty when there is none."""
    return next((name for name, options in _filters(chain) if name in _CHANGING or _doubles(name, options)), "")


def remembers(chain: str) -> str:
    """The first filter whose pictures depend on earlier frames; empty when there is none."""
    return next((name for name in filter_names(chain) if name in _REMEMBERING), "")


def _filters(chain: str) -> list[tuple[str, str]]:
    """Names and options, without quotes and labels."""
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
