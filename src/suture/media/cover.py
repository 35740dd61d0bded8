"""A picture that is no film: a cover, as its container gives it, and as Ogg keeps one.

Containers with tracks for pictures get them as tracks, Matroska as attachments (`mux` does both). Ogg has neither; its
comments hold the picture as text. Source: xiph.org, VorbisComment, METADATA_BLOCK_PICTURE; RFC 9639, 8.8.
"""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from typing import Any, Final

from suture.media.opening import open_input

__all__ = ["Cover", "read_cover"]

_KINDS: Final = {"mjpeg": ("jpg", "image/jpeg"), "png": ("png", "image/png"), "bmp": ("bmp", "image/bmp")}
_FRONT: Final = 3


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture: what its file would be called, and what is in it."""

    name: str
    mimetype: str
    data: bytes

    def as_comment(self) -> str:
        """The value of Ogg's comment ``METADATA_BLOCK_PICTURE``; its size and depth are left to who decodes it."""
        mime = self.mimetype.encode()
        head = struct.pack(">II", _FRONT, len(mime)) + mime + struct.pack(">6I", 0, 0, 0, 24, 0, len(self.data))
        return base64.b64encode(head + self.data).decode()


def read_cover(path: str, stream: Any) -> Cover:  # noqa: ANN401
    """The picture of a file's stream.

    Args:
        path: the file.
        stream: of it; its position stays where it is.
    """
    suffix, mimetype = _KINDS.get(stream.codec_context.name, ("bin", "application/octet-stream"))
    with open_input(path) as again:
        data = next((bytes(p) for p in again.demux(again.streams[stream.index]) if p.size), b"")
    return Cover(stream.metadata.get("filename", f"cover.{suffix}"), mimetype, data)
