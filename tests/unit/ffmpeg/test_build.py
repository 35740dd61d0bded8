"""Which build of ffmpeg."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from suture.ffmpeg import build
from suture.process import Finished

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LDD = """
	linux-vdso.so.1 (0x00007ffd)
	libavcodec.so.59 => {lib}/libavcodec.so.59 (0x00007f)
	libx264.so.164 => {lib}/libx264.so.164 (0x00007f)
	libx265.so.199 => {lib}/libx265.so.199 (0x00007f)
	libc.so.6 => {lib}/libc.so.6 (0x00007f)
	libmissing.so.1 => not found
"""


class Version:
    """Capabilities, as far as they are asked here."""

    version = "5.1"


@pytest.fixture
def binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ffmpeg with three libraries, and the system's."""
    for name in ("libavcodec.so.59", "libx264.so.164", "libx265.so.199", "libc.so.6"):
        (tmp_path / name).write_text(name)

    def ldd(argv: list[str], *, on_stdout: Callable[[str], bool], stall_timeout_s: float) -> Finished:
        assert argv[0] == "ldd"
        assert stall_timeout_s
        for line in LDD.format(lib=tmp_path).splitlines():
            on_stdout(line)
        return Finished(0, "", 0.0, 0.0, 0)

    monkeypatch.setattr(build, "run", ldd)
    monkeypatch.setattr(build, "capabilities", lambda _path: Version())
    path = tmp_path / "ffmpeg"
    path.write_text("ffmpeg")
    return path


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    """What one test has asked is nothing to the next."""
    build._facts.cache_clear()


def test_the_libraries_count(binary: Path) -> None:
    """All but the system's own, and those that are not there."""
    version, look, *libraries = build.build_of(str(binary))
    assert version == "5.1"
    assert len(look) == 64
    assert [name.split(" ")[0] for name in libraries] == ["libavcodec.so.59", "libx264.so.164", "libx265.so.199"]


def test_another_library_is_another_build(binary: Path) -> None:
    """Also when ffmpeg itself stays the same; the C library makes no pictures."""
    before = build.build_of(str(binary))
    build._facts.cache_clear()
    (binary.parent / "libc.so.6").write_text("a newer one")
    assert build.build_of(str(binary)) == before
    build._facts.cache_clear()
    (binary.parent / "libx264.so.164").write_text("a newer one")
    assert build.build_of(str(binary)) != before


def test_another_binary_is_another_build(binary: Path) -> None:
    """Wherever it lies and whenever it was written; a copy is the same."""
    before = build.build_of(str(binary))
    copy = binary.parent / "copy"
    copy.write_text("ffmpeg")
    assert build.build_of(str(copy)) == before
    copy.write_text("ffmpeg, but better")
    assert build.build_of(str(copy)) != before
