"""What a file holds: `probe` asks a child process, `probe_file` is what that child does.

Nothing here imports av: it loads in the child only, and a parser that crashes there is an error here.
Neighbours: `opening` (what may be opened), `describe` (how a container becomes a `MediaInfo`), `index` (its
frames, one by one).
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from suture.errors import ProbeError, SutureError
from suture.media import isolated
from suture.model import Attachment, Chapter, MediaInfo, StreamInfo

if TYPE_CHECKING:
    from suture.process import CancelToken

__all__ = ["begin_probe", "from_json", "probe", "probe_file", "probe_to_json", "to_json"]

_GLANCE_S = 0.1
_STREAM_RATIOS = ("time_base", "frame_rate", "sample_aspect_ratio")


def probe(
    path: str | os.PathLike[str], *, timeout_s: float | None = 60.0, cancel: CancelToken | None = None
) -> MediaInfo:
    """Streams, chapters, attachments and first frames of a file, read in a child process.

    Raises:
        ProbeError: it is not there, is no media, or its parser crashed.
        CommandTimeout: its parser said nothing for ``timeout_s``.
        CommandCancelled: ``cancel`` was set.
    """
    begun = _begun.pop(os.fspath(path), None)
    if begun is not None and (told := begun.wait(cancel)) is not None:
        return from_json(told)
    return from_json(isolated.call("probe", timeout_s=timeout_s, cancel=cancel, path=os.fspath(path)))


def begin_probe(path: str) -> None:
    """Begin to read a file that `probe` will soon be asked about, and go on at once."""
    begun = _Begun(path, _status_of(path))
    with suppress(RuntimeError):  # no thread is to be had: it is read later
        threading.Thread(target=begun.read, name="suture-probe", daemon=True).start()
        _begun[path] = begun


@dataclass(slots=True)
class _Begun:
    """A file that is being read. What goes wrong is nobody's business: it is read once more, and then it is.

    The same if it is another file by the time somebody asks: who asks has looked at that one.
    """

    path: str
    before: tuple[int, ...]
    over: threading.Event = field(default_factory=threading.Event)
    told: dict[str, Any] | None = None

    def read(self) -> None:
        """In a thread of its own."""
        try:
            self.told = isolated.call("probe", path=self.path)
        except SutureError:
            self.told = None
        finally:
            self.over.set()

    def wait(self, cancel: CancelToken | None) -> dict[str, Any] | None:
        """What was read; None: nothing."""
        while not self.over.wait(_GLANCE_S):
            if cancel is not None and cancel.cancelled:
                return None
        return self.told if _status_of(self.path) == self.before else None


def _status_of(path: str) -> tuple[int, ...]:
    try:
        status = os.stat(path)  # noqa: PTH116 - a string all the way
    except (OSError, ValueError):
        return ()
    return status.st_size, status.st_mtime_ns


_begun: dict[str, _Begun] = {}


def probe_file(path: str) -> MediaInfo:
    """As `probe`, in this process: a crash of the parser is a crash of the caller.

    Raises:
        ProbeError: it is not there or is no media.
    """
    from suture.media.describe import describe  # noqa: PLC0415 - av loads only where it is used
    from suture.media.opening import open_noted  # noqa: PLC0415 - as above

    opened = open_noted(path)
    with opened.container as container:
        info = describe(container, path)
    if not info.streams:
        raise ProbeError(f"{path!r} holds no streams: it has no film, sound or subtitles", "was it cut short?")
    if opened.doubtful and not _makes_sense(info):
        raise ProbeError(f"cannot read {path!r} as media: nothing in it decodes", "is it a film or a sound file?")
    return info


def probe_to_json(path: str) -> dict[str, Any]:
    """`probe_file` for the child."""
    return to_json(probe_file(path))


def _makes_sense(info: MediaInfo) -> bool:
    """Whether a file that libavformat was not sure of looks like media after all."""
    pictures = any(s.width and "not_decoded" not in s.side_data for s in info.streams if s.kind == "video")
    return pictures or any(s.sample_rate and s.channels for s in info.streams)


def to_json(info: MediaInfo) -> dict[str, Any]:
    """Plain data for JSON (ratios as ``"24000/1001"``, tuples as lists), which `from_json` reads back."""
    data = asdict(info)
    for stream in data["streams"]:
        stream["disposition"] = list(stream["disposition"])
        for name in _STREAM_RATIOS:
            stream[name] = None if stream[name] is None else _ratio(stream[name])
    for chapter in data["chapters"]:
        chapter["time_base"] = _ratio(chapter["time_base"])
    return data | {name: list(data[name]) for name in ("streams", "chapters", "attachments")}


def _ratio(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def from_json(data: dict[str, Any]) -> MediaInfo:
    """What `to_json` made, or its JSON."""
    return MediaInfo(
        **data
        | {
            "streams": tuple(_stream(entry) for entry in data["streams"]),
            "chapters": tuple(_chapter(entry) for entry in data["chapters"]),
            "attachments": tuple(Attachment(**entry) for entry in data["attachments"]),
        }
    )


def _stream(entry: dict[str, Any]) -> StreamInfo:
    ratios = {name: None if entry[name] is None else Fraction(entry[name]) for name in _STREAM_RATIOS}
    return StreamInfo(**entry | ratios | {"disposition": tuple(entry["disposition"])})


def _chapter(entry: dict[str, Any]) -> Chapter:
    return Chapter(**entry | {"time_base": Fraction(entry["time_base"])})
