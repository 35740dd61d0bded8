"""Scores of frames as a graph: a band from the least to the greatest of neighbours, their mean as a line, a zoom.

What is drawn stands in the page; the script only draws a part of it anew. So a page without script, or on paper, shows
the whole film. Pure: numbers in, HTML out. Used by the page of `suture compare`; `page_style` has the colours.
"""

from __future__ import annotations

import json
from itertools import pairwise
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Final

from suture.report.html import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["SCRIPT", "STYLE", "graph_of"]

_WIDTH, _HEIGHT = 1000, 220
_LINES: Final = 5
_TOOLS: Final = """<p class="tools" hidden><button>whole</button><button>&minus;</button><button>+</button>
<span class="told">drag to move, + or a double click to look closer</span></p>"""
# Clocks that jitter by less are told as one rate, which takes no room.
_JITTER_S: Final = 0.002


def graph_of(scores: Sequence[float], numbers: Sequence[int], times: Sequence[float], best: float, places: int) -> str:
    """The graph of one metric.

    Args:
        scores: of all frames that were compared.
        numbers: of these frames.
        times: of these, in seconds.
        best: what equal pictures get; nothing is drawn above it.
        places: decimal places that mean something.
    """
    low, high = _bounds(scores, best)
    told = {
        "low": low,
        "high": high,
        "places": places,
        "scores": [round(score, places) for score in scores],
        "numbers": _counted(numbers),
        "times": _clocked(times),
    }
    levels = "".join(_level(value, low, high) for value in _steps(low, high))
    band, line = _paths(scores, low, high)
    return "\n".join(
        [
            '<div class="graph" tabindex="0">',
            f'<div class="levels">{levels}</div>',
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img">',
            "<title>Score of each frame, over time</title>",
            *(f'<path class="tick" d="M0 {_HEIGHT * n / (_LINES - 1):.0f}H{_WIDTH}"/>' for n in range(1, _LINES - 1)),
            f'<path class="band" d="{band}"/><path class="line" d="{line}"/></svg>',
            f'<div class="times">{"".join(_moments(times))}</div>',
            _TOOLS,
            f'<script type="application/json">{json.dumps(told, separators=(",", ":"))}</script></div>',
        ]
    )


def _bounds(scores: Sequence[float], best: float) -> tuple[float, float]:
    """From a round number below the least to one above the greatest."""
    least, most = min(scores), min(max(scores), best)
    step = 10 ** floor(log10(max((most - least) or best / 20, 1e-6)))
    low = min(floor(least / step) * step, best - step)
    return round(low, 6), round(min(best, max(ceil(most / step) * step, low + step)), 6)


def _steps(low: float, high: float) -> list[float]:
    return [low + (high - low) * n / (_LINES - 1) for n in range(_LINES)]


def _level(value: float, low: float, high: float) -> str:
    top = 100 * (high - value) / (high - low)
    return f'<span style="top:{top:.2f}%">{value:.4g}</span>'


def _moments(times: Sequence[float]) -> Iterator[str]:
    """The clock below it."""
    for n in range(_LINES):
        place = n / (_LINES - 1)
        yield f'<span style="left:{100 * place:.2f}%">{text(_clock(times[round(place * (len(times) - 1))]))}</span>'


def _clock(seconds: float) -> str:
    whole = max(0, floor(seconds))
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def _paths(scores: Sequence[float], low: float, high: float) -> tuple[str, str]:
    """What is drawn of all frames; the script does the same for a part of them."""
    count = min(_WIDTH, len(scores))
    ends = [len(scores) * n // count for n in range(count + 1)]
    columns = [scores[a:b] for a, b in pairwise(ends)]

    def place(n: int, value: float) -> str:
        return f"{(n + 0.5) * _WIDTH / count:.1f} {_HEIGHT * (high - min(value, high)) / (high - low):.1f}"

    tops = [place(n, max(column)) for n, column in enumerate(columns)]
    bottoms = [place(n, min(column)) for n, column in enumerate(columns)]
    means = [place(n, sum(column) / len(column)) for n, column in enumerate(columns)]
    return f"M{'L'.join([*tops, *bottoms[::-1]])}Z", f"M{'L'.join(means)}"


def _counted(numbers: Sequence[int]) -> int | list[int]:
    """The first number, where the others follow it."""
    return numbers[0] if numbers[-1] - numbers[0] == len(numbers) - 1 else list(numbers)


def _clocked(times: Sequence[float]) -> list[float] | dict[str, float]:
    """First time and step, where that is enough."""
    first, step = times[0], (times[-1] - times[0]) / max(1, len(times) - 1)
    if all(abs(first + n * step - at) < _JITTER_S for n, at in enumerate(times)):
        return {"first": round(first, 6), "step": round(step, 9)}
    return [round(at, 3) for at in times]


STYLE: Final = """
.graph{position:relative;margin:1em 0 1.5em 44px;outline-offset:6px}
.graph svg{display:block;width:100%;height:220px;background:var(--ground);cursor:crosshair;touch-action:pan-y}
.graph .band{fill:var(--picture);opacity:.3}.graph .line{fill:none;stroke:var(--picture);stroke-width:1.5;
vector-effect:non-scaling-stroke}
.graph .levels,.graph .times,.graph .tools{font-size:11px;color:var(--soft);font-variant-numeric:tabular-nums}
.graph .levels{position:absolute;inset:0 0 auto 0;height:220px;pointer-events:none}
.graph .levels span{position:absolute;right:calc(100% + 6px);transform:translateY(-50%)}
.graph .times{position:relative;height:18px;margin-top:3px}
.graph .times span{position:absolute;transform:translateX(-50%)}
.graph .times span:first-child{transform:none}.graph .times span:last-child{transform:translateX(-100%)}
.graph .tools{display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center;margin:.4em 0;font-size:.85em}
.graph .tools[hidden]{display:none}
.graph button{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--line);border-radius:5px;
padding:3px 12px;min-width:38px;cursor:pointer}
.graph .tick{vector-effect:non-scaling-stroke}a.to{color:inherit}.worst{columns:22em;padding-left:0;list-style:none}
.worst li{break-inside:avoid;margin:0}
@media (max-width:600px){.graph{margin-left:36px}.graph button{padding:7px 14px}}
"""

SCRIPT: Final = """
for(const box of document.querySelectorAll(".graph")){
const data=JSON.parse(box.querySelector("script").textContent),all=data.scores,total=all.length,
svg=box.querySelector("svg"),band=svg.querySelector(".band"),line=svg.querySelector(".line"),told=box.querySelector(".told"),
marks=box.querySelectorAll(".times span"),W=1000,H=220;
let from=0,to=total,held=null;
const time=n=>Array.isArray(data.times)?data.times[n]:data.times.first+n*data.times.step,
number=n=>Array.isArray(data.numbers)?data.numbers[n]:data.numbers+n,
two=value=>String(value).padStart(2,"0"),
clock=(s,fine)=>{const ms=Math.max(0,Math.round(s*1000)),w=Math.floor(ms/1000);return Math.floor(w/3600)+":"+
two(Math.floor(w%3600/60))+":"+two(w%60)+(fine?"."+String(ms%1000).padStart(3,"0"):"")},
draw=()=>{const count=Math.max(1,Math.min(W,to-from)),up=[],down=[],mean=[];
for(let n=0;n<count;n++){let a=from+Math.floor((to-from)*n/count),b=from+Math.floor((to-from)*(n+1)/count),
low=Infinity,high=-Infinity,sum=0;for(let k=a;k<b;k++){const v=all[k];if(v<low)low=v;if(v>high)high=v;sum+=v}
const x=((n+.5)*W/count).toFixed(1),y=v=>x+" "+(H*(data.high-Math.min(v,data.high))/(data.high-data.low)).toFixed(1);
up.push(y(high));down.push(y(low));mean.push(y(sum/(b-a)))}
band.setAttribute("d","M"+up.concat(down.reverse()).join("L")+"Z");line.setAttribute("d","M"+mean.join("L"));
const fine=time(Math.max(from,to-1))-time(from)<20;
marks.forEach((mark,n)=>{mark.textContent=clock(time(Math.min(total-1,from+Math.round((to-from-1)*n/(marks.length-1)))),fine)})},
show=(a,b)=>{const width=Math.max(Math.min(8,total),Math.min(total,Math.round(b-a)));
from=Math.max(0,Math.min(total-width,Math.round(a)));to=from+width;draw()},
closer=(factor,at=.5)=>{const middle=from+(to-from)*at,width=(to-from)/factor;
show(middle-width*at,middle+width*(1-at))},
share=event=>{const place=svg.getBoundingClientRect();return (event.clientX-place.left)/place.width},
tell=event=>{const n=Math.max(0,Math.min(total-1,from+Math.floor((to-from)*share(event))));
told.textContent=clock(time(n),true)+", frame "+number(n)+": "+all[n].toFixed(data.places)};
const [whole,less,more]=box.querySelectorAll("button");box.querySelector(".tools").hidden=false;
whole.onclick=()=>show(0,total);less.onclick=()=>closer(.5);more.onclick=()=>closer(2);
svg.ondblclick=event=>closer(4,share(event));
svg.addEventListener("wheel",event=>{if(event.ctrlKey){event.preventDefault();
closer(event.deltaY<0?1.4:1/1.4,share(event))}},{passive:false});
svg.onpointerdown=event=>{held={x:share(event),from,to};svg.setPointerCapture(event.pointerId);tell(event)};
svg.onpointermove=event=>{tell(event);if(held){const by=(held.x-share(event))*(held.to-held.from);
show(held.from+by,held.to+by)}};
svg.onpointerup=svg.onpointercancel=()=>{held=null};
box.onkeydown=event=>{const by=(to-from)/8,keys={"+":()=>closer(2),"-":()=>closer(.5),"0":()=>show(0,total),
ArrowLeft:()=>show(from-by,to-by),ArrowRight:()=>show(from+by,to+by)};
if(keys[event.key]){event.preventDefault();keys[event.key]()}};
for(const link of box.parentElement.querySelectorAll("a.to"))link.onclick=event=>{event.preventDefault();
let n=0;while(n<total-1&&number(n)<+link.dataset.frame)n++;show(n-100,n+100);
told.textContent=clock(time(n),true)+", frame "+number(n)+": "+all[n].toFixed(data.places);
box.scrollIntoView({behavior:"smooth",block:"center"})}
}
"""
