"""A film-like file through every encoder into every container that fits: the same film comes out.

Same frames at the same times, sound where it was against the picture, and every track, tag, chapter and font either
there or named in a warning. Encoders and containers are crossed with both ffmpegs.
"""

from __future__ import annotations

import subprocess
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import pytest

from suture.ffmpeg.capabilities import capabilities
from suture.ffmpeg.locate import locate
from suture.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.media


def _open(path: object) -> Any:
    return av.open(str(path))


# Fast and small, yet with B-frames where the encoder has them.
ENCODERS: dict[str, dict[str, Any]] = {
    "libx264": {"speed": "veryfast"},
    "libx265": {"speed": "ultrafast"},
    "libsvtav1": {"speed": "12"},
    "libvpx-vp9": {"speed": "8"},
    "ffv1": {},
}
CODECS = {"libx264": "h264", "libx265": "hevc", "libsvtav1": "av1", "libvpx-vp9": "vp9", "ffv1": "ffv1"}
# Fixed pieces begin off the source's keyframes, the others on them.
CUTS: dict[str, dict[str, Any]] = {
    "mkv": {"chunking": "fixed", "chunk_duration": Fraction(3)},
    "mp4": {"chunking": "keyframes"},
    "webm": {"chunking": "keyframes"},
}
CASES = [
    *((encoder, "mkv") for encoder in ENCODERS),
    *((encoder, "mp4") for encoder in ("libx264", "libx265", "libsvtav1", "libvpx-vp9")),
    ("libvpx-vp9", "webm"),
]
WIDTH, HEIGHT = 40, 24


@pytest.mark.parametrize(("encoder", "extension"), CASES)
def test_the_film_comes_out_as_it_was(
    encoder: str, extension: str, each_ffmpeg: str, film: Path, tmp_path: Path, encode: Callable[..., Any]
) -> None:
    """Frames, times, offsets, tracks, tags, chapters, fonts, colours and shape: all there, or named."""
    _need(each_ffmpeg, encoder)
    output = tmp_path / f"out.{extension}"
    settings = {"video_codec": encoder, **ENCODERS[encoder], **CUTS[extension]}
    done = encode(film, output, ffmpeg=each_ffmpeg, threads=1, workers=2, **settings)
    assert done.report.chunks >= 4, "too few pieces to show anything"
    assert done.report.retries == 0
    with _open(film) as source, _open(output) as made:
        assert made.streams.video[0].codec_context.codec.canonical_name == CODECS[encoder]
        _same_picture_times(source, made)
        _same_sound_times(source, made, done.warnings)
        _same_subtitle_times(source, made)
        _same_tracks(source, made, done.warnings)
        _same_file_facts(source, made, done.warnings)
        _same_look(source, made)
    _same_pictures(film, output, each_ffmpeg)


def _need(ffmpeg: str, encoder: str) -> None:
    able = capabilities(ffmpeg)
    if encoder not in able.encoders:
        pytest.skip(f"ffmpeg {able.version} has no {encoder}")


def _times(path: str, kind: str, number: int) -> tuple[list[Fraction], Fraction]:
    """Presentation times of a stream's packets in seconds, ascending, and its time base."""
    with _open(path) as container:
        stream = getattr(container.streams, kind)[number]
        base = Fraction(stream.time_base)
        return sorted(packet.pts * base for packet in container.demux(stream) if packet.size), base


def _same_picture_times(source: Any, made: Any) -> None:
    """Every frame within half a tick of where the source has it: one rounding, no drift."""
    wanted, _ = _times(source.name, "video", 0)
    found, base = _times(made.name, "video", 0)
    assert len(found) == len(wanted)
    assert all(abs(a - b) <= base / 2 for a, b in zip(found, wanted, strict=True))


def _same_sound_times(source: Any, made: Any, warnings: tuple[str, ...]) -> None:
    """Copied sound: packet by packet. Encoded sound: it begins where it began, the late track too."""
    assert len(made.streams.audio) == len(source.streams.audio)
    for number in range(len(source.streams.audio)):
        wanted, coarse = _times(source.name, "audio", number)
        found, base = _times(made.name, "audio", number)
        if any(f"audio stream {number + 1} " in text for text in warnings):
            # An encoder's priming stands before the first sample that is heard; Opus has 6.5 ms of it.
            assert abs(found[0] - wanted[0]) < Fraction(30, 1000)
            continue
        assert len(found) == len(wanted)
        assert all(abs(a - b) <= coarse + base for a, b in zip(found, wanted, strict=True))


def _same_subtitle_times(source: Any, made: Any) -> None:
    """Each line appears when it did, and stays as long."""
    for number in range(len(source.streams.subtitles)):
        wanted, found = (_lines(path.name, number) for path in (source, made))
        assert len(found) == len(wanted) == 2
        for before, after in zip(wanted, found, strict=True):
            assert all(abs(a - b) <= Fraction(1, 1000) for a, b in zip(before, after, strict=True))


def _lines(path: str, number: int) -> list[tuple[Fraction, Fraction]]:
    """Begin and end of each subtitle in seconds; MP4 fills the silence between them with empty ones."""
    with _open(path) as container:
        stream = container.streams.subtitles[number]
        base = Fraction(stream.time_base)
        packets = [packet for packet in container.demux(stream) if packet.size > 2]
        return [(packet.pts * base, (packet.pts + packet.duration) * base) for packet in packets]


def _same_tracks(source: Any, made: Any, warnings: tuple[str, ...]) -> None:
    """Kinds, languages, titles and dispositions, track by track."""
    kept = [s for s in source.streams if s.type in {"video", "audio", "subtitle"}]
    # MP4's chapters show as a stream of data.
    found = [s for s in made.streams if s.type in {"video", "audio", "subtitle"}]
    assert [s.type for s in found] == [s.type for s in kept]
    for before, after in zip(kept, found, strict=True):
        assert (after.language or "und") == (before.language or "und")
        if title := before.metadata.get("title"):
            assert title in after.metadata.values()
        for role in _roles(before) - _roles(after):
            assert any(f"role {role} of {before.type} stream {before.index}:" in text for text in warnings)
        if before.type != "video" and before.codec_context.codec.canonical_name != _codec(after):
            assert (
                any(f"{before.type} stream {before.index} " in text for text in warnings) or before.type == "subtitle"
            )


def _codec(stream: Any) -> str:
    return str(stream.codec_context.codec.canonical_name)


def _roles(stream: Any) -> set[str]:
    return {str(flag.name) for flag in av.stream.Disposition if flag & stream.disposition}


def _same_file_facts(source: Any, made: Any, warnings: tuple[str, ...]) -> None:
    """Chapters with their names, the file's tags, the font."""
    chapters = [(round(c["start"] * c["time_base"], 3), c["metadata"]["title"]) for c in source.chapters()]
    assert [(round(c["start"] * c["time_base"], 3), c["metadata"]["title"]) for c in made.chapters()] == chapters
    tags = {key.lower(): value for key, value in made.metadata.items()}
    assert {key: tags.get(key) for key in ("title", "artist", "comment")} == {
        "title": "The Seam",
        "artist": "Nobody",
        "comment": "made for tests",
    }
    fonts = [(f.name, f.mimetype, bytes(f.data)) for f in made.streams.attachments]
    if not fonts:
        assert any("attachment 'seam.ttf'" in text for text in warnings)
    else:
        assert fonts == [(f.name, f.mimetype, bytes(f.data)) for f in source.streams.attachments]


def _same_look(source: Any, made: Any) -> None:
    """Colours as they are declared, and the shape of the pixels."""
    before, after = source.streams.video[0], made.streams.video[0]
    for name in ("color_primaries", "color_trc", "colorspace", "color_range"):
        assert getattr(after.codec_context, name) == getattr(before.codec_context, name), name
    assert before.sample_aspect_ratio == after.sample_aspect_ratio == Fraction(64, 45)


def _same_pictures(source: Path, made: Path, ffmpeg: str) -> None:
    """Each frame looks more like the same frame of the source than like its neighbours: nothing is shifted."""
    wanted, found = _small(source, locate()), _small(made, ffmpeg)
    assert len(found) == len(wanted)
    for n, picture in enumerate(found):
        near = {m: _distance(picture, wanted[m]) for m in (n - 1, n, n + 1) if 0 <= m < len(wanted)}
        assert min(near, key=near.__getitem__) == n


def _small(path: Path, ffmpeg: str) -> list[bytes]:
    """All frames in grey, small enough to compare in Python."""
    chain = f"scale={WIDTH}:{HEIGHT}:flags=area,format=gray"
    arguments = ["-v", "error", "-i", f"file:{path}", "-map", "0:v:0", "-vf", chain, "-fps_mode", "passthrough"]
    raw = subprocess.run([ffmpeg, *arguments, "-f", "rawvideo", "-"], check=True, capture_output=True).stdout
    size = WIDTH * HEIGHT
    assert len(raw) % size == 0
    return [raw[at : at + size] for at in range(0, len(raw), size)]


def _distance(one: bytes, other: bytes) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("encoder", "extension"), [("libx264", "mkv"), ("libsvtav1", "mp4"), ("libvpx-vp9", "webm"), ("copy", "mp4")]
)
def test_a_turned_picture_stays_turned(
    encoder: str, extension: str, film: Path, tmp_path: Path, encode: Callable[..., Any]
) -> None:
    """The container goes on telling it; nothing is turned twice, and width and height stay."""
    source, output = tmp_path / "turned.mp4", tmp_path / f"out.{extension}"
    _turn(film, source)
    encode(source, output, video_codec=encoder, audio_codec="none", **ENCODERS.get(encoder, {}))
    before, after = probe(str(source)).of_kind("video")[0], probe(str(output)).of_kind("video")[0]
    assert before.rotation in {90, -90, 270}
    assert (after.rotation, after.width, after.height) == (before.rotation, 320, 180)


def test_with_filters_a_turned_picture_is_turned_before_them(
    film: Path, tmp_path: Path, encode: Callable[..., Any]
) -> None:
    """Filters see the picture as a viewer does; then the container has nothing to tell any more."""
    source, output = tmp_path / "turned.mp4", tmp_path / "out.mkv"
    _turn(film, source)
    encode(source, output, scale="90:160", audio_codec="none", speed="ultrafast")
    made = probe(str(output)).of_kind("video")[0]
    assert (made.rotation, made.width, made.height) == (0, 90, 160)


def _turn(film: Path, turned: Path) -> None:
    """One second of the film on its side."""
    # The option for it is not in every ffmpeg; the matrix is 90 degrees counterclockwise.
    with _open(film) as source, av.open(str(turned), "w") as output:
        stream = source.streams.video[0]
        copy = output.add_stream_from_template(stream)
        copy.set_display_matrix((0, -65536, 0, 65536, 0, 0, 0, 0, 1 << 30))
        for packet in source.demux(stream):
            if packet.size and packet.pts * stream.time_base < 2:
                packet.stream = copy
                output.mux(packet)


@pytest.mark.parametrize("encoder", ["libsvtav1", "libx264"])
def test_a_shape_that_a_filter_made_is_kept(
    encoder: str, film: Path, tmp_path: Path, encode: Callable[..., Any]
) -> None:
    """Scaled without keeping the proportions, pixels get another shape, and the container says which."""
    output = tmp_path / "out.mkv"
    encode(film, output, video_codec=encoder, scale="160:180", audio_codec="none", **ENCODERS[encoder])
    with _open(output) as made:
        assert made.streams.video[0].sample_aspect_ratio == Fraction(128, 45)
        assert "title" not in made.streams.video[0].metadata
