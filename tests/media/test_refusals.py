"""What is refused, and that nothing is touched then: outputs in the way, sources that are none, unknown names."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from suture.errors import ConfigError, MediaError, SutureError, Unsupported
from suture.events import Planned
from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from collections.abc import Callable

    Encode = Callable[..., Any]

pytestmark = pytest.mark.media

FAST: dict[str, Any] = {"speed": "ultrafast", "threads": 1, "workers": 2}


def test_an_existing_output_is_refused(short: Path, tmp_path: Path, encode: Encode) -> None:
    """Without -y and -n it is an error, and the file is what it was."""
    output = tmp_path / "out.mkv"
    output.write_bytes(b"precious")
    with pytest.raises(ConfigError, match="exists"):
        encode(short, output, **FAST)
    assert output.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [output]


def test_a_dangling_link_counts_as_existing(short: Path, tmp_path: Path, encode: Encode) -> None:
    """What the link means to name is not made behind the user's back."""
    output = tmp_path / "out.mkv"
    output.symlink_to(tmp_path / "elsewhere.mkv")
    with pytest.raises(ConfigError, match="exists"):
        encode(short, output, **FAST)
    assert output.is_symlink()
    assert not (tmp_path / "elsewhere.mkv").exists()


def test_with_n_an_existing_output_stays(short: Path, tmp_path: Path, encode: Encode) -> None:
    """It is not an error, nothing runs, and the reason is told."""
    output = tmp_path / "out.mkv"
    output.write_bytes(b"precious")
    done = encode(short, output, overwrite=False, **FAST)
    assert (done.report.status, done.report.exit_code) == ("skipped", 0)
    assert not done.plans
    assert any("stays" in note for note in done.notes)
    assert output.read_bytes() == b"precious"


def test_with_y_an_existing_output_is_replaced(short: Path, tmp_path: Path, encode: Encode) -> None:
    """The new film stands under the old name."""
    output = tmp_path / "out.mkv"
    output.write_bytes(b"old")
    assert encode(short, output, overwrite=True, **FAST).report.frames == 50
    assert output.stat().st_size == sum(path.stat().st_size for path in tmp_path.iterdir()) > 1000


def test_a_failure_leaves_what_was_to_be_replaced(short: Path, tmp_path: Path, encode: Encode) -> None:
    """-y gives leave to replace by something better, not to delete."""
    output = tmp_path / "out.mkv"
    output.write_bytes(b"old")
    with pytest.raises(SutureError):
        encode(short, output, overwrite=True, video_filter="crop=1:1:5000:5000", **FAST)
    assert output.read_bytes() == b"old"


@pytest.mark.parametrize("way", ["same", "symlink", "hard link", "other spelling"])
def test_the_input_is_never_the_output(way: str, short: Path, encode: Encode) -> None:
    """Under whatever name, and even with -y."""
    other = short.with_name("other.mkv")
    if way == "symlink":
        other.symlink_to(short)
    elif way == "hard link":
        other.hardlink_to(short)
    before = short.read_bytes()
    output = {"same": short, "other spelling": short.parent / ".." / short.parent.name / short.name}.get(way, other)
    with pytest.raises(ConfigError, match="is the input itself"):
        encode(short, output, overwrite=True, **FAST)
    assert short.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(short: Path, tmp_path: Path, encode: Encode) -> None:
    """It is not made behind the user's back."""
    with pytest.raises(ConfigError, match=r"does not exist"):
        encode(short, tmp_path / "no" / "out.mkv", **FAST)
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_output(short: Path, tmp_path: Path, encode: Encode) -> None:
    """The message tells what -o is for."""
    (tmp_path / "folder.mkv").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        encode(short, tmp_path / "folder.mkv", **FAST)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_refused_before_anything_runs(short: Path, tmp_path: Path, encode: Encode) -> None:
    """Not after hours of encoding."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    with pytest.raises(ConfigError, match="can't be written: Permission denied"):
        encode(short, locked / "out.mkv", **FAST)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no /proc here")
def test_a_place_where_no_file_can_be_made_is_refused(short: Path, encode: Encode) -> None:
    """Also where the access rights say that one may."""
    with pytest.raises(ConfigError, match="can't be written") as caught:
        encode(short, Path("/proc/out.mkv"), **FAST)
    assert not any(isinstance(event, Planned) for event in caught.value.events)  # type: ignore[attr-defined]


@pytest.mark.parametrize("length", [252, 246])
def test_a_name_that_is_too_long_is_refused(length: int, short: Path, tmp_path: Path, encode: Encode) -> None:
    """Also one that is too long only with what stands before it until it is whole."""
    with pytest.raises(ConfigError, match="File name too long"):
        encode(short, tmp_path / f"{'x' * length}.mkv", **FAST)
    assert not list(tmp_path.iterdir())


def test_a_source_that_is_not_there(tmp_path: Path, encode: Encode) -> None:
    """Its name is in the message."""
    with pytest.raises(MediaError, match=r"missing\.mkv"):
        encode(tmp_path / "missing.mkv", tmp_path / "out.mkv", **FAST)


@pytest.mark.parametrize("content", [b"", b"no film at all\n" * 100])
def test_a_source_that_is_no_media(content: bytes, tmp_path: Path, encode: Encode) -> None:
    """Empty or text: an error of the file, and no output."""
    source = tmp_path / "source.mkv"
    source.write_bytes(content)
    with pytest.raises(MediaError, match=r"source\.mkv"):
        encode(source, tmp_path / "out.mkv", **FAST)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"video_codec": "libx265x"}, Unsupported, "libx265"),
        ({"video_codec": "nothing_like_it"}, Unsupported, "nothing_like_it"),
        ({"audio_codec": "libopuss"}, Unsupported, "libopus"),
        ({"video_filter": "nosuchfilter=1"}, SutureError, "nosuchfilter"),
        ({"encoder_options": (("nosuchoption", "1"),)}, SutureError, "nosuchoption"),
        ({"maps": ("0:a:7",)}, ConfigError, "matches no stream"),
    ],
)
def test_what_does_not_exist_is_named(
    settings: dict[str, Any], error: type[SutureError], said: str, short: Path, tmp_path: Path, encode: Encode
) -> None:
    """Encoder, filter, option, track: the message holds the name, and nothing was made."""
    speed = {} if "video_codec" in settings else {"speed": "ultrafast"}
    with pytest.raises(error) as caught:
        encode(short, tmp_path / "out.mkv", **speed, **settings)
    assert said in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_odd_sizes_are_explained(tmp_path: Path, encode: Encode) -> None:
    """x264's 4:2:0 needs even sizes: the message says so and what to do, before anything is encoded."""
    source = tmp_path / "odd.mkv"
    shape = "scale=129:97,format=yuv420p"
    picture = ["-f", "lavfi", "-i", "testsrc2=r=25:d=1", "-vf", shape, "-c:v", "ffv1"]
    subprocess.run([locate(), "-v", "error", *picture, source], check=True)
    with pytest.raises(ConfigError, match="even numbers") as caught:
        encode(source, tmp_path / "out.mkv", **FAST)
    assert "-vf pad=130:98" in caught.value.hint
    assert not list(tmp_path.glob("*out*"))
