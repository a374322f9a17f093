"""Comparisons of result rows: pairing, the four verdicts, the sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from assay.errors import UserError
from assay.records import Result
from evals.compare import Plan, by_skill, compare

KEYS = {"diff", "lo", "hi", "n", "clusters", "seeds", "margin", "mde", "method", "verdict"}


def row(run: str, item: int, score: float, *, clusters: int = 20, parent: str = "") -> Result:
    template = item % clusters
    return Result(
        run=run, task="dev", item_id=f"i{item}", prompt="p", response="r", answer="a", score=score, detail="",
        nll=2.0 - score, target_bytes=10, skill="arithmetic" if template % 2 else "units",
        template=f"t{template}", difficulty=1, seen=True, variant="plain", parent=parent,
    )  # fmt: skip


def rows(run: str, p: float, *, n: int = 400, clusters: int = 20, seed: int = 0) -> list[Result]:
    rng = np.random.default_rng(seed)
    return [row(run, i, float(rng.random() < p), clusters=clusters) for i in range(n)]


def test_better_and_worse_and_the_keys_of_the_summary() -> None:
    a, b = rows("base", 0.2), rows("x.s1", 0.7, seed=1)
    up, down = compare(a, b), compare(b, a)
    assert (up.verdict, down.verdict) == ("better", "worse")
    assert up.diff == pytest.approx(up.score_b - up.score_a) == pytest.approx(-down.diff)
    assert set(up.summary()) == KEYS
    json.dumps(up.summary(), allow_nan=False)
    assert "For these adapters; training noise not measured." in up.sentence


def test_same_needs_an_interval_inside_the_margin() -> None:
    a = rows("a.s1", 0.5, n=4000, clusters=400)
    b = [replace(r, run="b.s1", score=1 - r.score if i % 400 == 7 else r.score) for i, r in enumerate(a)]
    assert compare(a, b, Plan(margin=0.02)).verdict == "same"
    assert compare(a, b, Plan(margin=0.0001)).verdict == "cannot tell"


def test_a_sure_difference_inside_the_margin_is_same() -> None:
    a = rows("a.s1", 0.5, n=4000, clusters=200)
    b = [replace(r, run="b.s1", score=1.0 if i % 500 < 5 else r.score) for i, r in enumerate(a)]
    assert compare(a, b, Plan(margin=0.02)).verdict == "same"
    assert compare(a, b, Plan(margin=0.0)).verdict == "better"


def test_cannot_tell_says_what_would_settle_it() -> None:
    found = compare(rows("a.s1", 0.50), rows("b.s1", 0.50, seed=3))
    assert found.verdict == "cannot tell" and found.settle is not None
    assert found.settle.items > found.n and found.settle.clusters > found.clusters
    assert "would settle" in found.sentence and "smallest difference this comparison sees" in found.sentence


def test_fewer_than_ten_clusters_decide_nothing() -> None:
    found = compare(rows("a.s1", 0.1, clusters=9), rows("b.s1", 0.9, clusters=9, seed=1))
    assert found.lo > 0.5 and found.verdict == "cannot tell" and "Fewer than 10 templates" in found.sentence


def test_a_group_of_one_is_paired_with_every_seed() -> None:
    many = [r for s in (1, 2, 3) for r in rows(f"x.s{s}", 0.6, seed=s)]
    found = compare(rows("base", 0.3), many)
    assert found.seeds == 3 and found.n == 400 and "training noise" not in found.sentence
    assert found.seed_se is not None


def test_seeds_are_paired_by_number() -> None:
    a = [*rows("a.s1", 0.5, seed=1), *rows("a.s2", 0.5, seed=2)]
    b = [*rows("b.s2", 0.5, seed=2), *rows("b.s3", 0.5, seed=3)]
    found = compare(a, b)
    assert found.seeds == 1 and found.diff == 0


def test_other_items_are_paired_by_parent_and_the_rest_counted() -> None:
    a = [row("m.s1", i, 1.0) for i in range(100)]
    b = [replace(row("m.s1", i, 0.0, parent=f"i{i}"), item_id=f"twin{i}") for i in range(90)]
    found = compare(a, b)
    assert (found.paired_by, found.n, found.unpaired, found.diff) == ("parent", 90, 10, -1.0)


def test_bits_per_byte_is_secondary_and_lower_is_better() -> None:
    found = compare(rows("a.s1", 0.2), rows("b.s1", 0.9, seed=1), Plan(metric="bits_per_byte"))
    assert found.diff < 0 and found.verdict == "better" and not found.decides


def test_by_skill_keeps_the_skills_apart() -> None:
    found = by_skill(rows("a.s1", 0.2), rows("b.s1", 0.9, seed=1))
    assert set(found) == {"arithmetic", "units"} and all(c.clusters == 10 for c in found.values())


@pytest.mark.parametrize(
    "broken",
    [
        lambda: compare(rows("a.s1", 0.5), [replace(r, item_id="z" + r.item_id) for r in rows("b.s1", 0.5)]),
        lambda: compare([], rows("b.s1", 0.5)),
        lambda: compare(rows("a.s1", 0.5), rows("b.s1", 0.5), Plan(metric="bleu")),
        lambda: compare(
            [*rows("a.s1", 0.5), *rows("a.s2", 0.5)],
            [*rows("b.s3", 0.5), *rows("b.s4", 0.5), *rows("b.s5", 0.5)],
        ),
    ],
)
def test_what_cannot_be_compared_is_a_user_error(broken: Callable[[], object]) -> None:
    with pytest.raises(UserError):
        broken()
