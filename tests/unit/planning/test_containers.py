"""Which container a name means, and what it holds."""

from __future__ import annotations

from fractions import Fraction

import pytest

from suture.errors import ConfigError
from suture.model import StreamInfo
from suture.planning.containers import CONTAINERS, container_for, is_text, sound_encoder


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.mkv", "matroska"), ("a.MKV", "matroska"), ("a.b.mp4", "mp4"), ("/x.y/a.webm", "webm"), ("a.m4b", "mp4")],
)
def test_the_last_extension_chooses(name: str, form: str) -> None:
    """In any case of letters, whatever dots stand before it."""
    assert container_for(name).format == form


@pytest.mark.parametrize("name", ["a.xyz", "a.mkv.part", ".mkv/a.", "a.m k v"])
def test_an_unknown_extension_is_refused_by_name(name: str) -> None:
    """With the ones that are known."""
    with pytest.raises(ConfigError, match=r"not known|no extension") as caught:
        container_for(name)
    assert "mkv" in caught.value.hint


@pytest.mark.parametrize("name", ["film", "/films.mkv/film", ".mkv"])
def test_a_missing_extension_is_refused(name: str) -> None:
    """A hidden file's name is no extension, and a folder's does not count."""
    with pytest.raises(ConfigError, match="no extension"):
        container_for(name)


@pytest.mark.parametrize(
    ("extension", "kind", "codec", "held"),
    [
        ("mkv", "video", "prores", True),
        ("mkv", "audio", "pcm_s16le", True),
        ("mkv", "video", "unknown", False),
        ("mkv", "video", "huffyuv", False),
        ("mkv", "subtitle", "mov_text", False),
        ("mp4", "video", "ffv1", False),
        ("mp4", "audio", "pcm_s16le", False),
        ("mp4", "audio", "opus", True),
        ("mov", "audio", "pcm_s16le", True),
        ("mov", "video", "prores", True),
        ("mov", "video", "av1", False),
        ("webm", "audio", "aac", False),
        ("webm", "video", "av1", True),
        ("webm", "subtitle", "webvtt", True),
        ("flac", "audio", "flac", True),
        ("flac", "video", "h264", False),
        ("mp3", "subtitle", "subrip", False),
        ("mkv", "data", "bin_data", False),
        ("mkv", "audio", "wmav2", False),
        ("mkv", "audio", "amr_nb", False),
        ("mka", "audio", "dts", True),
        ("aiff", "audio", "pcm_s24be", True),
        ("aiff", "audio", "pcm_s24le", False),
        ("w64", "audio", "pcm_s24le", True),
        ("dts", "audio", "dts", True),
        ("mp2", "audio", "mp3", False),
    ],
)
def test_what_is_held(extension: str, kind: str, codec: str, held: bool) -> None:  # noqa: FBT001 - a parameter
    """As libavformat writes it without -strict and reads it back."""
    assert CONTAINERS[extension].holds(kind, codec) is held


def test_what_sound_is_converted_to_can_be_held() -> None:
    """The way out for a codec that can't be held is no dead end."""
    from suture.planning.tracks import codec_of  # noqa: PLC0415 - only here

    for name, container in CONTAINERS.items():
        assert not container.sound or container.holds("audio", codec_of(container.sound)), name


@pytest.mark.parametrize(
    ("extension", "codec", "form", "encoder"),
    [
        ("wav", "flac", "s16", "pcm_s16le"),
        ("wav", "flac", "s32", "pcm_s24le"),
        ("aiff", "alac", "s32p", "pcm_s24be"),
        ("wav", "pcm_s24be", "s32", "pcm_s24le"),
        ("w64", "pcm_s32be", "s32", "pcm_s32le"),
        ("wav", "pcm_f32be", "flt", "pcm_f32le"),
        ("au", "pcm_f64le", "dbl", "pcm_f64be"),
        ("wav", "pcm_s8", "u8", "pcm_s16le"),
        ("wav", "mp3", "fltp", "pcm_s16le"),
        ("mkv", "wmav2", "fltp", "flac"),
        ("opus", "flac", "s32", "libopus"),
    ],
)
def test_samples_lose_no_bits(extension: str, codec: str, form: str, encoder: str) -> None:
    """What was lossless becomes PCM as wide; what was not has 16 bits that matter."""
    stream = StreamInfo(0, "audio", codec, Fraction(1, 48000), sample_format=form)
    assert sound_encoder(CONTAINERS[extension], stream) == encoder


def test_which_containers_tell_no_times() -> None:
    """In these, a sound begins at once and has no gaps."""
    untimed = {name for name, container in CONTAINERS.items() if not container.timed}
    assert {"wav", "flac", "mp3", "aac", "ac3", "eac3", "mp2", "aiff", "dts"} <= untimed
    assert untimed.isdisjoint({"mkv", "mp4", "mov", "webm", "ts", "ogg", "opus", "m4b"})


def test_what_text_is_converted_to_can_be_held() -> None:
    """The same for subtitles."""
    from suture.planning.tracks import codec_of  # noqa: PLC0415 - only here

    for name, container in CONTAINERS.items():
        assert not container.text or container.holds("subtitle", codec_of(container.text)), name


def test_bitmaps_are_no_text() -> None:
    """They can't be converted to any."""
    assert is_text("ass")
    assert is_text("mov_text")
    assert not is_text("hdmv_pgs_subtitle")
    assert not is_text("dvd_subtitle")
