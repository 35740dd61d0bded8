"""What an output has to hold: by what was asked for, and by what its container is known to take."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from suture.media.contents import Packets
from suture.model import MediaInfo, StreamInfo
from suture.proof.wanted import Wanted, container_of, facts_wanted
from suture.settings import EncodeSettings
from suture.verify.matching import Pair

MS = Fraction(1, 1000)
STREAMS = (
    StreamInfo(0, "video", "hevc", MS, width=64, height=48, color_primaries="bt2020", rotation=90),
    StreamInfo(1, "audio", "aac", MS, channels=2, sample_rate=48000, language="eng", disposition=("default",)),
    StreamInfo(2, "subtitle", "hdmv_pgs_subtitle", MS),
    StreamInfo(3, "subtitle", "ass", MS, disposition=("forced",)),
    StreamInfo(4, "data", "bin_data", MS),
)


def media(path: str, form: str, **more: Any) -> MediaInfo:
    """A file."""
    return MediaInfo(path, form, 1, 0, None, STREAMS, **more)


SOURCE = media("in.mkv", "matroska,webm", metadata={"title": "Film", "ENCODER": "x", "mood": "grim"})


def wanted(extension: str = "mkv", form: str = "matroska,webm", **settings: Any) -> Wanted:
    """Of an output in this container."""
    return Wanted(SOURCE, container_of(media(f"out.{extension}", form)), EncodeSettings(**settings))


def pair(index: int, *, copied: bool = False, **output: Any) -> Pair:
    """A stream and what became of it."""
    source = STREAMS[index]
    packets = Packets(index, source.kind, source.codec, MS)
    return Pair(source, replace(source, **output), packets, packets, 0, 0, copied)


@pytest.mark.parametrize(
    ("path", "form", "brand", "name"),
    [
        ("a.mkv", "matroska,webm", "", "matroska"),
        ("a.webm", "matroska,webm", "", "webm"),
        ("a.mp4", "mov,mp4,m4a,3gp,3g2,mj2", "isom", "mp4"),
        ("a.mov", "mov,mp4,m4a,3gp,3g2,mj2", "qt  ", "mov"),
        ("a", "mov,mp4,m4a,3gp,3g2,mj2", "qt  ", "mov"),
        ("a.mkv", "mov,mp4,m4a,3gp,3g2,mj2", "isom", "mp4"),
        ("a.xyz", "matroska,webm", "", "matroska"),
        ("a.avi", "avi", "", "avi"),
        ("a.opus", "ogg", "", "opus"),
        ("a.aac", "aac", "", "adts"),
    ],
)
def test_a_container_is_what_the_file_is(path: str, form: str, brand: str, name: str) -> None:
    """Its name counts where it does not lie."""
    assert container_of(media(path, form, metadata={"major_brand": brand})).format == name


def test_streams_that_nobody_asked_for_are_not_wanted() -> None:
    """By codec, map, language, or because they are drawn into the pictures."""

    def kept(**settings: Any) -> list[int]:
        return [stream.index for stream in wanted(**settings).streams()]

    assert kept() == [0, 1, 2, 3, 4]
    assert kept(video_codec="none") == [1, 2, 3, 4]
    assert kept(audio_codec="none", subtitles="none") == [0, 4]
    assert kept(subtitles="burn", burn_index=1) == [0, 1, 2, 4]
    assert kept(maps=("0:v", "0:s:1")) == [0, 3]


def test_a_stream_that_can_not_be_held_is_excused() -> None:
    """And only that one."""
    mp4 = wanted("mp4", "mov,mp4,m4a,3gp,3g2,mj2")
    assert [bool(mp4.excuse(stream)) for stream in STREAMS] == [False, False, True, False, True]
    assert [bool(wanted().excuse(stream)) for stream in STREAMS] == [False, False, False, False, True]
    assert [bool(wanted("mp3", "mp3").excuse(stream)) for stream in STREAMS] == [True, False, True, True, True]


def test_tags_of_the_container_are_nobodys() -> None:
    """And those that MP4 has no place for are excused there."""
    assert wanted().tags() == {"title": "Film", "mood": "grim"}
    tags = wanted().tags()
    assert wanted().tag_excuses(tags, of_stream=False) == {}
    assert set(wanted("mp4", "mov,mp4").tag_excuses(tags, of_stream=False)) == {"mood"}
    assert set(wanted("ts", "mpegts").tag_excuses(tags, of_stream=False)) == {"title", "mood"}


def test_which_track_is_the_default_matters_among_several() -> None:
    """And where a container knows roles."""
    assert wanted().roles(pair(1), among=2) == ["default"]
    assert wanted().roles(pair(1), among=1) == []
    assert wanted().roles(pair(3), among=1) == ["forced"]
    assert wanted("ts", "mpegts").roles(pair(3), among=2) == []


def test_facts_are_wanted_of_pictures_that_no_filter_changed() -> None:
    """Language and the like always; a copy keeps all."""

    def facts_of(which: Pair, settings: EncodeSettings) -> dict[str, str]:
        return facts_wanted(which, settings, wanted().container)

    facts = facts_of(pair(0, codec="h264"), EncodeSettings())
    assert (facts["color_primaries"], facts["rotation"]) == ("bt2020", "90")
    assert "color_primaries" not in facts_of(pair(0, codec="h264"), EncodeSettings(video_filter="tonemap"))
    assert facts_of(pair(0, copied=True), EncodeSettings(video_filter="hflip"))["rotation"] == "90"
    assert facts_of(pair(1), EncodeSettings(video_filter="hflip"))["language"] == "eng"


@pytest.mark.parametrize(
    ("what", "extension", "form", "output", "excused"),
    [
        ("rotation", "mkv", "matroska,webm", {"rotation": 0, "width": 48, "height": 64}, True),
        ("rotation", "mkv", "matroska,webm", {"rotation": 0}, False),
        ("rotation", "ts", "mpegts", {"rotation": 0}, True),
        ("dovi_configuration", "mkv", "matroska,webm", {"codec": "h264"}, True),
        ("dovi_configuration", "mkv", "matroska,webm", {"codec": "hevc"}, False),
        ("title", "ts", "mpegts", {}, True),
        ("color_primaries", "mkv", "matroska,webm", {"codec": "h264"}, False),
    ],
)
def test_a_fact_is_excused_where_there_is_no_place_for_it(
    what: str, extension: str, form: str, output: dict[str, Any], *, excused: bool
) -> None:
    """In the container, in the codec, or because the picture was turned."""
    assert bool(wanted(extension, form).fact_excuse(pair(0, **output), what)) is excused
