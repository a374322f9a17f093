"""Evaluation through lm-eval with an offline engine: rows, names, caching, refusals, no side effects."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lm_eval")
pytest.importorskip("torch")

from assay.chat import Contract
from assay.errors import UserError
from assay.models import Model
from assay.records import Message
from evals.bench import Bench, Subject
from evals.run import evaluate_on
from evals.scores import scores
from tests.evals.offline import Knower, Memory, item

ADAPTER = Subject("x.v1.s1", Path("adapter"), "d1")
BASE = Subject("base")


@pytest.fixture(scope="module")
def contract(nano: Model) -> Contract:
    return Contract.load(nano.folder, "Answer with a number.")


def bench(nano: Model, contract: Contract, memory: Memory) -> tuple[Bench, Knower]:
    """Build a bench whose adapter knows every item and whose base knows a third."""
    items = [item(i) for i in range(60)]
    knower = Knower(contract, lambda adapter: items if adapter else items[::3])
    return Bench(nano, contract, cache=memory, load=lambda _: knower), knower


def test_rows_have_accuracy_nll_and_the_items_columns(
    nano: Model, contract: Contract, tmp_path: Path
) -> None:
    found, knower = bench(nano, contract, Memory())
    items = {"dev": [item(i) for i in range(30)], "odd name:test": [item(i) for i in range(30, 36)]}
    rows = evaluate_on(found, [BASE, ADAPTER], items, tmp_path)
    assert len(rows) == 72
    by = {(r.run, r.task): [x for x in rows if (x.run, x.task) == (r.run, r.task)] for r in rows}
    assert [r.item_id for r in by["base", "dev"]] == [i.id for i in items["dev"]]
    assert sum(r.score or 0 for r in by["base", "dev"]) == 10
    assert all(r.score == 1.0 for r in by["x.v1.s1", "odd name:test"])
    row, first = by["x.v1.s1", "dev"][0], items["dev"][0]
    assert (row.response, row.prompt, row.seen) == (first.target, first.messages[0].content, True)
    assert row.nll == 0.5 * len(contract.target_ids(first.messages, first.target))
    assert row.target_bytes == len(first.target.encode())
    assert knower.added == ["ad1"]


def test_a_second_call_computes_nothing_and_adapters_share_no_answers(
    nano: Model, contract: Contract, tmp_path: Path
) -> None:
    memory = Memory()
    items = {"dev": [item(i) for i in range(30)]}
    first, knower = bench(nano, contract, memory)
    rows = evaluate_on(first, [BASE, ADAPTER], items, tmp_path)
    assert len(memory.kept) == 2 * 2 * 30 and knower.calls
    again, idle = bench(nano, contract, memory)
    assert evaluate_on(again, [BASE, ADAPTER], items, tmp_path) == rows
    assert not idle.calls and not idle.added
    other = Subject("y.s1", Path("other"), "d2")
    evaluate_on(again, [other], items, tmp_path)
    assert sum(idle.calls) == 60


def test_several_turns_are_sent_as_turns(nano: Model, contract: Contract, tmp_path: Path) -> None:
    chat = item(1, turns=2)
    knower = Knower(contract, lambda _: [chat])
    rows = evaluate_on(
        Bench(nano, contract, cache=Memory(), load=lambda _: knower), [BASE], {"c": [chat]}, tmp_path
    )
    assert rows[0].score == 1.0


def test_another_contract_is_refused(nano: Model, contract: Contract, tmp_path: Path) -> None:
    found, _ = bench(nano, contract, Memory())
    stranger = Subject("x.s1", Path("adapter"), "d1", contract="0" * 32)
    with pytest.raises(UserError, match="another chat contract"):
        evaluate_on(found, [stranger], {"dev": [item(1)]}, tmp_path)


def test_global_random_state_and_streams_are_left_alone(
    nano: Model, contract: Contract, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import torch

    def state() -> tuple[object, ...]:
        numpy_state = np.random.get_state()
        return random.getstate(), str(numpy_state), torch.get_rng_state().tolist()

    found, _ = bench(nano, contract, Memory())
    before = state()
    evaluate_on(found, [BASE], {"dev": [item(i) for i in range(5)]}, tmp_path)
    out, err = capfd.readouterr()
    assert state() == before and not out and not err


def test_progress_runs_to_its_total(nano: Model, contract: Contract, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    found, _ = bench(nano, contract, Memory())
    items = {"dev": [item(i) for i in range(5)]}
    evaluate_on(found, [BASE, ADAPTER], items, tmp_path, lambda d, t, _: seen.append((d, t)))
    assert seen == sorted(seen) and seen[-1] == (20, 20)


def test_score_tables_keep_seen_and_unseen_templates_apart(
    nano: Model, contract: Contract, tmp_path: Path
) -> None:
    found, _ = bench(nano, contract, Memory())
    items = [item(i, skill=f"k{i % 3}") for i in range(36)]
    lines = scores(evaluate_on(found, [BASE], {"dev": items}, tmp_path))
    assert [line.slice for line in lines] == [
        "all", "seen templates", "unseen templates", "skill k0", "skill k1", "skill k2",
    ]  # fmt: skip
    accuracy, bits = lines[0].accuracy, lines[0].bits_per_byte
    assert lines[0].items == 36 and accuracy and 0 <= accuracy.lo <= accuracy.hi <= 1
    assert bits and bits.value > 0


def test_system_prompt_reaches_the_model(nano: Model, contract: Contract) -> None:
    plain = Contract.load(nano.folder, "")
    turns = [Message("user", "x")]
    assert contract.prompt_ids(turns) != plain.prompt_ids(turns)
