"""The order and the budget of a run, before any library is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.config import TrainRecipe
from assay.errors import UserError
from assay.records import Example, Message
from training.data import Encoded, Job, Row, copies, encode, epoch_order, match, plan, plan_of

MakeJob = Callable[..., Job]
IDS = [f"{i:032x}" for i in range(50)]
ENCODED = [Encoded((1,) * 10, (False,) * 7 + (True,) * 3)] * 50


def examples(weights: list[float]) -> list[Row]:
    return [
        (Example((Message("user", f"q{i}"), Message("assistant", "a"))), w) for i, w in enumerate(weights)
    ]


def recipe(**fields: object) -> TrainRecipe:
    return TrainRecipe.model_validate({"batch": 8} | fields)


def test_a_weight_is_the_mean_of_the_copies() -> None:
    mean = sum(copies(i, 1.25, 0, e) for i in IDS for e in range(80)) / (50 * 80)
    assert mean == pytest.approx(1.25, abs=0.03)
    assert {copies(i, 1.25, 0, 0) for i in IDS} == {1, 2}
    assert {copies(i, 2.0, 0, e) for i in IDS for e in range(5)} == {2}


@given(st.permutations(range(50)), st.integers(0, 5))
def test_the_order_of_the_rows_in_the_file_does_not_matter(shuffled: list[int], epoch: int) -> None:
    weights = [0.5 + (i % 4) / 2 for i in range(50)]
    straight = [IDS[i] for i in epoch_order(IDS, weights, 3, epoch)]
    ids = [IDS[i] for i in shuffled]
    assert [ids[i] for i in epoch_order(ids, [weights[i] for i in shuffled], 3, epoch)] == straight


def test_epochs_and_seeds_differ_and_the_order_is_golden() -> None:
    orders = [epoch_order(IDS, [1.0] * 50, s, e) for s in (0, 1) for e in (0, 1)]
    assert len({tuple(o) for o in orders}) == 4
    assert all(sorted(o) == list(range(50)) for o in orders)
    assert orders[0][:6] == GOLDEN, "raise training.sft.VERSION when the order changes"


GOLDEN = [17, 0, 35, 43, 25, 34]


def test_an_epoch_budget_sees_every_row_and_only_the_last_batch_is_short() -> None:
    planned = plan(examples([1.0] * 50), ENCODED, recipe(epochs=3), 0)
    assert [len(b) for b in planned.batches] == [8] * 18 + [6]
    assert sorted(i for b in planned.batches for i in b) == sorted([*range(50)] * 3)
    assert (planned.tokens, planned.answer_tokens) == (1500, 450)


def test_no_budget_is_one_epoch() -> None:
    rows = examples([1.0] * 50)
    assert plan(rows, ENCODED, recipe(), 0) == plan(rows, ENCODED, recipe(epochs=1), 0)


def test_a_step_budget_runs_on_into_further_epochs() -> None:
    planned = plan(examples([1.0] * 50), ENCODED, recipe(steps=20), 0)
    assert planned.steps == 20
    assert {len(b) for b in planned.batches} == {8}


def test_a_token_budget_counts_tokens_with_loss_and_stops_at_the_first_step_beyond() -> None:
    planned = plan(examples([1.0] * 50), ENCODED, recipe(tokens=100), 0)
    assert planned.answer_tokens == 120
    assert planned.steps == 5


@pytest.mark.parametrize("weights", [[0.0, 0.0], [-1.0, 2.0], [float("nan"), 1.0], [float("inf"), 1.0]])
def test_weights_that_make_no_sense_are_refused(weights: list[float]) -> None:
    with pytest.raises(UserError, match="weights"):
        plan(examples(weights), ENCODED[:2], recipe(), 0)


def test_epochs_in_which_nothing_is_drawn_are_refused() -> None:
    with pytest.raises(UserError, match="too small"):
        plan(examples([1e-9]), ENCODED[:1], recipe(epochs=1), 0)


def test_only_the_answer_and_its_stop_token_have_loss(make_job: MakeJob, rows: list[Row]) -> None:
    job = make_job()
    for (example, _), row in zip(rows, encode(rows, job.contract, 1024), strict=True):
        trained = [t for t in row.labels() if t != -100]
        assert job.contract.decode(trained) == example.response
        assert trained[-1] in job.contract.stop_ids


def test_rows_are_cut_and_counted_and_lost_answers_refused(make_job: MakeJob, rows: list[Row]) -> None:
    job = make_job()
    whole = encode(rows, job.contract, 1024)
    limit = max(len(x.ids) for x in whole) - 2
    assert sum(x.cut > 0 for x in encode(rows, job.contract, limit)) >= 1
    with pytest.raises(UserError, match="truncated away in") as caught:
        encode(rows, job.contract, 20)
    assert str(max(len(x.ids) for x in whole)) in caught.value.fix


def test_rows_without_an_answer_are_refused(make_job: MakeJob) -> None:
    job = make_job()
    with pytest.raises(UserError, match="no rows"):
        encode([], job.contract, 100)
    with pytest.raises(UserError, match="kind 'prompt'"):
        encode([(Example((Message("user", "q"),), kind="prompt"), 1.0)], job.contract, 100)


def test_match_gives_every_version_the_smallest_budget(make_job: MakeJob, rows: list[Row]) -> None:
    job = make_job(steps=None, epochs=2)
    jobs = [(rows, job), (rows[:8], replace(job, seed=2))]
    plans = [plan_of(r, j) for r, j in jobs]
    steps = [plan_of(r, j).steps for (r, _), j in zip(jobs, match(jobs, "steps"), strict=True)]
    assert steps == [min(p.steps for p in plans)] * 2
    tokens = [plan_of(r, j).answer_tokens for (r, _), j in zip(jobs, match(jobs, "tokens"), strict=True)]
    assert min(tokens) == min(p.answer_tokens for p in plans)
    assert max(tokens) - min(tokens) < 4 * 40
    assert [j.recipe.epochs for j in match(jobs, "epochs")] == [2, 2]
    with pytest.raises(UserError, match="epochs"):
        match([(rows, make_job())], "epochs")
