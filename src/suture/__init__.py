"""Suture cuts a film into pieces, encodes them in parallel, and sews them back without a visible seam.

What is public stands in ``__all__`` and is imported from its module when it is first used, so that
``import suture`` costs milliseconds. Nothing inside the package imports from here.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suture.chunker import Chunker
    from suture.command.audio import AudioBuilder
    from suture.command.base import PRIORITY_HIGH, PRIORITY_LOW, PRIORITY_NORMAL, Command
    from suture.command.ffmpeg import FFmpegBuilder
    from suture.command.mixing import MixingBuilder
    from suture.command.subtitle import SubtitleBuilder
    from suture.command.video import VideoBuilder
    from suture.concatenator import Concatenator
    from suture.encoder import AudioEncoder, Encoder, VideoEncoder
    from suture.errors import (
        ChunkError,
        CommandCancelled,
        CommandCrashed,
        CommandError,
        CommandFailed,
        CommandTimeout,
        ConcatError,
        ConfigError,
        DeviceBusy,
        DiskFull,
        EnvironmentProblem,
        FFmpegNotFound,
        GraphError,
        MediaError,
        OrchestrationError,
        OutOfMemory,
        PiecesDiffer,
        ProbeError,
        ResourceError,
        ResumeError,
        RetriesExhausted,
        SourceDamaged,
        SutureError,
        Unsupported,
        UpstreamFailed,
        VerificationError,
    )
    from suture.library import compare, encode, plan, verify
    from suture.media.probe import probe
    from suture.model import Attachment, Chapter, ChunkData, EncoderResult, MediaInfo, StreamInfo
    from suture.orchestrator import Orchestrator
    from suture.orchestrator.dag import Dag
    from suture.proof import VerifyReport
    from suture.proof.comparison import Comparison
    from suture.quality.scores import Scores
    from suture.settings import EncodeSettings
    from suture.worker import Worker, WorkerPool

from suture.version import __version__

__all__ = [
    "PRIORITY_HIGH",
    "PRIORITY_LOW",
    "PRIORITY_NORMAL",
    "Attachment",
    "AudioBuilder",
    "AudioEncoder",
    "Chapter",
    "ChunkData",
    "ChunkError",
    "Chunker",
    "Command",
    "CommandCancelled",
    "CommandCrashed",
    "CommandError",
    "CommandFailed",
    "CommandTimeout",
    "Comparison",
    "ConcatError",
    "Concatenator",
    "ConfigError",
    "Dag",
    "DeviceBusy",
    "DiskFull",
    "EncodeSettings",
    "Encoder",
    "EncoderResult",
    "EnvironmentProblem",
    "FFmpegBuilder",
    "FFmpegNotFound",
    "GraphError",
    "MediaError",
    "MediaInfo",
    "MixingBuilder",
    "OrchestrationError",
    "Orchestrator",
    "OutOfMemory",
    "PiecesDiffer",
    "ProbeError",
    "ResourceError",
    "ResumeError",
    "RetriesExhausted",
    "Scores",
    "SourceDamaged",
    "StreamInfo",
    "SubtitleBuilder",
    "SutureError",
    "Unsupported",
    "UpstreamFailed",
    "VerificationError",
    "VerifyReport",
    "VideoBuilder",
    "VideoEncoder",
    "Worker",
    "WorkerPool",
    "__version__",
    "compare",
    "encode",
    "plan",
    "probe",
    "verify",
]

# Where each name lives; what is not here is an error and lives in suture.errors.
_HOMES = {
    "PRIORITY_HIGH": "suture.command.base",
    "PRIORITY_LOW": "suture.command.base",
    "PRIORITY_NORMAL": "suture.command.base",
    "Attachment": "suture.model",
    "AudioBuilder": "suture.command.audio",
    "AudioEncoder": "suture.encoder",
    "Chapter": "suture.model",
    "ChunkData": "suture.model",
    "Chunker": "suture.chunker",
    "Command": "suture.command.base",
    "Comparison": "suture.proof.comparison",
    "Concatenator": "suture.concatenator",
    "Dag": "suture.orchestrator.dag",
    "EncodeSettings": "suture.settings",
    "Encoder": "suture.encoder",
    "EncoderResult": "suture.model",
    "FFmpegBuilder": "suture.command.ffmpeg",
    "MediaInfo": "suture.model",
    "MixingBuilder": "suture.command.mixing",
    "Orchestrator": "suture.orchestrator",
    "StreamInfo": "suture.model",
    "Scores": "suture.quality.scores",
    "SubtitleBuilder": "suture.command.subtitle",
    "VerifyReport": "suture.proof",
    "VideoBuilder": "suture.command.video",
    "VideoEncoder": "suture.encoder",
    "Worker": "suture.worker",
    "WorkerPool": "suture.worker",
    "compare": "suture.library",
    "encode": "suture.library",
    "plan": "suture.library",
    "probe": "suture.media.probe",
    "verify": "suture.library",
}


class _Package(ModuleType):
    """This package. An import of its subpackage `verify` must not hide the function of that name."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Import a public name from its home, once."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES.get(name, "suture.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """All that is public, loaded or not."""
    return sorted({*globals(), *__all__})
