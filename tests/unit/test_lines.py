"""Bytes into lines: whole, bounded, and as a terminal would show them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.lines import LineSplitter, Tail

PIECES = st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\r", b"\n")), max_size=20)


@given(PIECES)
def test_lines_do_not_depend_on_how_they_were_read(pieces: list[bytes]) -> None:
    """Any cut of the stream into reads gives the same lines."""
    splitter = LineSplitter()
    lines = [line for piece in pieces for line in splitter.feed(piece)] + splitter.close()
    expected = b"".join(pieces).decode("utf-8", "replace").split("\n")
    assert lines == (expected if expected[-1] else expected[:-1])


def test_carriage_return_before_the_newline_is_its_part() -> None:
    """A Windows line end leaves nothing behind."""
    assert LineSplitter().feed(b"a\r\nb\r\n") == ["a", "b"]


def test_a_line_beyond_the_limit_comes_in_parts() -> None:
    """Memory is bounded, and nothing is lost."""
    splitter = LineSplitter(limit=10)
    lines = [line for _ in range(10) for line in splitter.feed(b"0123")] + splitter.close()
    assert "".join(lines) == "0123" * 10
    assert all(len(line) <= 14 for line in lines)


@given(PIECES)
def test_the_tail_does_not_depend_on_how_it_was_read(pieces: list[bytes]) -> None:
    """Any cut of the stream into reads leaves the same tail."""
    whole, cut = Tail(40), Tail(40)
    whole.feed(b"".join(pieces))
    for piece in pieces:
        cut.feed(piece)
    assert cut.text() == whole.text()


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_rewritten_lines_collapse(size: int) -> None:
    """Of progress that rewrites itself the last state stays, whatever the reads."""
    data = b"cause\r\nframe=1\rframe=2\rframe=3\r\nerror\r\nframe=4\rframe=5\r"
    tail = Tail()
    for start in range(0, len(data), size):
        tail.feed(data[start : start + size])
    assert tail.text() == "cause\nframe=3\nerror\nframe=5"


def test_the_tail_is_bounded() -> None:
    """Whether it floods in lines or in one line, at most so many bytes stay, and they are the last."""
    lines, line = Tail(100), Tail(100)
    for number in range(1000):
        lines.feed(b"line %d\n" % number)
        line.feed(b"word %d " % number)
    assert lines.text().splitlines()[-1] == "line 999"
    assert line.text().endswith("word 999 ")
    assert max(len(lines.text()), len(line.text())) <= 100


def test_undecodable_bytes_are_replaced() -> None:
    """A file name in another encoding does not break the report."""
    tail = Tail()
    tail.feed(b"caf\xe9: No such file\n")
    assert tail.text() == "caf�: No such file"
