"""What a user's encoder options say about a decoder's buffer (VBV). Pure.

A film in pieces keeps to a buffer only if all packets together do; `suture.media.vbv` simulates that in the join. What
can't be simulated, or leaves no room for a join, is encoded whole: this module says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from suture.encoder.pieces import listed_of
from suture.errors import ConfigError
from suture.media.vbv import Vbv
from suture.units import parse_rate

if TYPE_CHECKING:
    from suture.settings import EncodeSettings

__all__ = ["vbv_of", "why_whole"]

# Of an encoder's list, in kbit/s and kbit. Source: x264 --fullhelp, x265 --fullhelp.
_RATE_KEYS: Final = ("vbv-maxrate", "vbv_maxrate")
_SIZE_KEYS: Final = ("vbv-bufsize", "vbv_bufsize")
_FULL_KEYS: Final = ("vbv-init", "vbv_init")
_OCCUPANCY: Final = "rc_init_occupancy"
# How much of the buffer both encoders begin with; and how much when ffmpeg tells x265 the size, or either that the
# occupancy is 0. Source: x264 --fullhelp, x265 --fullhelp; what x265 logs and x264 makes, by FFmpeg 5.1 and 9.0.
_USUALLY_FULL: Final = 0.9
_FFMPEG_FULL: Final = 0.75
# They keep to a buffer, so that a simulation proves something. Others take the numbers for a hint.
_KEEPING: Final = frozenset({"libx264", "libx264rgb", "libx265"})
# Words by which the buffer's state is written into the stream, or the rate is held from below.
_SIGNALLED: Final = frozenset({"nal-hrd", "nal_hrd", "hrd", "strict-cbr", "filler", "minrate"})


def vbv_of(settings: EncodeSettings) -> Vbv | None:
    """The buffer that was asked for; None: there is none, not all of it is told, or the encoder takes it for a hint.

    What stands in the encoder's list wins over plain options, as it does in ffmpeg.

    Raises:
        ConfigError: a rate or a size is no number.
    """
    plain, listed = dict(settings.encoder_options), listed_of(settings.video_codec, settings.encoder_options)
    rate = _told(listed, _RATE_KEYS, 1000, _bits(plain.get("maxrate"), "maxrate"))
    size = _told(listed, _SIZE_KEYS, 1000, _bits(plain.get("bufsize"), "bufsize"))
    full = _told(listed, _FULL_KEYS, 1, -1)
    if rate <= 0 or size <= 0 or settings.video_codec not in _KEEPING:
        return None
    if full < 0:
        full = _x265_full(plain, size) if settings.video_codec == "libx265" else _x264_full(plain)
    return Vbv(int(rate), int(size), full if full <= 1 else min(1.0, 1000 * full / size))


def _x264_full(plain: dict[str, str]) -> float:
    """As a part of the plain size; x264 does not listen when there is none, or when it is too much."""
    size, bits = _bits(plain.get("bufsize"), "bufsize"), _occupancy(plain)
    if not size or bits is None or bits > size:
        return _USUALLY_FULL
    return bits / size if bits else _FFMPEG_FULL


def _x265_full(plain: dict[str, str], size: float) -> float:
    if bits := _occupancy(plain):
        return min(1.0, bits / size)
    return _FFMPEG_FULL if "bufsize" in plain else _USUALLY_FULL


def _occupancy(plain: dict[str, str]) -> int | None:
    text = plain.get(_OCCUPANCY, "-1").strip()
    return {"-1": None, "0": 0}[text] if text in {"-1", "0"} else _bits(text, _OCCUPANCY)


def why_whole(settings: EncodeSettings) -> str:
    """Why a buffer forbids to cut; empty when it does not."""
    listed = listed_of(settings.video_codec, settings.encoder_options)
    asked = {**dict(settings.encoder_options), **listed}
    if signalled := sorted(key for key in _SIGNALLED & set(asked) if asked[key] not in {"0", "none"}):
        return f"the state of a buffer is held or written from the first frame to the last (-x {signalled[0]})"
    buffers = {"maxrate", "bufsize", *_RATE_KEYS, *_SIZE_KEYS, "mbr"} & set(asked)
    if buffers and (settings.video_codec not in _KEEPING or vbv_of(settings) is None):
        return f"a rate is held over the whole film (-x {min(buffers)})"
    return ""


def _bits(text: str | None, option: str) -> int:
    return 0 if text is None else parse_rate(text, f"-x {option}")


def _told(listed: dict[str, str], keys: tuple[str, ...], unit: int, otherwise: float) -> float:
    """What an encoder's list says, in bits; a 0 there is a 0."""
    for key in keys:
        if key in listed:
            try:
                return unit * float(listed[key])
            except ValueError:
                raise ConfigError(f"-x {key}: {listed[key]!r} is no number", "in kbit/s or kbit") from None
    return otherwise
