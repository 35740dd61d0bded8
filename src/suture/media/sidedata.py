"""Side data of a decoded frame, made into values that JSON can hold.

The bytes are libavutil's C structures; their layouts are part of its ABI (FFmpeg 5.1 to 9.0) and small. Names
and values follow ffprobe's. What is only of interest as "it is there" becomes True; what says nothing about
the stream (encoder's comments, motion vectors) is left out.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.sidedata.sidedata import SideData
    from av.video.frame import VideoFrame

__all__ = ["frame_side_data", "matrix_rotation"]

_SILENT = frozenset(
    {
        "GOP_TIMECODE",
        "MOTION_VECTORS",
        "PANSCAN",
        "REGIONS_OF_INTEREST",
        "SEI_UNREGISTERED",
        "VIDEO_ENC_PARAMS",
        "VIDEO_HINT",
    }
)
_NAMES = {
    "A53_CC": "closed_captions",
    "DISPLAYMATRIX": "display_matrix",
    "DOVI_METADATA": "dovi_rpu",
    "DOVI_RPU_BUFFER": "dovi_rpu",
}
# AVStereo3DType by number, with the names that libavutil gives them.
_STEREO = (
    "2D",
    "side by side",
    "top and bottom",
    "frame alternate",
    "checkerboard",
    "side by side (quincunx subsampling)",
    "interleaved lines",
    "interleaved columns",
    "unspecified",
)


def frame_side_data(frame: VideoFrame) -> dict[str, Any]:
    """What rides along with a frame. Empty, too, where PyAV does not know one of the types."""
    try:
        items = [(item.type.name, bytes(item)) for item in _items(frame)]
    except ValueError:  # a type newer than PyAV's list
        return {}
    return {_name(kind): _value(kind, data) for kind, data in items if kind not in _SILENT}


def _items(frame: VideoFrame) -> list[SideData]:
    """All of them: PyAV's container iterates over values, though its stubs call it a mapping."""
    return list(frame.side_data)  # type: ignore[arg-type]


def matrix_rotation(matrix: list[int]) -> int:
    """Degrees, as ffprobe prints them (counter-clockwise, -180 to 180); 0 for a matrix that is no rotation.

    Source: av_display_rotation_get in libavutil/display.c.
    """
    across, down = math.hypot(matrix[0], matrix[3]), math.hypot(matrix[1], matrix[4])
    if not across or not down:
        return 0
    return -round(math.degrees(math.atan2(matrix[1] / down, matrix[0] / across)))


def _name(kind: str) -> str:
    return _NAMES.get(kind, kind.lower())


def _value(kind: str, data: bytes) -> Any:  # noqa: ANN401 - as various as the types
    read = _READERS.get(kind)
    try:
        return read(data) if read else True
    except (struct.error, IndexError):
        return True


def _mastering(data: bytes) -> dict[str, str]:
    """AVMasteringDisplayMetadata: primaries r, g, b, white point, luminance as rationals; two flags."""
    *numbers, has_primaries, has_luminance = struct.unpack("22i", data[:88])
    ratios = [f"{numbers[n]}/{numbers[n + 1]}" for n in range(0, 20, 2)]
    names = [f"{who}_{axis}" for who in ("red", "green", "blue", "white_point") for axis in "xy"]
    found = dict(zip(names, ratios[:8], strict=True)) if has_primaries else {}
    return found | ({"min_luminance": ratios[8], "max_luminance": ratios[9]} if has_luminance else {})


def _light(data: bytes) -> dict[str, int]:
    most, average = struct.unpack("2I", data[:8])
    return {"max_content": most, "max_average": average}


def _ambient(data: bytes) -> dict[str, str]:
    numbers = struct.unpack("6i", data[:24])
    names = ("ambient_illuminance", "ambient_light_x", "ambient_light_y")
    return {name: f"{numbers[2 * n]}/{numbers[2 * n + 1]}" for n, name in enumerate(names)}


_READERS: dict[str, Any] = {
    "AFD": lambda data: data[0],
    "AMBIENT_VIEWING_ENVIRONMENT": _ambient,
    "CONTENT_LIGHT_LEVEL": _light,
    "DISPLAYMATRIX": lambda data: list(struct.unpack("9i", data[:36])),
    "ICC_PROFILE": lambda data: {"size_bytes": len(data)},
    "MASTERING_DISPLAY_METADATA": _mastering,
    "STEREO3D": lambda data: _STEREO[struct.unpack("i", data[:4])[0]],
}
