"""Which tags and roles come along, and which would lie."""

from __future__ import annotations

from fractions import Fraction

import pytest

from suture.model import MediaInfo, StreamInfo
from suture.planning.tags import file_tags, has_statistics, lost_dispositions, lost_tags, stream_tags, with_file_tags
from suture.planning.tracks import Track


def _track(action: str = "copy", **tags: str) -> Track:
    return Track("audio", action, StreamInfo(1, "audio", "aac", Fraction(1, 1000), metadata=tags))


def test_what_described_the_old_container_stays_behind() -> None:
    """Brands, encoder, duration; whatever their case."""
    tags = {"major_brand": "isom", "ENCODER": "x", "DURATION": "00:01", "title": "Film", "DATE_RELEASED": "1999"}
    assert file_tags(tags) == {"title": "Film", "DATE_RELEASED": "1999"}


def test_counts_of_old_bytes_go_when_the_bytes_do() -> None:
    """A copied track keeps its statistics, an encoded one does not; also with a language behind the name."""
    counted = {"BPS": "1", "NUMBER_OF_FRAMES-eng": "2", "_STATISTICS_WRITING_APP": "x", "title": "Sound"}
    assert stream_tags(_track("encode", **counted), "matroska") == {"title": "Sound"}
    assert set(stream_tags(_track("copy", **counted), "matroska")) == set(counted)
    assert has_statistics(counted)
    assert not has_statistics({"title": "BPS"})


def test_handlers_are_mp4s_own() -> None:
    """Default names are noise everywhere; others stay in MP4 only."""
    assert stream_tags(_track(handler_name="SoundHandler"), "mp4") == {}
    assert stream_tags(_track(handler_name="Commentary"), "mp4") == {"handler_name": "Commentary"}
    assert stream_tags(_track(handler_name="Commentary"), "matroska") == {}


def test_a_title_is_where_readers_look_for_it() -> None:
    """MP4's readers look at the handler's name; a name from MP4 is a title elsewhere."""
    assert stream_tags(_track(title="Director"), "mp4") == {"title": "Director", "handler_name": "Director"}
    assert stream_tags(_track(title="Director"), "matroska") == {"title": "Director"}
    assert stream_tags(_track(name="Director"), "matroska") == {"title": "Director"}
    assert stream_tags(_track(name="Director"), "mp4") == {"title": "Director", "handler_name": "Director"}
    assert stream_tags(_track(title="Director", handler_name="Own"), "mp4")["handler_name"] == "Own"


def test_a_file_from_outside_has_its_language() -> None:
    """And nothing else."""
    assert stream_tags(Track("subtitle", "convert", None, language="jpn"), "mp4") == {"language": "jpn"}
    assert stream_tags(Track("subtitle", "convert", None), "mp4") == {}


@pytest.mark.parametrize(
    ("container", "lost"), [("matroska", []), ("webm", []), ("mp4", ["MOOD", "URL"]), ("mov", ["MOOD", "URL"])]
)
def test_tags_without_a_place_are_named(container: str, lost: list[str]) -> None:
    """Matroska takes any, MP4 its own list only."""
    assert lost_tags({"title": "x", "MOOD": "y", "URL": "z", "Artist": "a"}, container) == lost


@pytest.mark.parametrize(
    ("container", "lost"),
    [
        ("mp4", ["make", "sort_name", "tmpo"]),
        ("mov", ["composer", "sort_name", "tmpo"]),
        ("mpegts", ["composer", "make"]),
    ],
)
def test_tags_that_are_not_written_are_named(container: str, lost: list[str]) -> None:
    """MP4 and MOV have places that libavformat does not fill, and not the same ones."""
    assert set(lost) <= set(lost_tags(dict.fromkeys(("composer", "make", "sort_name", "tmpo"), "x"), container))
    assert lost_tags({"title": "x"}, container) == (["title"] if container == "mpegts" else [])


def test_tags_of_a_track() -> None:
    """MP4 keeps few for a track; its language and title are asked for elsewhere."""
    tags = {"language": "ger", "title": "x", "artist": "y", "BPS-eng": "1", "timecode": "01:00:00:00"}

    assert lost_tags(tags, "mp4", of_track=True) == ["artist"]
    assert lost_tags(tags, "mpegts", of_track=True) == ["artist", "timecode"]
    assert lost_tags(tags, "matroska", of_track=True) == []


@pytest.mark.parametrize(
    ("container", "lost"),
    [
        ("matroska", ["karaoke"]),
        ("webm", ["comment", "karaoke"]),
        ("mp4", ["karaoke"]),
        ("mov", ["comment", "forced", "karaoke"]),
        ("ogg", ["comment", "forced", "karaoke"]),
    ],
)
def test_roles_without_a_place_are_named(container: str, lost: list[str]) -> None:
    """Being the default is no role worth a warning."""
    assert lost_dispositions(("default", "comment", "forced", "karaoke"), container) == lost


@pytest.mark.parametrize(
    ("container", "comment", "lost"),
    [
        ("mp4", "Cover (front)", False),
        ("mp4", "Other", False),
        ("mp4", "Illustration", True),
        ("mp3", "Illustration", False),
        ("flac", "Cover (back)", False),
        ("mp3", "the director speaks", True),
    ],
)
def test_what_a_picture_shows_is_no_tag_that_is_lost(container: str, comment: str, lost: bool) -> None:  # noqa: FBT001
    """A front cover is one without saying so; FLAC and ID3 have a field for all kinds, and none for a remark."""
    assert lost_tags({"comment": comment}, container, of_track=True) == (["comment"] if lost else [])


def _media(form: str, *streams: StreamInfo, **tags: str) -> MediaInfo:
    return MediaInfo("in", form, 0, 0, None, streams, metadata=tags)


SOUND = StreamInfo(0, "audio", "opus", Fraction(1, 48000), metadata={"artist": "Nobody", "language": "ger"})


def test_the_tags_of_ogg_are_its_files() -> None:
    """They go from the only sound to the file, whatever picture lies beside it; its language stays."""
    cover = StreamInfo(1, "video", "png", Fraction(1, 90000), disposition=("attached_pic",))
    found = with_file_tags(_media("ogg", SOUND, cover, title="Seam"))
    assert found.metadata == {"title": "Seam", "artist": "Nobody"}
    assert found.streams[0].metadata == {"language": "ger"}
    assert found.streams[1] is cover


def test_other_tags_stay_with_their_track() -> None:
    """In other containers, with several sounds, or beside a film."""
    other = StreamInfo(1, "audio", "opus", Fraction(1, 48000))
    film = StreamInfo(1, "video", "theora", Fraction(1, 25))
    for info in (_media("matroska,webm", SOUND), _media("ogg", SOUND, other), _media("ogg", SOUND, film)):
        assert with_file_tags(info) is info
