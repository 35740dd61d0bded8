"""A cover as Ogg keeps it."""

from __future__ import annotations

import base64

from suture.media.cover import Cover


def test_a_picture_in_a_comment() -> None:
    """Front cover, its type, no description, sizes for the reader to find out, and all of its bytes."""
    block = base64.b64decode(Cover("cover.png", "image/png", b"\x89PNG...").as_comment())
    assert block[:4] == (3).to_bytes(4)
    assert block[4:17] == (9).to_bytes(4) + b"image/png"
    assert block[17:37] == bytes(12) + (24).to_bytes(4) + bytes(4)
    assert block[37:] == (7).to_bytes(4) + b"\x89PNG..."
