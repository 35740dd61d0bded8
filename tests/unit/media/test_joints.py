"""Joins of two pieces: in the middle of what both have, else where a decoder hears least of them, else nowhere.

The codec is made up: a packet holds its samples as 16-bit numbers, and a decoder gives these. So a piece is as noisy
at a packet as a test says, and what is joined is what stands there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sounds import hiss, raw_piece, wav
from suture.errors import PiecesDiffer
from suture.media import joint_noise
from suture.media.joints import Overlap, joint_of
from suture.media.sound_table import Packets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from suture.media.sound_table import SoundTable

USUAL = 100
LEFT, RIGHT = 0, 20
LEFT_END = 130
BEGIN, END, TAIL = 40, 100, 10


def plain(_piece: SoundTable, packets: list[bytes]) -> list[Any]:
    """The decoder."""
    return [np.frombuffer(packet, np.int16).reshape(1, -1) / 32768 for packet in packets]


@pytest.fixture
def sound() -> Any:
    """What both were given, and more: a quiet hiss."""
    return hiss(LEFT_END * USUAL) // 4


@pytest.fixture
def overlap(tmp_path: Path, sound: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Overlap]:
    """Two pieces whose packets are the sound, and noise as loud as each is told to have at each packet."""
    monkeypatch.setattr(joint_noise, "_decoded", plain)

    def piece(name: str, first: int, noise: Sequence[float], priming: int) -> SoundTable:
        shifted = np.concatenate([np.zeros((1, priming), np.int16), sound], axis=1)
        packets = []
        for number, loud in enumerate(noise, first):
            here = shifted[:, number * USUAL : (number + 1) * USUAL]
            rough = np.random.default_rng(number + 1000 * len(name)).standard_normal(here.shape) * loud
            packets.append((here + rough).astype(np.int16).tobytes())
        return raw_piece(tmp_path / name, packets, USUAL, priming)

    def make(
        left: Sequence[float],
        right: Sequence[float],
        *,
        compares: bool = True,
        priming: int = 0,
        reach: int = 0,
        run: int = 1000,
    ) -> Overlap:
        samples = wav(tmp_path / "joint.wav", sound[:, RIGHT * USUAL :], 8000) if compares else ""
        pieces = piece("left", LEFT, left, priming), piece("right", RIGHT, right, priming)
        return Overlap(pieces[0], LEFT, pieces[1], RIGHT, BEGIN, END, TAIL, reach, run, str(samples))

    return make


def noise(count: int, usual: float, **places: tuple[int, int, float]) -> list[float]:
    """How loud it is at each packet: as usual, but where it is said (from, to, how loud)."""
    return [
        next((loud for begin, end, loud in places.values() if begin <= number < end), usual) for number in range(count)
    ]


def alike(left_first: int, right_first: int, *runs: tuple[int, int]) -> tuple[list[bytes], list[bytes]]:
    """Packets of which those in the runs are the same in both."""
    same = {number for begin, end in runs for number in range(begin, end)}
    left = [bytes([number]) * (number % 3 + 1) for number in range(left_first, LEFT_END)]
    right = [bytes([number if number in same else 255]) * (number % 3 + 1) for number in range(right_first, 150)]
    return left, right


def of_packets(folder: Path, left: list[bytes], right: list[bytes], **more: Any) -> Overlap:
    """An overlap of packets that nobody decodes."""
    pieces = raw_piece(folder / "left", left), raw_piece(folder / "right", right)
    given = {"begin": BEGIN, "end": END, "tail": 0, "reach": 0, "run": 1, "samples": ""}
    return Overlap(pieces[0], LEFT, pieces[1], RIGHT, **{**given, **more})


class TestWhatBothHave:
    """Packets in a row that are the same, byte for byte."""

    def test_the_middle_of_the_longest_run(self, tmp_path: Path) -> None:
        """There is as much on both sides that proves that the encoders agree."""
        found = joint_of(of_packets(tmp_path, *alike(LEFT, RIGHT, (50, 54), (60, 70), (80, 85))))
        assert (found.packet, found.why) == (65, "10 packets in a row are the same")

    def test_only_what_may_be_a_join(self, tmp_path: Path) -> None:
        """Packets before and behind the range may be the same, too: they count for nothing."""
        found = joint_of(of_packets(tmp_path, *alike(LEFT, RIGHT, (20, 44), (90, 130))))
        assert (found.packet, found.why) == (95, "10 packets in a row are the same")

    def test_one_packet_is_enough_where_it_says_all(self, tmp_path: Path) -> None:
        """Of an encoder that remembers nothing."""
        assert joint_of(of_packets(tmp_path, *alike(LEFT, RIGHT, (71, 72)))).packet == 71

    def test_a_run_that_is_too_short_is_chance(self, tmp_path: Path) -> None:
        """Silence is coded alike by encoders that do not agree; and no samples are kept to choose by."""
        assert joint_of(of_packets(tmp_path, *alike(LEFT, RIGHT, (60, 76)), run=16)).packet == 68
        with pytest.raises(PiecesDiffer, match="no packet in common"):
            joint_of(of_packets(tmp_path, *alike(LEFT, RIGHT, (60, 75)), run=16))

    def test_nothing_in_common(self, tmp_path: Path) -> None:
        """An error that says that it can be encoded whole."""
        with pytest.raises(PiecesDiffer, match="no packet in common") as caught:
            joint_of(of_packets(tmp_path, *alike(LEFT, RIGHT)))
        assert "whole" in caught.value.hint

    @pytest.mark.parametrize(("reach", "packet"), [(0, 70), (19, 70), (20, 71), (22, 72), (39, 80)])
    def test_behind_what_its_decoding_needs(self, tmp_path: Path, reach: int, packet: int) -> None:
        """MP3 packets hold bits of later ones: so many bytes before the join are both's. Packets here: 1 to 3 bytes."""
        found = joint_of(of_packets(tmp_path, *alike(LEFT, RIGHT, (60, 81)), reach=reach))
        assert found.packet == packet

    def test_a_run_that_holds_fewer_bytes_is_none(self, tmp_path: Path) -> None:
        """A join in it would have a decoder take another's bits."""
        with pytest.raises(PiecesDiffer):
            joint_of(of_packets(tmp_path, *alike(LEFT, RIGHT, (60, 81)), reach=40))


class TestWhatIsHeard:
    """Two encodes that never agree, held against the samples."""

    @pytest.mark.parametrize("priming", [0, 37])
    def test_the_quiet_place(self, overlap: Callable[..., Overlap], priming: int) -> None:
        """Where the right one is no noisier than the left one is there; the rest is ten times as loud."""
        quiet = noise(110, 200.0, here=(60, 72, 20.0))
        found = joint_of(overlap(noise(LEFT_END, 20.0), quiet, priming=priming))
        assert 80 <= found.packet <= 82  # the right one's 60 is the track's 80; ten packets behind it are looked at
        assert "noise" in found.why

    def test_noise_where_the_left_one_has_as_much(self, overlap: Callable[..., Overlap]) -> None:
        """A join is good where it is as one encoder would have gone on, quiet or not."""
        loud = noise(LEFT_END, 20.0, here=(60, 72, 200.0))
        found = joint_of(overlap(loud, noise(110, 200.0)))
        assert 60 <= found.packet <= 62

    def test_one_bad_packet_is_enough(self, overlap: Callable[..., Overlap]) -> None:
        """Its worst moment is heard, though the rest is so quiet that on average it is as the other."""
        right = [60.0 if number % TAIL == 5 else 24.5 for number in range(110)]
        right[35:50] = [30.0] * 15
        at = joint_of(overlap(noise(LEFT_END, 30.0), right)).packet - RIGHT
        assert max(right[at : at + TAIL]) == 30.0

    def test_nothing_fits(self, overlap: Callable[..., Overlap]) -> None:
        """Four times as noisy as it may be wherever one looks is no join."""
        with pytest.raises(PiecesDiffer, match="differ wherever"):
            joint_of(overlap(noise(LEFT_END, 20.0), noise(110, 200.0)))

    def test_what_a_decoder_makes_of_both_counts(
        self, overlap: Callable[..., Overlap], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two pieces that are good by themselves may not fit: a decoder that fails at a join shows it."""
        given = overlap(noise(LEFT_END, 20.0), noise(110, 20.0))
        left = {given.left.path: raw(given.left)}

        def stumbling(piece: SoundTable, packets: list[bytes]) -> list[Any]:
            made = plain(piece, packets)
            is_left = [packet in left[given.left.path] for packet in packets]
            if any(is_left) and not all(is_left):
                at = is_left.index(False)
                made[at] = made[at] + 0.2
            return made

        monkeypatch.setattr(joint_noise, "_decoded", stumbling)
        with pytest.raises(PiecesDiffer, match="differ wherever"):
            joint_of(given)

    def test_silence_is_as_good_as_silence(self, overlap: Callable[..., Overlap]) -> None:
        """Where neither has any noise there is nothing to be divided by."""
        assert BEGIN <= joint_of(overlap(noise(LEFT_END, 0.0), noise(110, 0.0))).packet < END

    def test_what_both_have_comes_first(self, overlap: Callable[..., Overlap]) -> None:
        """Where the encoders agree nothing is measured."""
        same = overlap(noise(LEFT_END, 0.0), noise(110, 0.0), run=16)
        assert joint_of(same).packet == (BEGIN + END) // 2

    def test_a_decoder_that_gives_less(self, overlap: Callable[..., Overlap], monkeypatch: pytest.MonkeyPatch) -> None:
        """Packets that do not decode to as much as they are told to hold can't be compared."""
        given = overlap(noise(LEFT_END, 20.0), noise(110, 30.0))
        monkeypatch.setattr(joint_noise, "_decoded", lambda piece, packets: [e[:, 1:] for e in plain(piece, packets)])
        with pytest.raises(PiecesDiffer, match="can't be compared"):
            joint_of(given)

    @pytest.mark.parametrize("there", [True, False])
    def test_samples_that_are_gone(self, overlap: Callable[..., Overlap], tmp_path: Path, *, there: bool) -> None:
        """Spoilt or lost with the power: the sound is encoded whole then."""
        gone = tmp_path / "gone.wav"
        if there:
            gone.write_bytes(b"")
        given = overlap(noise(LEFT_END, 20.0), noise(110, 30.0))
        with pytest.raises(PiecesDiffer, match=r"gone\.wav"):
            joint_of(replace(given, samples=str(gone)))


def raw(piece: SoundTable) -> set[bytes]:
    """All packets of a piece."""
    return {Packets(piece).read(n) for n in range(len(piece.sizes))}
