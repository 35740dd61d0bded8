"""The page: whole without a network or a script, proof against odd names, small enough with thousands of pieces."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from records import BEGUN, Story
from suture.report.account import Account, account_of
from suture.report.page import page_of

_VOID = {"meta", "input", "br"}
_OPTIONAL = {"li", "tr", "td", "th", "thead", "tbody"}


class Page(HTMLParser):
    """What a browser would see: every element closed, all text, all addresses."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: dict[str, int] = {}
        self.said: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count it, and look at what it asks for."""
        self.count[tag] = self.count.get(tag, 0) + 1
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "action", "xlink:href"}]
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.open += [] if tag in _VOID | _OPTIONAL else [tag]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One that closes itself, as in SVG."""
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """It closes the one that was opened last."""
        if tag not in _OPTIONAL:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep it."""
        self.said.append(data)

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.said)


def told(story: Story) -> Account:
    """The account of a story, made on a fixed day."""
    return account_of("film-1234", story.past(), BEGUN + 1000)


def short() -> Story:
    """Two pieces, a join, a check; a retry on the way."""
    story = Story(facts={"report": {"status": "done", "frames": 500, "bytes": 2_000_000, "retries": 1}})
    story.opened(0).begun(2).piece(0, 2, 12).ran("video-0-00001", 2, 4, "local-1", state="failed", message="it broke")
    story.piece(1, 4, 12, "local-1").task("join", "join", 12, 13, "io").task("publish", "check", 13, 14)
    return story.closed(15)


def test_it_says_what_was_made_and_where_the_time_went() -> None:
    """Sizes, ratio, speed, efficiency, idle time, each piece with its frames and rate."""
    page = Page(page_of(told(short()))).text
    for words in (
        "film.mp4",
        "2.0 MB (20.0 % of the source)",
        "0:20.0, 500 frames",
        "0:00:15 (1.33x real time)",
        "60.0% of 2 cores",
        "2 CPU slots for 0:00:15: 21.0 s busy, 9.0 s idle. Of that, 4.0 s before the first encoder began",
        "1 attempt came to nothing",
        "250-499",
        "0:10.0-0:20.0",
        "31.2",
        "it broke",
        "its last words",
    ):
        assert words in page, words


def test_it_needs_nothing_from_anywhere() -> None:
    """No address but the name of SVG, no style or script from outside; the drawing is there without the script."""
    page = page_of(told(short()))
    seen = Page(page)
    assert seen.addresses == []
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\((?!#)", page)
    assert seen.count["rect"] >= 5
    assert seen.count["svg"] == seen.count["script"] == seen.count["style"] == 1


def test_light_and_dark_and_narrow() -> None:
    """It asks the browser for both, and tells a phone its width."""
    page = page_of(told(short()))
    assert "prefers-color-scheme:dark" in page
    assert 'name="viewport" content="width=device-width' in page


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "a\"b' & <b>", "line\nend", "\u202egnp.exe", "\udcff", "]]>--&gt;"]
)
def test_no_name_is_markup(name: str) -> None:
    """Of files, in commands, in messages and reasons; nor does one move other words, and all of it can be written."""
    facts = {
        "report": {"status": "done", "bytes": 1, "warnings": [name]},
        "settings": {"video_filter": name, "maps": [name]},
        "build": [name],
    }
    story = Story(source=f"/films/{name}.mkv", output=f"/out/{name}.mkv", facts=facts).opened(0).begun(1)
    story.piece(0, 1, 2, f"{name}-1").ran(f"video-{name}", 1, 2, state="failed", message=name).note("healed", name, 3)
    past = story.closed(4).past()
    past.facts["outline"]["decisions"] = [{"what": name, "why": name, "option": name}]
    past.facts["outline"]["tracks"] = [{"kind": name, "action": "encode", "encoder": name}]
    page = page_of(account_of(name, past, BEGUN))
    page.encode()
    seen = Page(page)
    assert seen.count["script"] == 1
    assert "b" not in seen.count or seen.count["b"] == 1, "that of the one decision"
    assert "\u202e" not in page
    if name.isprintable():
        assert seen.text.count(name) >= 10


def test_five_thousand_pieces_fit() -> None:
    """The page stays under three megabytes; its rows are folded, and of the commands some are left out."""
    story = Story(cores=64).opened(0).begun(1)
    for number in range(5000):
        begin = 1 + number // 64 * 10.0
        story.piece(number, begin, begin + 9.5 + number % 5 / 10, f"local-{number % 64}")
    account = told(story.closed(1000))
    long = dict.fromkeys(account.commands, f"ffmpeg {'-filter something ' * 40}")
    page = page_of(replace(account, commands=long))
    assert len(page.encode()) < 3_000_000
    assert page.count("<rect") >= 5000
    assert "<summary>5,000 rows</summary>" in page
    assert "4,997 more like these" in page


def test_a_job_that_failed_says_so_first() -> None:
    """Why, what its commands said, and what is done; there is no output to tell of."""
    story = Story(status="failed", facts={"error": "video-0-00001 failed: no space"}).opened(0).begun(1).piece(0, 1, 9)
    story.tasks["video-0-00001"] = ["picture", "cpu", 0, 250, 500, 10.0, 20.0]
    story.ran("video-0-00001", 1, 3, state="failed", message="no space").closed(10, "failed")
    page = Page(page_of(told(story))).text
    assert page.index("What failed") < page.index("Timeline")
    assert "video-0-00001 failed: no space" in page
    assert "1 of 2" in page
    assert "real time" not in page


def test_two_stretches_are_listed() -> None:
    """With how each ended; what was lost is told."""
    story = Story().opened(0).begun(1).piece(0, 1, 9).ran("video-0-00001", 1, None)
    story.opened(9000).begun(9001).piece(1, 9001, 9009).closed(9010)
    page = Page(page_of(told(story))).text
    assert "It ran in 2 stretches" in page
    assert "lost with its process" in page
    assert "from an earlier run" in page


def test_a_record_without_anything_is_a_page_all_the_same() -> None:
    """A job that ended before it had a plan, or that a first version wrote."""
    past = replace(Story(status="cancelled").past(), facts={"status": "cancelled"})
    assert "cancelled" in Page(page_of(account_of("film-1234", past, BEGUN))).text


class TestAsJson:
    """The same for programs."""

    def test_it_is_json_with_a_schema(self) -> None:
        """And survives being written and read."""
        document = told(short()).as_json()
        again = json.loads(json.dumps(document))
        assert again["schema"] == 1
        assert (again["job"], again["status"], again["output"]["bytes"]) == ("film-1234", "done", 2_000_000)
        assert [piece["task"] for piece in again["pieces"]] == ["video-0-00000", "video-0-00001"]
        assert again["pieces"][1]["attempts"] == 2
        assert again["failures"][0]["stderr"] == "its last words"

    def test_its_figures_add_up(self) -> None:
        """Busy and idle are all there was; the parts of idle are all of idle; the lanes say the same."""
        document = told(short()).as_json()
        figures = document["figures"]
        parts = ("before", "between", "behind")
        assert figures["busy_seconds"] + figures["idle_seconds"] == pytest.approx(2 * figures["wall_seconds"])
        assert sum(figures[f"idle_{name}_seconds"] for name in parts) == pytest.approx(figures["idle_seconds"])
        cores = [lane for lane in document["lanes"] if lane["resource"] == "cpu"]
        gaps = sum(gap["end"] - gap["start"] for lane in cores for gap in lane["gaps"])
        assert gaps == pytest.approx(figures["idle_seconds"])
        assert figures["efficiency"] == pytest.approx(18 / (2 * 15))
        assert (figures["lost_attempts"], figures["lost_seconds"]) == (1, 2)

    def test_a_piece_of_an_earlier_run_is_marked(self) -> None:
        """It was not made again, and its figures are those of then."""
        story = Story().opened(0).begun(1).piece(0, 1, 9).ran("video-0-00001", 1, None)
        story.opened(100).begun(101).piece(1, 101, 106).closed(110)
        first, second = told(story).as_json()["pieces"]
        assert (first["reused"], first["seconds"], first["fps"]) == (True, 8, 250 / 8)
        assert (second["reused"], second["attempts"]) == (False, 2)
