"""What a binary has: read from captured listings, asked once, remembered, never trusted blindly."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from suture.errors import EnvironmentProblem, FFmpegNotFound, Unsupported
from suture.ffmpeg import capabilities as module
from suture.ffmpeg import listings
from suture.ffmpeg.capabilities import Capabilities, capabilities
from suture.process import Finished

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parents[2] / "golden" / "capabilities"
VERSIONS = ("5.1", "9.0")


def text(version: str, question: str) -> str:
    """A captured answer."""
    return (GOLDEN / version / f"{question}.txt").read_text()


class Binary:
    """A stand-in for `suture.process.run` on a file that answers with captured texts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[str] = []
        self.end = Finished(0, "", 0.0, 0.0, 0)
        self.version = "5.1"

    def answer(self, question: str) -> str:
        """What it says."""
        return text(self.version, question.replace("=", "-"))

    def run(self, argv: list[str], *, on_stdout: Callable[[str], bool], **_: Any) -> Finished:
        """Write the answer to the question."""
        assert argv[0] == str(self.path)
        question = argv[-1].removeprefix("-")
        self.asked.append(question)
        for line in self.answer(question).splitlines():
            on_stdout(line)
        return self.end


@pytest.fixture
def forget() -> Callable[[], None]:
    """Forgets what this process knows, as a new one does."""

    def clear() -> None:
        module._capabilities.cache_clear()
        module._pix_fmts.cache_clear()

    clear()
    return clear


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the files on disk."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "suture" / "capabilities"


@pytest.fixture
def binary(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, forget: Callable[[], None]) -> Binary:
    """A binary that nobody asked yet."""
    stand_in = Binary(tmp_path / "ffmpeg")
    stand_in.path.write_bytes(b"binary")
    monkeypatch.setattr(module, "run", stand_in.run)
    return stand_in


class TestListings:
    """Text in, names out, for both versions' columns."""

    @pytest.mark.parametrize(
        ("version", "written", "numbers", "libavcodec"),
        [
            ("5.1", "5.1.9-0+deb12u1", (5, 1, 9), (59, 37, 100)),
            ("9.0", "n9.0.2-17-g2a571b6068-20260930", (9, 0, 2), (63, 1, 102)),
        ],
    )
    def test_version(
        self, version: str, written: str, numbers: tuple[int, ...], libavcodec: tuple[int, int, int]
    ) -> None:
        """The version, as text and as numbers, and those of the libraries."""
        said = text(version, "version")
        libraries = listings.parse_libraries(said)
        assert listings.parse_version(said) == written
        assert listings.version_tuple(written, libraries) == numbers
        assert libraries["libavcodec"] == libavcodec
        assert len(libraries) >= 7

    @pytest.mark.parametrize(
        ("written", "numbers"),
        [("7.1", (7, 1)), ("N-119000-gabc", (7,)), ("2025-03-01-git-abc", (7,)), ("n8.0", (8, 0))],
    )
    def test_versions_of_other_builds(self, written: str, numbers: tuple[int, ...]) -> None:
        """Builds from git have no number; libavcodec tells the major one."""
        assert listings.version_tuple(written, {"libavcodec": (61, 3, 100)}) == numbers

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("listing", ["encoders", "decoders"])
    def test_no_codec_is_missed(self, version: str, listing: str) -> None:
        """As many names as there are rows below the legend."""
        said = text(version, listing)
        rows = said.partition(" ------\n")[2].splitlines()
        assert len(listings.parse_codecs(said)) == len(rows) > 200

    @pytest.mark.parametrize("version", VERSIONS)
    def test_kinds_of_encoders(self, version: str) -> None:
        """Video, audio and subtitle encoders are told apart, and the legend is none of them."""
        encoders = listings.parse_codecs(text(version, "encoders"))
        names = ("libx264", "libsvtav1", "ffv1", "aac", "libopus", "ass")
        assert [encoders[name] for name in names] == ["video"] * 3 + ["audio"] * 2 + ["subtitle"]
        assert "=" not in encoders

    @pytest.mark.parametrize("version", VERSIONS)
    def test_no_filter_is_missed(self, version: str) -> None:
        """As many names as there are rows with pads; sources and sinks count, the legend does not."""
        said = text(version, "filters")
        filters = listings.parse_filters(said)
        assert len(filters) == sum("->" in line for line in said.splitlines()) > 500
        assert {"scale", "anull", "buffersink", "amovie", "loudnorm", "concat", "overlay"} <= set(filters)

    @pytest.mark.parametrize("version", VERSIONS)
    def test_formats(self, version: str) -> None:
        """Aliases stand for themselves; devices are listed; descriptions and flags are no names."""
        muxers = listings.parse_formats(text(version, "muxers"))
        demuxers = listings.parse_formats(text(version, "demuxers"))
        assert {"matroska", "mp4", "webm", "null", "ogg", "mpegts", "ssegment"} <= set(muxers)
        assert {"matroska", "webm", "mov", "mp4", "lavfi", "concat", "3g2"} <= set(demuxers)
        assert not {"E", "D", "d", "--", "Matroska"} & {*muxers, *demuxers}

    @pytest.mark.parametrize("version", VERSIONS)
    def test_hwaccels(self, version: str) -> None:
        """The names, not the headline."""
        names = listings.parse_hwaccels(text(version, "hwaccels"))
        assert {"cuda", "vaapi", "qsv", "vulkan"} <= set(names)
        assert not {"Hardware", "methods:"} & set(names)

    @pytest.mark.parametrize("version", VERSIONS)
    def test_pix_fmts(self, version: str) -> None:
        """A video encoder's formats in its order; an audio encoder has none."""
        formats = listings.parse_pix_fmts(text(version, "encoder-libx264"))
        assert formats[0] == "yuv420p"
        assert "yuv420p10le" in formats
        assert listings.parse_pix_fmts(text(version, "encoder-libopus")) == []

    @pytest.mark.parametrize("said", ["", "ffprobe version 5.1\n", "bash: version?", "\0\0\n"])
    def test_other_programs(self, said: str) -> None:
        """What another program says is no version, and nothing breaks on it."""
        assert listings.parse_version(said) is None
        assert listings.parse_codecs(said) == {}
        assert listings.parse_filters(said) == listings.parse_formats(said) == []


class TestAsking:
    """Once per binary."""

    @pytest.mark.parametrize("version", VERSIONS)
    def test_all_of_it(self, binary: Binary, version: str) -> None:
        """Every field is filled from the binary's own answers."""
        binary.version = version
        found = capabilities(str(binary.path))
        assert found.path == str(binary.path)
        assert found.version_tuple[:2] == tuple(int(part) for part in version.split("."))
        assert found.encoders["libx264"] == "video"
        assert found.decoders["h264"] == "video"
        assert "scale" in found.filters
        assert "mp4" in found.muxers
        assert "webm" in found.demuxers
        assert "cuda" in found.hwaccels

    def test_asked_once_and_remembered_across_processes(self, binary: Binary, forget: Callable[[], None]) -> None:
        """A second call asks nothing, nor does a new process, and both get the same."""
        first = capabilities(str(binary.path))
        questions = len(binary.asked)
        assert capabilities(str(binary.path)) is first
        forget()
        assert capabilities(str(binary.path)) == first
        assert len(binary.asked) == questions

    def test_asked_anew_when_the_binary_changed(self, binary: Binary) -> None:
        """An update of ffmpeg is noticed, by its size or its time, even while we run."""
        assert capabilities(str(binary.path)).version_tuple[0] == 5
        binary.version = "9.0"
        binary.path.write_bytes(b"another binary")
        assert capabilities(str(binary.path)).version_tuple[0] == 9
        binary.version = "5.1"
        os.utime(binary.path, ns=(1, 1))
        assert capabilities(str(binary.path)).version_tuple[0] == 5

    def test_pix_fmts_are_asked_when_needed(self, binary: Binary, forget: Callable[[], None]) -> None:
        """Not before, and once."""
        found = capabilities(str(binary.path))
        assert "encoder=libx264" not in binary.asked
        assert found.encoder_pix_fmts("libx264")[0] == "yuv420p"
        forget()
        assert found.encoder_pix_fmts("libx264")[0] == "yuv420p"
        assert binary.asked.count("encoder=libx264") == 1
        assert found.encoder_pix_fmts("libopus") == ()

    def test_they_pickle(self, binary: Binary) -> None:
        """They travel to workers."""
        found = capabilities(str(binary.path))
        assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301  # our own bytes


class TestCache:
    """A cache may be lost, broken or forbidden; the answer is the same."""

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{",
            "null",
            "[]",
            "{}",
            '{"filters": 5}',
            '"x"',
            "\x00",
            "libraries",
            "encoders",
            "filters",
            "path",
        ],
    )
    def test_a_corrupt_file_is_replaced(
        self, content: str, binary: Binary, cache: Path, forget: Callable[[], None]
    ) -> None:
        """Half a file, another file, a file with a field missing or of another kind."""
        first = capabilities(str(binary.path))
        (file,) = cache.iterdir()
        good = file.read_text()
        if content.isalpha() and content != "null":
            broken = json.loads(good)
            broken.pop(content) if content == "path" else broken.update({content: 7})
            content = json.dumps(broken)
        file.write_text(content)
        forget()
        assert capabilities(str(binary.path)) == first
        assert json.loads(file.read_text()) == json.loads(good)

    @pytest.mark.parametrize("where", ["/dev/null/x", "/proc/nowhere"])
    def test_a_folder_that_cannot_be_written(self, where: str, binary: Binary, monkeypatch: pytest.MonkeyPatch) -> None:
        """Then it is asked each time."""
        monkeypatch.setenv("XDG_CACHE_HOME", where)
        assert capabilities(str(binary.path)).version == "5.1.9-0+deb12u1"

    def test_nothing_but_the_file_is_left(self, binary: Binary, cache: Path) -> None:
        """It is written aside and renamed, and aside is cleared."""
        capabilities(str(binary.path))
        assert [path.suffix for path in cache.iterdir()] == [".json"]

    def test_a_relative_cache_home_is_not_used(
        self, binary: Binary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The standard says that it is to be ignored; then it is ``~/.cache``."""
        monkeypatch.setenv("XDG_CACHE_HOME", "relative")
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        capabilities(str(binary.path))
        assert len(list((tmp_path / "home" / ".cache" / "suture" / "capabilities").iterdir())) == 1

    def test_no_home_at_all(self, binary: Binary, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a home there is no cache, and no error."""

        def homeless(_: type[Path]) -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setattr(Path, "home", classmethod(homeless))
        assert capabilities(str(binary.path)).filters


class TestNotAnFfmpeg:
    """Anything may stand at the path."""

    def test_missing(self, binary: Binary) -> None:
        """No file, no start."""
        with pytest.raises(FFmpegNotFound, match="No such file"):
            capabilities(str(binary.path) + "-not")
        assert binary.asked == []

    @pytest.mark.parametrize("says", ["", "ffprobe version 5.1\n", "Hello"])
    def test_another_program(self, says: str, binary: Binary, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is quoted, and not remembered."""
        monkeypatch.setattr(binary, "answer", lambda _: says)
        with pytest.raises(FFmpegNotFound, match="is not an ffmpeg") as caught:
            capabilities(str(binary.path))
        assert says.strip() in caught.value.message

    def test_one_that_does_not_run(self, binary: Binary) -> None:
        """The last words of the loader are quoted."""
        binary.end = Finished(127, "error while loading shared libraries: libavdevice.so.59", 0.0, 0.0, 0)
        with pytest.raises(EnvironmentProblem, match=r"libavdevice\.so\.59"):
            capabilities(str(binary.path))

    def test_one_that_hangs(self, binary: Binary) -> None:
        """It was stopped; the error names the question."""
        binary.end = Finished(-15, "", 30.0, 0.0, 0, stalled=True)
        with pytest.raises(EnvironmentProblem, match="no answer to -version"):
            capabilities(str(binary.path))

    def test_one_that_talks_without_end(self, binary: Binary, monkeypatch: pytest.MonkeyPatch) -> None:
        """It does not fill the memory."""
        monkeypatch.setattr(binary, "answer", lambda _: "y\n" * 100_000)
        with pytest.raises(FFmpegNotFound, match="without end"):
            capabilities(str(binary.path))


class TestRequire:
    """A clear word before the work begins."""

    @pytest.fixture
    def five(self, binary: Binary) -> Capabilities:
        """Those of FFmpeg 5.1."""
        return capabilities(str(binary.path))

    def test_what_is_there_passes(self, five: Capabilities) -> None:
        """Nothing is raised."""
        five.require_encoder("libx264")
        five.require_filter("scale")

    @pytest.mark.parametrize(
        ("what", "name", "alike"),
        [("encoder", "libx246", "libx264"), ("encoder", "svtav1", "libsvtav1"), ("filter", "scael", "scale")],
    )
    def test_what_is_not_there_names_what_is_alike(self, five: Capabilities, what: str, name: str, alike: str) -> None:
        """A slip of the pen gets the right name in the hint."""
        with pytest.raises(Unsupported, match=f"no {what} '{name}'") as caught:
            getattr(five, f"require_{what}")(name)
        assert alike in caught.value.hint

    def test_nothing_alike(self, five: Capabilities) -> None:
        """No guess is made where there is none to make."""
        with pytest.raises(Unsupported) as caught:
            five.require_encoder("%%%%")
        assert "did you mean" not in caught.value.hint
        assert "-encoders" in caught.value.hint

    def test_pix_fmts_of_an_unknown_encoder(self, five: Capabilities) -> None:
        """An encoder that is not there has no formats to ask for."""
        with pytest.raises(Unsupported):
            five.encoder_pix_fmts("libx999")
