"""A proven piece's command lists what it encodes, and takes no frame that a linear decode did not give."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from suture.command.proven import ProvenVideo
from suture.encoder.video import Proof, VideoEncoder
from suture.errors import ChunkError
from suture.model import ChunkData

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = ChunkData(1, 2.0, 4.0, "in.avi", 50, 54, 50, 54, 1_000_000, 0)
TICK = Fraction(1, 25)


def piece(folder: Path, *, late: bool = False, **settings: object) -> ProvenVideo:
    """The command of a piece of four frames."""
    proof = Proof(str(folder / "film.frames"), TICK, late)
    encoder = VideoEncoder("ffv1", proof=proof, frame_rate=Fraction(25), ffmpeg="/bin/sh", **settings)  # type: ignore[arg-type]
    command = encoder.command(CHUNK, str(folder / "piece.mkv"))
    assert isinstance(command, ProvenVideo)
    return command


def lines(*checksums: int, first: int = 0) -> str:
    """A listing."""
    rows = [f"0, {n}, {n}, 1, 23040, 0x{c:08x}\n" for n, c in enumerate(checksums, first)]
    return "#tb 0: 1/25\n" + "".join(rows)


def graph(command: ProvenVideo) -> str:
    """Its filter graph."""
    argv = command.build_args()
    return argv[argv.index("-filter_complex") + 1]


def test_there_are_two_outputs_and_the_piece_is_the_last(tmp_path: Path) -> None:
    """So that a run can put the piece under a part name; the listing lies beside it."""
    argv = piece(tmp_path).build_args()
    assert argv[-1] == f"file:{tmp_path}/piece.mkv"
    assert f"file:{tmp_path}/piece.mkv.frames" in argv
    assert argv.index("[listed]") < argv.index("framecrc") < argv.index("[made]") < argv.index("ffv1")
    assert argv[argv.index("-enc_time_base") + 1] == "1/25"


def test_frames_are_compared_before_the_users_filters_unless_these_see_neighbours(tmp_path: Path) -> None:
    """A filter that treats each frame for itself need not be run twice; others choose their frames behind it."""
    early, late = piece(tmp_path, filters=("hue=s=0",)), piece(tmp_path, late=True, filters=("yadif",))
    assert graph(early).startswith("[0:0]trim=start_pts=50:end_pts=54,split[listed][film];[film]hue=s=0,settb")
    assert graph(late).startswith("[0:0]yadif,trim=start_pts=50:end_pts=54,split[listed][film];[film]settb")


def test_the_lister_sees_what_is_compared(tmp_path: Path) -> None:
    """Through the filters if frames are compared behind them, else without; turned or not as the pieces are."""
    late = VideoEncoder("ffv1", proof=Proof("l", TICK, late=True), filters=("yadif",), keep_orientation=True)
    argv = late.lister(0, "in.avi", "l", TICK).build_args()
    assert argv[argv.index("-vf") + 1] == "yadif"
    assert "-noautorotate" in argv
    early = replace(late, proof=Proof("l", TICK), keep_orientation=False)
    assert not {"-vf", "-noautorotate"} & set(early.lister(0, "in.avi", "l", TICK).build_args())


def test_a_sample_lists_a_few_frames_of_the_same_range(tmp_path: Path) -> None:
    """With the same seek and filters, and no encoder."""
    argv = piece(tmp_path, late=True, filters=("yadif",)).sample(str(tmp_path / "s.frames"), 8).build_args()
    assert argv[argv.index("-vf") + 1] == "yadif,trim=start_pts=50:end_pts=54"
    assert argv[argv.index("-frames:v") + 1] == "8"
    assert "-ss" in argv
    assert "ffv1" not in argv


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lines(1, 2, 3, 4, first=50), ""),
        (lines(1, 2, 9, 4, first=50), "frame 52"),
        (lines(1, 2, 3, 4, first=51), "frame 50"),
        (lines(1, 2, 3, first=50), "frame 53"),
    ],
)
def test_every_frame_is_compared(made: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time and its picture; the first that differs is named by its number in the film."""
    monkeypatch.setattr("suture.command.video.count_blocks", lambda _path: 4)
    command = piece(tmp_path)
    (tmp_path / "film.frames").write_text(lines(*[0] * 50, 1, 2, 3, 4, 5))
    (tmp_path / "piece.mkv.frames").write_text(made)
    if not why:
        command.check(None, str(tmp_path / "piece.mkv"))
    else:
        with pytest.raises(ChunkError, match=why):
            command.check(None, str(tmp_path / "piece.mkv"))
    assert not (tmp_path / "piece.mkv.frames").exists()


def test_a_listing_that_was_not_written_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ffmpeg can end well without a file."""
    monkeypatch.setattr("suture.command.video.count_blocks", lambda _path: 4)
    (tmp_path / "film.frames").write_text(lines(*[0] * 54))
    with pytest.raises(ChunkError, match="listed"):
        piece(tmp_path).check(None, str(tmp_path / "piece.mkv"))


def test_its_identity_is_where_it_stands_not_where_files_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same piece in another folder is the same; another range is not."""
    monkeypatch.setattr("suture.command.proven.build_of", lambda program: (program,))

    class Named:
        """Files by their names."""

        def source(self, path: str) -> str:
            """As it is called."""
            return path

        content = source

    one = piece(tmp_path)
    elsewhere = replace(one, output_path="/other/piece.mkv", listing="/other/film.frames")
    assert one.identity(Named()) == elsewhere.identity(Named())
    assert one.identity(Named()) != replace(one, first=51).identity(Named())
