"""The command line that measures: who is which input, what is decoded how often, and names that hold anything."""

from __future__ import annotations

from fractions import Fraction

import pytest

from suture.command.glimpse import Glimpse, Shape
from suture.command.measuring import Gauge, Measuring, Seen
from suture.command.ranges import opening, selection
from suture.encoder import VideoEncoder
from suture.model import ChunkData

VMAF = Gauge("vmaf", 1920, 1080, model="vmaf_v0.6.1")
SSIM, PSNR, XPSNR = (Gauge(name, 640, 360) for name in ("ssim", "psnr", "xpsnr"))
NEW = """[info] n:   0 pts:      0 pts_time:0 duration_time:0.04 fmt:yuv420p10le cl:left sar:64/45 s:720x576 i:P iskey:1
[info] color_range:tv color_space:bt709 color_primaries:bt709 color_trc:smpte2084
"""
OLD = "[info] n:   0 pts:      0 pts_time:0       pos:       48 fmt:gbrp sar:0/1 s:64x48 i:P iskey:1 type:I checksum:1"
CHUNK = ChunkData(1, 1.0, 2.0, "a.mkv", 24, 48, 1000, 2000, seek_us=979_166)


def graph(*gauges: Gauge, **settings: object) -> list[str]:
    """The parts of the filter graph."""
    sides = Seen("a.mkv", 1, ("-copyts",), ("trim=end_pts=9",)), Seen("b.mkv")
    argv = Measuring("m", *sides, "/logs", gauges, **settings).build_args()  # type: ignore[arg-type]
    return argv[argv.index("-filter_complex") + 1].split(";")


def test_each_side_is_decoded_once_and_scaled_once_for_every_size() -> None:
    """However many metrics there are."""
    parts = graph(VMAF, SSIM, PSNR)
    assert [part for part in parts if "scale=" in part] == [
        f"[{side}f{n}]scale={size}:flags=bicubic+accurate_rnd+bitexact,format=yuv420p,split={copies}"
        for side in "rd"
        for n, (size, copies) in enumerate((("1920:1080", f"1[{side}0]"), ("640:360", f"2[{side}1][{side}2]")))
    ]
    assert parts[0] == "[0:1]trim=end_pts=9,settb=1/25,setpts=N,fps=25/1,split=2[rf0][rf1]"


def test_the_reference_is_the_second_input_but_for_xpsnr() -> None:
    """Which takes its weights from the first one: the other way round, its numbers would be of the file."""
    parts = graph(SSIM, XPSNR)
    assert "[d0][r0]ssim=stats_file=/logs/m.0.ssim:shortest=1[m0]" in parts
    assert "[r1][d1]xpsnr=stats_file=/logs/m.1.xpsnr:shortest=1[m1]" in parts


def test_frames_are_counted_at_the_films_rate() -> None:
    """So that xpsnr knows how far to look back, whatever the times are."""
    for part in graph(SSIM, rate=Fraction(24000, 1001))[:3:2]:
        assert "settb=1001/24000,setpts=N,fps=24000/1001" in part


def test_only_the_file_gets_frames_that_it_lacks() -> None:
    """Repeated ones, as many as the reference has more; then both are counted anew."""
    reference, *_, file, _, _ = graph(SSIM, missing=(2, 1))
    assert "tpad" not in reference
    assert "fps=25/1,tpad=start=2:stop=1:start_mode=clone:stop_mode=clone,settb=1/25,setpts=N" in file


def test_a_stretch_takes_one_core_unless_it_is_alone() -> None:
    """Then VMAF has threads of its own, and so have the decoders."""
    assert any("n_threads=0" in part for part in graph(VMAF))
    assert any("n_threads=4" in part for part in graph(VMAF, threads=4))


def test_names_hold_anything() -> None:
    """Folders and models are escaped for each level that reads them."""
    gauge = Gauge("vmaf", 64, 48, model="/it's: a=b/m.json")
    command = Measuring("m", Seen("a"), Seen("b"), "/x,[y]", (gauge,))
    argv = command.build_args()
    text = argv[argv.index("-filter_complex") + 1]
    assert r"log_path=/x\,\[y\]/m.0.vmaf" in text
    assert "model=path=/it" + "\\" * 7 + "'s" in text.replace("\\\\\\:", ":")
    assert command.log(0) == command.output_path == "/x,[y]/m.0.vmaf"


def test_nothing_is_written_but_the_logs() -> None:
    """The pictures go nowhere."""
    argv = Measuring("m", Seen("a.mkv"), Seen("b.mkv"), "/logs", (SSIM, PSNR)).build_args()
    assert argv[-3:] == ["-f", "null", "file:-"]
    assert [argv[n + 1] for n, word in enumerate(argv) if word == "-map"] == ["[m0]", "[m1]"]


def test_a_chunk_is_seen_as_it_is_encoded() -> None:
    """The same options, the same filters: what the encoder gets is what a piece is measured against."""
    encoder = VideoEncoder(filters=("hflip",), keep_orientation=True, zero_us=1_000_000, frame_rate=Fraction(24))
    encoded = encoder.command(CHUNK, "out.mkv")
    seen = encoder.seen(CHUNK)
    assert tuple(encoded.input_options) == ("-threads", "2", *seen.options)
    assert encoded.filters[: len(seen.filters)] == seen.filters
    assert encoded.filters[len(seen.filters) :] == ("settb=1/24", "setpts=N")


def test_a_chunk_alone() -> None:
    """A seek before it, a trim behind; the first and the last are open."""
    seen = Seen.of(CHUNK)
    assert seen.options[-2:] == ("-ss", "0.979166")
    assert seen.filters == ("trim=start_pts=1000:end_pts=2000",)
    whole = ChunkData(0, 0.0, 2.0, "a.mkv", 0, 48, 0, 2000, open_end=True)
    assert not selection(whole)
    assert "-ss" not in opening(whole)
    assert seen.through("", "hflip").filters == (*seen.filters, "hflip")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (
            NEW,
            Shape(720, 576, "yuv420p10le", Fraction(64, 45), "tv", "bt709", "smpte2084"),
        ),
        (
            OLD,
            Shape(64, 48, "gbrp"),
        ),
    ],
)
def test_a_first_frame_is_described(said: str, wanted: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    """As both ffmpegs write it; what it does not tell is not known."""
    from suture.command import glimpse  # noqa: PLC0415 - to stand in for ffmpeg
    from suture.command.base import RunContext  # noqa: PLC0415 - as above

    class Finished:
        stderr_tail = said

    monkeypatch.setattr(glimpse, "run_command_line", lambda *_: (Finished, None))
    monkeypatch.setattr(Glimpse, "command_line", lambda _: [])
    assert Glimpse("g", Seen("a.mkv")).look(RunContext()) == wanted
