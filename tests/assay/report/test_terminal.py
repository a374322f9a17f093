"""The terminal shows the same tables as the page, aligned."""

from __future__ import annotations

import subprocess
import sys

from assay.report.data import Opening, ReportData
from assay.report.numbers import around, count, difference, duration, interval, score
from assay.report.terminal import render, table


def test_the_sentence_is_on_top(sample: ReportData) -> None:
    lines = render(sample).splitlines()
    assert lines[0] == "demo"
    assert lines[1].startswith("Cannot tell whether targeted data beat")


def test_every_section_has_its_numbers(sample: ReportData) -> None:
    text = render(sample)
    assert all(f"{score(s.value)} {interval(s.lo, s.hi)}" in text for s in sample.scores)
    assert all(f"{difference(c.diff)}  {around(c.lo, c.hi)}" in text for c in sample.comparisons)
    assert all(around(p.lo, p.hi) in text for p in sample.probes)
    assert all(count(s.left) in text for f in sample.funnels for s in f.steps)
    assert all(duration(s.seconds) in text for s in sample.stages)
    assert all(a.id[:12] in text for a in sample.lineage)


def test_an_empty_report_is_short() -> None:
    text = render(ReportData("empty", "Nothing was trained yet."))
    assert text == "empty\nNothing was trained yet.\n\nthe sealed test has not been opened\n"


def test_columns_are_aligned() -> None:
    drawn = table("t", ("name", ">n"), [("a", "1"), ("longer", "1,000")])
    assert drawn == "t\n  name        n\n  a           1\n  longer  1,000"


def test_the_text_needs_no_template_engine() -> None:
    code = "import sys, assay.report.terminal; print('jinja2' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == "False", run.stderr


def test_no_text_moves_the_cursor_or_breaks_a_row() -> None:
    hostile = Opening("\x1b[2J now", "a\nb", "why\r\tnot")
    text = render(ReportData("t", "h", openings=(hostile,)))
    assert "\x1b" not in text
    assert "a b" in text
    assert text.splitlines()[-1].endswith("why not")
