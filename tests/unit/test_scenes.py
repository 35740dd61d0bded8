"""What is a cut, and what a flash, a fade, a dissolve or fast motion; which shots are joined, divided, gathered."""

from __future__ import annotations

from array import array
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.cuts import cut_points
from suture.media.index import FrameIndex
from suture.scenes import PICTURE, Kind, Pictures, Scores, Shots, find_shots, gathered

RATE = 25
# Levels of grey that stand for shots; between any two a cut is 20 % and more.
A, B, C = 60, 120, 200
BLACK, WHITE = 0, 255


def index_of(frames: int, pts: list[int] | None = None) -> FrameIndex:
    """A film of 25 frames a second, or of other times in 25ths."""
    times = array("q", pts or range(frames))
    return FrameIndex(0, Fraction(1, RATE), times, array("I", [1] * frames), bytes(frames), times[-1] + 1)


def scores_of(levels: list[int]) -> Scores:
    """What is seen of a film of plain grey pictures."""
    changes = [0, *(abs(b - a) * 100_000 // 255 for a, b in pairwise(levels))]
    return Scores(array("i", changes), Pictures([bytes([level] * PICTURE) for level in levels]))


def shots_of(levels: list[int]) -> Shots:
    """The shots of a film of plain grey pictures."""
    return find_shots(scores_of(levels), index_of(len(levels)))


def changing(changes: list[int]) -> Shots:
    """The shots of a film with these changes, in thousandths of a per cent; each picture differs from all others."""
    pictures = Pictures([bytes((n * 31 + i * 7) % 200 + 20 for i in range(PICTURE)) for n in range(len(changes))])
    return find_shots(Scores(array("i", changes), pictures), index_of(len(changes)))


def test_a_cut_is_the_first_frame_of_the_new_shot() -> None:
    """Neither the frame before nor the one behind; how sharp it is is told in per cent."""
    shots = shots_of([A] * 40 + [B] * 50 + [C] * 60)
    assert shots.starts == (0, 40, 90)
    assert shots.kinds == (Kind.BEGINNING, Kind.CUT, Kind.CUT)
    assert list(shots.strengths) == pytest.approx([0, 23.5, 31.4], abs=0.1)


@pytest.mark.parametrize(
    "changes",
    [
        [200] * 60 + [12_000] * 40 + [200] * 60,
        [200] * 60 + [3_000, 6_000, 9_000, 12_000, 9_000, 6_000, 3_000] + [200] * 60,
        [0, 9_000] * 60,
        [0, 0, 9_000] * 40,
        [0, 0, 0, 9_000] * 40,
        [300] * 60 + [3_900] + [300] * 60,
    ],
    ids=["a run of motion", "a whip pan", "drawn on twos", "drawn on threes", "drawn on fours", "a small jump"],
)
def test_motion_is_no_cut(changes: list[int]) -> None:
    """Large changes come in runs, or again and again; a small one alone is none."""
    assert changing(changes).starts == (0,)


def test_a_cut_in_motion_is_found() -> None:
    """From one moving shot to another, where it changes twice as much as the motion does."""
    assert changing([4_000] * 60 + [12_000] + [5_000] * 60).starts == (0, 60)


@pytest.mark.parametrize("frames", [1, 2, 3])
@pytest.mark.parametrize("behind", [[], [200, 140, 100]], ids=["sudden", "dying away"])
def test_a_flash_is_no_cut(frames: int, behind: list[int]) -> None:
    """A shot that is bright for a moment and then goes on is one shot."""
    assert shots_of([A] * 50 + [WHITE] * frames + behind + [A] * 50).starts == (0,)


def test_a_flash_on_a_cut_is_one_cut() -> None:
    """Bright frames between two different shots belong to one of them."""
    assert shots_of([A] * 50 + [WHITE] * 2 + [B] * 50).starts in {(0, 50), (0, 52)}


@pytest.mark.parametrize("frames", [8, 12, 25, 50])
def test_a_dissolve_is_at_most_one_boundary(frames: int) -> None:
    """It has no frame at which it changes suddenly."""
    levels = [A] * 60 + [A + (C - A) * n // frames for n in range(frames)] + [C] * 60
    assert len(shots_of(levels)) <= 2


@pytest.mark.parametrize("black", [1, 12, 60])
@pytest.mark.parametrize("fading", [10, 25])
def test_a_fade_through_black_is_one_boundary(black: int, fading: int) -> None:
    """Where it becomes light again, however long it was black."""
    out = [B - B * n // fading for n in range(fading)]
    levels = [B] * 50 + out + [BLACK] * black + out[::-1] + [B] * 50
    shots = shots_of(levels)
    assert shots.kinds == (Kind.BEGINNING, Kind.FADE)
    assert 50 + fading + black <= shots.starts[1] <= 50 + fading + black + fading // 5


def test_a_cut_to_black_and_a_fade_are_one_boundary() -> None:
    """A moment of black between them is no shot of its own; a long one is."""
    rise = [C * n // 20 for n in range(1, 20)]
    assert shots_of([C] * 50 + [BLACK] * 15 + rise + [C] * 50).starts == (0, 50)
    assert len(shots_of([C] * 50 + [BLACK] * 90 + rise + [C] * 50)) == 3


def test_black_at_the_ends_is_no_boundary() -> None:
    """There is nothing before it, or nothing behind it."""
    rise = [2 * n for n in range(60)]
    assert shots_of([BLACK] * 60 + rise + [B] * 50).starts == (0,)
    assert shots_of([B] * 50 + rise[::-1] + [BLACK] * 60).starts == (0,)


def test_short_shots_are_joined_unless_their_ends_are_sharp() -> None:
    """Of two weak cuts within a second the sharper one stays; sharp ones both do, but for a few frames."""
    quiet = [100] * 50
    assert changing([*quiet, 5_000, *[100] * 14, 6_000, *quiet]).starts == (0, 65)
    assert changing([*quiet, 6_000, *[100] * 14, 5_000, *quiet]).starts == (0, 50)
    assert changing([*quiet, 15_000, *[100] * 14, 16_000, *quiet]).starts == (0, 50, 65)
    assert len(changing([*quiet, 15_000, *[100] * 6, 16_000, *quiet])) == 2


def test_no_shot_is_left_at_the_ends() -> None:
    """A cut right behind the beginning is none, nor one right before the end."""
    assert changing([0, 20_000, *[100] * 60, 20_000, 100]).starts == (0,)


def test_a_long_shot_is_divided_at_its_strongest_motion() -> None:
    """Away from its ends, until no part is longer than 20 seconds."""
    changes = [500] * (45 * RATE)
    for frame in range(600, 620):
        changes[frame] = 2_000 + frame
    changes[30] = 3_900  # near the beginning, so of no use
    shots = changing(changes)
    assert 619 in shots.starts
    assert set(shots.kinds[1:]) == {Kind.DIVIDED}
    assert shots.divided == len(shots) - 1
    assert all(5 * RATE <= b - a <= 20 * RATE for a, b in pairwise([*shots.starts, len(changes)]))


def test_a_still_is_divided_in_the_middle() -> None:
    """Where nothing moves, one place is as good as another."""
    assert changing([0] * (30 * RATE)).starts == (0, 15 * RATE)


def test_a_frame_that_lasts_long_is_left_alone() -> None:
    """A shot of two frames, one of which lasts for a minute, can't be divided inside of it."""
    scores = scores_of([A] * 3)
    shots = find_shots(scores, index_of(3, [0, 1, 1500]))
    assert set(shots.starts) <= {0, 1, 2}


def test_times_count_and_not_frames() -> None:
    """With a variable rate, what is short and what is long is told by the clock."""
    changes = array("i", [100] * 200)
    changes[100] = changes[110] = 5_000
    pictures = Pictures([bytes((n * 31 + i * 7) % 200 + 20 for i in range(PICTURE)) for n in range(200)])
    slow = index_of(200, [*range(100), *range(100, 300, 20), *range(300, 390)])
    assert len(find_shots(Scores(changes, pictures), index_of(200))) == 2
    assert find_shots(Scores(changes, pictures), slow).starts == (0, 100, 110)


def test_pictures_lie_in_any_number_of_buffers() -> None:
    """The n-th is the same, however they are spread."""
    each = [bytes([n] * PICTURE) for n in range(7)]
    spread = Pictures([b"".join(each[:2]), b"", b"".join(each[2:6]), memoryview(each[6])])
    assert len(spread) == 7
    assert [bytes(spread[n]) for n in range(7)] == each
    assert spread.apart(2, 5) == 3 * PICTURE
    assert len(Pictures([])) == 0


def test_scores_of_other_frames_are_refused() -> None:
    """One too many is an error, not a shift."""
    with pytest.raises(ValueError, match="5 scores and 5 pictures for 4 frames"):
        find_shots(scores_of([A] * 5), index_of(4))


def test_pieces_are_cut_at_shots() -> None:
    """The reason tells how many there are of both, and how long they are."""
    shots = shots_of([A] * 60 + [B] * 60 + [C] * 700 + [A] * 100)
    cuts = cut_points(index_of(920), "scenes", shots=shots)
    assert set(cuts.starts) < set(shots.starts)
    assert cuts.reason.startswith("5 shots, 2.4 to 14.0 s long, 1 of them parts of longer ones, in 4 pieces, 4.0 to ")
    assert cut_points(index_of(920), "scenes", shots=shots, each=True).starts == shots.starts
    assert cut_points(index_of(90), "scenes", shots=shots_of([A] * 90)).reason == "one shot, in one piece"


def test_without_shots_scenes_are_cut_as_fixed() -> None:
    """Whoever has not looked for them is told so."""
    assert cut_points(index_of(100), "scenes", chunk_duration=Fraction(2)).reason == (
        "nobody has looked for shots, so every 2 s"
    )


FILMS = st.lists(
    st.tuples(st.integers(1, 90), st.integers(0, 30_000), st.sampled_from([0, 300, 2_000])), min_size=1, max_size=30
).map(lambda shots: [change for frames, first, rest in shots for change in [first, *[rest] * frames]])


@given(FILMS)
def test_shots_and_pieces_cover_any_film(changes: list[int]) -> None:
    """Shots are neither too short nor too long; pieces are made of whole ones, and long enough."""
    shots, index = changing(changes), index_of(len(changes))
    ends = [*shots.starts, len(changes)]
    assert len(shots.starts) == len(shots.strengths) == len(shots.kinds)
    assert ends[0] == 0
    assert all(8 <= b - a <= 20 * RATE for a, b in pairwise(ends)) or len(shots) == 1
    pieces = gathered(shots, index)
    assert pieces[0] == 0
    assert set(pieces) <= set(shots.starts)
    assert all(4 * RATE <= b - a <= 24 * RATE for a, b in pairwise(pieces))
    assert len(changes) - pieces[-1] >= 2 * RATE or len(pieces) == 1


@given(FILMS, FILMS)
def test_the_beginning_depends_on_the_beginning_alone(changes: list[int], more: list[int]) -> None:
    """So that it could be encoded while the rest has not been looked at: what follows changes the last second only."""

    def until(shots: Shots) -> list[int]:
        pairs = zip(shots.starts, shots.kinds, strict=True)
        return [start for start, kind in pairs if kind is not Kind.DIVIDED and start < len(changes) - 2 * RATE]

    assert until(changing(changes)) == until(changing(changes + more))
