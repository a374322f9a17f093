"""Draw the report's charts as SVG by hand: no script, no library, colours from the page's style sheet.

Built as element trees, so that they are well-formed and every text is escaped. The view boxes are
narrow on purpose: at phone width the text stays readable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from assay.report.data import BASE, SHARED, Comparison, Probe, Score
from assay.report.numbers import around, difference, interval, score

WIDTH = 420
LINE_HEIGHT = 34


@dataclass(frozen=True)
class Scale:
    """A straight map from values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value, kept inside the scale; an infinite one lies at its edge."""
        inside = min(max(value, self.low), self.high)
        return round(self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def nice_step(span: float, about: int = 4) -> float:
    """Return the round number (1, 2 or 5 times a power of ten) that cuts `span` into about so many parts."""
    raw = span / about
    power = float(10 ** math.floor(math.log10(raw)))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return the round numbers between two values."""
    step = nice_step(high - low, about)
    return [
        round(i * step, 10) for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    ]


def _svg(height: float, title: str, description: str, width: float = WIDTH) -> ET.Element:
    svg = ET.Element("svg", {"viewBox": f"0 0 {width:g} {height:g}", "role": "img", "class": "chart"})
    svg.set("aria-label", f"{title}. {description}")
    ET.SubElement(svg, "title").text = title
    ET.SubElement(svg, "desc").text = description
    return svg


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: object) -> ET.Element:
    named = {
        k.rstrip("_").replace("_", "-"): f"{v:g}" if isinstance(v, float) else str(v)
        for k, v in attributes.items()
    }
    child = ET.SubElement(parent, tag, named)
    child.text = text
    return child


def _line(parent: ET.Element, kind: str, x1: float, y1: float, x2: float, y2: float) -> None:
    _add(parent, "line", class_=kind, x1=x1, y1=y1, x2=x2, y2=y2)


def _text(parent: ET.Element, words: str, x: float, y: float, kind: str = "", anchor: str = "start") -> None:
    _add(parent, "text", words, x=x, y=y, class_=kind or "label", text_anchor=anchor)


def _marker(parent: ET.Element, style: int, x: float, y: float, hint: str) -> None:
    """Draw a point; the shape differs too, not only the colour."""
    if style % 2:
        mark = _add(parent, "rect", class_=f"mark arm{style}", x=x - 4.0, y=y - 4.0, width=8, height=8)
    else:
        mark = _add(parent, "circle", class_=f"mark arm{style}", cx=x, cy=y, r=4.5)
    _add(mark, "title", hint)


def _markup(svg: ET.Element) -> str:
    return ET.tostring(svg, encoding="unicode")


def arms_of(scores: Sequence[Score]) -> list[str]:
    """Return the trained arms in the order they come, without the base and the shared start."""
    return [a for a in dict.fromkeys(s.arm for s in scores) if a not in (BASE, SHARED)]


def rounds(scores: Sequence[Score], title: str, arms: Sequence[str]) -> str:
    """Draw the metric by round with one line per arm; the base is a dashed line across."""
    svg = _svg(232, title, _in_words(scores))
    last = max(s.round for s in scores)
    top = _top(scores)
    x, y = Scale(0, max(last, 1), 52, WIDTH - 24), Scale(0, top, 196, 14)
    for tick in ticks(0, top, 5):
        _line(svg, "grid", 36, y(tick), WIDTH - 8, y(tick))
        _text(svg, score(tick, 1) if tick else "0", 30, y(tick) + 4, anchor="end")
    for r in range(0, last + 1, last // 12 + 1):
        _text(svg, f"round {r}" if last < 6 else str(r), x(r), 218, anchor="middle")
    for s in (s for s in scores if s.arm == BASE):
        _line(svg, "base", 36, y(s.value), WIDTH - 8, y(s.value))
        _text(svg, f"base {score(s.value)}", WIDTH - 10, y(s.value) - 5, "note", "end")
    start = [s for s in scores if s.arm == SHARED]
    for i, arm in enumerate(arms):
        _arm(svg, start + [s for s in scores if s.arm == arm], (i, len(arms)), x, y)
    for s in start:
        _whisker(svg, x(s.round), y, s, "shared")
        mark = _add(svg, "circle", class_="mark shared", cx=x(s.round), cy=y(s.value), r=4.5)
        _add(mark, "title", _hint(s))
    return _markup(svg)


def _top(scores: Sequence[Score]) -> float:
    """Return the upper end of the axis: 1, or what bits per byte reach beyond it."""
    return max([1.0, *(v * 1.05 for s in scores for v in (s.value, s.hi) if math.isfinite(v) and v > 1)])


def _arm(svg: ET.Element, scores: list[Score], place: tuple[int, int], x: Scale, y: Scale) -> None:
    i, many = place
    shift = (i - (many - 1) / 2) * 9
    scores = sorted(scores, key=lambda s: s.round)
    at = [(x(s.round) + (0 if s.arm == SHARED else shift), y(s.value)) for s in scores]
    if len(at) > 1:
        points = " ".join(f"{px:g},{py:g}" for px, py in at)
        _add(svg, "polyline", class_=f"line arm{i}", points=points)
    for s, (px, py) in zip(scores, at, strict=True):
        if s.arm != SHARED:
            _whisker(svg, px, y, s, f"arm{i}")
            _marker(svg, i, px, py, _hint(s))


def _whisker(svg: ET.Element, px: float, y: Scale, s: Score, kind: str) -> None:
    _line(svg, f"whisker {kind}", px, y(s.lo), px, y(s.hi))
    for end in (s.lo, s.hi):
        _line(svg, f"whisker {kind}", px - 3, y(end), px + 3, y(end))


def _hint(s: Score) -> str:
    return f"{s.arm}, round {s.round}: {score(s.value)} {interval(s.lo, s.hi)}, {s.n} items"


def _in_words(scores: Sequence[Score]) -> str:
    return "; ".join(_hint(s) for s in scores)


def models(scores: Sequence[Score], title: str, arms: Sequence[str]) -> str:
    """Draw one row per model, a dot with its interval: the scores of the sealed test."""
    height = len(scores) * LINE_HEIGHT + 30
    svg = _svg(height, title, _in_words(scores))
    top = _top(scores)
    x = Scale(0, top, 96, WIDTH - 52)
    for tick in ticks(0, top, 5):
        _line(svg, "grid", x(tick), 6, x(tick), height - 24)
        _text(svg, score(tick, 1) if tick else "0", x(tick), height - 8, anchor="middle")
    for row, s in enumerate(scores):
        y = row * LINE_HEIGHT + 24
        kind = f"arm{arms.index(s.arm)}" if s.arm in arms else "shared"
        _text(svg, s.arm, 86, y + 4, "name", "end")
        _span(svg, (x(s.lo), x(s.hi)), y, kind)
        if s.arm in arms:
            _marker(svg, arms.index(s.arm), x(s.value), y, _hint(s))
        else:
            _add(_add(svg, "circle", class_="mark shared", cx=x(s.value), cy=y, r=4.5), "title", _hint(s))
        _text(svg, score(s.value), WIDTH - 4, y + 4, "value", "end")
    return _markup(svg)


def _span(svg: ET.Element, ends: tuple[float, float], y: float, kind: str) -> None:
    _line(svg, f"whisker {kind}", ends[0], y, ends[1], y)
    for end in ends:
        _line(svg, f"whisker {kind}", end, y - 4, end, y + 4)


def differences(comparisons: Sequence[Comparison], title: str) -> str:
    """Draw each difference with its interval against zero; the band is the margin of sameness."""
    low, high = _reach(
        [c.lo for c in comparisons], [c.hi for c in comparisons], [c.margin for c in comparisons]
    )
    height = len(comparisons) * 56 + 30
    words = "; ".join(
        f"{c.name}: {difference(c.diff)} {around(c.lo, c.hi)}, {c.verdict}" for c in comparisons
    )
    svg = _svg(height, title, words)
    x = Scale(low, high, 16, WIDTH - 16)
    for tick in ticks(low, high, 5):
        _text(svg, difference(tick, 2) if tick else "0", x(tick), height - 8, anchor="middle")
    for row, c in enumerate(comparisons):
        _difference(svg, row * 56 + 8, x, c)
    return _markup(svg)


def _difference(svg: ET.Element, top: float, x: Scale, c: Comparison) -> None:
    for tick in ticks(x.low, x.high, 5):
        _line(svg, "grid", x(tick), top + 18, x(tick), top + 46)
    left, right = x(-c.margin), x(c.margin)
    band = _add(svg, "rect", class_="margin", x=left, y=top + 18, width=max(right - left, 1.0), height=28)
    _add(band, "title", f"the same, within the margin of {score(c.margin, 3)}")
    _line(svg, "zero", x(0), top + 18, x(0), top + 46)
    _text(svg, c.name, 16, top + 11, "name")
    _text(svg, f"{difference(c.diff)} {around(c.lo, c.hi)}", WIDTH - 16, top + 11, "value", "end")
    if not math.isnan(c.diff):
        _span(svg, (x(c.lo), x(c.hi)), top + 32, "ink")
        _add(svg, "circle", class_="mark ink", cx=x(c.diff), cy=top + 32, r=4.5)


def _reach(lows: Sequence[float], highs: Sequence[float], margins: Sequence[float]) -> tuple[float, float]:
    """Return the range that shows every interval, every margin and zero, with a little air."""
    low = min([0.0, *(v for v in (*lows, *(-m for m in margins)) if math.isfinite(v))])
    high = max([0.0, *(v for v in (*highs, *margins) if math.isfinite(v))])
    air = (high - low or 0.1) * 0.06
    return low - air, high + air


def strip(probe: Probe, reach: tuple[float, float]) -> str:
    """Draw one probe's interval on one line, with zero and the margin it must not pass."""
    state = "fired" if probe.fired else "quiet"
    title = f"{probe.name}: {difference(probe.value)} {around(probe.lo, probe.hi)}, {state}"
    svg = _svg(22, title, f"fires beyond {score(probe.margin, 3)}", 160)
    x = Scale(*reach, 4, 156)
    left, right = sorted((x(0), x(probe.margin)))
    _add(svg, "rect", class_="margin", x=left, y=3, width=max(right - left, 1.0), height=16)
    _line(svg, "zero", x(0), 1, x(0), 21)
    if not math.isnan(probe.value):
        _line(svg, f"whisker {state}", x(probe.lo), 11, x(probe.hi), 11)
        _add(svg, "circle", class_=f"mark {state}", cx=x(probe.value), cy=11, r=4)
    return _markup(svg)


def probe_reach(probes: Sequence[Probe]) -> tuple[float, float]:
    """Return the common range of the probes' strips."""
    values = [v for p in probes for v in (p.lo, p.hi, p.margin)]
    return _reach(values, values, [])
