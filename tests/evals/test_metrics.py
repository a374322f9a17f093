"""Macro-F1 against scikit-learn, its jackknife by hand, and its errors by simulation (seeded)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from evals import metrics
from evals.labels import Labelled, recalls
from evals.stats import Estimate
from evals.verdict import verdict
from tests.evals.labelled import NAMES, labelled, two_models

Sizes = Callable[[np.random.Generator], NDArray[np.int64]]


def uneven(clusters: int, mean: float) -> Sizes:
    return lambda rng: np.maximum(1, np.exp(rng.normal(mean, 0.8, clusters)).round()).astype(np.int64)


def single(items: int) -> Sizes:
    return lambda rng: np.ones(items, dtype=np.int64)


@pytest.mark.parametrize("seed", range(20))
def test_macro_f1_and_recall_are_those_of_scikit_learn(seed: int) -> None:
    reference = pytest.importorskip("sklearn.metrics")
    x, _ = two_models(np.random.default_rng(seed), single(60)(np.random.default_rng(seed)))
    gold, said, present = x.gold, x.said[:, 0], x.present
    f1 = reference.f1_score(gold, said, labels=present, average="macro", zero_division=0)
    assert metrics.macro_f1(x)[0] == pytest.approx(f1, abs=1e-12)
    by_label = reference.recall_score(gold, said, labels=present, average=None, zero_division=0)
    found = recalls(x)
    assert [NAMES[i] for i in present] == [r.label for r in found]
    assert [r.right / r.n for r in found] == pytest.approx(by_label, abs=1e-12)


def test_macro_f1_by_hand_and_what_no_gold_item_has() -> None:
    # billing: right 2, said 3, gold 2 -> 4/5; bug: right 1, said 1, gold 3 -> 2/4; "cancel" has no gold item
    x = labelled(np.array([0, 0, 1, 1, 1]), np.array([0, 0, 1, 0, 4]))
    assert metrics.macro_f1(x)[0] == pytest.approx((4 / 5 + 2 / 4) / 2, abs=1e-12)
    assert x.left_out == ("access", "feature", "cancel", "other")


def test_pseudo_values_are_leaving_out_by_hand_and_centred() -> None:
    rng = np.random.default_rng(3)
    clusters = np.repeat(np.arange(5), 4)
    x = labelled(rng.integers(0, 3, 20), rng.integers(-1, 3, (20, 2)), clusters)
    left_out = []
    for c in range(5):
        keep = clusters != c
        assert set(x.gold[keep]) == set(x.gold)
        left_out.append(metrics.macro_f1(labelled(x.gold[keep], x.said[keep])))
    without = np.array(left_out)
    expected = metrics.macro_f1(x) - 4 * (without - without.mean(axis=0))
    assert metrics.jackknife(x) == pytest.approx(expected, abs=1e-12)
    assert metrics.jackknife(x).mean(axis=0) == pytest.approx(metrics.macro_f1(x), abs=1e-12)


def test_the_difference_is_that_of_the_scores_and_turns_with_the_models() -> None:
    a, b = two_models(np.random.default_rng(1), single(120)(np.random.default_rng(1)), effect=0.8)
    there, back = metrics.difference(a, b), metrics.difference(b, a)
    assert there.value == pytest.approx(metrics.macro_f1(b)[0] - metrics.macro_f1(a)[0], abs=1e-12)
    assert (there.n, there.clusters, there.seeds) == (120, 120, 1)
    assert (there.value, there.lo, there.p) == pytest.approx((-back.value, -back.hi, back.p), abs=1e-12)


def _alarms(sizes: Sizes, *, one_label: bool, runs: int = 400) -> float:
    rng = np.random.default_rng(7)
    found = [metrics.difference(*two_models(rng, sizes(rng), one_label=one_label)).p for _ in range(runs)]
    return float(np.mean([p < 0.05 for p in found]))


@pytest.mark.parametrize(
    ("sizes", "one_label"),
    [
        (uneven(12, 2.0), False),
        (uneven(12, 2.0), True),
        (uneven(40, 1.0), False),
        (uneven(40, 1.0), True),
        (single(120), False),
    ],
)
def test_two_equal_models_raise_few_false_alarms(sizes: Sizes, one_label: bool) -> None:
    assert _alarms(sizes, one_label=one_label) <= 0.075


def test_an_interval_covers_the_true_difference() -> None:
    rng = np.random.default_rng(11)
    a, b = two_models(rng, np.ones(200_000, dtype=np.int64), effect=0.8)
    truth = float((metrics.macro_f1(b) - metrics.macro_f1(a))[0])
    ones = np.ones(120, dtype=np.int64)
    found = [metrics.difference(*two_models(rng, ones, effect=0.8)) for _ in range(400)]
    assert 0.92 <= np.mean([f.lo <= truth <= f.hi for f in found]) <= 0.98


def _loses_a_third_of_cancel(rng: np.random.Generator) -> Estimate:
    gold = np.repeat(np.arange(6), [460, 360, 168, 5, 4, 3])
    lost = (gold == 4) & (rng.random(1000) < 1 / 3)
    return metrics.difference(labelled(gold, gold), labelled(gold, np.where(lost, -1, gold)))


def test_four_items_of_a_label_are_not_enough_to_call_models_the_same() -> None:
    rng = np.random.default_rng(2)
    assert all(verdict(_loses_a_third_of_cancel(rng), 0.02) != "same" for _ in range(100))


def test_equal_answers_are_not_certainty_and_enough_items_are() -> None:
    few, many = (labelled(g, g) for g in (np.repeat(np.arange(6), 20), np.repeat(np.arange(6), 400)))
    assert verdict(metrics.difference(few, few), 0.02) == "cannot tell"
    assert verdict(metrics.difference(many, many), 0.02) == "same"


def _seeds(rng: np.random.Generator, noise: float) -> tuple[Labelled, Labelled]:
    """Return five seeds of two equal recipes; a seed's luck shifts all its answers."""
    gold = np.repeat(np.arange(6), 20)
    ease = rng.normal(1, 1, 120)

    def said() -> NDArray[np.int64]:
        luck = rng.normal(0, noise, 5)
        right = rng.random((120, 5)) < 1 / (1 + np.exp(-(ease[:, None] + luck)))
        return np.where(right, gold[:, None], (gold[:, None] + 1) % 6)

    return labelled(gold, said()), labelled(gold, said())


def test_training_noise_counts_in_macro_f1_too() -> None:
    rng = np.random.default_rng(5)
    found = [metrics.difference(*_seeds(rng, 0.5)) for _ in range(300)]
    assert all(f.seeds == 5 and f.seed_se is not None for f in found)
    assert np.mean([f.p < 0.05 for f in found]) <= 0.08


@pytest.mark.parametrize("wrong", [0, 1, 60])
def test_a_score_lies_inside_its_interval_and_that_inside_zero_and_one(wrong: int) -> None:
    gold = np.repeat(np.arange(6), 20)
    said = gold.copy()
    said[:wrong] = -1
    found = metrics.score(labelled(gold, said))
    assert 0 <= found.lo < found.value <= found.hi <= 1 and found.hi - found.lo > 0.02
