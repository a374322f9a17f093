"""Arms have the same rows and the same answer tokens, whatever the weights ask for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.verbs.arms import TOLERANCE, Candidate, Key, cut, quotas, tilt

CELLS: tuple[Key, ...] = tuple((s, t, d) for s in ("a", "b") for t in ("x", "y") for d in (1, 2))

weights_of = st.lists(st.floats(0.01, 10), min_size=8, max_size=8)
lengths_of = st.lists(st.integers(4, 80), min_size=8, max_size=8)


@settings(max_examples=60, deadline=None)
@given(weights_of, lengths_of, st.floats(0.1, 0.9))
def test_tilt_hits_every_mean_between_the_shortest_and_the_longest_cell(
    weights: list[float], lengths: list[int], share: float
) -> None:
    tokens = {c: float(n) for c, n in zip(CELLS, lengths, strict=True)}
    target = min(lengths) + share * (max(lengths) - min(lengths))
    tilted = tilt(dict(zip(CELLS, weights, strict=True)), tokens, target)
    assert sum(tilted.values()) == pytest.approx(1)
    assert sum(w * tokens[c] for c, w in tilted.items()) == pytest.approx(target, rel=TOLERANCE)


def test_tilt_leaves_weights_that_have_the_mean_already() -> None:
    weights, tokens = {"a": 0.5, "b": 0.5}, {"a": 10.0, "b": 30.0}
    assert tilt(weights, tokens, 20.0) == pytest.approx(weights)


def test_tilt_gives_a_cell_of_weight_zero_nothing() -> None:
    assert tilt({"a": 1.0, "b": 0.0}, {"a": 10.0, "b": 30.0}, 20.0) == {"a": 1.0, "b": 0.0}


def test_tilt_goes_as_near_as_it_can_when_the_target_is_out_of_reach() -> None:
    tilted = tilt({"a": 1.0, "b": 1.0}, {"a": 10.0, "b": 30.0}, 99.0)
    assert tilted["b"] > 0.99


@settings(max_examples=60, deadline=None)
@given(weights_of, st.integers(0, 500))
def test_quotas_share_out_every_row(weights: list[float], n: int) -> None:
    given_weights = dict(zip(CELLS, weights, strict=True))
    rows = quotas(given_weights, n)
    assert sum(rows.values()) == n
    for skill in ("a", "b"):
        share = sum(w for c, w in given_weights.items() if c[0] == skill) / sum(weights)
        assert abs(sum(k for c, k in rows.items() if c[0] == skill) - n * share) < 1 + 1e-9


def test_equal_weights_are_equal_skills() -> None:
    every = [(s, f"t{t}", d) for s in "abcd" for t in range(8) for d in (1, 2)]
    noise = {c: 1 / 64 + (1e-12 if c[0] == "d" else 0.0) for c in every}
    rows = quotas({c: round(w, 9) for c, w in noise.items()}, 120)
    assert {s: sum(k for c, k in rows.items() if c[0] == s) for s in "abcd"} == dict.fromkeys("abcd", 30)


def pool(per_cell: int, lengths: list[int]) -> list[Candidate]:
    """Return rows of every cell; their tokens lie around the cell's length."""
    return [
        Candidate(f"{s}{t}{d}-{i}", (s, t, d), length + i % 5 - 2)
        for (s, t, d), length in zip(CELLS, lengths, strict=True)
        for i in range(per_cell)
    ]


@settings(max_examples=25, deadline=None)
@given(weights_of, lengths_of)
def test_two_arms_get_the_same_rows_and_tokens_within_two_per_cent(
    weights: list[float], lengths: list[int]
) -> None:
    rows = pool(80, [n + 8 for n in lengths])
    size = {c.example_id: c.tokens for c in rows}
    tokens = {c: n + 8.0 for c, n in zip(CELLS, lengths, strict=True)}
    uniform = dict.fromkeys(CELLS, 1 / 8)
    mean = sum(tokens.values()) / 8
    target = round(64 * mean)
    targeted = cut(rows, tilt(dict(zip(CELLS, weights, strict=True)), tokens, mean), 64, target)
    control = cut(rows, uniform, 64, target)
    assert len(set(targeted)) == len(set(control)) == 64
    for arm in (targeted, control):
        assert abs(sum(size[i] for i in arm) - target) <= TOLERANCE * target


def test_cut_does_not_depend_on_the_order_of_its_rows() -> None:
    rows, weights = pool(10, [20] * 8), dict.fromkeys(CELLS, 1.0)
    assert cut(rows, weights, 24, 480) == cut(rows[::-1], weights, 24, 480)


def test_a_cell_that_lacks_rows_is_filled_from_the_others() -> None:
    rows = pool(10, [20] * 8)
    chosen = cut(rows, {CELLS[0]: 1.0}, 30, 600)
    assert len(chosen) == 30
    assert sum(i.startswith("ax1-") for i in chosen) == 10


def test_cut_returns_fewer_rows_only_when_there_are_fewer() -> None:
    rows = pool(2, [20] * 8)
    assert cut(rows, dict.fromkeys(CELLS, 1.0), 99, 2000) == sorted(c.example_id for c in rows)
