"""A piece's header, told what its encoder did not write: made by hand, and read back by libavformat's rules."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest

from suture.errors import ConcatError
from suture.media.ebml import elements
from suture.media.matroska import element, fields
from suture.media.template import write_template

if TYPE_CHECKING:
    from pathlib import Path

HEAD, SEGMENT, CLUSTER = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"
TRACKS, ENTRY, VIDEO, COLOUR = b"\x16\x54\xae\x6b", b"\xae", b"\xe0", b"\x55\xb0"


def _piece(path: Path, *more: bytes) -> Path:
    video = element(b"\xb0", b"\xa0") + element(b"\xba", b"\x60") + b"".join(more)
    tracks = element(
        TRACKS, element(b"\xbf", b"crc!") + element(ENTRY, element(b"\x41\xe4", b"dvcC") + element(VIDEO, video))
    )
    seek = element(b"\x11\x4d\x9b\x74", b"where things are")
    clusters = element(CLUSTER, b"one") + element(CLUSTER, b"two")
    path.write_bytes(element(HEAD, b"head") + element(SEGMENT, seek + tracks + clusters))
    return path


def _video(tmp_path: Path, facts: dict[str, Any], *more: bytes) -> dict[bytes, bytes]:
    """The picture's part of the header that is written."""
    target = tmp_path / "template.mkv"
    write_template(str(_piece(tmp_path / "piece.mkv", *more)), str(target), facts)
    data = target.read_bytes()
    segment = list(elements(data, 0, len(data)))[1]
    parts = {part.id: data[part.body : part.end] for part in elements(data, segment.body, len(data))}
    assert set(parts) == {TRACKS, CLUSTER}  # nothing that points anywhere
    assert parts[CLUSTER] == b"one"
    return dict(fields(dict(fields(dict(fields(parts[TRACKS]))[ENTRY]))[VIDEO]))


def test_hdr_is_written(tmp_path: Path) -> None:
    """Chromaticities and luminances as numbers of eight bytes, light levels as whole ones; what was there stays."""
    facts = {
        "mastering_display_metadata": {"red_x": "35400/50000", "max_luminance": "1000/1"},
        "content_light_level": {"max_content": 1000, "max_average": 400},
    }
    colour = dict(fields(_video(tmp_path, facts, element(COLOUR, element(b"\x55\xb9", b"\1")))[COLOUR]))
    volume = dict(fields(colour[b"\x55\xd0"]))
    assert struct.unpack(">d", volume[b"\x55\xd1"]) == (0.708,)
    assert struct.unpack(">d", volume[b"\x55\xd9"]) == (1000.0,)
    assert (colour[b"\x55\xbc"], colour[b"\x55\xbd"]) == (b"\x03\xe8", b"\x01\x90")
    assert colour[b"\x55\xb9"] == b"\1"


@pytest.mark.parametrize("unset", ["0/0", "", "much", None])
def test_half_of_a_display_is_told(tmp_path: Path, unset: str | None) -> None:
    """Numbers that nobody set, and names that Matroska has no place for, are left out; the others arrive."""
    volume = {"red_x": "1/2", "max_luminance": unset, "peak_of_tomorrow": "1/1"}
    colour = dict(fields(_video(tmp_path, {"mastering_display_metadata": volume})[COLOUR]))
    assert dict(fields(colour[b"\x55\xd0"])) == {b"\x55\xd1": struct.pack(">d", 0.5)}


def test_a_display_of_which_nothing_is_known(tmp_path: Path) -> None:
    """Is not written, not even empty."""
    assert COLOUR not in _video(tmp_path, {"mastering_display_metadata": {"max_luminance": "0/0"}})


def test_stereo_halves_what_is_shown(tmp_path: Path) -> None:
    """The display size is that of one eye, so that the pixels keep their shape."""
    video = _video(tmp_path, {"stereo3d": "side by side"})
    assert video[b"\x53\xb8"] == b"\1"
    assert (video[b"\x54\xb0"], video[b"\x54\xba"], video[b"\x54\xb2"]) == (b"\xa0", b"\xc0", b"\3")


def test_what_the_encoder_wrote_stays(tmp_path: Path) -> None:
    """An arrangement that is there already comes with its own display size."""
    video = _video(tmp_path, {"stereo3d": "side by side"}, element(b"\x53\xb8", b"\3"))
    assert video == {b"\xb0": b"\xa0", b"\xba": b"\x60", b"\x53\xb8": b"\3"}


def test_a_projection(tmp_path: Path) -> None:
    """A whole sphere with its angles; others have no place."""
    video = _video(tmp_path, {"spherical": "equirectangular (90.000000/0.000000/-1.500000)"})
    sphere = dict(fields(video[b"\x76\x70"]))
    assert sphere[b"\x76\x71"] == b"\1"
    assert struct.unpack(">d", sphere[b"\x76\x73"]) == (90.0,)
    assert b"\x76\x70" not in _video(tmp_path, {"spherical": "cubemap (0/0/0)"})


def test_what_is_no_piece_is_refused(tmp_path: Path) -> None:
    """By name, and nothing is written."""
    (tmp_path / "piece.mkv").write_bytes(b"RIFF....AVI LIST")
    with pytest.raises(ConcatError, match="header of"):
        write_template(str(tmp_path / "piece.mkv"), str(tmp_path / "template.mkv"), {})
    assert not (tmp_path / "template.mkv").exists()


@pytest.mark.parametrize(("facts", "stays"), [({"dovi_configuration": None}, False), ({}, True)])
def test_a_claim_without_data_is_taken_out(tmp_path: Path, facts: dict[str, Any], stays: bool) -> None:  # noqa: FBT001 - a parameter
    """The configuration of Dolby Vision lies beside the picture's part, in a mapping."""
    target = tmp_path / "template.mkv"
    write_template(str(_piece(tmp_path / "piece.mkv")), str(target), facts)
    assert (b"dvcC" in target.read_bytes()) is stays
