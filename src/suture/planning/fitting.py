"""Whether an encoder takes pictures of this size and kind, and what they lose where it takes only others. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from suture.errors import ConfigError
from suture.planning.pixels import pixels_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.model import StreamInfo
    from suture.planning.ability import Ability
    from suture.settings import EncodeSettings

__all__ = ["check_size", "format_losses", "has_alpha"]

# They refuse odd sizes where chroma is subsampled, or cut a line off (libopenh264). Found by trying each with 161x97.
_EVEN: Final = frozenset({"libx264", "libx265", "libxvid", "libvvenc", "libopenh264", "libkvazaar", "utvideo"})
_EVEN_WIDTH: Final = frozenset({"huffyuv", "ffvhuff"})
_HALVED: Final = re.compile(r"(?:yuvj?a?|nv|p)(?P<chroma>4[12]\d|\d)")
_NUMBERS: Final = re.compile(r"(\d+)[:x](\d+)")
_WITH_ALPHA: Final = re.compile(r"yuva|gbrap|rgba|bgra|argb|abgr|ya8|ya16|ayuv|vuya")
_RGB: Final = re.compile(r"gbra?p|.*rgb|.*bgr|argb|abgr|pal8|0bgr|bgr0")
# VP8 and VP9 put it beside their packets, x265 into a layer that few decoders know.
_ALPHA_ASIDE: Final = frozenset({"libvpx", "libvpx-vp9", "libx265"})
_CHROMA_NAMES: Final = {2.0: "4:2:2", 3.0: "4:4:4"}


def check_size(stream: StreamInfo, settings: EncodeSettings) -> None:
    """Nothing, if the encoder takes pictures of this size. What a filter (``-vf``) makes of it is not known here.

    Raises:
        ConfigError: it does not. Cropping, padding and another format each change what people see or what can play it,
            so that is not decided for them.
    """
    width, height = _size(stream, settings)
    halved = _halved(settings.pixel_format or stream.pix_fmt or "")
    wide = width % 2 and halved[0] and settings.video_codec in _EVEN | _EVEN_WIDTH
    high = height % 2 and halved[1] and settings.video_codec in _EVEN
    if not (wide or high):
        return
    even = f"{width + width % 2}:{height + height % 2}"
    what = f"video stream {stream.index} is {width}x{height}, and {settings.video_codec} takes even numbers only"
    smaller = f"{width - width % 2}:{height - height % 2}"
    raise ConfigError(
        f"{what} where colour has half the resolution ({stream.pix_fmt})",
        f"-vf pad={even} adds a black line, -vf crop={smaller} cuts one off; libaom-av1, libvpx-vp9 and ffv1 take it",
    )


def _size(stream: StreamInfo, settings: EncodeSettings) -> tuple[int, int]:
    """The pictures' size before the encoder; zeros where that is not known."""
    if settings.video_filter:
        return 0, 0
    if settings.scale:
        numbers = _NUMBERS.fullmatch(settings.scale)
        return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
    turned = settings.subtitles == "burn" and abs(stream.rotation) == 90  # noqa: PLR2004 - degrees
    return (stream.height, stream.width) if turned else (stream.width, stream.height)


def _halved(pix_fmt: str) -> tuple[bool, bool]:
    """Whether chroma has fewer columns, and fewer lines, than luma."""
    found = _HALVED.match(pix_fmt)
    chroma = found["chroma"] if found else ""
    if pix_fmt.startswith(("nv1", "nv2")):
        return pix_fmt not in {"nv24", "nv42"}, pix_fmt in {"nv12", "nv21"}
    return chroma in {"420", "422", "411", "410", "0", "2"}, chroma in {"420", "440", "410", "0"}


def has_alpha(pix_fmt: str) -> bool:
    """Whether pixels of this format may be transparent."""
    return bool(_WITH_ALPHA.match(pix_fmt))


def format_losses(stream: StreamInfo, settings: EncodeSettings, ability: Ability) -> Iterator[tuple[str, str]]:
    """What of the pictures' samples is lost because the encoder has no such format; and why.

    Nothing where a filter or ``--pix-fmt`` decides, or where the encoder does not tell its formats.
    """
    have = stream.pix_fmt or ""
    if not have or not ability.pix_fmts or settings.video_filter or settings.pixel_format:
        return
    who, whose = settings.video_codec, f"of video stream {stream.index}"
    if has_alpha(have) and (who in _ALPHA_ASIDE or not any(map(has_alpha, ability.pix_fmts))):
        yield f"transparency {whose}", f"{who} takes no such pictures, or puts it where a join loses it"
    if have.replace("yuvj", "yuv") in ability.pix_fmts or have in ability.pix_fmts:
        return
    taken = [pixels_of(name) for name in ability.pix_fmts]
    mine, colour = pixels_of(have), _colour(have)
    if _RGB.match(have) and not any(map(_RGB.match, ability.pix_fmts)):
        yield f"RGB pictures {whose}", f"{who} takes none: they become Y'CbCr"
    elif colour > (most := max(map(_colour, ability.pix_fmts))):
        kind = _CHROMA_NAMES.get(colour, "fine")
        yield f"{kind} colour {whose}", f"{who} takes {_CHROMA_NAMES.get(most, '4:2:0')} at most"
    if mine.depth > (deepest := max(pixels.depth for pixels in taken)):
        yield f"{mine.depth} bits a sample {whose}", f"{who} takes {deepest} at most"


def _colour(pix_fmt: str) -> float:
    """Samples a pixel without transparency: 3 for all colour."""
    return pixels_of(pix_fmt).samples - has_alpha(pix_fmt)
