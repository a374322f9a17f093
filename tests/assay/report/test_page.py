"""The page is well-formed, complete in itself, escapes what it is given, and shows every number."""

from __future__ import annotations

import builtins
import dataclasses
import math
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from assay.errors import MissingExtra
from assay.report import numbers
from assay.report.data import (
    Ancestor,
    Cell,
    Comparison,
    Funnel,
    Opening,
    Probe,
    ReportData,
    Score,
    Stage,
    Step,
)
from assay.report.page import render

VOID = {"meta", "br"}
HOSTILE = "\"><script>alert('x')</script>&amp; \x07 {{ 7 * 7 }}"


class Nesting(HTMLParser):
    """Follow the tags of a page and note every one that is closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def nesting(page: str) -> Nesting:
    """Parse a page to its end."""
    parser = Nesting()
    parser.feed(page)
    parser.close()
    return parser


def test_the_page_is_well_formed(sample: ReportData) -> None:
    parser = nesting(render(sample))
    assert (parser.open, parser.wrong) == ([], [])


def test_every_chart_is_well_formed_and_named(sample: ReportData) -> None:
    charts = re.findall(r"<svg[^>]*role=.*?</svg>", render(sample), flags=re.S)
    assert len(charts) == 2 + 3 + len(sample.probes)
    for chart in charts:
        svg = ET.fromstring(chart)
        assert svg.get("aria-label")
        assert svg[0].tag == "title"


def test_the_page_loads_nothing(sample: ReportData) -> None:
    page = render(sample)
    assert not re.search(r"https?:|//\w|\bsrc\s*=|\bhref\s*=|url\(|@import|<script|<link|<iframe|<img", page)
    assert "default-src 'none'" in page


def test_the_same_report_gives_the_same_bytes(sample: ReportData) -> None:
    assert render(sample) == render(sample)


def test_the_sentence_comes_before_every_table(sample: ReportData) -> None:
    page = render(sample)
    assert "<h1>Cannot tell whether targeted data beat" in page
    assert page.index("<h1>") < page.index("<h2") < page.index("<table")


def expected(report: ReportData) -> set[str]:
    """Return every number of a report as it should be written."""
    n = numbers
    found: set[str] = set()
    for s in report.scores:
        found |= {n.score(s.value), n.interval(s.lo, s.hi), n.count(s.n)}
    for c in report.comparisons:
        found |= {n.difference(c.diff), n.around(c.lo, c.hi), n.score(c.margin, 3), n.score(c.mde, 3)}
        found |= {n.count(c.n), n.count(c.clusters), c.method}
    for p in report.probes:
        found |= {n.difference(p.value), n.around(p.lo, p.hi), n.score(p.margin, 3)}
    found |= {n.score(c.value) for c in report.cells}
    found |= {n.count(x) for f in report.funnels for s in f.steps for x in (s.dropped, s.left)}
    found |= {n.duration(s.seconds) for s in report.stages} | {
        n.count(s.tokens) for s in report.stages if s.tokens
    }
    return found | {a.id[:12] for a in report.lineage} | {o.when for o in report.openings}


def visible(page: str) -> str:
    """Return the text of a page without its tags."""
    return re.sub(r"<[^>]+>", "", page.split("</style>")[1])


def test_every_number_is_there(sample: ReportData) -> None:
    text = visible(render(sample))
    assert {e for e in expected(sample) if e not in text} == set()


def poisoned(value: Any) -> Any:
    """Return the same report with every free text replaced by a hostile one."""
    if isinstance(value, tuple):
        return tuple(poisoned(v) for v in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        keep = {"split", "part", "verdict"}
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return type(value)(**{k: v if k in keep else poisoned(v) for k, v in fields.items()})
    return HOSTILE if isinstance(value, str) else value


def test_hostile_text_stays_text(sample: ReportData) -> None:
    page = render(poisoned(sample))
    parser = nesting(page)
    assert "script" not in parser.seen
    assert (parser.open, parser.wrong) == ([], [])
    assert "{{ 7 * 7 }}" in page
    for chart in re.findall(r"<svg[^>]*role=.*?</svg>", page, flags=re.S):
        ET.fromstring(chart)


def test_an_empty_report_says_that_the_test_is_sealed() -> None:
    page = render(ReportData(title="empty", headline="Nothing was trained yet."))
    assert "The sealed test has not been opened." in page
    assert nesting(page).open == []
    assert "<table" not in page


def unknown(diff: float) -> Comparison:
    """Return a comparison over too few clusters."""
    return Comparison("a − b", "s", "cannot tell", diff, -math.inf, math.inf, 4, 1, 1, 0.02, math.inf, "none")


@pytest.mark.parametrize(
    "extreme",
    [
        ReportData("t", "h", scores=(Score(0, "base", "dev", 0.0, 0.0, 0.0, 1),)),
        ReportData("t", "h", scores=(Score(7, "solo", "test", 1.0, 1.0, 1.0, 10**7),)),
        ReportData("t", "h", cells=(Cell("a", "s", 0, 1.0, 1), Cell("b", "other", 3, 0.0, 1))),
        ReportData("t", "h", funnels=(Funnel("empty@v1", 0, (Step("rule", 0, 0),)),)),
        ReportData("t", "h", stages=(Stage("generate", 0.0), Stage("curate", 0.0))),
        ReportData("t", "h", probes=(Probe("p", "q", 0.0, 0.0, 0.0, 0.0, False),)),
        ReportData("t", "h", probes=(Probe("p", "q", -0.4, -0.6, -0.2, -0.1, True),)),
        ReportData("t", "h", comparisons=(Comparison("a − b", "s", "same", 0, 0, 0, 0, 0, 0, 0, 0, "m"),)),
        ReportData("t", "h", scores=(Score(0, "base", "dev", math.nan, -math.inf, math.inf, 0),)),
        ReportData("t", "h", scores=tuple(Score(r, "a", "dev", 0.5, 0.4, 0.6, 9) for r in range(40))),
        ReportData("t", "h", cells=(Cell("a", "s", 0, math.nan, 0),)),
        ReportData("t", "h", probes=(Probe("p", "q", math.nan, math.nan, math.nan, 0.05, False),)),
        ReportData("t", "h", probes=(Probe("p", "q", 0.1, -math.inf, math.inf, 0.05, False),)),
        ReportData("t", "h", comparisons=(unknown(math.nan), unknown(0.1))),
        ReportData("t", "h", lineage=(Ancestor("run", "r", ""),), openings=(Opening("", "", ""),)),
    ],
)
def test_extremes_are_drawn(extreme: ReportData) -> None:
    page = render(extreme)
    assert (nesting(page).open, nesting(page).wrong) == ([], [])
    assert not re.search(r"\b(nan|inf)\b", page.split("</style>")[1], flags=re.I)


def test_without_jinja2_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "jinja2":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match="jinja2") as error:
        render(ReportData("t", "h"))
    assert "assay-studio[report]" in error.value.fix


def test_a_report_in_bits_per_byte_says_which_way_is_better_and_fits_its_axis() -> None:
    rows = (Score(0, "base", "dev", 2.2, 2.0, 2.4, 9), Score(1, "a", "dev", 1.6, 1.5, 1.7, 9))
    made = ReportData("t", "h", scores=rows, metric="bits per byte", skill_metric="bits per byte")
    assert "bits per byte (fewer is better) [interval]" in render(made)
    assert "ccuracy" not in render(made)
    ends = re.findall(
        r'class="whisker arm0" x1="[\d.]+" y1="([\d.]+)" x2="[\d.]+" y2="([\d.]+)"', render(made)
    )
    low, high = (float(y) for y in ends[0])
    assert 14 < high < low < 196  # not cut off at 1
