"""Commands of a track that is cut: each stands for itself, and the one decode is theirs with its samples on stdout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sounds import boxed, hiss, listing, wav
from suture.command.base import TaskType
from suture.command.part import part_of
from suture.command.sound import HeardSound, SoundPiece, SoundSlice, SoundSource
from suture.encoder.audio import AudioEncoder
from suture.errors import ChunkError, MediaError, PiecesDiffer
from suture.media.whole import look_whole

SOURCE = SoundSource("/films/in.mkv", 2, ("volume=0.5", "aresample=44100"), "flt", 44_100, "stereo", "/bin/sh")
SLICE = SoundSlice(
    "audio-0-slice-00001", "/job/slice.wav", SOURCE, "/job/now.txt", begin=1000, end=5000, keep=300, joint="/job/j.wav"
)
HEARD = HeardSound("audio-0-heard", "/job/heard.txt", SOURCE, "/job/now.txt")
CHAIN = "volume=0.5,aresample=44100,aformat=sample_fmts=flt:sample_rates=44100:channel_layouts=stereo"


def value(line: list[str], option: str) -> str:
    """What stands behind an option."""
    return line[line.index(option) + 1]


class TestSlice:
    """The samples of a piece."""

    def test_its_command_makes_it_alone(self) -> None:
        """The stream, the filters, the form, then the cut by numbers of samples; all of it from the first one on."""
        line = SLICE.build_args()
        assert value(line, "-filter_complex") == (
            f"[0:2]{CHAIN},atrim=start_sample=1000:end_sample=5000,asetpts=PTS-STARTPTS[sound]"
        )
        assert (value(line, "-map"), value(line, "-c:a"), value(line, "-f")) == ("[sound]", "pcm_f32le", "wav")
        assert line[-1] == "file:/job/slice.wav"
        assert line.index("-copyts") < line.index("-i")
        assert not {"-ss", "-t", "-to"} & set(line)

    def test_the_last_one_goes_to_the_end(self) -> None:
        """However long the source says it is."""
        graph = value(replace(SLICE, end=None).build_args(), "-filter_complex")
        assert "atrim=start_sample=1000,asetpts" in graph

    @pytest.mark.parametrize(("form", "codec"), [("s16", "pcm_s16le"), ("s32", "pcm_s32le"), ("flt", "pcm_f32le")])
    def test_nothing_is_rounded(self, form: str, codec: str) -> None:
        """The file holds samples of the form that the filters end with."""
        line = replace(SLICE, sound=replace(SOURCE, form=form, layout="")).build_args()
        assert value(line, "-c:a") == codec
        assert f"aformat=sample_fmts={form}:sample_rates=44100," in value(line, "-filter_complex")

    def test_what_its_samples_depend_on(self) -> None:
        """Which samples, of what, behind which filters; not where files lie."""
        others = [
            replace(SLICE, begin=999),
            replace(SLICE, end=5001),
            replace(SLICE, sound=replace(SOURCE, filters=())),
            replace(SLICE, sound=replace(SOURCE, rate=48_000)),
            replace(SLICE, sound=replace(SOURCE, form="s16")),
            replace(SLICE, sound=replace(SOURCE, stream=1)),
            replace(SLICE, sound=replace(SOURCE, path="/films/other.mkv")),
        ]
        assert len({tuple(command.build_args()) for command in [SLICE, *others]}) == 8
        assert SLICE.task_type is TaskType.AUDIO
        assert SLICE.input_path == "/films/in.mkv"
        assert not SLICE.reusable


class TestDecode:
    """The one decode from which all slices are read."""

    def test_it_is_the_slices_without_the_cut(self) -> None:
        """The same input, filters and form; in larger frames, and twice: to stdout, and into a listing."""
        line, alone = SOURCE.streamed("/job/now.txt"), SLICE.build_args()
        begin = line.index("-copyts")
        assert (
            line[begin : line.index("-filter_complex")]
            == alone[alone.index("-copyts") : alone.index("-filter_complex")]
        )
        graph = value(line, "-filter_complex")
        assert graph.startswith(f"[0:2]{CHAIN},asetnsamples=n=65536:p=0,asplit[heard]")
        assert graph.endswith("[sound]")
        assert line.count("pcm_f32le") == 2
        assert line[-3:] == ["-f", "wav", "pipe:1"]
        assert "file:/job/now.txt" in line

    def test_progress_does_not_go_where_samples_go(self) -> None:
        """Neither the option nor its value is there; every other command of ours reports on stdout."""
        line = SOURCE.streamed("/job/now.txt")
        assert "-progress" not in line
        assert line.count("pipe:1") == 1
        assert "-progress" in SLICE.build_args()

    def test_each_line_of_the_listing_is_told_at_once(self) -> None:
        """Or a gap would be found long behind the slice that it is in."""
        line = SOURCE.streamed("/job/now.txt")
        at = line.index("[heard]")
        assert line[at + 1 : line.index("file:/job/now.txt")][-4:] == ["-flush_packets", "1", "-f", "framecrc"]

    def test_all_slices_of_a_track_have_one_decode(self) -> None:
        """It is known by its line: another track, another listing or another filter has another."""
        lines = {tuple(SOURCE.streamed(path)) for path in ("/job/now.txt", "/job/other.txt")}
        lines |= {tuple(replace(SOURCE, filters=()).streamed("/job/now.txt"))}
        assert len(lines) == 3
        assert SOURCE.streamed("/job/now.txt") == SLICE.sound.streamed(SLICE.listing)


class TestListing:
    """What the whole decode gave."""

    def test_its_command_makes_it_alone(self) -> None:
        """Frames of the same length as those of the one decode, so that lines are the same, too."""
        line = HEARD.build_args()
        assert value(line, "-filter_complex") == f"[0:2]{CHAIN},asetnsamples=n=65536:p=0[sound]"
        assert (value(line, "-f"), line[-1]) == ("framecrc", "file:/job/heard.txt")
        assert HEARD.reusable

    def test_a_jump_of_the_clock(self, tmp_path: Path) -> None:
        """Pieces can't tell it, so it is encoded whole; where and by how much is told."""
        heard = replace(HEARD, listing=str(listing(tmp_path / "now.txt", [(0, 48_000), (96_000, 100)])))
        with pytest.raises(PiecesDiffer, match=r"at 2\.000 s by \+1\.000 s"):
            heard.look()
        with pytest.raises(PiecesDiffer, match="clock jumps"):
            HEARD.check(None, heard.listing)

    def test_without_a_jump(self, tmp_path: Path) -> None:
        """A late start is none; of nothing there is nothing to be told."""
        HEARD.check(None, str(listing(tmp_path / "now.txt", [(4800, 48_000), (52_800, 100)])))
        with pytest.raises(MediaError, match="nothing of the sound decodes"):
            HEARD.check(None, str(listing(tmp_path / "empty.txt", [])))


class TestPiece:
    """The encode of a slice."""

    ENCODER = AudioEncoder(codec="ac3", bitrate="192k", ffmpeg="/bin/sh")

    def test_its_command_makes_it_alone(self) -> None:
        """All of the slice, nothing of the film; without the encoder's name in it, which pieces would differ by."""
        piece = self.ENCODER.piece("/job/slice.wav", "/job/piece.mov", "audio-0-00001")
        line = piece.build_args()
        assert (value(line, "-i"), line[-1]) == ("file:/job/slice.wav", "file:/job/piece.mov")
        assert (value(line, "-c:a"), value(line, "-b:a"), value(line, "-flags:a")) == ("ac3", "192k", "+bitexact")
        assert "-af" not in line
        assert piece.consumes == "/job/slice.wav"
        assert piece.reusable

    def test_silence_behind_the_last_one(self) -> None:
        """So many samples, which get the last ones out of the encoder."""
        line = self.ENCODER.piece("/job/slice.wav", "/job/piece.mov", "audio-0-00001", 1536).build_args()
        assert value(line, "-af") == "apad=pad_len=1536"

    def test_what_the_result_depends_on(self) -> None:
        """The encoder's settings and its samples; not its name, nor whether the slice goes."""
        piece = self.ENCODER.piece("/job/slice.wav", "/job/piece.mov", "one")
        assert replace(piece, id="two", consumes="").build_args() == piece.build_args()
        other = replace(self.ENCODER, bitrate="256k").piece("/job/slice.wav", "/job/piece.mov", "three")
        assert other.build_args() != piece.build_args()

    @pytest.mark.parametrize(("given", "whole"), [(2748, True), (2749, False)])
    def test_an_encoder_that_stops_early(self, tmp_path: Path, given: int, whole: bool) -> None:  # noqa: FBT001 - pytest gives it
        """All samples of the slice are in it, or it is none: an encoder may end well with less."""
        cut = wav(tmp_path / "slice.wav", hiss(given))
        made = boxed(tmp_path / "piece.mov", [b"a", b"b", b"c"], lasts=((2, 1024), (1, 700)))
        piece = SoundPiece("audio-0-00001", str(cut), str(made), consumes=str(cut))
        if whole:
            piece.check(None, str(made))
            return
        with pytest.raises(ChunkError, match="audio-0-00001 holds"):
            piece.check(None, str(made))


class TestWhole:
    """A track that is encoded in one go, and listed."""

    ENCODER = AudioEncoder(codec="ac3", bitrate="192k", ffmpeg="/bin/sh")
    BEHIND = ("apad=pad_len=1536", "asetpts=PTS+1/TB")

    def test_one_command_makes_both(self) -> None:
        """What is listed is what the filters give; what the encoder needs behind them it gets alone."""
        whole = self.ENCODER.whole(SOURCE, "/job/heard.txt", "/job/piece.mov", "audio-0-00000", self.BEHIND)
        line = whole.build_args()
        graph = value(line, "-filter_complex").split(";")
        assert graph == [
            f"[0:2]{CHAIN},asplit[listed][made]",
            "[listed]asetnsamples=n=65536:p=0[heard]",
            "[made]apad=pad_len=1536,asetpts=PTS+1/TB[sound]",
        ]
        assert line.index(f"file:{part_of('/job/heard.txt')}") < line.index("ac3") < line.index("file:/job/piece.mov")
        assert (value(line, "-i"), line[-1]) == ("file:/films/in.mkv", "file:/job/piece.mov")
        assert value(line, "-b:a") == "192k"

    def test_its_own_listing_is_nothing_that_it_depends_on(self, tmp_path: Path) -> None:
        """A listing that an earlier run has left changes nothing; filters do."""
        listed = tmp_path / "heard.txt"
        encoder = replace(self.ENCODER, ffmpeg=None)
        whole = encoder.whole(SOURCE, str(listed), str(tmp_path / "piece.mov"), "audio-0-00000", self.BEHIND)
        before = whole.identity(Named())
        listed.write_text("of an earlier run")
        Path(part_of(str(listed))).write_text("half of one")
        assert whole.identity(Named()) == before
        assert replace(whole, behind=()).identity(Named()) != before
        assert replace(whole, sound=replace(SOURCE, filters=())).identity(Named()) != before

    def test_an_encoder_that_stops_early(self, tmp_path: Path) -> None:
        """Fewer samples than were decoded are no track; the listing has no name then."""
        made, listed = boxed(tmp_path / "piece.mov", [b"a"], lasts=((1, 1024),)), tmp_path / "heard.txt"
        whole = self.ENCODER.whole(SOURCE, str(listed), str(made), "audio-0-00000", ())
        listing(Path(part_of(str(listed))), [(0, 1025)])
        with pytest.raises(ChunkError, match="audio-0-00000 holds"):
            whole.check(None, str(made))
        assert not listed.exists()
        listing(Path(part_of(str(listed))), [(0, 1024)])
        whole.check(None, str(made))
        assert listed.exists()


class Named:
    """Names sources by their last part, and contents by what they are."""

    def source(self, path: str) -> str:
        """A film."""
        return f"source {path.rpartition('/')[2]}"

    def content(self, path: str) -> str:
        """What is in a file."""
        return Path(path).read_text()


def test_the_files_of_this_test_are_whole(tmp_path: Path) -> None:
    """Else a check would refuse them for another reason."""
    look_whole(str(boxed(tmp_path / "piece.mov", [b"a"])))
