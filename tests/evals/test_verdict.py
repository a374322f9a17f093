"""What a plan can see: by assumption, and by results that are there."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evals import stats
from evals.verdict import (
    DISCORDANCE,
    detectable,
    detectable_macro_f1,
    items_needed,
    needs,
    recall_known_to,
    seen,
)


def test_the_numbers_that_init_shows() -> None:
    assert detectable(120) == pytest.approx(0.114, abs=5e-4)
    assert items_needed(0.05) == 628
    assert detectable(items_needed(0.05)) <= 0.05 < detectable(items_needed(0.05) - 1)
    assert recall_known_to(8) == pytest.approx(0.285, abs=5e-4)
    assert recall_known_to(0) == 0.5


def test_clusters_cost_and_too_few_decide_nothing() -> None:
    assert detectable(200, clusters=20) > detectable(200, clusters=200) > detectable(200)
    assert math.isinf(detectable(200, clusters=9)) and math.isinf(detectable(9))
    assert items_needed(0.05, per_cluster=11) == pytest.approx(2 * items_needed(0.05), abs=1)


def test_macro_f1_sees_as_accuracy_does_with_equal_labels_and_less_with_rare_ones() -> None:
    assert detectable_macro_f1([20] * 6) == pytest.approx(detectable(120))
    assert detectable_macro_f1([46, 36, 26, 5, 4, 3]) > 1.6 * detectable(120)


def test_power_at_what_is_detectable_is_what_it_says() -> None:
    rng = np.random.default_rng(3)
    effect = detectable(120)
    up = (DISCORDANCE + effect) / 2
    found = []
    for _ in range(1500):
        values = rng.choice([1.0, -1.0, 0.0], 120, p=[up, DISCORDANCE - up, 1 - DISCORDANCE])
        found.append(stats.estimate(values, [str(i) for i in range(120)]).lo > 0)
    assert 0.76 <= np.mean(found) <= 0.87  # a true difference leaves a little less variance


def _found(seeds: int) -> stats.Estimate:
    rng = np.random.default_rng(1)
    luck = rng.normal(0, 0.03, seeds)
    return stats.estimate(rng.normal(0, 0.4, (200, seeds)) + luck, [f"t{i % 20}" for i in range(200)])


def test_results_lend_their_variance_to_other_sizes() -> None:
    found = _found(1)
    assert seen(found, found.clusters, 1) == pytest.approx(found.mde, rel=1e-9)
    assert seen(found, 80, 1) == pytest.approx(found.mde / 2, rel=0.06)
    assert math.isinf(seen(found, 9, 1))


def test_more_clusters_do_not_buy_what_only_seeds_do() -> None:
    found = _found(5)
    assert found.seed_se
    floor = 2.8 * found.seed_se
    assert seen(found, 10**6, 5) > floor > seen(found, 10**6, 100)
    needed = needs(found, floor / 2)
    assert needed.seeds > 5
    assert seen(found, needed.clusters, needed.seeds) == pytest.approx(floor / 2, rel=0.1)
