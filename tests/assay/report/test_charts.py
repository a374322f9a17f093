"""Scales and ticks: what the charts stand on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.report.charts import Scale, ticks


def test_a_scale_keeps_values_inside() -> None:
    y = Scale(0, 1, 200, 0)
    assert (y(0), y(0.25), y(1), y(7), y(-1)) == (200, 150, 0, 0, 200)


def test_ticks_are_round_numbers() -> None:
    assert ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(-0.07, 0.12) == [-0.05, 0.0, 0.05, 0.1]


@given(st.floats(-100, 100), st.floats(1e-6, 100))
def test_ticks_are_few_and_inside(low: float, span: float) -> None:
    found = ticks(low, low + span)
    assert 1 <= len(found) <= 6
    assert all(low - span * 1e-3 <= t <= low + span * 1.001 for t in found)
