"""What still holds behind a user's filters (``-vf``): colours, fields, where chroma lies, captions, 3D. Pure.

Only filters that are listed are known to leave something as it is; of any other it is said that it is not known. It is
about labels and what lies beside the pictures, not about cutting: that is `filters`' business. Its users: `carried`
(what comes along), `promises` (what must be there in the end), `video` (how frames are labelled).
"""

from __future__ import annotations

import re
from typing import Final

from suture.planning.filters import changes_frames, filter_names

__all__ = [
    "caption_dropper",
    "colour_changer",
    "field_mixer",
    "is_about_fields",
    "keeps_labels",
    "keeps_range",
    "picture_mover",
]

# Filters that leave the range of values as it is, whatever they are told.
_RANGE_KEEPING: Final = frozenset(
    """ass avgblur boxblur bwdif cas copy crop deband deblock decimate delogo detelecine drawbox drawgrid drawtext
    estdif fade fieldmatch fieldorder fps framerate framestep freezeframes gblur hflip hqdn3d idet loop median
    mpdecimate nlmeans nnedi null overlay pad pullup removelogo reverse rotate select separatefields setdar setfield
    setpts setsar shuffleframes subtitles telecine tinterlace tmix tpad transpose trim unsharp vflip vaguedenoiser
    w3fdif weave yadif""".split()  # noqa: SIM905
)
# And those that leave primaries and transfer, too: a value means the same light as before.
_COLOUR_KEEPING: Final = _RANGE_KEEPING | frozenset(
    """atadenoise bilateral bm3d bwdif_cuda bwdif_vulkan chromanr cropdetect dctdnoiz dejudder deshake fftdnoiz
    fieldhint fillborders format fspp hwdownload hwmap hwupload hwupload_cuda idet interlace kerndeint lenscorrection
    metadata minterpolate noformat noise owdenoise perspective phase pp pp7 repeatfields sab scale scale_cuda
    scale_qsv scale_vaapi settb showinfo signalstats smartblur spp uspp yadif_cuda zoompan""".split()  # noqa: SIM905
)
# Each line comes from its own line alone, and stays where it is; so a field is still that field.
_LINE_KEEPING: Final = frozenset(
    """ass colorbalance colorchannelmixer colorcontrast colorcorrect colorhold colorize colorkey colorlevels colormatrix
    colorspace colortemperature copy cropdetect curves delogo drawbox drawgrid drawtext eq exposure fade format
    hflip hue hwdownload hwmap hwupload hwupload_cuda idet limiter lut lut1d lut3d lutrgb lutyuv metadata monochrome
    negate noformat noise null overlay pseudocolor selectivecolor setdar setpts setsar settb showinfo signalstats
    subtitles tonemap trim vibrance""".split()  # noqa: SIM905
)
# Whoever asks for one of these decides by himself what becomes of the fields.
_ABOUT_FIELDS: Final = frozenset(
    """bwdif bwdif_cuda bwdif_vulkan bwdif_videotoolbox deinterlace_qsv deinterlace_vaapi detelecine doubleweave estdif
    fieldhint fieldmatch fieldorder il interlace kerndeint mcdeint nnedi phase pullup repeatfields separatefields
    setfield telecine tinterlace w3fdif weave yadif yadif_cuda yadif_videotoolbox""".split()  # noqa: SIM905
)
# Turned, a chroma sample lies at another corner, and another eye looks at it.
_MOVING: Final = frozenset(
    """deshake fillborders fps hflip lenscorrection minterpolate perspective rotate separatefields transpose vflip weave
    zoompan""".split()  # noqa: SIM905
)
# Options of scale by which colours become others.
_CONVERTING: Final = re.compile(r"primaries|transfer|matrix")


def colour_changer(chain: str) -> str:
    """The first filter behind which HDR data may not describe the pictures any more; empty when there is none."""
    return next((name for name in filter_names(chain) if not _keeps_colour(name, chain)), "")


def field_mixer(chain: str) -> str:
    """The first filter behind which fields may be mixed or swapped; empty: none, or a filter decides about them."""
    return "" if is_about_fields(chain) else _outside(chain, _LINE_KEEPING | _scaled_fields(chain))


def is_about_fields(chain: str) -> bool:
    """Whether a filter takes fields apart, makes them, or names them."""
    return any(name in _ABOUT_FIELDS for name in filter_names(chain))


def picture_mover(chain: str) -> str:
    """The first filter that may turn or tear the picture, so that chroma or the views of 3D lie elsewhere; or empty."""
    return _outside(chain, (_COLOUR_KEEPING | _LINE_KEEPING) - _MOVING)


def caption_dropper(chain: str) -> str:
    """The first filter that may drop frames with what lies beside them; empty when there is none."""
    return changes_frames(chain) or _outside(chain, _COLOUR_KEEPING | _LINE_KEEPING)


def keeps_range(chain: str) -> bool:
    """Whether pictures of full range leave a filter chain with it. From version 7 on, ffmpeg converts unless told."""
    return all(name in _RANGE_KEEPING or (name == "scale" and "range" not in chain) for name in filter_names(chain))


def keeps_labels(chain: str) -> bool:
    """Whether colours are called behind a chain what they are called before it."""
    return not colour_changer(chain) and keeps_range(chain)


def _keeps_colour(name: str, chain: str) -> bool:
    return name in _COLOUR_KEEPING and not (name.startswith("scale") and _CONVERTING.search(chain))


def _scaled_fields(chain: str) -> frozenset[str]:
    return frozenset({"scale"} if "interl=1" in chain else ())


def _outside(chain: str, known: frozenset[str]) -> str:
    return next((name for name in filter_names(chain) if name not in known), "")
