"""`suture report` of jobs that really ran."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from suture.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.media


def test_what_a_job_did_is_in_its_report(
    short: Path, tmp_path: Path, encode: Callable[..., object], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every task once, on as many slots as there were; frames, bytes and time are those of the pieces and the film."""
    output = tmp_path / "out.mp4"
    asked = {"speed": "ultrafast", "threads": 1, "workers": 2, "chunking": "fixed", "chunk_duration": 1}
    encode(short, output, audio_codec="aac", **asked)
    capsys.readouterr()
    assert main(["report", str(output), "--json", "-o", str(tmp_path / "page.html")]) == 0
    told = json.loads(capsys.readouterr().out)
    bars = [bar for lane in told["lanes"] for bar in lane["bars"]]
    assert sorted(bar["task"] for bar in bars) == sorted(told["commands"])
    assert {bar["state"] for bar in bars} == {"done"}
    assert all(bar["worker"].startswith("local-") and bar["end"] > bar["start"] for bar in bars)
    pictures = [piece for piece in told["pieces"] if piece["doing"] == "picture"]
    assert [(piece["span"]["start_frame"], piece["span"]["end_frame"]) for piece in pictures] == [(0, 25), (25, 50)]
    assert [piece["frames"] for piece in pictures] == [25, 25]
    assert all(piece["size_bytes"] and piece["cpu_seconds"] and piece["peak_memory_bytes"] for piece in pictures)
    assert (told["frames"], told["output"]["bytes"]) == (50, output.stat().st_size)
    (stretch,), figures = told["stretches"], told["figures"]
    assert stretch["how"] == "done"
    assert stretch["opened"] < stretch["begun"] < min(bar["end"] for bar in bars)
    assert max(bar["end"] for bar in bars) <= stretch["closed"]
    assert figures["slots"] == 2
    assert 0 < figures["encoder_cpu_seconds"] < figures["cpu_seconds"]
    assert 0 < figures["idle_share"] < 1
    assert (tmp_path / "page.html").read_text().count("<rect") > len(bars)


def test_encode_writes_the_page_at_once(short: Path, tmp_path: Path, own_cache: Path) -> None:
    """What stands there is not replaced unasked, and then nothing is encoded."""
    del own_cache
    output, page = str(tmp_path / "out.mp4"), tmp_path / "page.html"
    asked = ["encode", str(short), output, "--speed", "ultrafast", "-c:a", "none", "--report", str(page), "-q"]
    assert main(asked) == 0
    assert "Timeline" in page.read_text()
    page.write_text("mine")
    assert main([*asked, "--crf", "40"]) == 2
    assert page.read_text() == "mine"
    for wrong in (["--report", output], ["--report", f"{tmp_path}/no/page.html"], ["--no-resume"]):
        assert main([*asked, "-y", *wrong]) == 2
