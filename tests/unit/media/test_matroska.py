"""Display sizes in a Matroska header: put into the room that was left for them, and nothing else changes."""

from __future__ import annotations

import zlib
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from suture.errors import ConcatError
from suture.media.matroska import with_room, write_shapes

if TYPE_CHECKING:
    from pathlib import Path

CLUSTERS = b"\x1f\x43\xb6\x75\x84data"


def _element(id_: str, *bodies: bytes, width: int = 1) -> bytes:
    body = b"".join(bodies)
    return bytes.fromhex(id_) + (len(body) | 1 << 7 * width).to_bytes(width) + body


def _track(number: int, name: str, *more: bytes, size: tuple[int, int] = (320, 180)) -> bytes:
    shape = [_element(id_, value.to_bytes(2)) for id_, value in zip(("b0", "ba"), size, strict=True)]
    # The unit that libavformat's muxer writes where it knows no shape: none.
    video = _element("e0", *shape, _element("54b2", b"\4"))
    names = [_element("536e", name.encode())] if name else []
    return _element("ae", _element("d7", bytes([number])), *names, video, *more, width=8)


def _file(path: Path, *tracks: bytes, crc: bool = True) -> Path:
    body = b"".join(tracks)
    check = _element("bf", zlib.crc32(body).to_bytes(4, "little")) if crc else b""
    segment = _element("1549a966", b"info"), _element("1654ae6b", check, body, width=2), CLUSTERS
    path.write_bytes(_element("1a45dfa3", b"head") + b"\x18\x53\x80\x67" + b"\x01" + b"\xff" * 7 + b"".join(segment))
    return path


def _parsed(data: bytes) -> list[tuple[str, bytes]]:
    """Elements of a body; written anew here, so that a wrong reading does not hide a wrong writing."""
    found, at = [], 0
    while at < len(data):
        id_length = next(n for n in range(1, 9) if data[at] & (0x80 >> (n - 1)))
        size_at = at + id_length
        size_length = next(n for n in range(1, 9) if data[size_at] & (0x80 >> (n - 1)))
        size = int.from_bytes(data[size_at : size_at + size_length]) & ((1 << 7 * size_length) - 1)
        begin = size_at + size_length
        found.append((data[at:size_at].hex(), data[begin : begin + size]))
        at = begin + size
    assert at == len(data)
    return found


def _tracks(path: Path) -> list[tuple[str, bytes]]:
    data = path.read_bytes()
    segment = _parsed(data[data.index(b"\x18\x53\x80\x67") + 12 :])
    return _parsed(dict(segment)["1654ae6b"])


def _display(entry: bytes) -> dict[str, int]:
    video = _parsed(dict(_parsed(entry))["e0"])
    return {id_: int.from_bytes(value) for id_, value in video if id_ in {"54b0", "54ba", "54b2"}}


def test_a_whole_width_is_written_in_pixels(tmp_path: Path) -> None:
    """720x576 with 64:45 is shown as 1024x576, in the unit that every player knows."""
    path = _file(tmp_path / "a.mkv", _track(1, with_room("Film"), size=(720, 576)))
    write_shapes(str(path), {1: Fraction(64, 45)})
    entry = dict(_tracks(path))["ae"]
    assert _display(entry) == {"54b0": 1024, "54ba": 576}
    assert dict(_parsed(entry))["536e"] == b"Film"


def test_any_other_width_is_written_as_a_ratio(tmp_path: Path) -> None:
    """720x480 with 32:27 has no whole width; nothing is rounded."""
    path = _file(tmp_path / "a.mkv", _track(1, with_room("Film"), size=(720, 480)))
    write_shapes(str(path), {1: Fraction(32, 27)})
    shown = _display(dict(_tracks(path))["ae"])
    assert shown["54b2"] == 3
    assert Fraction(shown["54b0"], shown["54ba"]) == Fraction(720, 480) * Fraction(32, 27)


def test_nothing_behind_the_header_moves(tmp_path: Path) -> None:
    """The file keeps its length, and what follows the tracks stands where it stood."""
    path = _file(tmp_path / "a.mkv", _track(1, with_room("")))
    before = path.read_bytes()
    write_shapes(str(path), {1: Fraction(4, 3)})
    after = path.read_bytes()
    assert len(after) == len(before)
    assert after.index(CLUSTERS) == before.index(CLUSTERS)
    assert after[after.index(CLUSTERS) :] == before[before.index(CLUSTERS) :]


def test_a_name_that_was_only_room_goes_away(tmp_path: Path) -> None:
    """A track without a title has none afterwards."""
    path = _file(tmp_path / "a.mkv", _track(1, with_room("")))
    write_shapes(str(path), {1: Fraction(4, 3)})
    assert "536e" not in dict(_parsed(dict(_tracks(path))["ae"]))


@pytest.mark.parametrize("crc", [True, False])
def test_other_tracks_stay_and_the_checksum_is_right(tmp_path: Path, crc: bool) -> None:  # noqa: FBT001 - a parameter
    """Only the track that was named changes; elements that stand twice stay twice."""
    more = (_element("41e4", b"one"), _element("41e4", b"two"))
    first, second = _track(1, "Sound"), _track(2, with_room("Film"), *more)
    path = _file(tmp_path / "a.mkv", first, second, crc=crc)
    write_shapes(str(path), {2: Fraction(3, 2)})
    found = _tracks(path)
    entries = [body for id_, body in found if id_ == "ae"]
    assert _element("ae", entries[0], width=8) == first
    assert [body for id_, body in _parsed(entries[1]) if id_ == "41e4"] == [b"one", b"two"]
    data = path.read_bytes()
    if crc:
        start = data.index(entries[0]) - 9
        end = data.index(CLUSTERS)
        assert int.from_bytes(found[0][1], "little") == zlib.crc32(data[start:end])
    assert (found[0][0] == "bf") == crc


@pytest.mark.parametrize("content", [b"", b"RIFF" + bytes(40), bytes.fromhex("1a45dfa381001853806781")])
def test_a_header_that_is_not_matroska_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    """An error, and no byte is changed."""
    path = tmp_path / "a.mkv"
    path.write_bytes(content)
    with pytest.raises(ConcatError, match="pixel shape"):
        write_shapes(str(path), {1: Fraction(4, 3)})
    assert path.read_bytes() == content


def test_without_room_it_is_an_error(tmp_path: Path) -> None:
    """A track whose name was not made by `with_room` can't be written to."""
    path = _file(tmp_path / "a.mkv", _track(1, ""))
    before = path.read_bytes()
    with pytest.raises(ConcatError):
        write_shapes(str(path), {1: Fraction(1000, 999)})
    assert path.read_bytes() == before


def test_no_shapes_no_reading(tmp_path: Path) -> None:
    """A file that needs none is not even opened."""
    write_shapes(str(tmp_path / "missing.mkv"), {})
