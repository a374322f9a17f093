"""The pre-flight shows what has loss and refuses what would train the wrong thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from assay.chat import Rendered
from assay.errors import UserError
from training.data import Encoded, Job, Row
from training.preflight import marked, preflight, refuse_silent_stop

pytest.importorskip("torch")

MakeJob = Callable[..., Job]


def test_it_marks_the_answer_with_its_stop_token(make_job: MakeJob, rows: list[Row]) -> None:
    seen = preflight(rows, make_job())
    shown = next(e for e, _ in rows if f"⟦{e.response}<|im_end|>⟧" in seen.text)
    assert seen.text.index(shown.prompt) < seen.text.index("⟦")
    assert seen.text.count("⟦") == 1
    assert (seen.rows, seen.n_cut, seen.steps, seen.seconds) == (24, 0, 6, None)
    assert seen.epochs == pytest.approx(24 / 30)
    assert 0 < seen.answer_tokens < seen.tokens
    assert 1e6 < seen.memory < 1e9
    assert seen.row()["longest"] == seen.longest


def test_several_runs_of_loss_are_marked_apart(make_job: MakeJob) -> None:
    contract = make_job().contract
    ids = tuple(contract.tokenizer("one two three")["input_ids"])
    loss = tuple(i in (0, len(ids) - 1) for i in range(len(ids)))
    assert marked(Encoded(ids, loss), contract).count("⟦") == 2


def test_cut_rows_are_counted(make_job: MakeJob, rows: list[Row]) -> None:
    longest = preflight(rows, make_job()).longest
    cut = preflight(rows, make_job(max_length=longest - 1))
    assert cut.n_cut >= 1
    assert cut.longest == longest
    assert "<|im_end|>⟧" in cut.text, "a whole row is shown when there is one"


def test_answers_cut_away_are_refused(make_job: MakeJob, rows: list[Row]) -> None:
    with pytest.raises(UserError, match="truncated away"):
        preflight(rows, make_job(max_length=16))


def test_when_every_row_loses_its_stop_token_it_says_so(make_job: MakeJob, rows: list[Row]) -> None:
    job = make_job()
    length = len(job.contract.render(rows[0][0].messages).ids)
    with pytest.raises(UserError, match="loses its stop token") as caught:
        preflight(rows[:1], make_job(max_length=length - 1))
    assert str(length) in caught.value.fix


def test_a_stop_token_without_loss_is_refused(make_job: MakeJob, rows: list[Row]) -> None:
    job = make_job()
    rendered: Rendered = job.contract.render(rows[0][0].messages)
    silent = Encoded(tuple(rendered.ids), (*rendered.loss[:-1], False))
    with pytest.raises(UserError, match="would not learn to stop"):
        refuse_silent_stop(silent, job, "id")


def test_padding_that_is_a_stop_is_refused(make_job: MakeJob, rows: list[Row]) -> None:
    job = make_job()
    wrong = replace(job, contract=replace(job.contract, pad_id=job.contract.stop_ids[0]))
    with pytest.raises(UserError, match="stop on padding"):
        preflight(rows, wrong)


def test_a_step_can_be_measured(make_job: MakeJob, rows: list[Row]) -> None:
    seconds = preflight(rows, make_job(), measure=True).seconds
    assert seconds is not None
    assert 0 < seconds < 60
