"""Comparisons of result rows: pairing, the four verdicts, the sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from assay.errors import UserError
from assay.records import Result
from evals.compare import PREDICTED, Plan, by_skill, compare, recall_changes
from tests.evals.labelled import answers

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
    turned = {i: 1 - (r.score or 0.0) for i, r in enumerate(a) if i % 400 == 7}
    b = [replace(r, run="b.s1", score=turned.get(i, r.score)) for i, r in enumerate(a)]
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


LABELS = ("x", "y", "z")


def labelled(run: str, wrong: set[int]) -> list[Result]:
    """Return 40 x and 20 y; a wrong answer is the other one, no item is a z."""
    gold = ["x"] * 40 + ["y"] * 20
    return answers(run, gold, [("y" if g == "x" else "x") if i in wrong else g for i, g in enumerate(gold)])


def test_macro_f1_decides_where_it_is_the_metric_and_names_what_it_leaves_out() -> None:
    plan = Plan(metric="macro_f1", primary="macro_f1", labels=LABELS, name_a="a", name_b="b")
    found = compare(labelled("a.s1", set(range(30))), labelled("b.s1", {0, 50}), plan)
    assert (found.verdict, found.decides, found.n, found.left_out) == ("better", True, 60, ("z",))
    assert found.score_b == pytest.approx((2 * 39 / 80 + 2 * 19 / 40) / 2, abs=1e-12)
    assert found.diff == pytest.approx(found.score_b - found.score_a, abs=1e-12)
    assert "points of macro-F1" in found.sentence and "left out: z." in found.sentence
    assert not compare(labelled("a.s1", {1}), labelled("b.s1", set()), Plan()).left_out


def test_macro_f1_pairs_seeds_by_number() -> None:
    plan = Plan(metric="macro_f1", labels=LABELS)
    many = [r for s in (1, 2, 3) for r in labelled(f"b.s{s}", set(range(s)))]
    found = compare(labelled("base", set(range(30))), many, plan)
    assert found.seeds == 3 and found.seed_se is not None
    each = [
        compare(labelled("base", set(range(30))), labelled("b.s1", set(range(s))), plan) for s in (1, 2, 3)
    ]
    assert found.diff == pytest.approx(np.mean([c.diff for c in each]), abs=1e-12)


def test_a_skill_of_one_label_is_compared_by_its_recall() -> None:
    plan = Plan(metric="macro_f1", primary="macro_f1", labels=LABELS)
    found = by_skill(labelled("a.s1", set(range(30))), labelled("b.s1", {0}), plan)
    assert [(s, c.metric, c.decides) for s, c in found.items()] == [
        ("x", "accuracy", False), ("y", "accuracy", False),
    ]  # fmt: skip
    assert found["x"].diff == pytest.approx(39 / 40 - 10 / 40)


def test_recall_changes_are_counts_and_means_over_seeds() -> None:
    many = [r for s, wrong in ((1, {0}), (2, {0, 1})) for r in labelled(f"b.s{s}", wrong)]
    said = [c.sentence for c in recall_changes(labelled("base", set(range(30))), many, LABELS)]
    assert said == ["recall(x) 10/40 → 38.5/40", "recall(y) 20/20 → 20/20"]


def test_quality_is_higher_for_the_better_pair_whatever_the_metric() -> None:
    low, high = rows("a.s1", 0.2), rows("b.s1", 0.9, seed=1)
    for metric in ("accuracy", "bits_per_byte"):
        good, bad = compare(high, high, Plan(metric=metric)), compare(low, low, Plan(metric=metric))
        assert good.quality > bad.quality


def test_open_text_is_decided_by_how_well_the_reference_is_predicted() -> None:
    a, b = (
        [replace(r, score=None) for r in rows(n, p, seed=s)] for n, p, s in (("a", 0.2, 0), ("b", 0.9, 1))
    )
    plan = Plan(metric="bits_per_byte", primary="bits_per_byte", name_a="a", name_b="b")
    found = compare(a, b, plan)
    assert found.decides and found.verdict == "better"
    assert found.sentence.startswith("b predicts the reference answers better than a: ")
    assert "fewer bits per byte" in found.sentence and found.sentence.endswith(PREDICTED)
    assert set(by_skill(a, b, plan)) == {"arithmetic", "units"} and not by_skill(a, b, Plan())
    with pytest.raises(UserError, match="no rows with accuracy"):
        compare(a, b)


@pytest.mark.parametrize(
    "broken",
    [
        lambda: compare(rows("a.s1", 0.5), [replace(r, item_id="z" + r.item_id) for r in rows("b.s1", 0.5)]),
        lambda: compare([], rows("b.s1", 0.5)),
        lambda: compare(rows("a.s1", 0.5), rows("b.s1", 0.5), Plan(metric="bleu")),
        lambda: compare(labelled("a", set()), labelled("b", set()), Plan(metric="macro_f1")),
        lambda: compare(labelled("a", set()), labelled("b", set()), Plan(metric="macro_f1", labels=("x",))),
        lambda: compare(
            labelled("a", set()),
            labelled("b", set()),
            Plan(metric="macro_f1", labels=LABELS, method="mcnemar"),
        ),
        lambda: compare(
            [*rows("a.s1", 0.5), *rows("a.s2", 0.5)],
            [*rows("b.s3", 0.5), *rows("b.s4", 0.5), *rows("b.s5", 0.5)],
        ),
    ],
)
def test_what_cannot_be_compared_is_a_user_error(broken: Callable[[], object]) -> None:
    with pytest.raises(UserError):
        broken()
