"""What an ffmpeg binary can do: asked of it once, and remembered on disk until the binary changes.

What a binary lists is what was compiled into it. That an encoder works on this machine is proved by
encoding, which is nobody's business here. The texts are read by `suture.ffmpeg.listings`.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from suture.errors import EnvironmentProblem, FFmpegNotFound, Unsupported
from suture.ffmpeg import listings
from suture.process import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Capabilities", "capabilities"]

SCHEMA: Final = 1  # of the files on disk; part of their names
PATIENCE_S: Final = 30.0  # a network drive may be slow to give out 170 MB of binary
MOST_LINES: Final = 50_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one binary has.

    Args:
        path: the binary, absolute.
        version: as it writes it.
        version_tuple: numbers to compare; the major one only, or none, for builds from git.
        libraries: version by library (``libavcodec``).
        encoders: kind (video, audio, subtitle) by name.
        decoders: kind by name.
        filters: names.
        muxers: names.
        demuxers: names, each alias for itself.
        hwaccels: names of those compiled in, whether this machine has them or not.
    """

    path: str
    version: str
    version_tuple: tuple[int, ...]
    libraries: Mapping[str, tuple[int, int, int]]
    encoders: Mapping[str, str]
    decoders: Mapping[str, str]
    filters: frozenset[str]
    muxers: frozenset[str]
    demuxers: frozenset[str]
    hwaccels: frozenset[str]

    def encoder_pix_fmts(self, name: str) -> tuple[str, ...]:
        """The pixel formats that an encoder takes, the preferred one first; none when it does not tell.

        Raises:
            Unsupported: there is no such encoder.
        """
        self.require_encoder(name)
        return _pix_fmts(self.path, _identity(self.path), name)

    def encoder_options(self, name: str) -> frozenset[str]:
        """The names of an encoder's own options.

        Raises:
            Unsupported: there is no such encoder.
        """
        self.require_encoder(name)
        return frozenset(_options(self.path, _identity(self.path), name))

    def require_encoder(self, name: str) -> None:
        """Nothing, if this ffmpeg has the encoder.

        Raises:
            Unsupported: it has not; the hint names those that are written nearly so.
        """
        self._require("encoder", name, self.encoders)

    def require_filter(self, name: str) -> None:
        """Nothing, if this ffmpeg has the filter.

        Raises:
            Unsupported: it has not; the hint names those that are written nearly so.
        """
        self._require("filter", name, self.filters)

    def _require(self, what: str, name: str, names: Iterable[str]) -> None:
        if name in names:
            return
        close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
        alike = f"did you mean {' or '.join(close)}? " if close else ""
        message = f"ffmpeg {self.version} ({self.path}) has no {what} {name!r}"
        raise Unsupported(message, f"{alike}ffmpeg -{what}s lists what it has")


def capabilities(ffmpeg: str) -> Capabilities:
    """What this binary has; the first time it is asked (less than a second), later it is remembered.

    Args:
        ffmpeg: its path, as `suture.ffmpeg.locate.locate` gives it.

    Raises:
        FFmpegNotFound: there is no such file, or it is not an ffmpeg.
        EnvironmentProblem: it does not run on this machine.
    """
    path = os.path.abspath(ffmpeg)  # noqa: PTH100  # not resolved: a wrapper may go by the name it is called
    return _capabilities(path, _identity(path))


@lru_cache(maxsize=8)
def _capabilities(path: str, identity: str) -> Capabilities:
    return _remembered(identity, _from_json, lambda: _asked(path))


@lru_cache(maxsize=64)
def _pix_fmts(path: str, identity: str, encoder: str) -> tuple[str, ...]:
    def ask() -> tuple[str, ...]:
        return tuple(listings.parse_pix_fmts(_ask(path, "-h", f"encoder={encoder}")))

    return _remembered(f"{identity}-{encoder}", _strings, ask)


@lru_cache(maxsize=64)
def _options(path: str, identity: str, encoder: str) -> tuple[str, ...]:
    def ask() -> tuple[str, ...]:
        return tuple(listings.parse_options(_ask(path, "-h", f"encoder={encoder}")))

    return _remembered(f"{identity}-{encoder}-options", _strings, ask)


def _identity(path: str) -> str:
    """Changes when the binary does."""
    try:
        stat = os.stat(path)  # noqa: PTH116  # the path is a string all the way
    except OSError as error:
        raise FFmpegNotFound(f"there is no ffmpeg at {path!r}: {error.strerror}", "name another") from error
    facts = json.dumps([SCHEMA, path, stat.st_size, stat.st_mtime_ns])
    return hashlib.sha256(facts.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _asked(path: str) -> Capabilities:
    head = _ask(path, "-version")
    version = listings.parse_version(head)
    if version is None:
        said = head.strip().partition("\n")[0][:80]
        message = f"{path!r} is not an ffmpeg: asked for its version, it says {said!r}"
        raise FFmpegNotFound(message, "name the ffmpeg binary with --ffmpeg")
    libraries = listings.parse_libraries(head)
    return Capabilities(
        path=path,
        version=version,
        version_tuple=listings.version_tuple(version, libraries),
        libraries=libraries,
        encoders=listings.parse_codecs(_ask(path, "-encoders")),
        decoders=listings.parse_codecs(_ask(path, "-decoders")),
        filters=frozenset(listings.parse_filters(_ask(path, "-filters"))),
        muxers=frozenset(listings.parse_formats(_ask(path, "-muxers"))),
        demuxers=frozenset(listings.parse_formats(_ask(path, "-demuxers"))),
        hwaccels=frozenset(listings.parse_hwaccels(_ask(path, "-hwaccels"))),
    )


def _ask(path: str, *question: str) -> str:
    """What it says on stdout. Anything may stand at that path: it must neither hang nor flood us."""
    lines: list[str] = []

    def keep(line: str) -> bool:
        if len(lines) >= MOST_LINES:
            raise FFmpegNotFound(f"{path!r} is not an ffmpeg: it talks without end", "name another")
        lines.append(line)
        return False  # so that the patience is for the whole answer

    finished = run([path, "-hide_banner", *question], on_stdout=keep, stall_timeout_s=PATIENCE_S)
    if finished.stalled:
        raise EnvironmentProblem(f"{path!r} gives no answer to {question[0]}", "name another ffmpeg")
    if finished.returncode != 0:
        said = (finished.stderr_tail or "nothing").strip().splitlines()[-1]
        raise EnvironmentProblem(
            f"{path!r} does not run: exit code {finished.returncode} to {question[0]}, saying: {said}",
            "name another ffmpeg with --ffmpeg",
        )
    return "\n".join(lines) + "\n"


def _from_json(data: Any) -> Capabilities:  # noqa: ANN401  # whatever the file holds
    names = {key: frozenset(_strings(data[key])) for key in ("filters", "muxers", "demuxers", "hwaccels")}
    return Capabilities(
        path=str(data["path"]),
        version=str(data["version"]),
        version_tuple=tuple(int(number) for number in data["version_tuple"]),
        libraries={str(name): (int(a), int(b), int(c)) for name, (a, b, c) in data["libraries"].items()},
        encoders={str(name): str(kind) for name, kind in data["encoders"].items()},
        decoders={str(name): str(kind) for name, kind in data["decoders"].items()},
        **names,
    )


def _strings(data: Any) -> tuple[str, ...]:  # noqa: ANN401  # whatever the file holds
    if not isinstance(data, list):
        raise TypeError("not a list")
    return tuple(str(item) for item in data)


def _remembered(name: str, read: Callable[[Any], T], ask: Callable[[], T]) -> T:
    """What is on disk under this name, or else the answer, which is put there. It works without a disk."""
    try:
        file = _folder() / f"{name}.json"
        return read(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError):
        value = ask()
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        _store(_folder() / f"{name}.json", json.dumps(value, default=_plain))
    return value


def _plain(value: object) -> object:
    if isinstance(value, Capabilities):
        return asdict(value)
    return sorted(value)  # type: ignore[call-overload]  # a set is all else that JSON does not know here


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path.home() / ".cache"  # noqa: PTH117  # "" is not absolute
    return root / "suture" / "capabilities"


def _store(file: Path, text: str) -> None:
    """Written aside and renamed, so that nobody reads half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        aside = Path(folder) / file.name
        aside.write_text(text, encoding="utf-8")
        aside.replace(file)
