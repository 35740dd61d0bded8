"""The report of a job as one HTML page: no other file is needed to read it, no network, and no script.

Pure: an `Account` in, text out. Top down: what was made, where the time went (`timeline_svg`), each piece, why it was
done so, what did not arrive, settings and commands. What there may be thousands of is folded.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.planning.outline import Doing
from suture.report.html import block, details, items, pairs, section, table, text
from suture.report.page_style import SCRIPT, STYLE
from suture.report.reached import STYLE as STEPS
from suture.report.reached import target_figure, target_section
from suture.report.timeline_svg import HEAD, labels_of, legend_of, row_height, svg_of
from suture.report.wording import clock, count, size, times
from suture.settings import option_of
from suture.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.report.account import Account, Piece

__all__ = ["page_of"]

# More rows or commands than these are folded, more than the latter are not all there.
_MANY_ROWS: Final = 24
_MOST_COMMANDS: Final = 200
_MOST_FAILURES: Final = 20
_MOST_NOTES: Final = 100
_MOST_STDERR: Final = 2000
_HOUR: Final = 3600


def page_of(account: Account) -> str:
    """The whole page."""
    name = Path(account.facts.get("output", "")).name or account.job
    body = (
        _head(account, name),
        _figures(account),
        "" if account.report else _failed(account),
        target_section(account),
        _timeline(account),
        _pieces(account),
        section("Decisions", items(_decisions(account)), key="decisions"),
        section("What did not arrive as it was", items(map(text, account.warnings), "warnings"), key="warnings"),
        _failed(account) if account.report else "",
        section("What was noted", items(map(text, account.notes[:_MOST_NOTES])), key="notes"),
        section("How to make it again", _settings(account), _commands(account), key="settings"),
        _foot(account),
    )
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f'<meta name="generator" content="Suture {__version__}">',
            f"<title>{text(name)}: how it was made</title>",
            f"<style>{STYLE}{STEPS}</style></head><body>",
            *filter(None, body),
            f"<script>{SCRIPT}</script>",
            "</body></html>\n",
        ]
    )


def _head(account: Account, name: str) -> str:
    facts = account.facts
    lines = [f"<h1>{text(name)}</h1>", f'<p class="soft">from {text(facts.get("source", "?"))}<br>']
    kind = "done" if account.status == "done" else "not"
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(facts.get("begun", 0)))
    lines.append(f"to {text(facts.get('output', '?'))}</p>")
    lines.append(f'<p><span class="state {kind}">{text(account.status)}</span>, begun {text(when)}</p>')
    return "\n".join(lines)


def _figures(account: Account) -> str:
    told, report, outline = account.figures(), account.report, account.outline
    pieces = [piece for piece in account.pieces if piece.span]
    frames = report.get("frames", 0)
    speed = f" ({times(told['speed'])} real time)" if told["speed"] and report else ""
    rate = f"{frames / told['wall_seconds']:.1f} frames/s" if frames and told["wall_seconds"] else ""
    shown = [
        ("output", size(report["bytes"]) + _ratio(account) if report.get("bytes") else ""),
        ("source", size(outline["source_bytes"]) if outline.get("source_bytes") else ""),
        ("film", _at(told["film_seconds"]) + (f", {count(frames, 'frame')}" if frames else "")),
        ("tracks", _tracks(account)),
        ("target", target_figure(account)),
        ("wall clock", clock(told["wall_seconds"]) + speed),
        ("encoding speed", rate),
        ("processor", f"{clock(told['cpu_seconds'])}, encoders {clock(told['encoder_cpu_seconds'])}"),
        ("efficiency", f"{told['efficiency']:.1%} of {count(told['cores'], 'core')}"),
        ("idle", f"{told['idle_share']:.1%} of {count(told['slots'], 'CPU slot')}"),
        ("pieces", _made(pieces) if pieces else ""),
        ("retries", str(report.get("retries") or "")),
        ("largest process", size(told["peak_memory_bytes"]) if told["peak_memory_bytes"] else ""),
    ]
    return pairs(shown)


def _ratio(account: Account) -> str:
    """Against the source, where both play as long."""
    source = 0 if account.outline.get("is_part") else account.outline.get("source_bytes", 0)
    return f" ({100 * account.report['bytes'] / source:.1f} % of the source)" if source else ""


def _tracks(account: Account) -> str:
    told = account.outline.get("tracks", [])
    words = [f"{track['kind']} {track['encoder'] if track['action'] != 'copy' else 'copied'}" for track in told]
    return ", ".join(f"{words.count(word)} {word}" if words.count(word) > 1 else word for word in dict.fromkeys(words))


def _made(pieces: Sequence[Piece]) -> str:
    done = sum(piece.state == "done" for piece in pieces)
    reused = sum(piece.reused for piece in pieces)
    words = count(len(pieces), "piece") if done == len(pieces) else f"{done:,} of {len(pieces):,}"
    return words + (f", {reused:,} from an earlier run" if reused else "")


def _failed(account: Account) -> str:
    """Why there is no output; or, folded, what went wrong on the way to one: it was made good, or is named as lost."""
    told = list(account.failures[:_MOST_FAILURES])
    more = len(account.failures) - len(told)
    lines = [f"<p>{text(account.error)}</p>"] if account.error else []
    for failed in told:
        said = "\n".join(filter(None, (f"$ {failed.command}" if failed.command else "", failed.stderr[-_MOST_STDERR:])))
        title = f"{failed.task}, attempt {failed.attempt}: {failed.message}"
        lines.append(details(title, block(said)) if said else f"<p>{text(title)}</p>")
    lines += [f"<p>and {more:,} more</p>"] if more else []
    if account.report and lines:
        lines = [details(count(len(account.failures), "attempt"), "\n".join(lines))]
    return section("What failed", *lines, key="failed")


def _timeline(account: Account) -> str:
    lanes, history = account.lanes, account.history
    if not (drawing := svg_of(lanes, history)):
        return ""
    height = row_height(lanes)
    labels = "".join(f'<div style="height:{height}px">{text(label)}</div>' for label in labels_of(lanes))
    chart = f'<div class="chart"><div class="labels" style="padding-top:{HEAD}px">{labels}</div>'
    zoom = '<label class="zoom" hidden>zoom <input type="range" min="0" max="6" step="0.1" value="0"></label>'
    return section(
        "Timeline",
        *(f"<p>{text(line)}</p>" for line in _sentences(account)),
        f'{chart}<div class="scroll" tabindex="0">{drawing}</div></div>',
        legend_of(history) + zoom,
        _stretches(account),
        key="timeline",
    )


def _sentences(account: Account) -> Iterator[str]:
    """Where the processor's time went, and what of it was for nothing."""
    told = account.figures()
    slots, wall = count(told["slots"], "CPU slot"), clock(told["wall_seconds"])
    before, between, behind = (_long(told[f"idle_{name}_seconds"]) for name in ("before", "between", "behind"))
    yield (
        f"{slots} for {wall}: {_long(told['busy_seconds'])} busy, {_long(told['idle_seconds'])} idle. Of that, "
        f"{before} before the first encoder began, {between} while others worked, {behind} behind the last piece."
    )
    if told["lost_attempts"]:
        lost, took = count(told["lost_attempts"], "attempt"), _long(told["lost_seconds"])
        yield f"{lost} came to nothing (failed, stopped, or lost with the process): {took}."
    if len(account.history.stretches) > 1:
        yield f"It ran in {len(account.history.stretches)} stretches; the time between them is left out."
    if any(stretch.how == "interrupted" for stretch in account.history.stretches):
        yield "A stretch that was killed is shown as far as it had written down what it did."


def _stretches(account: Account) -> str:
    history = account.history
    if len(history.stretches) < 2:  # noqa: PLR2004 - one is what the page is about
        return ""
    rows = [
        (
            time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(stretch.opened)),
            clock(stretch.seconds),
            stretch.how,
            f"{sum(bar.state == 'done' for bar in history.of(number)):,}",
        )
        for number, stretch in enumerate(history.stretches)
    ]
    return table(("stretch", "lasted", "ended", "tasks done"), rows)


def _pieces(account: Account) -> str:
    pieces = account.pieces
    if not pieces:
        return ""
    head = ("piece", "frames", "film", "took", "frames/s", "size", "kbit/s", "CPU", "memory", "tries", "")
    whole = table(head, map(_row, pieces))
    lines = [f"<p>{text(_spread(pieces))}</p>"] if len(pieces) > 1 else []
    lines.append(details(count(len(pieces), "row"), whole) if len(pieces) > _MANY_ROWS else whole)
    return section("Pieces", *lines, key="pieces")


def _row(piece: Piece) -> tuple[str, ...]:
    done, span = piece.state == "done", piece.span
    return (
        piece.task,
        f"{span.start_frame}-{span.end_frame - 1}" if span and span.end_frame > 0 else "",
        f"{_at(span.start_s)}-{_at(span.end_s)}" if span else "whole track",
        f"{piece.seconds:.1f} s" if done else "",
        f"{piece.fps:.1f}" if done and piece.frames else "",
        size(piece.size_bytes) if done else "",
        f"{piece.bit_rate / 1000:.0f}" if piece.bit_rate else "",
        f"{piece.cpu_seconds:.1f} s" if done else "",
        size(piece.peak_memory_bytes) if done and piece.peak_memory_bytes else "",
        str(piece.attempts) if piece.attempts > 1 else "",
        "from an earlier run" if piece.reused else "" if done else piece.state,
    )


def _spread(pieces: Sequence[Piece]) -> str:
    """From the shortest to the longest."""
    done = [piece for piece in pieces if piece.state == "done" and piece.span]
    if not done:
        return f"None of {len(pieces):,} is done."
    took = sorted(piece.seconds for piece in done)
    film = sorted(piece.span.end_s - piece.span.start_s for piece in done if piece.span)
    words = [
        f"took {took[0]:.1f} to {took[-1]:.1f} s (in the middle {took[len(took) // 2]:.1f})",
        f"{film[0]:.1f} to {film[-1]:.1f} s of film",
    ]
    rates = sorted(piece.bit_rate for piece in done if piece.bit_rate and piece.doing is Doing.PICTURE)
    words += [f"{rates[0] / 1000:.0f} to {rates[-1] / 1000:.0f} kbit/s"] if rates else []
    return f"{count(len(done), 'piece')} in parts of the film: {'; '.join(words)}."


def _decisions(account: Account) -> Iterator[str]:
    for told in account.outline.get("decisions", []):
        option = f" <code>{text(told['option'])}</code>" if told.get("option") else ""
        yield f"<b>{text(told['what'])}</b>: {text(told['why'])}{option}"


def _settings(account: Account) -> str:
    told = account.facts.get("settings", {})
    given = {option_of(name): value for name, value in told.items() if value not in (None, [], False, "")}
    rows = [
        (name, " ".join(map(str, value)) if isinstance(value, list) else str(value)) for name, value in given.items()
    ]
    return details("settings", table(("option", "value"), rows)) if rows else ""


def _commands(account: Account) -> str:
    """All of them, or where they are too many, some of each kind."""
    commands = account.commands
    shown = list(commands) if len(commands) <= _MOST_COMMANDS else _chosen(account)
    told = "\n".join(f"# {task}\n{commands[task]}" for task in shown)
    more = len(commands) - len(shown)
    rest = f"<p>{more:,} more like these: `suture report --json` has all.</p>" if more else ""
    return details(count(len(commands), "command"), block(told) + rest) if told else ""


def _chosen(account: Account) -> list[str]:
    """The first two and the last of each kind, and those that failed."""
    kinds: dict[str, list[str]] = {}
    for task in account.commands:
        kinds.setdefault(task.rstrip("0123456789"), []).append(task)
    failed = {failed.task for failed in account.failures[:_MOST_FAILURES]}
    few = {task for tasks in kinds.values() for task in (*tasks[:2], tasks[-1])} | failed
    return [task for task in account.commands if task in few]


def _foot(account: Account) -> str:
    facts = account.facts
    build = next(iter(facts.get("build", ())), "")
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(account.made_at))
    parts = [f"job {account.job}", f"Suture {facts.get('suture', '?')}", f"ffmpeg {build}" if build else ""]
    return f"<footer>{text(', '.join(filter(None, parts)))}; report made {text(when)}</footer>"


def _long(seconds: float) -> str:
    """``12.3 s``, ``0:12:30``."""
    return f"{seconds:.1f} s" if seconds < 100 else clock(seconds)  # noqa: PLR2004 - three digits are read at a glance


def _at(seconds: float) -> str:
    """``1:02:03.5``, a moment of the film."""
    tenths = round(seconds * 10)
    whole, rest = divmod(tenths, 10)
    hours = f"{whole // _HOUR}:{whole // 60 % 60:02}" if whole >= _HOUR else f"{whole // 60}"
    return f"{hours}:{whole % 60:02}.{rest}"
