"""Which frames stand beside each other, and which have no partner."""

from __future__ import annotations

from suture.proof.pairs import Alone, Pairs, pair

GRID = [n / 24 for n in range(48)]
ALL = range(48)


def paired(others: list[float], mine: range = ALL, late: float = 0.0) -> tuple[Pairs, list[Alone]]:
    """The reference beside all of another film."""
    pairs = pair(GRID, others, mine, range(len(others)), late)
    return pairs, list(pairs.alone(GRID, others, mine, range(len(others))))


def test_as_many_frames_are_paired_by_number() -> None:
    """Whatever their times are: a film that runs at 25 instead of 24 is the same film."""
    pairs, alone = paired([n / 25 + 3 for n in range(48)])
    assert list(pairs.mine) == list(pairs.theirs) == list(ALL)
    assert not alone


def test_frames_that_are_missing_have_no_partner() -> None:
    """Those around them keep theirs; what is missing is named by number and time."""
    others = [at for n, at in enumerate(GRID) if n not in {3, 10, 11, 12, 47}]
    pairs, alone = paired(others)
    assert [others[b] for b in pairs.theirs] == [GRID[a] for a in pairs.mine] == others
    assert [(a.first, a.last, len(a)) for a in alone] == [(3, 3, 1), (10, 12, 3), (47, 47, 1)]
    assert alone[1] == Alone("reference", 10, 12, 10 / 24)


def test_frames_too_many_have_no_partner_either() -> None:
    """One that is shown again in between is nobody's, though half a frame from both."""
    pairs, alone = paired([*GRID[:20], GRID[19] + 0.6 / 24, *GRID[20:]])
    assert list(pairs.mine) == list(ALL)
    assert alone == [Alone("file", 20, 20, GRID[19] + 0.6 / 24)]


def test_half_a_frame_is_the_limit() -> None:
    """A little less is the same frame, a little more is another one."""
    near, alone = paired([GRID[5] + 0.45 / 24, GRID[9] - 0.45 / 24])
    assert list(near.mine) == [5, 9]
    assert [a.side for a in alone] == ["reference"] * 3
    far, _ = paired([GRID[47] + 0.55 / 24, GRID[47] + 9])
    assert not len(far)


def test_a_film_that_only_ends_earlier_keeps_step() -> None:
    """Also where times were rounded so that two frames have one: there nearness could not tell them apart."""
    fast = [n / 2000 for n in range(48)]
    rounded = [round(at, 3) for at in fast[:40]]
    pairs = pair(fast, rounded, ALL, range(40))
    assert list(pairs.mine) == list(pairs.theirs) == list(range(40))


def test_a_part_beside_a_film_of_its_own() -> None:
    """Whose clock begins where the part does."""
    pairs, alone = paired([n / 24 for n in range(10) if n != 4], range(20, 30), late=GRID[20])
    assert list(pairs.mine) == [20, 21, 22, 23, 25, 26, 27, 28, 29]
    assert alone == [Alone("reference", 24, 24, 1.0)]


def test_an_uneven_clock_is_measured_where_it_stands() -> None:
    """Half a frame is more where frames stand far apart."""
    slow = [0.0, 1.0, 2.0, 3.0, *(3 + n / 60 for n in range(1, 60))]
    others = [0.3, 1.3, 2.0, *slow[10:]]
    pairs = pair(slow, others, range(len(slow)), range(len(others)))
    assert list(pairs.mine) == [0, 1, 2, *range(10, len(slow))]


def test_nothing_in_common() -> None:
    """Gives no pair, and all alone."""
    pairs, alone = paired([100.0, 101.0])
    assert not len(pairs)
    assert [(a.side, len(a)) for a in alone] == [("reference", 48), ("file", 2)]
