"""Numbers look as they do in the transcripts of the command reference."""

from __future__ import annotations

import math

import pytest

from assay.report.numbers import around, difference, duration, glued, interval, score


@pytest.mark.parametrize(
    ("value", "text"), [(0.413, ".41"), (1.0, "1.00"), (0.0, ".00"), (-0.05, "−.05"), (1.5, "1.50")]
)
def test_score(value: float, text: str) -> None:
    assert score(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.33, "+.330"), (-0.0499, "−.050"), (0.00004, ".000"), (-0.00004, ".000"), (1.25, "+1.250")],
)
def test_difference(value: float, text: str) -> None:
    assert difference(value) == text


def test_what_is_open_or_missing() -> None:
    assert around(-math.inf, math.inf) == "[−∞ +∞]"
    assert (score(math.nan), difference(math.nan), score(math.inf)) == ("–", "–", "∞")


def test_intervals() -> None:
    assert interval(0.24, 0.42) == "[.24 .42]"
    assert around(-0.012, 0.0742) == "[−.012 +.074]"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0.0 s"), (9.94, "9.9 s"), (59.7, "1 min 0 s"), (365, "6 min 5 s"), (7322, "2 h 2 min")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_an_interval_stays_on_one_line() -> None:
    assert (
        glued("by .3 [.24 .42] or so [see there at once]") == "by .3 [.24\u00a0.42] or so [see there at once]"
    )
