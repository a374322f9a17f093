"""Parity: plain `lm_eval run` on a task folder, from another folder, gives our responses and our accuracy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("lm_eval")
pytest.importorskip("torch")

from assay.chat import Contract
from assay.engines.device import Hardware
from assay.engines.local import LocalModel
from assay.models import Model
from assay.records import Check, EvalItem, Message
from evals.bench import Bench, Subject
from evals.run import evaluate_on
from evals.tasks import HowToAsk, Task, plain_command
from tests.evals.offline import Memory

SYSTEM = "You are 'brief'; answer at once."


def items() -> list[EvalItem]:
    """Return prompts of the tiny model's own kinds, with checks that its dull answers pass now and then."""
    names, things = ("Ana", "Ben", "Cleo", "Dan"), ("apples", "pens", "books")
    made = []
    for i in range(48):
        who, what, n = names[i % 4], things[i % 3], 10 + i
        prompt, target = (
            (f"{who} has {n} {what} and buys 4 more. How many {what} does {who} have now?", f"{n + 4}"),
            (f"Convert {n} m to cm.", f"{n * 100} cm"),
            (f"Extract as JSON: {who} ordered {n} {what}.", f'{{"name": "{who}"}}'),
        )[i % 3]
        check = Check("regex", {"pattern": r"[02468]\D*$" if i % 2 else r"[13579]\D*$"})
        made.append(EvalItem((Message("user", prompt),), target, str(n), check, f"k{i % 3}", f"t{i % 12}"))
    return made


def plain_run(task: Task, model: Model, elsewhere: Path) -> dict[str, tuple[str, float]]:
    """Run the plain command and return (response, accuracy) by item."""
    command = plain_command(task, HowToAsk(0, (), SYSTEM), str(model.folder), str(task.folder))
    command += ["--output_path", str(elsewhere / "out"), "--log_samples"]
    env = os.environ | {"HF_HUB_OFFLINE": "1", "LMEVAL_LOG_LEVEL": "ERROR"}
    subprocess.run(
        [sys.executable, "-m", *command], cwd=elsewhere, env=env, check=True, capture_output=True, timeout=300
    )
    (samples,) = elsewhere.glob(f"out/**/samples_{task.gen}_*.jsonl")
    lines = [json.loads(line) for line in samples.read_text().splitlines()]
    return {x["doc"]["item_id"]: (x["filtered_resps"][0].strip(), x["accuracy"]) for x in lines}


@pytest.mark.slow
def test_plain_lm_eval_says_the_same(nano: Model, tmp_path: Path) -> None:
    contract = Contract.load(nano.folder, SYSTEM)
    bench = Bench(
        nano,
        contract,
        cache=Memory(),
        load=lambda folder: LocalModel(folder, chosen=Hardware("cpu", "float32", 2)),
    )
    ours = evaluate_on(bench, [Subject("base")], {"dev": items()}, tmp_path / "tasks")
    assert 0 < sum(r.score or 0.0 for r in ours) < len(ours)
    (folder,) = (tmp_path / "tasks").iterdir()
    card = json.loads((folder / "task.json").read_text())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    theirs = plain_run(Task("dev", folder, card["hash"], "dev_gen", "dev_nll"), nano, elsewhere)
    assert {r.item_id: (r.response, r.score) for r in ours} == theirs
