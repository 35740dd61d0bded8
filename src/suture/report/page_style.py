"""How the report's page looks, light and dark, wide and on a phone; and the one thing that moves on it, a zoom.

No font, picture or script comes from anywhere else. Without the script nothing is missing but the zoom.
"""

from __future__ import annotations

from typing import Final

__all__ = ["SCRIPT", "STYLE"]

STYLE: Final = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2026;--soft:#5b6470;--line:#d9dee5;--ground:#f3f5f8;--hatch:#c3cbd6;
--picture:#2f6fd0;--stage:#1a9aa8;--sound:#2e9d5b;--slice:#8fc9a5;--text:#8a8f2b;--look:#8893a3;--join:#d9822b;
--check:#8a5cc2;--bad:#cf3340;--good:#1f8a4c}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e6e9ee;--soft:#9aa4b2;--line:#2d333b;--ground:#1c2127;
--hatch:#3f4854;--picture:#5b97ee;--stage:#37bccb;--sound:#4cc17e;--slice:#3c7a55;--text:#c3c856;--look:#7a8594;
--join:#eba254;--check:#b08ae6;--bad:#f0626d;--good:#4cc17e}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1280px;padding:20px 24px 48px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:1.5em;line-height:1.25;margin:0;overflow-wrap:anywhere}h2{font-size:1.1em;margin:2em 0 .6em}
p{margin:.5em 0}.soft,.legend,small,footer{color:var(--soft)}.soft,li,dd{overflow-wrap:anywhere}
.state{font-weight:600;color:var(--bad)}.state.done{color:var(--good)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(170px,1fr));margin:1.2em 0;
border:1px solid var(--line);border-radius:6px;overflow:hidden}
dl div{box-shadow:1px 1px 0 var(--line);padding:8px 12px}dt{color:var(--soft);font-size:.85em}
dd{margin:0;font-size:1.1em;font-variant-numeric:tabular-nums}
.chart{display:flex;font-size:12px}.labels{flex:none;padding-right:8px;color:var(--soft);text-align:right;white-space:nowrap}
.labels div{display:flex;align-items:center;justify-content:flex-end}
.scroll,.wide{overflow-x:auto}.scroll{flex:1;min-width:0}.scroll svg{display:block;min-width:640px}
svg text{fill:var(--soft);font-size:11px}svg .ground{fill:var(--ground)}svg .tick{stroke:var(--line)}
svg .pause{stroke:var(--soft);stroke-dasharray:3 3}.hatch{stroke:var(--hatch);stroke-width:2}
svg rect{stroke:var(--ground);stroke-width:1}svg.many rect,svg .ground,svg .idle{stroke:none}
svg rect:not(.ground):hover{opacity:.7}
.picture{fill:var(--picture);background:var(--picture)}.stage{fill:var(--stage);background:var(--stage)}
.sound{fill:var(--sound);background:var(--sound)}.slice{fill:var(--slice);background:var(--slice)}
.text{fill:var(--text);background:var(--text)}.look{fill:var(--look);background:var(--look)}
.join{fill:var(--join);background:var(--join)}.check{fill:var(--check);background:var(--check)}
.bad{fill:var(--bad);background:var(--bad)}svg .idle{fill:url(#hatch)}
i.idle{background:repeating-linear-gradient(45deg,var(--hatch) 0 2px,var(--ground) 2px 5px)}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:.85em}
.legend i{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:5px}
table{border-collapse:collapse;font-size:.87em;font-variant-numeric:tabular-nums}
th,td{padding:3px 10px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:500}th:first-child,td:first-child{text-align:left;padding-left:0}
details{margin:.6em 0}summary{cursor:pointer;color:var(--soft)}
ul{margin:.4em 0;padding-left:1.2em}li{margin:.25em 0}.warnings li::marker{color:var(--bad)}
pre{overflow-x:auto;background:var(--ground);padding:10px 12px;border-radius:6px;font-size:12px;line-height:1.45}
code{font-size:.9em;color:var(--soft)}.zoom{color:var(--soft);font-size:.85em}footer{margin-top:3em;font-size:.85em}
@media (max-width:600px){body{padding:14px 12px 32px}dl{grid-template-columns:1fr 1fr}dd{font-size:1em}}
@media print{.scroll,.wide,pre{overflow:visible}.zoom{display:none}}
"""

SCRIPT: Final = """
const zoom=document.querySelector(".zoom"),chart=document.querySelector(".scroll");
if(zoom&&chart){zoom.hidden=false;zoom.querySelector("input").addEventListener("input",event=>{
const before=chart.scrollWidth,middle=chart.scrollLeft+chart.clientWidth/2;
chart.firstElementChild.style.width=100*2**event.target.value+"%";
chart.scrollLeft=middle*chart.scrollWidth/before-chart.clientWidth/2})}
"""
