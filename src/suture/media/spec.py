"""What the join has to make, as data: which streams from where, with which timestamps, under which names.

A plan writes it as JSON into the job's folder; ``suture join`` and ``suture publish`` read it, so the same file drives
a run and a plan that was printed as a shell script. Pure data: nothing is opened here.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from suture.errors import ConfigError

__all__ = ["SCHEMA", "ChapterSpec", "JoinSpec", "PieceSpec", "TrackSpec", "read_spec", "write_spec"]

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class PieceSpec:
    """One encoded piece: the frames ``[start_frame, end_frame)`` of its track; ``-1``: as many as it holds."""

    chunk_id: int
    path: str
    start_frame: int
    end_frame: int


@dataclass(frozen=True, slots=True)
class TrackSpec:
    """One stream of the output, in the output's order.

    Args:
        kind: ``video``, ``audio``, ``subtitle``, ``data`` or ``cover``.
        origin: ``pieces`` (encoded video), ``source`` (packets copied) or ``file`` (one converted stream in a file).
        source_index: the stream's index in the source; ``-1`` for a file from outside.
        path: for ``file``: where it is.
        ahead: for ``file``: seconds by which its clock is ahead of the source's.
        begins: for ``file``: where its own begin on the source's clock is written, if only who made it knows.
        codec: of converted subtitles, whose file may hold nothing and then tells nothing.
        pieces: for ``pieces``: in order.
        index: for ``pieces``: the frame index whose timestamps the frames get; empty: the pieces' own timestamps
            count (a filter changed the frames).
        rate: frames a second, as a fraction, for the container's header.
        tag: the codec tag to write, where the container's default is not the best known one.
        display_matrix: nine integers; how a player has to turn the picture.
        sample_aspect_ratio: of the picture, as a fraction; empty: as the encoder wrote it.
        promises: facts (by the names of `StreamInfo` and its side data) that the output must show, or they are lost.
        header: side data by the names of `StreamInfo` that the container's header has to tell (see `template`).
        vbv: a decoder's buffer that the joined packets must keep to (`suture.media.vbv`); empty: none was asked for.
        statistics: the source counts the track's frames and bytes in tags, so the output does, anew.
    """

    kind: str
    origin: str
    source_index: int
    path: str = ""
    ahead: int = 0
    begins: str = ""
    codec: str = ""
    pieces: tuple[PieceSpec, ...] = ()
    index: str = ""
    rate: str = ""
    tag: str = ""
    display_matrix: tuple[int, ...] = ()
    sample_aspect_ratio: str = ""
    header: dict[str, Any] = field(default_factory=dict)
    vbv: str = ""
    statistics: bool = False
    promises: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    disposition: tuple[str, ...] = ()

    def clock_ahead(self) -> Fraction:
        """Seconds by which the clock of its file is ahead of the source's; below zero: behind it."""
        return -Fraction(Path(self.begins).read_text()) if self.begins else Fraction(self.ahead)


@dataclass(frozen=True, slots=True)
class ChapterSpec:
    """A chapter; ``start`` and ``end`` are ticks of ``time_base``."""

    start: int
    end: int
    time_base: str
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JoinSpec:
    """One output file.

    Args:
        source: the file whose streams, fonts and clock the output takes over.
        output: the name that the output gets in the end.
        part: the name under which it is written and checked, beside ``output``.
        format: libavformat's muxer name.
        options: muxer options.
        shift: seconds added to every timestamp, as a fraction (``--start``, or a clock that the container can't hold).
        start: seconds of the source's clock where the output begins; empty: at its beginning.
        end: seconds of the source's clock where it ends; empty: at its end.
        attachments: indexes of the source's attachment streams that come along.
        verify: ``packets``, ``joins`` or ``full``.
        permissive: pieces may be missing; their ranges are left out.
        overwrite: an ``output`` that has come to exist meanwhile may be replaced.
        promises: tags that the output must have, or they are lost.
        no_loss: a promise that is not kept is an error.
    """

    source: str
    output: str
    part: str
    format: str
    tracks: tuple[TrackSpec, ...]
    options: dict[str, str] = field(default_factory=dict)
    shift: str = "0"
    start: str = ""
    end: str = ""
    attachments: tuple[int, ...] = ()
    chapters: tuple[ChapterSpec, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    verify: str = "joins"
    permissive: bool = False
    overwrite: bool = False
    promises: tuple[str, ...] = ()
    no_loss: bool = False
    schema: int = SCHEMA

    @property
    def shift_seconds(self) -> Fraction:
        """``shift`` as a number."""
        return Fraction(self.shift)


def write_spec(spec: JoinSpec, path: str) -> None:
    """Write a spec as JSON."""
    Path(path).write_text(to_json(spec), encoding="ascii")


def to_json(spec: JoinSpec) -> str:
    """A spec as JSON text."""
    # ASCII: a file's name may hold bytes that no encoding takes, and comes back from its escapes unharmed.
    return json.dumps(asdict(spec), indent=1)


def read_spec(path: str) -> JoinSpec:
    """Read what `write_spec` wrote.

    Raises:
        ConfigError: it is no spec, or one of another schema.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        schema = data.get("schema")
        if schema == SCHEMA:
            return _from_dict(data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} is no join file: {error}") from error
    raise ConfigError(f"{path} has schema {schema}, this version reads {SCHEMA}")


def _from_dict(data: dict[str, Any]) -> JoinSpec:
    tracks = tuple(_track(track) for track in data.pop("tracks"))
    chapters = tuple(ChapterSpec(**chapter) for chapter in data.pop("chapters"))
    attachments, promises = tuple(data.pop("attachments")), tuple(data.pop("promises"))
    return JoinSpec(tracks=tracks, chapters=chapters, attachments=attachments, promises=promises, **data)


def _track(data: dict[str, Any]) -> TrackSpec:
    pieces = tuple(PieceSpec(**piece) for piece in data.pop("pieces"))
    disposition, matrix = tuple(data.pop("disposition")), tuple(data.pop("display_matrix"))
    return TrackSpec(pieces=pieces, disposition=disposition, display_matrix=matrix, **data)
