"""What a user's filters mean for cutting. Pure: names in a chain, looked up in two lists.

A filter that changes which frames there are leaves the source's index behind; a filter that looks at neighbouring
frames gives other pictures where a piece begins. Both are right in one piece, so that is how they are encoded.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["changes_frames", "filter_names", "remembers"]

_CHANGING: Final = frozenset(
    """bwdif concat decimate detelecine doubleweave fps framepack framerate framestep freezeframes interlace loop
    minterpolate mpdecimate pullup random repeatfields reverse segment select separatefields setpts shuffleframes
    telecine thumbnail tinterlace tpad trim untile w3fdif weave""".split()  # noqa: SIM905
)
_DOUBLING: Final = re.compile(
    r"(?:yadif|estdif|nnedi|yadif_cuda|bwdif_cuda|bwdif_vulkan)=[^,;]*(?:\b[13]\b|send_field|field)"
)
_REMEMBERING: Final = frozenset(
    """amplify atadenoise bwdif_vulkan bwdif_cuda cropdetect dedot deflicker deshake estdif fftdnoiz fieldmatch hqdn3d
    hysteresis kerndeint lagfun mcdeint mestimate noise normalize owdenoise phase photosensitivity scdet
    sendcmd setfield tblend tmedian tmidequalizer tmix vfrdet vidstabtransform vidstabdetect xmedian yadif yadif_cuda
    zoompan bm3d nlmeans_vulkan""".split()  # noqa: SIM905
)


def filter_names(chain: str) -> list[str]:
    """The filters of a chain or graph, by name, in order; what stands in quotes or after a backslash is no name."""
    bare = re.sub(r"\\.|'[^']*'|\[[^\]]*\]", "", chain)
    return [part.partition("=")[0].partition("@")[0].strip() for part in re.split(r"[,;]", bare) if part.strip()]


def changes_frames(chain: str) -> str:
    """The first filter that may change the number or the times of frames; empty when there is none."""
    if _DOUBLING.search(chain):
        return next(iter(filter_names(chain)), "")
    return next((name for name in filter_names(chain) if name in _CHANGING), "")


def remembers(chain: str) -> str:
    """The first filter whose pictures depend on earlier frames; empty when there is none."""
    return next((name for name in filter_names(chain) if name in _REMEMBERING), "")
