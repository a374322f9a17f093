"""Statistics of comparison, checked by simulation (seeded): wrong formulas fail these."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats as reference

from assay.errors import UserError
from evals import stats
from evals.stats import Estimate, Floats

Simulated = tuple[Floats, list[str]]


def _sizes(rng: np.random.Generator, clusters: int, uneven: bool) -> list[int]:
    if not uneven:
        return [20] * clusters
    return [max(1, round(float(np.exp(x)))) for x in rng.normal(2.3, 1.0, clusters)]


def _paired(rng: np.random.Generator, clusters: int, *, uneven: bool, effect: float = 0.0) -> Simulated:
    """Two models, equal on average (plus `effect` in logits), that differ from template to template."""
    values: list[float] = []
    names: list[str] = []
    for c, size in enumerate(_sizes(rng, clusters, uneven)):
        centre = rng.normal(0, 1.2)
        shift = rng.normal(0, 0.9, 2) + np.array([0.0, effect])
        item = rng.normal(0, 1, size)
        a, b = (rng.random(size) < 1 / (1 + np.exp(-(centre + s + item))) for s in shift)
        values += list(b.astype(float) - a.astype(float))
        names += [f"t{c}"] * size
    return np.array(values), names


def _alarms(test: Callable[[Floats, list[str]], float], runs: int, clusters: int, uneven: bool) -> float:
    rng = np.random.default_rng(clusters + uneven)
    return float(np.mean([test(*_paired(rng, clusters, uneven=uneven)) < 0.05 for _ in range(runs)]))


def _iid(values: Floats, _: list[str]) -> float:
    return float(reference.ttest_1samp(values, 0).pvalue)


def _mcnemar(values: Floats, _: list[str]) -> float:
    return stats.mcnemar(values, [str(i) for i in range(len(values))]).p


def _cluster_t(values: Floats, clusters: list[str]) -> float:
    return stats.estimate(values, clusters).p


def _flip(values: Floats, clusters: list[str]) -> float:
    return stats.sign_flip(values, clusters).p


@pytest.mark.parametrize("clusters", [10, 24, 40])
@pytest.mark.parametrize("uneven", [False, True])
def test_cluster_t_keeps_its_false_alarms(clusters: int, uneven: bool) -> None:
    assert 0.03 <= _alarms(_cluster_t, 1000, clusters, uneven) <= 0.07


@pytest.mark.parametrize("wrong", [_iid, _mcnemar])
def test_formulas_that_count_items_as_independent_would_fail_that(
    wrong: Callable[[Floats, list[str]], float],
) -> None:
    assert _alarms(wrong, 150, 24, False) > 0.12


def test_sign_flip_keeps_its_false_alarms() -> None:
    assert 0.02 <= _alarms(_flip, 300, 11, False) <= 0.08


def test_an_interval_covers_and_power_at_the_mde_is_what_it_says() -> None:
    rng = np.random.default_rng(5)
    truth = float(np.mean([_paired(rng, 400, uneven=False, effect=1.0)[0].mean() for _ in range(20)]))
    found = [stats.estimate(*_paired(rng, 24, uneven=False, effect=1.0)) for _ in range(400)]
    assert 0.92 <= np.mean([f.lo <= truth <= f.hi for f in found]) <= 0.98
    mde = float(np.mean([f.mde for f in found]))
    factor = np.array([f.value - truth + mde for f in found])  # the same noise around a true effect of mde
    half = np.array([f.hi - f.value for f in found])
    assert 0.74 <= np.mean(factor > half) <= 0.87


def _seeded(rng: np.random.Generator, seeds: int, seed_sd: float) -> Simulated:
    clusters = np.repeat(np.arange(20), 15)
    noise = rng.normal(0, 0.3, (300, seeds)) + rng.normal(0, 0.05, 20)[clusters][:, None]
    return noise + rng.normal(0, seed_sd, seeds)[None, :], [f"t{c}" for c in clusters]


@pytest.mark.parametrize("seed_sd", [0.0, 0.03])
def test_training_noise_is_a_second_component(seed_sd: float) -> None:
    rng = np.random.default_rng(9)
    found = [stats.estimate(*_seeded(rng, 5, seed_sd)) for _ in range(600)]
    assert 0.02 <= np.mean([f.p < 0.05 for f in found]) <= 0.075
    # pretending that seeds are more items, or that their average has no noise of its own, fails:
    rng = np.random.default_rng(9)
    naive = [
        stats.estimate(v.mean(axis=1), c).p < 0.05 for v, c in (_seeded(rng, 5, 0.03) for _ in range(300))
    ]
    assert np.mean(naive) > 0.10


def test_with_fewer_than_three_seeds_training_noise_is_not_measured() -> None:
    found = stats.estimate(*_seeded(np.random.default_rng(1), 2, 0.02))
    assert found.seed_se is None and found.df == 19


def test_equal_clusters_reproduce_the_textbook_t() -> None:
    values, clusters = _paired(np.random.default_rng(2), 12, uneven=False)
    means = values.reshape(12, 20).mean(axis=1)
    book = reference.ttest_1samp(means, 0)
    interval = book.confidence_interval()
    found = stats.estimate(values, clusters)
    assert (found.value, found.p) == pytest.approx((means.mean(), book.pvalue))
    assert (found.lo, found.hi) == pytest.approx((interval.low, interval.high))


def test_the_order_of_rows_does_not_matter() -> None:
    values, clusters = _paired(np.random.default_rng(3), 12, uneven=True)
    order = np.random.default_rng(0).permutation(len(values))
    assert stats.estimate(values[order], [clusters[i] for i in order]).value == pytest.approx(
        stats.estimate(values, clusters).value, abs=1e-12
    )


def test_mcnemar_is_refused_on_clusters() -> None:
    values, clusters = _paired(np.random.default_rng(2), 12, uneven=False)
    with pytest.raises(UserError, match="one item in every cluster"):
        stats.mcnemar(values, clusters)


def test_no_spread_is_not_certainty() -> None:
    clusters = [f"t{i % 12}" for i in range(240)]
    found = stats.estimate(np.zeros(240), clusters)
    assert found.lo < -0.2 and found.hi > 0.2 and found.p == 1
    assert stats.estimate(np.zeros(240), clusters, bounded=False).hi == 0


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_score_at_the_edge_keeps_an_interval_inside_zero_and_one(value: float) -> None:
    found = stats.score(np.full(200, value), [f"t{i % 20}" for i in range(200)])
    assert 0 <= found.lo <= found.hi <= 1 and 0.1 < found.hi - found.lo < 0.3


@pytest.mark.parametrize("level", [-3.0, 0.0])
def test_a_score_interval_covers_the_truth(level: float) -> None:
    rng = np.random.default_rng(4)

    def draw(clusters: int) -> Simulated:
        p = 1 / (1 + np.exp(-(level + rng.normal(0, 1.0, clusters))))
        return (rng.random((clusters, 15)) < p[:, None]).astype(float).ravel(), [
            f"t{c}" for c in range(clusters) for _ in range(15)
        ]

    truth = draw(40_000)[0].mean()
    found: list[Estimate] = [stats.score(*draw(24)) for _ in range(400)]
    assert np.mean([f.lo <= truth <= f.hi for f in found]) >= 0.92


def test_holm() -> None:
    assert stats.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert stats.holm([]) == []
