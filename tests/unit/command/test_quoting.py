"""What is written for ffmpeg is what it reads back; inputs stay files."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.command.quoting import (
    concat_value,
    filter_call,
    filter_value,
    input_arguments,
    is_url,
    output_argument,
)
from suture.errors import ConfigError

_SPACE = " \t\r\n"


def _token(text: str, ends: str) -> tuple[str, str]:
    """What libavutil's ``av_get_token`` makes of a text, and what it leaves: its rules, written anew."""
    out, kept, at = "", 0, 0
    text = text.lstrip(_SPACE)
    while at < len(text) and text[at] not in ends:
        if text[at] == "\\" and at + 1 < len(text):
            out, at = out + text[at + 1], at + 2
            kept = len(out)
        elif text[at] == "'":
            closing = text.index("'", at + 1)
            out, at = out + text[at + 1 : closing], closing + 1
            kept = len(out)
        else:
            out, at = out + text[at], at + 1
    return out[:kept] + out[kept:].rstrip(_SPACE), text[at:]


def _read_back(written: str) -> str:
    """Through the graph's parser, then through the filter's options."""
    options, rest = _token(written + "[out]", "[],;")
    assert rest == "[out]"
    value, rest = _token(options + ":next=1", ":")
    assert rest == ":next=1"
    return value


@given(st.text(st.sampled_from(list(r"ab\':[],;=%| " + "\n\té"))))
def test_any_value_survives_both_levels(text: str) -> None:
    """Whatever a name holds, the filter gets it unchanged and the graph ends where it should."""
    assert _read_back(filter_value(text)) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [("plain.srt", "plain.srt"), ("it's", r"it\\\'s"), ("a:b", r"a\\:b"), ("[a],b;", r"\[a\]\,b\;")],
)
def test_the_common_cases_stay_readable(text: str, written: str) -> None:
    """Only what is special gets backslashes."""
    assert filter_value(text) == written


def test_a_filter_call_writes_all_kinds_of_values() -> None:
    """Positions come first, None is left out, truth is 1 and 0, fractions keep both halves."""
    call = filter_call("f", 1280, -2, flags="a,b", rate=Fraction(24000, 1001), on=True, off=False, no=None)
    assert call == r"f=1280:-2:flags=a\,b:rate=24000/1001:on=1:off=0"
    assert filter_call("yadif") == "yadif"


def test_a_filter_name_can_be_nothing_else() -> None:
    """A name that would open another filter is refused."""
    with pytest.raises(ConfigError, match="no filter name"):
        filter_call("scale,movie")


def test_a_concat_list_holds_quotes_but_no_line_ends() -> None:
    """A quote ends the quoting and comes escaped; a line end can't be written at all."""
    assert concat_value("it's here") == r"'it'\''s here'"
    with pytest.raises(ConfigError, match="line end"):
        concat_value("two\nlines")


@pytest.mark.parametrize(
    "name",
    ["-i", "a:b.mkv", "C:/film.mkv", "%d.mkv", "concat:a|b", "data:x", "pipe:0", "x://y", "film\n.mkv"],
)
def test_a_local_name_stays_a_name(name: str) -> None:
    """No name is an option, a pattern or a protocol; only files may be opened."""
    assert not is_url(name)
    assert input_arguments(name) == ["-protocol_whitelist", "file", "-i", f"file:{name}"]
    assert output_argument(name) == f"file:{name}"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://host/f.mkv", {"http", "httpproxy", "tcp"}),
        ("HTTPS://host/f.mkv", {"https", "httpproxy", "tls", "tcp"}),
        ("rtmp://host/live", {"rtmp", "tcp"}),
    ],
)
def test_a_url_gets_its_own_protocol_and_no_file(url: str, allowed: set[str]) -> None:
    """What a server sends can't make ffmpeg read a local file or speak another protocol."""
    option, protocols, dash, address = input_arguments(url)
    assert (option, dash, address) == ("-protocol_whitelist", "-i", url)
    assert set(protocols.split(",")) == allowed


def test_a_file_url_is_a_file() -> None:
    """``file:///`` names a local file, with its percent signs decoded."""
    assert input_arguments("file:///a%20b.mkv")[-1] == "file:/a b.mkv"


@pytest.mark.parametrize("path", ["", "nul\0", "concat://a", "gopher://host/x"])
def test_what_names_no_input_is_refused(path: str) -> None:
    """Empty names and unknown protocols are wrong usage."""
    with pytest.raises(ConfigError):
        input_arguments(path)


def test_a_url_is_no_output() -> None:
    """Suture writes files."""
    with pytest.raises(ConfigError, match="is a URL"):
        output_argument("rtmp://host/live")
