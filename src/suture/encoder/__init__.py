"""Encoders: from a chunk to the command that encodes it, and to the result of having run it.

`base` is the interface, `video` and `audio` implement it, `pieces` knows what each video encoder needs so that its
pieces join. Commands themselves are `suture.command`'s; where chunks come from is the chunker's.
"""

from suture.encoder.audio import AudioEncoder
from suture.encoder.base import Encoder
from suture.encoder.video import VideoEncoder

__all__ = ["AudioEncoder", "Encoder", "VideoEncoder"]
