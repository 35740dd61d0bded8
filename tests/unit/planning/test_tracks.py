"""What becomes of each stream: one track or one loss, never neither."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.errors import ConfigError, MediaError
from suture.model import Attachment, Chapter, MediaInfo, StreamInfo
from suture.planning.containers import CONTAINERS
from suture.planning.tracks import choose_tracks, codec_of
from suture.settings import EncodeSettings

if TYPE_CHECKING:
    from suture.planning.tracks import TrackList

BASE = Fraction(1, 1000)
VIDEO = StreamInfo(0, "video", "h264", BASE, width=320, height=180)
SOUND = StreamInfo(1, "audio", "aac", BASE, language="eng", channels=2, sample_rate=48000)
PCM = replace(SOUND, index=2, codec="pcm_s16le", language=None)
STYLED = StreamInfo(3, "subtitle", "ass", BASE, language="ger")
PLAIN = StreamInfo(4, "subtitle", "subrip", BASE)
BITMAP = StreamInfo(5, "subtitle", "hdmv_pgs_subtitle", BASE)
COVER = StreamInfo(6, "video", "mjpeg", BASE, width=64, height=64, disposition=("attached_pic",))
FONT = StreamInfo(7, "attachment", "ttf", BASE)
DATA = StreamInfo(8, "data", "bin_data", BASE, codec_tag="gpmd")
ALL = (VIDEO, SOUND, PCM, STYLED, PLAIN, BITMAP, COVER, FONT, DATA)


def _info(*streams: StreamInfo, chapters: int = 0) -> MediaInfo:
    fonts = tuple(Attachment(s.index, "font.ttf", "font/ttf", 5) for s in streams if s.kind == "attachment")
    marks = tuple(Chapter(n, n + 1, Fraction(1)) for n in range(chapters))
    return MediaInfo("film.mkv", "matroska,webm", 1, 0, 1, streams, marks, fonts)


def _tracks(extension: str, *streams: StreamInfo, chapters: int = 0, **settings: Any) -> TrackList:
    return choose_tracks(_info(*streams, chapters=chapters), EncodeSettings(**settings), CONTAINERS[extension])


def _told(tracks: TrackList) -> list[tuple[int, str, str]]:
    return [(track.source_index, track.action, track.encoder) for track in tracks.tracks]


def test_matroska_takes_all_as_it_is_but_the_picture() -> None:
    """Video is encoded, everything else copied, the font comes along, data are named."""
    tracks = _tracks("mkv", *ALL, chapters=3)
    assert [(t.kind, t.action) for t in tracks.tracks] == [
        ("video", "encode"),
        ("audio", "copy"),
        ("audio", "copy"),
        *[("subtitle", "copy")] * 3,
        ("cover", "copy"),
    ]
    assert tracks.attachments == (7,)
    assert [str(loss) for loss in tracks.losses] == ["data stream 8 (gpmd): data streams are not carried over"]


def test_mp4_converts_what_it_cannot_hold_and_names_it() -> None:
    """PCM becomes AAC, text becomes mov_text, bitmaps and fonts stay away."""
    tracks = _tracks("mp4", *ALL)
    assert _told(tracks) == [
        (0, "encode", "libx264"),
        (1, "copy", ""),
        (2, "encode", "aac"),
        (3, "convert", "mov_text"),
        (4, "convert", "mov_text"),
        (6, "copy", ""),
    ]
    named = " / ".join(map(str, tracks.losses))
    for what in ("pcm_s16le", "styling", "hdmv_pgs_subtitle", "font.ttf", "gpmd"):
        assert what in named
    assert "subrip" not in named, "plain text loses nothing"


@given(
    st.sampled_from(sorted(CONTAINERS)),
    st.lists(st.integers(0, len(ALL) - 1), unique=True),
    st.sampled_from(["libx264", "libvpx-vp9", "ffv1", "copy", "none"]),
    st.sampled_from(["copy", "aac", "libopus", "none"]),
)
def test_every_stream_ends_in_one_place(extension: str, numbers: list[int], video: str, audio: str) -> None:
    """As a track or a loss or both (converted), unless the user left its kind out; or the job is refused."""
    settings = EncodeSettings(video_codec=video, audio_codec=audio)
    streams = [ALL[number] for number in numbers]
    try:
        tracks = choose_tracks(_info(*streams), settings, CONTAINERS[extension])
    except (ConfigError, MediaError):
        return
    left_out = {"video": video == "none", "audio": audio == "none"}
    placed = {track.source_index for track in tracks.tracks} | set(tracks.attachments)
    named = " / ".join(map(str, tracks.losses))
    for stream in streams:
        name = "font.ttf" if stream.kind == "attachment" else f"{stream.kind} stream {stream.index} "
        assert stream.index in placed or name in named or (left_out.get(stream.kind) and not stream.is_cover_art)
    assert len({id(track) for track in tracks.tracks}) == len(tracks.tracks)


@pytest.mark.parametrize(("extension", "codec"), [("webm", "libx264"), ("mp4", "ffv1"), ("mov", "libvpx-vp9")])
def test_an_encoder_whose_codec_cannot_be_held_is_refused(extension: str, codec: str) -> None:
    """Before hours of work, and with a way out."""
    with pytest.raises(ConfigError, match="can't hold") as caught:
        _tracks(extension, VIDEO, video_codec=codec)
    assert "mkv" in caught.value.hint


def test_copied_video_has_to_fit_too() -> None:
    """Copying can't convert."""
    with pytest.raises(ConfigError, match="can't hold h264"):
        _tracks("webm", VIDEO, SOUND, video_codec="copy")


def test_a_sound_encoder_that_does_not_fit_is_refused() -> None:
    """It was asked for by name, so it is not replaced."""
    with pytest.raises(ConfigError, match="webm can't hold aac"):
        _tracks("webm", VIDEO, SOUND, video_codec="libvpx-vp9", audio_codec="aac")


def test_a_sound_file_leaves_the_picture_out_and_says_so() -> None:
    """A film to .flac gives its sound."""
    tracks = _tracks("flac", VIDEO, SOUND, audio_codec="flac")
    assert _told(tracks) == [(1, "encode", "flac")]
    assert any("holds no video" in str(loss) for loss in tracks.losses)


def test_a_sound_file_holds_one_track() -> None:
    """The others are named; Ogg holds several."""
    second = replace(SOUND, index=9)
    tracks = _tracks("m4a", SOUND, second)
    assert len(tracks.tracks) == 2
    tracks = _tracks("opus", SOUND, second, video_codec="none", audio_codec="libopus")
    assert _told(tracks) == [(1, "encode", "libopus")]
    assert any("audio stream 9" in str(loss) and "one stream" in str(loss) for loss in tracks.losses)
    assert len(_tracks("ogg", SOUND, second, video_codec="none", audio_codec="libopus").tracks) == 2


def test_chapters_without_a_place_are_named() -> None:
    """Once, with their number."""
    tracks = _tracks("ts", VIDEO, SOUND, chapters=4)
    assert [str(loss) for loss in tracks.losses] == ["4 chapters: mpegts holds none"]


def test_a_cover_is_no_film() -> None:
    """It is copied, never encoded; where there is no place for it, it is named."""
    assert [(t.kind, t.action) for t in _tracks("m4a", SOUND, COVER).tracks] == [("audio", "copy"), ("cover", "copy")]
    assert any("cover art" in str(loss) for loss in _tracks("webm", VIDEO, COVER, video_codec="libvpx-vp9").losses)


@pytest.mark.parametrize("stream", [replace(VIDEO, codec="unknown"), replace(VIDEO, width=0)])
def test_a_picture_without_a_decoder_is_named(stream: StreamInfo) -> None:
    """The sound still arrives."""
    tracks = _tracks("mkv", stream, SOUND)
    assert _told(tracks) == [(1, "copy", "")]
    assert any("no decoder" in str(loss) for loss in tracks.losses)


def test_nothing_left_is_the_settings_fault_or_the_files() -> None:
    """Two different errors, so that the reader knows where to look."""
    with pytest.raises(ConfigError, match="leave nothing"):
        _tracks("mkv", VIDEO, SOUND, video_codec="none", audio_codec="none")
    with pytest.raises(MediaError, match=r"nothing of .* can be taken over"):
        _tracks("mkv", DATA)


def test_a_burnt_subtitle_is_no_track_any_more() -> None:
    """It is in the picture; the other ones still come along."""
    tracks = _tracks("mkv", VIDEO, STYLED, PLAIN, subtitles="burn", burn_index=1)
    assert tracks.burnt == PLAIN
    assert [track.source_index for track in tracks.tracks] == [0, 3]
    with pytest.raises(ConfigError, match="has 2 subtitle tracks"):
        _tracks("mkv", VIDEO, STYLED, PLAIN, subtitles="burn", burn_index=2)


def test_subtitles_from_files_are_added_behind() -> None:
    """With their language; a container that holds no text refuses them."""
    added = (("extra.srt", "jpn"), ("more.ass", None))
    tracks = _tracks("mkv", VIDEO, PLAIN, subtitle_files=added).tracks[2:]
    assert [(t.path, t.language, t.action, t.source_index) for t in tracks] == [
        ("extra.srt", "jpn", "convert", -1),
        ("more.ass", None, "convert", -1),
    ]
    with pytest.raises(ConfigError, match="holds no text"):
        _tracks("ts", VIDEO, subtitle_files=added)


@pytest.mark.parametrize(
    ("encoder", "codec"),
    [
        ("libx264", "h264"),
        ("hevc_nvenc", "hevc"),
        ("av1_vaapi", "av1"),
        ("libsvtav1", "av1"),
        ("ffv1", "ffv1"),
        ("prores_ks", "prores"),
        ("libmp3lame", "mp3"),
        ("srt", "subrip"),
    ],
)
def test_encoders_write_codecs(encoder: str, codec: str) -> None:
    """What a container is asked about is the codec."""
    assert codec_of(encoder) == codec
