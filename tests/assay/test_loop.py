"""The pair of models that the sealed test is opened for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from assay.loop import choose


def chosen(rule: str, *scores: tuple[float, float]) -> int:
    """Return the round chosen of rounds with these dev scores (control, targeted)."""
    plan = SimpleNamespace(loop=SimpleNamespace(candidate=rule))
    rounds = [
        SimpleNamespace(number=n, verdict=SimpleNamespace(quality=a + b))
        for n, (a, b) in enumerate(scores, start=1)
    ]
    return choose(cast(Any, plan), cast(Any, rounds)).number


def test_a_round_is_not_chosen_for_its_gap_between_the_arms() -> None:
    assert chosen("best_dev", (0.54, 0.51), (0.46, 0.52)) == 1
    assert chosen("best_dev", (0.51, 0.54), (0.52, 0.46)) == 1
    assert chosen("last", (0.54, 0.51), (0.46, 0.52)) == 2


def test_of_equal_rounds_the_first_is_chosen() -> None:
    assert chosen("best_dev", (0.5, 0.5), (0.5, 0.5)) == 1
