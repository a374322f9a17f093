"""The progress line: not too often in a log, redrawn on a terminal, always drawn at the end."""

from __future__ import annotations

import pytest

from assay.cli.app import table
from assay.cli.progress import Bar, clock


def test_a_log_gets_the_last_line_only(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar("work")
    for done in range(1, 1001):
        bar(done, 1000, "")
    assert capsys.readouterr().err == "work 1,000/1,000\n"


def test_a_terminal_is_redrawn(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar("work")
    bar.terminal = True
    bar.drawn -= 1
    bar(1, 2, "")
    bar(2, 2, "")
    assert capsys.readouterr().err == "\r\x1b[2Kwork 1/2\r\x1b[2Kwork 2/2\n"


def test_rate_and_time_left() -> None:
    bar = Bar("work")
    bar.first, bar.started, bar.note = 0, 100.0, "dev"
    assert bar.line(10, 30, 105.0) == "work 10/30 · 2.0/s · 10 s left · dev"
    assert bar.line(1, 30, 104.0) == "work 1/30 · 4.0 s each · 1:56 left · dev"
    assert bar.line(30, 30, 115.0) == "work 30/30 · 2.0/s · 15 s · dev"


def test_what_was_there_before_does_not_count_for_the_rate() -> None:
    bar = Bar("work")
    bar.first, bar.started = 20, 100.0
    assert bar.line(30, 40, 105.0) == "work 30/40 · 2.0/s · 5 s left"


def test_an_unknown_total(capsys: pytest.CaptureFixture[str]) -> None:
    Bar("fetch")(5, 0, "")
    assert capsys.readouterr().err == "fetch 5\n"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (59.6, "1:00"), (185, "3:05"), (3723, "1:02:03")]
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_tables_put_numbers_to_the_right() -> None:
    assert table(["name", "n", "x"], [["a", 5, 0.5], ["bcdef", 1000, None]]) == (
        "name      n      x\na         5  0.500\nbcdef  1000"
    )
    assert table(["name"], []) == ""
