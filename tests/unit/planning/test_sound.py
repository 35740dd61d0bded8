"""Tracks of sound: which are cut, why, and where; and what the pieces of one look like as a graph."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.command.part import part_of
from suture.command.sound import HeardSound, SoundPiece, SoundSlice
from suture.encoder.sound import GRIDS
from suture.model import StreamInfo
from suture.planning.frames import Looking
from suture.planning.sound import plan_sounds
from suture.planning.sound_steps import sound_steps, splice_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.planning.brief import Brief
    from suture.planning.sound import SoundPlan
    from suture.planning.step import Step

BASE = Fraction(1, 1000)
HOUR = 3_600_000
SOUND = StreamInfo(0, "audio", "flac", BASE, 0, duration=HOUR, channels=2, sample_rate=48_000, sample_format="s16")
VIDEO = StreamInfo(0, "video", "h264", BASE, 0, width=1920, height=1080, pix_fmt="yuv420p")


@pytest.fixture
def plan_of(make_brief: Callable[..., Brief]) -> Callable[..., tuple[Brief, SoundPlan]]:
    """The plan of one track, beside nothing else."""

    def make(
        stream: StreamInfo = SOUND,
        *,
        workers: int = 4,
        looking: Looking | None = None,
        audio_codec: str = "aac",
        **asked: Any,
    ) -> tuple[Brief, SoundPlan]:
        source = {"duration_us": None if stream.duration is None else stream.duration * 1000}
        brief = make_brief(stream, output="/o.mka", source=source, audio_codec=audio_codec, **asked)
        brief = replace(brief, workers=workers)
        (plan,) = plan_sounds(brief, (), looking or Looking())
        return brief, plan

    return make


def fixed(seconds: float) -> dict[str, Any]:
    """Pieces of that length are asked for."""
    return {"chunking": "fixed", "chunk_duration": Fraction(str(seconds))}


def _named(asked: object) -> str:
    """An id that is the same in every process."""
    return ",".join(asked) if isinstance(asked, dict) else str(asked)


class TestWhole:
    """What is not cut, and what `plan` says of it."""

    @pytest.mark.parametrize(
        ("asked", "why"),
        [
            ({"audio_codec": "libvorbis"}, "libvorbis has no grid"),
            ({"audio_codec": "pcm_s16le"}, "too fast to gain"),
            ({"audio_filter": "volume=2,atempo=1.1"}, "behind atempo it is longer or shorter"),
            ({"audio_filter": "asetpts=PTS+1,[in]apad[out]"}, "behind apad, asetpts"),
            ({"loudness": -16.0}, "its loudness is measured first"),
            ({"audio_codec": "libmp3lame", "audio_quality": 2.0}, "no two encoders do alike at a constant quality"),
            ({"channels": 12}, "12 channels have no usual layout"),
            ({"looking": Looking(whole=frozenset({0}))}, "its pieces did not fit together"),
            ({"workers": 1}, "one worker gains nothing"),
        ],
        ids=_named,
    )
    def test_why(self, plan_of: Callable[..., tuple[Brief, SoundPlan]], asked: dict[str, Any], why: str) -> None:
        """The reason is told, however long the track is."""
        _, plan = plan_of(**asked)
        assert not plan.is_cut
        assert plan.bounds == (0,)
        assert why in str(plan.decision())
        assert "encoded whole" in str(plan.decision())

    @pytest.mark.parametrize("asked", [{"loudness": -16.0}, {"looking": Looking(whole=frozenset({0}))}], ids=_named)
    def test_also_where_pieces_are_asked_for(
        self, plan_of: Callable[..., tuple[Brief, SoundPlan]], asked: dict[str, Any]
    ) -> None:
        """What can't be cut is not cut by --chunking either."""
        assert not plan_of(**asked, **fixed(60))[1].is_cut

    def test_a_stream_that_does_not_say_how_long_it_is(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> None:
        """Nobody knows where to cut it."""
        _, plan = plan_of(replace(SOUND, duration=None))
        assert "does not say how long it is" in plan.why

    def test_another_stream_that_did_not_fit_says_nothing_of_this_one(
        self, plan_of: Callable[..., tuple[Brief, SoundPlan]]
    ) -> None:
        """Only the one is encoded whole."""
        assert plan_of(looking=Looking(whole=frozenset({1})))[1].is_cut

    @pytest.mark.parametrize("encoder", ["libopus", "aac", "ac3", "alac"])
    def test_a_short_track(self, plan_of: Callable[..., tuple[Brief, SoundPlan]], encoder: str) -> None:
        """Three minutes are done before pieces would have paid."""
        _, plan = plan_of(replace(SOUND, duration=30_000), audio_codec=encoder)
        assert not plan.is_cut
        assert "too short" in plan.why

    def test_beside_a_slow_encode_of_pictures(
        self, make_brief: Callable[..., Brief], make_video: Callable[..., Any]
    ) -> None:
        """One core is done with it long before the others are with the film; a longer track is cut."""
        sound = replace(SOUND, index=1, duration=HOUR // 2)
        brief = make_brief(VIDEO, sound, audio_codec="aac", source={"duration_us": 1_800_000_000})
        film = make_video(brief, frames=45_000)
        (plan,) = plan_sounds(brief, (film,), Looking())
        assert "before the others are with the rest" in plan.why
        (alone,) = plan_sounds(brief, (), Looking())
        assert alone.is_cut

    def test_many_tracks_are_not_cut_for_each_other(self, make_brief: Callable[..., Brief]) -> None:
        """Where there are more short ones than cores, each core has its own."""
        tracks = [replace(SOUND, index=n, duration=600_000) for n in range(8)]
        brief = make_brief(*tracks, audio_codec="aac", output="/o.mka", source={"duration_us": 600_000_000})
        plans = plan_sounds(brief, (), Looking())
        assert [plan.is_cut for plan in plans] == [False] * 8
        assert [plan.name for plan in plans] == [f"audio-{n}" for n in range(8)]


class TestWhere:
    """The first packets of pieces."""

    @pytest.mark.parametrize("encoder", sorted(GRIDS))
    def test_an_hour_is_cut_so_that_all_cores_work(
        self, plan_of: Callable[..., tuple[Brief, SoundPlan]], encoder: str
    ) -> None:
        """In whole rounds, of pieces much longer than what they overlap by; what is done in seconds is cut in fewer."""
        _, plan = plan_of(audio_codec=encoder)
        assert plan.why == "all cores work on it"
        assert len(plan.bounds) % 4 == 0 or (plan.grid and plan.grid.cost <= 0.001 and len(plan.bounds) < 4)
        assert plan.bounds[0] == 0
        grid = GRIDS[encoder]
        lengths = {b - a for a, b in pairwise(plan.bounds)}
        assert max(lengths) - min(lengths) <= 1
        assert min(lengths) >= 6 * (grid.before + grid.behind)
        assert "pieces of about" in str(plan.decision())

    def test_pieces_of_the_length_that_is_asked_for(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> None:
        """Each begins at the first packet at or after a multiple of it; one worker does it, too."""
        _, plan = plan_of(audio_codec="libopus", workers=1, **fixed(600.01))
        assert plan.bounds == tuple(-(-n * 60001 // 2) for n in range(6))
        assert plan.why == "as asked for"

    def test_a_piece_is_not_shorter_than_what_others_encode_of_it(
        self, plan_of: Callable[..., tuple[Brief, SoundPlan]]
    ) -> None:
        """The first multiple of what was asked for that is as long as an overlap of AAC."""
        grid = GRIDS["aac"]
        overlap = Fraction((grid.before + grid.behind) * 1024, 48_000)
        own = 5 * -(-overlap // 5)
        assert own > overlap > 5
        _, plan = plan_of(replace(SOUND, duration=120_000), **fixed(5))
        assert plan.bounds == tuple(-(-n * own * 48_000 // 1024) for n in range(-(-120 // own)))

    def test_the_end_is_no_piece(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> None:
        """What would be a packet or two belongs to the piece before."""
        _, plan = plan_of(replace(SOUND, duration=60_030), audio_codec="libopus", **fixed(20))
        assert plan.bounds == (0, 1000, 2000)
        _, plan = plan_of(replace(SOUND, duration=60_100), audio_codec="libopus", **fixed(20))
        assert plan.bounds == (0, 1000, 2000, 3000)

    def test_only_what_is_asked_for_is_cut(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> None:
        """--start and --end: the track begins and ends there."""
        brief, plan = plan_of(audio_codec="libopus", start=Fraction(1000), end=Fraction(1060), **fixed(20))
        assert plan.seconds == 60
        assert plan.bounds == (0, 1000, 2000)
        assert plan.sound is not None
        assert plan.sound.filters[-1] == "atrim=start=1000.000000:end=1060.000000"
        assert brief.start == 1000

    @pytest.mark.parametrize("encoder", ["ac3", "eac3"])
    def test_ac3_at_44100_begins_to_encode_on_its_period(
        self, plan_of: Callable[..., tuple[Brief, SoundPlan]], encoder: str
    ) -> None:
        """The first packet that a piece encodes is a multiple of so many; the boundary lies behind its overlap."""
        stream = replace(SOUND, sample_rate=44_100)
        _, plan = plan_of(stream, audio_codec=encoder, audio_bitrate="192k", **fixed(300))
        assert plan.period == GRIDS[encoder].period(44_100, 192_000) > 1
        assert len(plan.bounds) == 12
        assert all(plan.first(piece) % plan.period == 0 for piece in range(len(plan.bounds)))
        wanted = [n * 300 * 44_100 / 1536 for n in range(12)]
        assert all(0 <= found - at <= plan.period + 3 for found, at in zip(plan.bounds, wanted, strict=True))
        assert plan_of(audio_codec=encoder)[1].period == 1

    @pytest.mark.parametrize(("rate", "channels"), [(192_000, 8), (48_000, 2)])
    def test_a_slice_is_a_file_of_a_gigabyte_at_most(
        self, plan_of: Callable[..., tuple[Brief, SoundPlan]], rate: int, channels: int
    ) -> None:
        """WAV can hold four, and several lie on the disk at once."""
        stream = replace(SOUND, sample_rate=rate, channels=channels, duration=10 * HOUR)
        _, plan = plan_of(stream, audio_codec="alac", **fixed(18_000))
        assert plan.is_cut
        largest = max(b - a for a, b in pairwise(plan.bounds)) * 4096 * channels * 4
        assert largest <= (1 << 30) + 4096 * channels * 4

    @given(
        encoder=st.sampled_from(sorted(GRIDS)),
        rate=st.sampled_from([8_000, 22_050, 44_100, 48_000, 96_000]),
        duration=st.integers(1, 2 * HOUR),
        chunk=st.integers(1, 3600),
        workers=st.integers(1, 64),
        is_fixed=st.booleans(),
    )
    def test_wherever_it_is_cut(
        self,
        encoder: str,
        rate: int,
        duration: int,
        chunk: int,
        workers: int,
        is_fixed: bool,  # noqa: FBT001 - hypothesis gives it
    ) -> None:
        """Bounds ascend from 0, each piece has sound of its own, and slices cover all and overlap."""
        plan = hypothetical(encoder, rate, duration, workers, fixed(chunk) if is_fixed else {})
        if not plan.is_cut:
            return
        assert plan.grid is not None
        assert plan.sound is not None
        size = plan.grid.samples(plan.sound.rate)
        assert plan.bounds[0] == 0
        assert all(a < b for a, b in pairwise(plan.bounds))
        assert plan.bounds[-1] * size < plan.seconds * plan.sound.rate
        cuts = plan.slices("/job")
        assert cuts[0].begin == 0
        assert cuts[-1].end is not None
        assert cuts[-1].end > plan.seconds * plan.sound.rate, "there may be more than was told"
        for n, (one, other) in enumerate(pairwise(cuts)):
            assert one.end is not None
            assert one.begin <= other.begin < plan.bounds[n + 1] * size < one.end
            assert one.keep == one.end - other.begin
            assert other.end is not None
            assert one.end < other.end


def hypothetical(encoder: str, rate: int, duration: int, workers: int, asked: dict[str, Any]) -> SoundPlan:
    """A plan without a fixture: hypothesis wants none that lasts for one test."""
    from suture.model import MediaInfo  # noqa: PLC0415
    from suture.planning.brief import Brief  # noqa: PLC0415
    from suture.planning.containers import container_for  # noqa: PLC0415
    from suture.planning.tracks import choose_tracks  # noqa: PLC0415
    from suture.settings import EncodeSettings  # noqa: PLC0415

    stream = replace(SOUND, sample_rate=rate, duration=duration)
    info = MediaInfo("/in.mka", "matroska", 1, 0, duration * 1000, (stream,))
    settings, container = EncodeSettings(crf=20.0, audio_codec=encoder, **asked), container_for("/o.mka")
    tracks = choose_tracks(info, settings, container)
    brief = Brief("/o.mka", settings, "/job", info, container, tracks, "/bin/ffmpeg", workers, workers)
    return plan_sounds(brief, (), Looking())[0]


class TestForm:
    """What the pieces are given."""

    def test_samples_that_nothing_changes_stay(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> None:
        """The source's form and rate, in whatever layout they come."""
        sound = plan_of()[1].sound
        assert sound is not None
        assert (sound.form, sound.rate, sound.layout) == ("s16", 48_000, "")

    def test_gaps_are_filled_before_all_else(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> None:
        """By silence, so that counting samples tells the time; what the user filters is even."""
        sound = plan_of(audio_filter="volume=0.3")[1].sound
        assert sound is not None
        assert sound.filters[0].startswith("aresample=async=1:")
        assert sound.filters[1:] == ("volume=0.3",)

    def test_filtered_samples_are_not_rounded(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> None:
        """Filters come before the cut, and give what the encoder takes."""
        sound = plan_of(audio_filter="volume=0.3", sample_rate=44_100)[1].sound
        assert sound is not None
        assert (sound.form, sound.rate, sound.filters[-1]) == ("flt", 44_100, "volume=0.3")

    def test_a_downmix_comes_before_the_cut(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> None:
        """As the layout that ffmpeg means by that number; the pieces are not mixed again."""
        brief, plan = plan_of(replace(SOUND, channels=6, channel_layout="5.1"), channels=2, sample_rate=44_100)
        assert plan.sound is not None
        assert (plan.sound.layout, plan.sound.rate) == ("stereo", 44_100)
        pieces = [step.command for step in sound_steps(brief, plan) if isinstance(step.command, SoundPiece)]
        assert all(not {"-ac", "-ar"} & set(piece.build_args()) for piece in pieces)

    def test_a_rate_that_the_encoder_lacks(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> None:
        """It is made the nearest that it has, once, before the cut."""
        sound = plan_of(replace(SOUND, sample_rate=44_100), audio_codec="libopus")[1].sound
        assert sound is not None
        assert sound.rate == 48_000


class TestSteps:
    """The graph of a track that is cut."""

    @pytest.fixture
    def cut(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> tuple[Brief, SoundPlan, dict[str, Step]]:
        """Opus, ten pieces, two workers."""
        brief, plan = plan_of(replace(SOUND, duration=100_000), audio_codec="libopus", workers=2, **fixed(10))
        return brief, plan, {step.command.id: step for step in sound_steps(brief, plan)}

    def test_a_slice_for_each_piece_and_a_splice_of_all(self, cut: tuple[Brief, SoundPlan, dict[str, Step]]) -> None:
        """What the join waits for is called as the track; a piece needs its own slice only."""
        _, plan, steps = cut
        assert len(plan.bounds) == 10
        names = [f"audio-0-{n:05d}" for n in range(10)]
        assert list(steps)[-2:] == ["audio-0-heard", "audio-0"]
        assert steps["audio-0"].after == (*names, "audio-0-heard")
        assert [steps[name].after for name in names] == [(f"audio-0-slice-{n:05d}",) for n in range(10)]
        assert all(isinstance(steps[name].command, SoundPiece) for name in names)
        assert all(not step.transient for name, step in steps.items() if "slice" not in name)

    def test_slices_come_one_after_the_other(self, cut: tuple[Brief, SoundPlan, dict[str, Step]]) -> None:
        """However the one before ended, for the next run reads on by itself; nobody keeps one that is used up."""
        _, _, steps = cut
        for n in range(10):
            step = steps[f"audio-0-slice-{n:05d}"]
            assert step.transient
            assert step.after == ()
            assert (f"audio-0-slice-{n - 1:05d}" in step.after_any) == bool(n)
            assert not step.command.reusable
        assert steps["audio-0-heard"].after_any == ("audio-0-slice-00009",)
        assert isinstance(steps["audio-0-heard"].command, HeardSound)

    @pytest.mark.parametrize("workers", [1, 2, 3, 5])
    def test_few_slices_lie_on_the_disk(self, plan_of: Callable[..., tuple[Brief, SoundPlan]], workers: int) -> None:
        """Whatever order they run in: a slice is not made before all but so many of the earlier ones are used up."""
        asked = {"audio_codec": "libopus", "workers": workers, **fixed(10)}
        brief, plan = plan_of(replace(SOUND, duration=200_000), **asked)
        steps = {step.command.id: step for step in sound_steps(brief, plan)}
        assert most_slices(steps) == workers + 2

    def test_each_piece_consumes_its_slice(self, cut: tuple[Brief, SoundPlan, dict[str, Step]]) -> None:
        """It is removed by who encodes it, and by nobody else."""
        _, _, steps = cut
        for n in range(10):
            piece, slice_ = steps[f"audio-0-{n:05d}"].command, steps[f"audio-0-slice-{n:05d}"].command
            assert isinstance(piece, SoundPiece)
            assert isinstance(slice_, SoundSlice)
            assert piece.consumes == piece.input_path == slice_.output_path
            assert bool(slice_.joint) == (n < 9)

    def test_the_splice_reads_what_the_others_write(self, cut: tuple[Brief, SoundPlan, dict[str, Step]]) -> None:
        """Pieces, samples that neighbours have in common, and the listing, each under one name."""
        brief, plan, steps = cut
        spec = splice_spec(brief.folder, plan)
        pieces = [steps[f"audio-0-{n:05d}"].command for n in range(10)]
        slices = [steps[f"audio-0-slice-{n:05d}"].command for n in range(10)]
        assert [part.path for part in spec.pieces] == [piece.output_path for piece in pieces]
        joints = [cut.joint for cut in slices if isinstance(cut, SoundSlice)]
        assert [part.samples for part in spec.pieces] == ["", *joints[:-1]]
        assert [part.first * 960 for part in spec.pieces] == [c.begin for c in slices if isinstance(c, SoundSlice)]
        assert spec.heard == steps["audio-0-heard"].command.output_path
        assert spec.output == steps["audio-0"].command.output_path
        grid = GRIDS["libopus"]
        assert (spec.warm, spec.tail, spec.reach, spec.run) == (grid.warm, grid.tail, grid.reach, grid.run)

    def test_only_the_last_piece_of_some_is_padded(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> None:
        """AC-3 leaves its last samples in the encoder; silence behind them gets them out."""
        _, plan = plan_of(audio_codec="ac3", **fixed(1200))
        assert [plan.silence(n) for n in range(3)] == [0, 0, 1536]
        _, plan = plan_of(audio_codec="libopus", **fixed(1200))
        assert [plan.silence(n) for n in range(3)] == [0, 0, 0]

    def test_the_work_is_shared_out(self, cut: tuple[Brief, SoundPlan, dict[str, Step]]) -> None:
        """Costs and seconds of the pieces add up to the track's; slices and splice count for nothing."""
        _, plan, steps = cut
        assert sum(step.seconds for step in steps.values()) == pytest.approx(100)
        assert {name for name, step in steps.items() if step.cost} == {f"audio-0-{n:05d}" for n in range(10)}
        assert plan.cost * 10 == pytest.approx(100 * 2 * GRIDS["libopus"].cost)

    def test_a_track_that_is_not_cut_is_one_piece(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> None:
        """Decoded as it is encoded, and told its length and its place as others are."""
        stream = replace(SOUND, duration=60_000)
        brief, plan = plan_of(stream, workers=1, audio_filter="volume=0.3", channels=1)
        piece, splice = sound_steps(brief, plan)
        assert (piece.command.id, splice.command.id) == ("audio-0-00000", "audio-0")
        assert splice.after == ("audio-0-00000",)
        assert "volume=0.3,aformat=sample_fmts=flt:sample_rates=48000:channel_layouts=mono" in " ".join(
            piece.command.build_args()
        )
        spec = splice_spec(brief.folder, plan)
        assert [part.path for part in spec.pieces] == [piece.command.output_path]
        assert part_of(spec.heard) in " ".join(piece.command.build_args())

    def test_a_track_without_a_grid_is_one_step(self, plan_of: Callable[..., tuple[Brief, SoundPlan]]) -> None:
        """Called as the track, with all filters in its command: ffmpeg tells length and place."""
        brief, plan = plan_of(audio_codec="libvorbis", audio_filter="volume=0.3", channels=1)
        (step,) = sound_steps(brief, plan)
        assert step.command.id == "audio-0"
        line = step.command.build_args()
        assert line[line.index("-af") + 1].endswith("volume=0.3")
        assert line[line.index("-ac") + 1] == "1"


def most_slices(steps: dict[str, Step]) -> int:
    """How many slices can lie on the disk at once at most, when they run as early and pieces as late as may be."""
    done: set[str] = set()
    most = 0
    while len(done) < len(steps):
        free = [name for name, step in steps.items() if name not in done and done >= {*step.after, *step.after_any}]
        first = next((name for name in free if "slice" in name), free[0])
        done.add(first)
        waiting = [n for n in done if "slice" in n and n.replace("slice-", "") not in done]
        most = max(most, len(waiting))
    return most
