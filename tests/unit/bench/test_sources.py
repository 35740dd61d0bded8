"""`bench.sources`: the list of cases is complete, and every case can be named."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bench.matrix import CODINGS, RATES
from bench.oddities import ODDITIES
from bench.sources import Case, cases, films, part_of, real_files

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = [("/a/ffmpeg", "9.0.2"), ("/b/ffmpeg", "5.1.9")]


def _all() -> list[Case]:
    return list(cases(films(), PROGRAMS))


def test_there_are_more_cases_than_are_promised() -> None:
    """At least 300, most of them cut at odd places, both ffmpegs alike, every output among them."""
    found = _all()
    assert len(found) >= 300
    assert sum(case.way[0].isdigit() for case in found) > len(found) * 0.9
    versions = Counter(case.version for case in found)
    assert min(versions.values()) > len(found) * 0.4
    assert min(Counter(case.output for case in found).values()) >= 40


def test_every_name_means_one_case() -> None:
    """Else ``--only`` and ``--resume`` would take one for the other."""
    assert [name for name, number in Counter(case.name for case in _all()).items() if number > 1] == []


def test_every_row_rate_and_oddity_is_tried() -> None:
    """Nothing stands in a table that no case uses."""
    sources = {(source.row, source.container, source.oddity) for source in films()}
    rows = {(row.name, container, "") for row in CODINGS for container in row.containers.split()}
    assert rows <= sources
    assert {(odd.row, odd.container, odd.name) for odd in ODDITIES} <= sources
    assert {rate.name for rate in RATES} <= {oddity for _, _, oddity in sources}


def test_only_what_x264_keeps_is_given_to_it() -> None:
    """Ten bits and 4:4:4 go to the archive alone."""
    plain = {row.name for row in CODINGS if row.plain}
    assert {case.source.row for case in _all() if case.output != "mkv"} <= plain
    assert "H.264, MBAFF" in plain
    assert "H.264, CAVLC 4:4:4" not in plain


def test_parts_are_a_partition_by_sources() -> None:
    """Each case is in one part, and no film is made by two."""
    found = _all()
    parts = [part_of(found, f"{number}/3") for number in (1, 2, 3)]
    assert sorted(case.name for part in parts for case in part) == sorted(case.name for case in found)
    makers = [{case.source.name for case in part} for part in parts]
    assert not makers[0] & makers[1]
    assert part_of(found, "") == found


def test_a_case_keeps_its_name_with_one_ffmpeg() -> None:
    """Where there is only one, all cases are its."""
    assert {case.ffmpeg for case in cases(films(), PROGRAMS[:1])} == {"/a/ffmpeg"}


def test_real_files_are_those_that_are_no_text(tmp_path: Path) -> None:
    """A manifest beside the films is none."""
    for name in ("b.mkv", "a.ts", "MANIFEST.tsv", "README.md"):
        (tmp_path / name).write_bytes(b"")
    assert [source.oddity for source in real_files([tmp_path])] == ["a.ts", "b.mkv"]
