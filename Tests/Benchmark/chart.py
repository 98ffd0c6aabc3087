"""Draws chart.svg: requests a second and latency of all responders at 64 clients, with the CPU time of a request.

chart.py RESULT.json > chart.svg
"""

import json
import math
import sys
from html import escape

# Colours for a light page, and for a dark one.
STYLE = """
    svg { --paper: #ffffff; --edge: #d8dee4; --ink: #1f2328; --quiet: #636c76; --grid: #eaeef2; --other: #a9b4c2;
          --ours: #e4572e; --line: #d0d7de; }
    @media (prefers-color-scheme: dark) {
        svg { --paper: #0d1117; --edge: #30363d; --ink: #e6edf3; --quiet: #9198a1; --grid: #1c2128; --other: #545d68;
              --ours: #ff7b54; --line: #373e47; }
    }
    text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--ink); }
    .title { font-size: 16px; font-weight: 600; }
    .head, .foot, .axis { font-size: 11px; fill: var(--quiet); }
    .number { font-variant-numeric: tabular-nums; }
    .us { font-weight: 600; }
    .paper { fill: var(--paper); stroke: var(--edge); }
    .grid { stroke: var(--grid); }
    .bar { fill: var(--other); } .bar.us { fill: var(--ours); }
    .bar.limit { fill: none; stroke: var(--other); stroke-dasharray: 3 3; }
    .range { stroke: var(--other); stroke-width: 4; stroke-linecap: round; opacity: .55; }
    .range.us { stroke: var(--ours); }
    .dot { fill: var(--other); } .dot.us { fill: var(--ours); }
"""
WIDTH, ROW, TOP = 900, 38, 84
LABELS, BARS, TIMES, CPU = 24, 246, 540, 876
BAR_WIDTH, TIMES_WIDTH = 200, 230


def draw(result):
    of_64 = next(part for part in result["comparison"] if part["clients"] == 64 and part["keepAlive"])
    responders = sorted(of_64["responders"].items(), key=lambda pair: -pair[1]["perSecond"])
    most = max(one["perSecond"] for _, one in responders)
    # Whole decades, so that the axis has round numbers at both ends.
    low = math.floor(math.log10(min(one["p50"] for _, one in responders)))
    high = math.ceil(math.log10(max(one["p999"] for _, one in responders)))
    bottom = TOP + ROW * len(responders)
    height = bottom + 78

    def at(milliseconds):
        return TIMES + TIMES_WIDTH * (math.log10(max(milliseconds, 10**low)) - low) / (high - low)

    def text(x, y, kind, words, anchor="start"):
        return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" aria-label="Requests a second and latency of livekit-tokend and of others on the same work">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        text(LABELS, 36, "title", "A token for each of 64 clients, over and over"),
        text(BARS, TOP - 18, "head", "requests a second"),
        text(TIMES, TOP - 18, "head", "milliseconds: median to 99.9 %, dot at 99 %"),
        text(CPU, TOP - 18, "head", "CPU µs", "end"),
    ]
    for decade in range(low, high + 1):
        x = at(10**decade)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom}"/>')
        parts.append(text(x, bottom + 14, "axis", f"{10**decade:,g}", "middle"))
    for number, (name, one) in enumerate(responders):
        y = TOP + ROW * number + ROW / 2
        us = " us" if name == "ours" else ""
        kind = us or (" limit" if name == "ceiling" else "")
        width = BAR_WIDTH * one["perSecond"] / most
        parts.append(text(LABELS, y + 4, us.strip(), one["label"]))
        parts.append(f'<rect class="bar{kind}" x="{BARS}" y="{y - 9:.0f}" width="{width:.1f}" height="18" rx="3"/>')
        parts.append(text(BARS + width + 8, y + 4, "number" + us, f"{one['perSecond']:,.0f}"))
        ends = f'x1="{at(one["p50"]):.1f}" x2="{at(one["p999"]):.1f}"'
        parts.append(f'<line class="range{us}" {ends} y1="{y}" y2="{y}"/>')
        parts.append(f'<circle class="dot{us}" cx="{at(one["p99"]):.1f}" cy="{y}" r="5.5"/>')
        parts.append(text(CPU, y + 4, "number" + us, f"{one['cpu']:.0f}" if one["cpu"] else "–", "end"))
    facts = result["machine"]
    rounds = len(responders[0][1]["rounds"])
    foot = [
        "All do the same work: a session of 100,000, its user, room, member and stream in SQLite, HS256, audit line.",
        f"{facts['date']}, one run, medians of {rounds} rounds in turn behind one nginx {facts['nginx']}; "
        f"{facts['cores']} cores, shared with nginx and the clients.",
    ]
    parts += [text(LABELS, height - 34 + 16 * number, "foot", line) for number, line in enumerate(foot)]
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        sys.stdout.write(draw(json.load(file)))
