"""What to ask for: commands as values, pure until they run.

`base` has the interface that the orchestrator knows, `ffmpeg` the argument builder; `audio`, `video`,
`mixing` and `subtitle` are the four builders, `burn` the subtitles in the picture, `step` the steps that are
ours. Nothing here decides when something runs (`suture.orchestrator`) or what a film needs
(`suture.pipeline`).
"""

from __future__ import annotations

from suture.command.base import (
    PRIORITY_HIGH,
    PRIORITY_LOW,
    PRIORITY_NORMAL,
    Command,
    Outcome,
    Resource,
    RunContext,
    TaskType,
)

__all__ = [
    "PRIORITY_HIGH",
    "PRIORITY_LOW",
    "PRIORITY_NORMAL",
    "Command",
    "Outcome",
    "Resource",
    "RunContext",
    "TaskType",
]
