"""Slices of one decode that waits between tasks: the samples of each, and what becomes of decodes that die or wait.

Where it does not matter what decodes, ``cat`` of a WAV file stands for it.
"""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import films
from runs import within
from sounds import hiss, wav
from suture import process
from suture.cancel import CancelToken
from suture.command import hearing
from suture.command.base import RunContext
from suture.command.hearing import Hearing, forget_hearings, give_back, take_hearing
from suture.command.sound import HeardSound, SoundSlice, SoundSource
from suture.errors import CommandCancelled, CommandError, CommandFailed, CommandTimeout, PiecesDiffer
from suture.media.heard import read_heard
from suture.media.sound_table import read_samples, wav_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.fault

COUNT = 100_000


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """After each test no decode waits or runs."""
    yield
    left = list(hearing._waiting)
    forget_hearings("/")
    assert not left
    assert not process._in_flight


@pytest.fixture
def sound() -> Any:
    """Two channels."""
    return hiss(COUNT, 2)


@pytest.fixture
def source(tmp_path: Path, sound: Any) -> Path:
    """The same as WAV."""
    return wav(tmp_path / "source.wav", sound)


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Callable[..., Hearing]]:
    """A decode by a shell's words; closed in the end."""
    opened: list[Hearing] = []

    def begin(words: str) -> Hearing:
        opened.append(Hearing(["sh", "-c", words], "listen", RunContext(log_dir=tmp_path)))
        return opened[-1]

    yield begin
    for each in opened:
        each.close()


def samples(path: Path) -> Any:
    """A WAV file's samples as 16-bit numbers; its head tells the truth about its length."""
    found = read_samples(str(path)) * 32768
    assert found.shape[1] == wav_samples(str(path)).count
    head = path.read_bytes()[:8]
    assert int.from_bytes(head[4:], "little") == path.stat().st_size - 8
    return found.astype(np.int16)


class TestSamples:
    """What `Hearing` writes."""

    def test_slices_one_after_the_other(
        self, listen: Callable[..., Hearing], source: Path, sound: Any, tmp_path: Path
    ) -> None:
        """Each has the samples that it was asked for; together they are all."""
        told = listen(f"cat {shlex.quote(str(source))}")
        path, found = tmp_path / "slice.wav", []
        for begin, end in ((0, 30_000), (30_000, 30_001), (30_001, 99_999), (99_999, None)):
            count = told.write("slice", str(path), begin, end, 0, RunContext())
            found.append(samples(path))
            assert count == found[-1].shape[1]
        assert np.array_equal(np.concatenate(found, axis=1), sound)

    def test_what_two_slices_have_in_common(
        self, listen: Callable[..., Hearing], source: Path, sound: Any, tmp_path: Path
    ) -> None:
        """The last samples are kept for the next one, and can be written by themselves."""
        told = listen(f"cat {shlex.quote(str(source))}")
        one, other, joint = (tmp_path / name for name in ("1.wav", "2.wav", "joint.wav"))
        told.write("one", str(one), 0, 50_000, 7_000, RunContext())
        assert (told.position, told.earliest) == (50_000, 43_000)
        told.write_kept(str(joint))
        assert told.write("other", str(other), 43_000, 60_000, 10_000, RunContext()) == 17_000
        assert np.array_equal(samples(one), sound[:, :50_000])
        assert np.array_equal(samples(joint), sound[:, 43_000:50_000])
        assert np.array_equal(samples(other), sound[:, 43_000:60_000])
        assert told.earliest == 50_000

    def test_an_overlap_that_is_longer_than_what_lies_between(
        self, listen: Callable[..., Hearing], source: Path, sound: Any, tmp_path: Path
    ) -> None:
        """A next slice may end within what was kept; what it keeps reaches back into that."""
        told = listen(f"cat {shlex.quote(str(source))}")
        path = tmp_path / "slice.wav"
        told.write("one", str(path), 0, 50_000, 20_000, RunContext())
        told.write("two", str(path), 30_000, 40_000, 5_000, RunContext())
        assert np.array_equal(samples(path), sound[:, 30_000:40_000])
        told.write("three", str(path), 35_000, 70_000, 0, RunContext())
        assert np.array_equal(samples(path), sound[:, 35_000:70_000])

    def test_what_comes_before_is_passed_over(
        self, listen: Callable[..., Hearing], source: Path, sound: Any, tmp_path: Path
    ) -> None:
        """A run that goes on begins in the middle."""
        told, path = listen(f"cat {shlex.quote(str(source))}"), tmp_path / "slice.wav"
        assert told.write("late", str(path), 70_123, 70_200, 10, RunContext()) == 77
        assert np.array_equal(samples(path), sound[:, 70_123:70_200])
        assert told.earliest == 70_190

    def test_sound_that_ends_early(
        self, listen: Callable[..., Hearing], source: Path, sound: Any, tmp_path: Path
    ) -> None:
        """As many as there are; what is kept begins where the next slice does, not so many samples before the end."""
        told, path, joint = listen(f"cat {shlex.quote(str(source))}"), tmp_path / "slice.wav", tmp_path / "joint.wav"
        end, keep = COUNT + 5_000, 15_000
        assert told.write("one", str(path), 60_000, end, keep, RunContext()) == COUNT - 60_000
        assert np.array_equal(samples(path), sound[:, 60_000:])
        told.write_kept(str(joint))
        assert np.array_equal(samples(joint), sound[:, end - keep :])
        assert told.write("two", str(path), end - keep, None, 0, RunContext()) == COUNT - (end - keep)
        assert np.array_equal(samples(path), sound[:, end - keep :])

    def test_sound_that_ends_before(self, listen: Callable[..., Hearing], source: Path, tmp_path: Path) -> None:
        """Nothing, and no error: what that means is the slice's to say."""
        told = listen(f"cat {shlex.quote(str(source))}")
        assert told.write("one", str(tmp_path / "slice.wav"), COUNT, None, 0, RunContext()) == 0

    def test_heads_that_come_in_bits(
        self, listen: Callable[..., Hearing], source: Path, sound: Any, tmp_path: Path
    ) -> None:
        """A pipe gives what is there: bytes of a sample, half a head."""
        words = "dd bs=1 count=50 2>/dev/null; dd bs=7 count=9 2>/dev/null; exec cat"
        told, path = listen(f"({words}) < {shlex.quote(str(source))}"), tmp_path / "slice.wav"
        told.write("one", str(path), 0, None, 0, RunContext())
        assert np.array_equal(samples(path), sound)


class TestItsEnd:
    """Decodes that die, hang or are stopped."""

    def test_a_decode_that_dies(self, listen: Callable[..., Hearing], source: Path, tmp_path: Path) -> None:
        """Half of a slice is none: its error names the task, and what the decoder said."""
        half = f"head -c 50000 {shlex.quote(str(source))}; echo 'Invalid data found' >&2; exit 69"
        with pytest.raises(CommandFailed, match="audio-0-slice-00001") as caught:
            listen(half).write("audio-0-slice-00001", str(tmp_path / "s.wav"), 0, None, 0, RunContext())
        assert (caught.value.returncode, caught.value.stderr) == (69, "Invalid data found")

    def test_a_decode_of_nothing(self, listen: Callable[..., Hearing], tmp_path: Path) -> None:
        """Not even a head."""
        with pytest.raises(CommandFailed, match="there is no sound"):
            listen("true").write("one", str(tmp_path / "s.wav"), 0, 10, 0, RunContext())

    def test_a_decode_that_hangs(self, listen: Callable[..., Hearing], source: Path, tmp_path: Path) -> None:
        """It is killed, and may be tried again."""
        told = listen(f"head -c 50000 {shlex.quote(str(source))}; sleep 60")
        with pytest.raises(CommandTimeout):
            told.write("one", str(tmp_path / "s.wav"), 0, None, 0, RunContext(stall_timeout_s=0.3))

    def test_a_cancel(self, listen: Callable[..., Hearing], source: Path, tmp_path: Path) -> None:
        """It is told as one."""
        token = CancelToken()
        told = listen(f"head -c 50000 {shlex.quote(str(source))}; sleep 60")
        told.write("one", str(tmp_path / "s.wav"), 0, 100, 0, RunContext())
        token.cancel()
        with pytest.raises(CommandCancelled):
            told.write("two", str(tmp_path / "s.wav"), 100, None, 0, RunContext(cancel=token))

    def test_the_end_is_waited_for(self, listen: Callable[..., Hearing], source: Path, tmp_path: Path) -> None:
        """What nobody has read is read, and an error behind it is one."""
        fine = listen(f"cat {shlex.quote(str(source))}")
        fine.write("one", str(tmp_path / "s.wav"), 0, 10, 0, RunContext())
        assert fine.finish("heard", RunContext()).returncode == 0
        late = listen(f"cat {shlex.quote(str(source))}; exit 1")
        late.write("one", str(tmp_path / "s.wav"), 0, 10, 0, RunContext())
        with pytest.raises(CommandError, match="heard"):
            late.finish("heard", RunContext())


class TestWaiting:
    """Which decode a task goes on with."""

    @pytest.fixture
    def argv(self, source: Path) -> list[str]:
        """A decode."""
        return ["cat", str(source)]

    def taken(self, argv: list[str], first: int | None) -> Hearing:
        """Take one."""
        return take_hearing(argv, first, "task", RunContext())

    def test_one_goes_on_where_the_last_one_ended(self, argv: list[str], tmp_path: Path) -> None:
        """It is the same child."""
        told = self.taken(argv, 0)
        told.write("one", str(tmp_path / "s.wav"), 0, 1000, 100, RunContext())
        give_back(told)
        again = self.taken(argv, 900)
        assert again is told
        again.close()

    def test_what_was_read_is_gone(self, argv: list[str], tmp_path: Path) -> None:
        """Who needs earlier samples gets a decode from the beginning, and the other one is stopped."""
        told = self.taken(argv, 0)
        told.write("one", str(tmp_path / "s.wav"), 0, 1000, 100, RunContext())
        give_back(told)
        other = self.taken(argv, 899)
        assert other is not told
        assert len(process._in_flight) == 1
        other.close()

    def test_another_decode_is_another(self, argv: list[str], source: Path) -> None:
        """Two tracks do not meet."""
        told = self.taken(argv, 0)
        give_back(told)
        other = self.taken([*argv, str(source)], 0)
        assert other is not told
        other.close()
        forget_hearings(str(source))

    def test_nobody_takes_one_twice(self, argv: list[str]) -> None:
        """While a task has it, another starts its own; of two that come back one is kept."""
        one, other = self.taken(argv, None), self.taken(argv, None)
        assert one is not other
        give_back(one)
        give_back(other)
        assert len(process._in_flight) == 1
        assert self.taken(argv, None) is other
        other.close()

    def test_a_job_that_is_over_forgets_its_own(self, tmp_path: Path, source: Path) -> None:
        """Those of its folder are stopped; another job's wait on."""
        mine, others = ["cat", str(source), f"{tmp_path}/a"], ["cat", "/nowhere"]
        give_back(self.taken(mine, 0))
        give_back(self.taken(others, 0))
        forget_hearings(str(tmp_path))
        assert [key[1] for key in hearing._waiting] == ["/nowhere"]
        assert within(5.0, lambda: len(process._in_flight) == 1)
        forget_hearings("/nowhere")


# -- with an ffmpeg ---------------------------------------------------------------------------------------------------

# Filters with a memory: what they give depends on where they began.
FILTERS = ("aecho=0.8:0.6:150:0.4", "acompressor=threshold=0.1")
RATE = 44_100
BOUNDS = ((0, 60_000, 10_000), (50_000, 60_100, 5_000), (55_100, 110_000, 20_000), (90_000, None, 0))


@pytest.fixture
def decode(tmp_path: Path, ffmpeg: str) -> SoundSource:
    """Three seconds behind filters, at another rate, in floats."""
    path = tmp_path / "in.flac"
    films.ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=3:c=pink:r=48000:seed=3,volume=volume='0.1+0.3*t':eval=frame", path)
    return SoundSource(str(path), 0, FILTERS, "flt", RATE, "stereo", ffmpeg)


def slices(folder: Path, decode: SoundSource) -> list[SoundSlice]:
    """Four that overlap."""
    names = [f"audio-0-slice-{n:05d}" for n in range(len(BOUNDS))]
    listing = str(folder / "audio-0-heard.now.txt")
    return [
        SoundSlice(
            name,
            str(folder / f"{name}.wav"),
            decode,
            listing,
            begin=begin,
            end=end,
            keep=keep,
            joint=str(folder / f"{name}-joint.wav") if keep else "",
        )
        for name, (begin, end, keep) in zip(names, BOUNDS, strict=True)
    ]


def alone(command: SoundSlice | HeardSound, path: Path) -> Path:
    """Run the command by itself, as a script would."""
    subprocess.run(command.line_to(str(path)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


class TestSlices:
    """The commands of a graph, in this process."""

    def test_they_are_those_of_their_own_commands(self, tmp_path: Path, decode: SoundSource) -> None:
        """One decode, or each for itself from the beginning: the same samples, byte for byte; and the same listing."""
        whole = HeardSound("heard", str(tmp_path / "heard.txt"), decode, str(tmp_path / "audio-0-heard.now.txt"))
        for command in (*slices(tmp_path, decode), whole):
            command.run()
        for command in slices(tmp_path, decode):
            made = Path(command.output_path)
            apart = alone(command, tmp_path / "apart.wav")
            assert np.array_equal(read_samples(str(made)), read_samples(str(apart))), command.id
            if command.joint:
                joint = read_samples(command.joint)
                assert np.array_equal(joint, read_samples(str(made))[:, -command.keep :])
        heard = read_heard(whole.output_path)
        assert heard == read_heard(str(alone(whole, tmp_path / "apart.txt")))
        assert (heard.rate, heard.first, heard.samples) == (RATE, 0, 3 * RATE + RATE * 15 // 100)  # and an echo
        assert not Path(whole.listing).exists()

    def test_a_run_that_goes_on_in_the_middle(self, tmp_path: Path, decode: SoundSource) -> None:
        """A new process has no decode that waits: it passes over what is not wanted, and gives the same."""
        command = slices(tmp_path, decode)[2]
        command.run()
        apart = read_samples(str(alone(command, tmp_path / "apart.wav")))
        assert np.array_equal(read_samples(command.output_path), apart)
        forget_hearings(str(tmp_path))

    def test_a_slice_behind_the_end(self, tmp_path: Path, decode: SoundSource) -> None:
        """The source was told to be longer than it is: the pieces can't be put together, and no slice is left."""
        listing = str(tmp_path / "now.txt")
        late = SoundSlice("late", str(tmp_path / "late.wav"), decode, listing, begin=4 * RATE, end=None)
        with pytest.raises(PiecesDiffer, match="ends before"):
            late.run()
        assert not list(tmp_path.glob("*.wav"))
        assert not list(tmp_path.glob(".part*"))

    def test_what_one_has_found_out_others_need_not(self, tmp_path: Path, decode: SoundSource) -> None:
        """A slice behind one that gave up gives up with the same words, and starts no decode."""
        listing = str(tmp_path / "now.txt")
        late = SoundSlice("late", str(tmp_path / "late.wav"), decode, listing, begin=4 * RATE, end=None)
        with pytest.raises(PiecesDiffer) as first:
            late.run()
        Path(decode.path).unlink()
        with pytest.raises(PiecesDiffer) as second:
            SoundSlice("later", str(tmp_path / "later.wav"), decode, listing, begin=5 * RATE).run()
        assert second.value.message == first.value.message

    def test_a_gap_is_found_by_the_slice_behind_it(self, tmp_path: Path, decode: SoundSource) -> None:
        """Samples alone do not tell when they are to be heard."""
        shift = "asetpts=PTS+if(gt(T\\,1)\\,1/TB\\,0)"
        gap = SoundSource(decode.path, 0, (shift,), "flt", RATE, "stereo", decode.program)
        with pytest.raises(PiecesDiffer, match=r"clock jumps: at 2\.\d+ s by \+1\.000 s"):
            SoundSlice("gap", str(tmp_path / "gap.wav"), gap, str(tmp_path / "now.txt")).run()
        with pytest.raises(PiecesDiffer, match="clock jumps"):
            HeardSound("heard", str(tmp_path / "heard.txt"), gap, str(tmp_path / "now.txt")).run()
        assert not (tmp_path / "heard.txt").exists()

    def test_a_source_that_is_gone(self, tmp_path: Path, decode: SoundSource) -> None:
        """The decoder's error is the slice's."""
        Path(decode.path).unlink()
        with pytest.raises(CommandError, match="No such file") as caught:
            slices(tmp_path, decode)[0].run()
        assert "audio-0-slice-00000" in str(caught.value)
