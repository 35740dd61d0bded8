"""Which streams are taken: --map as ffmpeg has it, and languages."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from suture.errors import ConfigError
from suture.languages import same_language
from suture.model import MediaInfo, StreamInfo
from suture.planning.selection import selected
from suture.settings import EncodeSettings

KINDS = ["video", "audio", "audio", "subtitle", "audio", "subtitle", "attachment", "video"]
LANGUAGES = [None, "eng", "ger", "eng", "fre", None, None, None]


def _stream(index: int) -> StreamInfo:
    cover = ("attached_pic",) if index == 7 else ()
    language = LANGUAGES[index]
    tags = {"title": f"Track {index}"} | ({"language": language} if language else {})
    return StreamInfo(
        index, KINDS[index], "x", Fraction(1, 1000), language=LANGUAGES[index], metadata=tags, disposition=cover
    )


INFO = MediaInfo("film.mkv", "matroska", 1, 0, 1, tuple(map(_stream, range(8))))


def _chosen(**settings: Any) -> list[int]:
    return [stream.index for stream in selected(INFO, EncodeSettings(**settings))]


@pytest.mark.parametrize(
    ("maps", "indexes"),
    [
        ([], [0, 1, 2, 3, 4, 5, 6, 7]),
        (["0"], [0, 1, 2, 3, 4, 5, 6, 7]),
        (["0:3"], [3]),
        (["0:v"], [0, 7]),
        (["0:V"], [0]),
        (["0:a"], [1, 2, 4]),
        (["0:a:1"], [2]),
        (["0:s:0"], [3]),
        (["0:t"], [6]),
        (["0:a:1", "0:v:0"], [2, 0]),
        (["0:a", "0:a:0"], [1, 2, 4]),
        (["0", "-0:a:1"], [0, 1, 3, 4, 5, 6, 7]),
        (["0", "-0:s"], [0, 1, 2, 4, 6, 7]),
        (["-0:a"], [0, 3, 5, 6, 7]),
        (["0:v:0", "0:a:9?"], [0]),
        (["0:v:0", "-0:a:9"], [0]),
        (["0:m:language:ger"], [2]),
        (["0:m:LANGUAGE:eng"], [1, 3]),
        (["0:m:language"], [1, 2, 3, 4]),
        (["0:m:title:Track 5"], [5]),
    ],
)
def test_maps_are_ffmpegs(maps: list[str], indexes: list[int]) -> None:
    """Taken in the order of the maps, left out by a minus, optional with a question mark; none twice."""
    assert _chosen(maps=tuple(maps)) == indexes


@pytest.mark.parametrize("spec", ["1", "1:a", "a", "0:x", "0:a:b", "0:a:-1", "0:3:4", "", "-", "0:a:1:2", "0::"])
def test_what_is_no_specifier_is_refused(spec: str) -> None:
    """With the spec in the message."""
    with pytest.raises(ConfigError, match="is no stream specifier") as caught:
        _chosen(maps=(spec,))
    assert repr(spec) in str(caught.value)


@pytest.mark.parametrize("spec", ["0:a:3", "0:9", "0:d", "0:m:language:jpn"])
def test_a_map_that_matches_nothing_is_refused(spec: str) -> None:
    """Unless it says that it may."""
    with pytest.raises(ConfigError, match="matches no stream") as caught:
        _chosen(maps=(spec,))
    assert f"{spec}?" in caught.value.hint
    assert _chosen(maps=("0:v:0", f"{spec}?")) == [0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ger", "deu", True),
        ("de", "ger", True),
        ("DE", "deu", True),
        ("en-GB", "eng", True),
        ("pt-BR", "por", True),
        ("nob", "no", True),
        ("eng", "ger", False),
        ("und", "eng", False),
        ("tlh", "tlh", True),
    ],
)
def test_languages_have_several_codes(one: str, other: str, same: bool) -> None:  # noqa: FBT001 - a parameter
    """Bibliographic, terminological, of two letters, with a region: one language."""
    assert same_language(one, other) is same
    assert same_language(other, one) is same


def test_languages_choose_among_their_kind_only() -> None:
    """Sound in German leaves pictures, subtitles and fonts alone."""
    assert _chosen(audio_languages=("de",)) == [0, 2, 3, 5, 6, 7]
    assert _chosen(audio_languages=("fra", "eng"), subtitle_languages=("en",)) == [0, 1, 3, 4, 6, 7]


def test_a_track_without_a_language_is_und() -> None:
    """It can be asked for by that name."""
    assert _chosen(subtitle_languages=("und",)) == [0, 1, 2, 4, 5, 6, 7]


def test_a_language_that_is_not_there_is_an_error() -> None:
    """A film without sound is not what anybody asked for; the message tells what there is."""
    with pytest.raises(ConfigError, match="no audio track is in jpn") as caught:
        _chosen(audio_languages=("jpn",))
    assert "eng, fre, ger" in caught.value.hint


def test_languages_choose_among_what_maps_left() -> None:
    """Both together."""
    assert _chosen(maps=("0:v:0", "0:a"), audio_languages=("en",)) == [0, 1]
