"""How a film is shared among the cores to look for shots, and how what they have seen is put together."""

from __future__ import annotations

from array import array
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from suture.cancel import CancelToken
from suture.chunker import chunks_from
from suture.command.scene_scores import SceneScores
from suture.cuts import Cuts
from suture.errors import CommandCancelled, CommandFailed
from suture.media.index import FrameIndex
from suture.planning import scenes
from suture.planning.frames import Looking
from suture.scenes import PICTURE

if TYPE_CHECKING:
    from pathlib import Path

    from suture.command.base import RunContext


def film(frames: int, gop: int) -> FrameIndex:
    """25 frames a second, with a keyframe every ``gop`` frames."""
    keys = bytes(n % gop == 0 for n in range(frames))
    return FrameIndex(0, Fraction(1, 25), array("q", range(frames)), array("I", [9] * frames), keys, frames)


def part(folder: Path, first: int, frames: int, skipped: int = 0) -> scenes._Part:
    """A part, and the command that looks at it."""
    path = str(folder / f"{first}.scores")
    return scenes._Part(SceneScores(f"scenes-{first}", "in.mkv", path, expected=frames), first, skipped, frames)


def seen(made: scenes._Part, times: list[int], changes: list[int]) -> scenes._Part:
    """With what its command would have written; a picture is full of its frame's time."""
    pictures = b"".join(bytes([time]) * PICTURE for time in times)
    with open(made.command.output_path, "wb") as file:  # noqa: PTH123 - a string
        file.write(pictures + array("q", times).tobytes() + array("i", changes).tobytes())
    return made


@pytest.mark.parametrize("cores", [1, 2, 16])
@pytest.mark.parametrize("span", [range(15_000), range(1234, 9876)])
def test_parts_begin_on_keyframes(cores: int, span: range) -> None:
    """But for the first, which begins with the range; there are some for each core, and none is shorter than 10 s."""
    starts = scenes._bounds(film(15_000, 48), span, cores)
    assert starts[0] == span.start
    assert all(start % 48 == 0 and start in span for start in starts[1:])
    assert all(b - a >= 250 for a, b in pairwise(starts))
    assert len(starts) >= min(3 * cores, 25)


def test_a_part_ends_with_the_first_frame_of_the_next() -> None:
    """Which is decoded by both; at the end of a film it is open."""
    index = film(100, 25)
    first, second = chunks_from(index, Cuts((0, 99), ""), "in.mkv")
    longer = scenes._overlapping(first, index)
    assert (longer.end_frame, longer.end_pts, longer.open_end) == (100, 100, True)
    first, second = chunks_from(index, Cuts((0, 50), ""), "in.mkv")
    longer = scenes._overlapping(first, index)
    assert (longer.end_frame, longer.end_pts, longer.open_end) == (51, 51, False)
    assert second.start_frame == 50


def test_parts_make_one_film(tmp_path: Path) -> None:
    """The change of a part's first frame is the one that the part before has seen."""
    parts = [
        seen(part(tmp_path, 0, 3), [0, 1, 2, 3], [0, 11, 12, 13]),
        seen(part(tmp_path, 3, 2), [3, 4, 5], [0, 14, 15]),
        seen(part(tmp_path, 5, 2), [5, 6], [0, 16]),
    ]
    scores = scenes._together(parts, film(7, 3))
    assert list(scores.changes) == [0, 11, 12, 13, 14, 15, 16]
    assert [scores.pictures[n][0] for n in range(7)] == list(range(7))


def test_a_range_is_taken_out_of_one_pass(tmp_path: Path) -> None:
    """Where all had to be decoded, what lies before and behind the range is left out."""
    whole = seen(part(tmp_path, 0, 3, skipped=2), list(range(7)), [0, 1, 2, 3, 4, 5, 6])
    scores = scenes._together([whole], None)
    assert list(scores.changes) == [2, 3, 4]
    assert [scores.pictures[n][0] for n in range(len(scores.pictures))] == [2, 3, 4]


def test_other_frames_than_the_packets_told_are_refused(tmp_path: Path) -> None:
    """A decoder that gives another frame first would shift all that follows."""
    moved = seen(part(tmp_path, 0, 3), [1, 2, 3], [0, 1, 2])
    with pytest.raises(ValueError, match="behind number 0 are shown at other times"):
        scenes._together([moved], film(3, 3))


def test_one_that_fails_stops_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what is of no use any more."""
    stopped: list[str] = []

    def run(command: SceneScores, context: RunContext) -> None:
        if command.id == "scenes-0":
            raise CommandFailed("scenes-0 failed: no decoder")
        assert context.cancel.wait(30)
        stopped.append(command.id)
        raise CommandCancelled("stopped")

    monkeypatch.setattr(scenes, "run_once", run)
    with pytest.raises(CommandFailed, match="no decoder"):
        scenes._look([part(tmp_path, n, 5) for n in (0, 5)], Looking(), 2)
    assert stopped in ([], ["scenes-5"])  # it may not have been begun


def test_a_wish_to_stop_reaches_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while shots are looked for ends every one of the processes."""
    token = CancelToken()

    def run(_command: SceneScores, context: RunContext) -> None:
        token.cancel()
        assert context.cancel.cancelled
        raise CommandCancelled("stopped")

    monkeypatch.setattr(scenes, "run_once", run)
    with pytest.raises(CommandCancelled):
        scenes._look([part(tmp_path, n, 5) for n in (0, 5)], Looking(cancel=token), 2)
