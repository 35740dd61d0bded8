"""Faults planted in a joined file are found, each time, before it gets its name; good files are not suspected."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest

import films
import sewing
from suture.errors import ChunkError, ConfigError, VerificationError
from suture.media.decodes import decode_piece
from suture.media.inspect import read_facts
from suture.media.mux import join
from suture.media.probe import probe_file
from suture.media.spec import ChapterSpec, JoinSpec
from suture.verify import facts_path, publish

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.media

STARTS = (0, 7, 20, 33)
CONTAINERS = ["mkv", "mp4", "ts"]


@pytest.fixture(scope="module")
def film(make_film: films.FilmMaker) -> Path:
    """Two seconds with B-frames and sound."""
    return make_film("mp4", films.H264, "-c:a aac -b:a 64k")


@pytest.fixture(scope="module")
def pieces(film: Path, tmp_path_factory: pytest.TempPathFactory) -> sewing.Cut:
    """Four pieces of it; tests must not change them."""
    return sewing.cut(film, STARTS, tmp_path_factory.mktemp("pieces"), "libx264", crf=20, options=())


class Joined:
    """A join that was made, and what publishing it does."""

    def __init__(self, spec: JoinSpec, folder: Path) -> None:
        self.spec = spec
        self.part = Path(spec.part)
        self.output = Path(spec.output)
        self._spec_path = str(folder / "join.json")
        Path(facts_path(self._spec_path)).write_text(json.dumps(join(spec)))

    def publish(self) -> None:
        """What ``suture publish`` does."""
        publish(self.spec, self._spec_path)

    def refused(self) -> str:
        """Why it is not published; there is no output then, and the part is gone."""
        with pytest.raises(VerificationError) as caught:
            self.publish()
        assert not self.output.exists()
        assert not self.part.exists()
        return str(caught.value)


@pytest.fixture
def joined(film: Path, pieces: sewing.Cut, tmp_path: Path) -> Callable[..., Joined]:
    """Join the film into a container: ``joined("mkv", verify="full")``."""

    def make(extension: str, **more: Any) -> Joined:
        chapters = (ChapterSpec(0, 1000, "1/1000"), ChapterSpec(1000, 2000, "1/1000")) if extension != "ts" else ()
        tracks = [pieces.track, *sewing.copied(film, "audio")]
        spec = sewing.spec_of(film, tmp_path / f"out.{extension}", *tracks, **{"chapters": chapters, **more})
        return Joined(spec, tmp_path)

    return make


def flip(path: Path, kind: str, number: int, where: float = 0.5) -> None:
    """Change four bytes within the ``number``-th packet of a stream."""
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        found = [bytes(p) for p in container.demux(**{kind: 0}) if p.size][number]
    at = data.find(found)
    assert at > 0
    for n in range(4):
        data[at + int(len(found) * where) + n] ^= 0x5A
    path.write_bytes(data)


def rewrite(path: Path, change: Callable[[Any, int, int], bool], *, chapters: bool = True) -> None:
    """Remux a file; ``change`` gets each packet, its stream and its place in it, and says whether it stays."""
    made = path.with_name(f"changed{path.suffix}")
    options = {"avoid_negative_ts": "disabled", **sewing.OPTIONS.get(path.suffix[1:], {})}
    name = sewing.FORMATS[path.suffix[1:]]
    with av.open(str(path)) as source, av.open(str(made), "w", format=name, container_options=options) as output:
        streams = [output.add_stream_from_template(stream, opaque=True) for stream in source.streams]
        for mine, theirs in zip(streams, source.streams, strict=True):
            mine.time_base = theirs.time_base
        if chapters:
            output.set_chapters(source.chapters())
        counts = [0] * len(streams)
        for packet in source.demux():
            if not packet.size:
                continue
            number = packet.stream_index
            counts[number] += 1
            if name == "matroska":  # stores no decoding times; what its reader guesses may not be written again
                packet.dts = counts[number] - 1000
            if change(packet, number, counts[number] - 1):
                packet.stream = streams[number]
                output.mux(packet)
    made.replace(path)


@pytest.mark.parametrize("verify", ["packets", "joins", "full"])
@pytest.mark.parametrize("extension", CONTAINERS)
def test_a_good_file_gets_its_name(extension: str, verify: str, joined: Callable[..., Joined]) -> None:
    """No false alarm, and the part is the output."""
    made = joined(extension, verify=verify)
    content = made.part.read_bytes()
    made.publish()
    assert made.output.read_bytes() == content
    assert not made.part.exists()


@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_a_remuxed_good_file_is_good(extension: str, joined: Callable[..., Joined]) -> None:
    """What the faults below are planted with does no harm by itself."""
    made = joined(extension)
    rewrite(made.part, lambda *_: True)
    made.publish()


def test_pieces_of_one_frame_are_no_reason_for_an_alarm(film: Path, tmp_path: Path) -> None:
    """Keyframes closer to each other than frames are reordered: a seek by decoding time lands on a later one."""
    pieces = sewing.cut(film, (0, 30, 31, 32, 33, 34), tmp_path, "libx264")
    for extension in ("mkv", "mp4", "mov", "ts"):
        Joined(sewing.spec_of(film, tmp_path / f"out.{extension}", pieces.track), tmp_path).publish()


@pytest.mark.parametrize("share", [0.05, 0.5, 0.97])
@pytest.mark.parametrize("extension", CONTAINERS)
def test_a_truncated_file_is_found(extension: str, share: float, joined: Callable[..., Joined]) -> None:
    """Whether its end is missing, half of it, or nearly all."""
    made = joined(extension, verify="packets")
    content = made.part.read_bytes()
    made.part.write_bytes(content[: int(len(content) * share)])
    assert made.refused()


def test_an_empty_or_absent_file_is_found(joined: Callable[..., Joined]) -> None:
    """Not read as media, so not published; the same error, for the same exit code."""
    made = joined("mkv")
    made.part.write_bytes(b"")
    assert "read back" in made.refused()
    made = joined("mkv")
    made.part.unlink()
    assert "read back" in made.refused()


@pytest.mark.parametrize(("kind", "name"), [("video", "video stream 0"), ("audio", "audio stream 1")])
@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_changed_bytes_are_found(extension: str, kind: str, name: str, joined: Callable[..., Joined]) -> None:
    """Four bytes of one packet, in the cheapest check."""
    made = joined(extension, verify="packets")
    flip(made.part, kind, 10)
    assert made.refused() == f"{name} holds other bytes than were written"


@pytest.mark.parametrize(("stream", "number"), [(0, 0), (0, 25), (0, 47), (1, 0), (1, 40)])
@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_a_lost_packet_is_found(extension: str, stream: int, number: int, joined: Callable[..., Joined]) -> None:
    """The first, one in the middle, the last; of the picture and of the sound."""
    made = joined(extension, verify="packets")
    rewrite(made.part, lambda _packet, its_stream, n: (its_stream, n) != (stream, number))
    assert "packets" in made.refused()


@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_a_moved_stream_is_found(extension: str, joined: Callable[..., Joined]) -> None:
    """All of it, sound or picture, later by 5 ms."""
    for stream, name in ((0, "video stream 0"), (1, "audio stream 1")):
        made = joined(extension, verify="packets")

        def later(packet: Any, its_stream: int, _n: int, stream: int = stream) -> bool:
            if its_stream == stream:
                ticks = int(Fraction(5, 1000) / packet.time_base)
                packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
            return True

        rewrite(made.part, later)
        assert made.refused().startswith(f"{name} begins at")


def test_one_moved_packet_is_found(joined: Callable[..., Joined]) -> None:
    """A single frame, a single packet of sound, by a thousandth of a second."""
    for stream, number in ((0, 1), (0, 30), (1, 30)):
        made = joined("mkv", verify="packets")

        def move(packet: Any, its_stream: int, n: int, wanted: tuple[int, int] = (stream, number)) -> bool:
            packet.pts += (its_stream, n) == wanted
            return True

        rewrite(made.part, move)
        assert "stand" in made.refused()


def test_a_join_that_wrote_the_wrong_times_is_found(joined: Callable[..., Joined], tmp_path: Path) -> None:
    """Though the file is as it was written: the frame index knows better, and names frame and times."""
    made = joined("mkv")
    made.spec = replace(made.spec, shift="1/100")
    assert made.refused() == "frame 0 stands at 0.000000 s, the source has it at 0.010000 s"


def test_lost_chapters_streams_and_pictures_are_found(
    film: Path, pieces: sewing.Cut, joined: Callable[..., Joined], tmp_path: Path
) -> None:
    """Everything that was to be there is counted."""
    made = joined("mkv")
    rewrite(made.part, lambda *_: True, chapters=False)
    assert made.refused() == "0 chapters arrived, 2 were written"
    made = joined("mkv")
    sewing.sewn(film, tmp_path / "less.mkv", pieces.track).replace(made.part)
    assert "has 1 streams, 2 were written" in made.refused()


def test_a_lost_cover_is_found(film: Path, pieces: sewing.Cut, tmp_path: Path) -> None:
    """It is no stream among the others, but it is counted."""
    cover, covered = tmp_path / "cover.png", tmp_path / "covered.mp4"
    films.ffmpeg("-f", "lavfi", "-i", "testsrc=s=32x32", "-frames:v", "1", cover)
    more = ("-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic")
    films.ffmpeg("-i", film, "-i", cover, *more, covered)
    for extension in ("mp4", "mkv"):
        spec = sewing.spec_of(covered, tmp_path / f"out.{extension}", pieces.track, *sewing.copied(covered, "cover"))
        Joined(spec, tmp_path).publish()
        Path(spec.output).unlink()
        made = Joined(spec, tmp_path)
        sewing.sewn(film, tmp_path / f"less.{extension}", pieces.track).replace(made.part)
        assert made.refused() == "0 attachments arrived, 1 were written"


def test_lost_subtitles_are_found(film: Path, pieces: sewing.Cut, tmp_path: Path) -> None:
    """Containers may pad them, but not lose one."""
    text = tmp_path / "subs.srt"
    text.write_text("".join(f"{n}\n00:00:00,{n}00 --> 00:00:00,{n}50\nLine {n}\n\n" for n in range(1, 6)))
    subtitled = tmp_path / "film.mkv"
    films.ffmpeg("-i", film, "-i", text, "-map", "0", "-map", "1", "-c", "copy", subtitled)
    tracks = [pieces.track, *sewing.copied(subtitled, "subtitle")]
    made = Joined(sewing.spec_of(subtitled, tmp_path / "out.mkv", *tracks), tmp_path)
    rewrite(made.part, lambda _packet, stream, n: (stream, n) != (1, 2))
    assert made.refused() == "subtitle stream 1 has 4 packets, 5 were written"


@pytest.mark.parametrize("codec", ["ffv1", "libx264"])
def test_a_picture_that_does_not_decode_is_found(codec: str, film: Path, tmp_path: Path) -> None:
    """In the last group of a piece, when it was made; in its beginning, when it was joined; by ``full`` anywhere."""
    lossy: dict[str, Any] = {"crf": 20, "options": ()} if codec == "libx264" else {}
    cut = sewing.cut(film, (0, 40), tmp_path, codec, **lossy)
    pieces = [tmp_path / f"piece-{number}.mkv" for number in range(2)]
    good = [piece.read_bytes() for piece in pieces]
    assert decode_piece(str(pieces[1])) == 8
    if codec == "libx264":  # a long group, but for pictures that no other is made from and that are far from the end
        assert 24 <= decode_piece(str(pieces[0])) < 40
    flip(pieces[0], "video", 39, 0.6)
    with pytest.raises(ChunkError, match=r"encoded (decodes to|does not decode)|pictures of what was encoded"):
        decode_piece(str(pieces[0]))
    pieces[0].write_bytes(good[0])
    flip(pieces[0], "video", 5, 0.6)
    spec = sewing.spec_of(film, tmp_path / "out.mkv", cut.track, verify="full")
    assert "decoding around frame" in Joined(spec, tmp_path).refused()
    pieces[0].write_bytes(good[0])
    flip(pieces[1], "video", 1, 0.6)
    for verify in ("joins", "full"):
        spec = sewing.spec_of(film, tmp_path / "out.mkv", cut.track, verify=verify)
        assert "decoding around frame" in Joined(spec, tmp_path).refused()


def test_what_appeared_meanwhile_is_not_replaced(joined: Callable[..., Joined]) -> None:
    """Unless it was agreed: then it is replaced by the whole file."""
    made = joined("mkv")
    made.output.write_text("somebody's")
    with pytest.raises(ConfigError, match="has come to exist meanwhile"):
        made.publish()
    assert made.output.read_text() == "somebody's"
    assert not made.part.exists()
    made = joined("mkv", overwrite=True)
    made.publish()
    assert len(probe_file(str(made.output)).streams) == 2


def test_without_the_facts_of_the_join_nothing_is_published(joined: Callable[..., Joined], tmp_path: Path) -> None:
    """What was written is not known, so nothing can be checked."""
    made = joined("mkv")
    Path(facts_path(str(tmp_path / "join.json"))).unlink()
    assert "is not known" in made.refused()


def test_permissive_checks_what_is_there(film: Path, pieces: sewing.Cut, tmp_path: Path) -> None:
    """With a piece left out the rest is verified, around the hole as well."""
    gone = tuple(replace(p, path=str(tmp_path / "gone")) if p.chunk_id == 1 else p for p in pieces.track.pieces)
    track = replace(pieces.track, pieces=gone)
    made = Joined(sewing.spec_of(film, tmp_path / "out.mkv", track, permissive=True, verify="full"), tmp_path)
    made.publish()
    assert len(sewing.shown(made.output)) == 48 - 13


def test_a_codec_has_its_own_name(film: Path, tmp_path: Path) -> None:
    """And not its decoder's: what begins anew at a keyframe is known by it, so a long group is not decoded twice."""
    path = tmp_path / "film.mp4"
    films.ffmpeg("-i", film, "-frames:v", "3", "-c:v", "libsvtav1", "-preset", "12", "-an", path)
    assert read_facts(str(path)).streams[0].codec == "av1"
