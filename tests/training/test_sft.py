"""A training run equals the plain computation, survives a kill bit for bit, and publishes plain PEFT."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.errors import Stopped, UserError
from training import adapter
from training.checkpoints import Checkpoints
from training.data import Job, Row, encode, plan
from training.sft import Pace, Trained, build, identity, quieten, train

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

MakeJob = Callable[..., Job]


def plain_run(rows: list[Row], job: Job) -> tuple[Any, list[float]]:
    """Train by hand: each row alone and unpadded, full logits, summed cross-entropy over all tokens."""
    encoded = encode(rows, job.contract, job.recipe.max_length)
    model = adapter.trainable(job, torch.float32).train()
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=job.recipe.lr, weight_decay=0.0)
    losses = []
    for batch in plan(rows, encoded, job.recipe, job.seed).batches:
        loss = sum(summed_nll(model, encoded[i].ids, encoded[i].loss) for i in batch)
        loss = loss / sum(encoded[i].answer_tokens for i in batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        losses.append(loss.item())
    return model, losses


def summed_nll(model: Any, ids: tuple[int, ...], loss: tuple[bool, ...]) -> Any:
    tokens = torch.tensor(ids)
    logits = model(input_ids=tokens[None], use_cache=False).logits[0, :-1].float()
    nll = torch.nn.functional.cross_entropy(logits, tokens[1:], reduction="none")
    return nll[torch.tensor(loss[1:])].sum()


def saved_weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(folder / adapter.WEIGHTS)


def test_a_run_equals_the_plain_computation(make_job: MakeJob, rows: list[Row], tmp_path: Path) -> None:
    from peft import get_peft_model_state_dict

    job = make_job(schedule="constant", warmup=0.0)
    trained = train(rows, job, tmp_path / "run")
    model, losses = plain_run(rows, job)
    assert trained.losses == pytest.approx(losses, rel=2e-5)
    by_hand = get_peft_model_state_dict(model)
    ours = saved_weights(trained.folder)
    assert ours.keys() == by_hand.keys()
    for name, value in by_hand.items():
        torch.testing.assert_close(ours[name], value, rtol=2e-3, atol=2e-5)


@pytest.fixture
def first_step(make_job: MakeJob, rows: list[Row], tmp_path: Path) -> Callable[[int, int], Any]:
    """Return the gradients of the first 8 rows, taken as batch × accumulation."""
    quieten()

    def gradients(batch: int, accumulate: int) -> dict[str, Any]:
        job = make_job(batch=8, steps=1)
        encoded = encode(rows, job.contract, 1024)
        trainer = build(job, encoded, plan(rows, encoded, job.recipe, 1), tmp_path)
        trainer.args.per_device_train_batch_size = batch
        trainer._train_batch_size = batch
        trainer.args.gradient_accumulation_steps = accumulate
        batches, count = trainer.get_batch_samples(iter(trainer.get_train_dataloader()), accumulate, "cpu")
        for inputs in batches:
            trainer.training_step(trainer.model, inputs, count)
        return {n: p.grad.clone() for n, p in trainer.model.named_parameters() if p.requires_grad}

    return gradients


def test_the_loss_is_averaged_over_tokens_across_accumulation(first_step: Callable[[int, int], Any]) -> None:
    whole = first_step(8, 1)
    assert any(g.abs().max() > 1e-4 for g in whole.values())
    for batch, accumulate in ((4, 2), (2, 4)):
        for name, gradient in first_step(batch, accumulate).items():
            torch.testing.assert_close(gradient, whole[name], rtol=1e-4, atol=1e-6)


def test_our_loss_equals_trls(make_job: MakeJob, rows: list[Row], tmp_path: Path) -> None:
    from trl import SFTTrainer

    quieten()
    job = make_job(batch=8, steps=1)
    encoded = encode(rows, job.contract, 1024)
    trainer = build(job, encoded, plan(rows, encoded, job.recipe, 1), tmp_path)
    inputs = next(iter(trainer.get_train_dataloader()))
    ours = trainer.compute_loss(trainer.model, dict(inputs))
    theirs = SFTTrainer.compute_loss(trainer, trainer.model, dict(inputs))
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)


def test_the_output_is_plain_peft_without_a_path(make_job: MakeJob, rows: list[Row], tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    job = make_job()
    notes: list[str] = []
    trained = train(
        rows, job, tmp_path / "run", lambda done, total, note: notes.append(f"{done}/{total} {note}")
    )
    assert notes[-1].startswith("6/6 loss ")
    assert "tokens/s" in notes[-1]
    assert {p.name for p in trained.folder.iterdir()} == {adapter.WEIGHTS, adapter.CONFIG, "train.json"}
    text = "".join(p.read_text() for p in trained.folder.glob("*.json"))
    assert str(job.model.folder) not in text
    assert str(tmp_path) not in text
    assert json.loads((trained.folder / adapter.CONFIG).read_text())["base_model_name_or_path"] == "nano-test"
    base = AutoModelForCausalLM.from_pretrained(job.model.folder)
    loaded = PeftModel.from_pretrained(base, trained.folder)
    inputs = {"input_ids": torch.tensor([job.contract.prompt_ids(rows[0][0].messages[:1])])}
    with torch.no_grad(), loaded.disable_adapter():
        before = loaded(**inputs).logits
    with torch.no_grad():
        assert not torch.allclose(loaded(**inputs).logits, before)
    assert list(tmp_path.iterdir()) == [trained.folder], "no checkpoint and no lock is left"


def test_the_same_run_gives_the_same_bytes_and_a_published_one_is_read(
    make_job: MakeJob, rows: list[Row], tmp_path: Path
) -> None:
    job = make_job(dropout=0.1)
    first, again = train(rows, job, tmp_path / "a"), train(rows[::-1], job, tmp_path / "b")
    assert first.digest == again.digest
    assert first.losses == again.losses
    assert train([], job, tmp_path / "a") == first == Trained.load(tmp_path / "a")
    assert train(rows, replace(job, seed=2), tmp_path / "c").digest != first.digest


def test_a_run_can_start_from_an_adapter(make_job: MakeJob, rows: list[Row], tmp_path: Path) -> None:
    job = make_job()
    first = train(rows, job, tmp_path / "a")
    second = train(rows, replace(job, start=first.folder), tmp_path / "b")
    assert second.losses[0] < first.losses[0]
    assert second.digest != first.digest
    assert identity(rows, job) != identity(rows, replace(job, start=first.folder))
    with pytest.raises(UserError, match="rank 4"):
        train(rows, replace(make_job(rank=8), start=first.folder), tmp_path / "c")


def test_all_weights_can_be_trained(make_job: MakeJob, rows: list[Row], tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    job = make_job(method="full", lr=1e-3, steps=4)
    trained = train(rows, job, tmp_path / "full")
    assert trained.losses[-1] < trained.losses[0]
    model = AutoModelForCausalLM.from_pretrained(trained.folder)
    base = AutoModelForCausalLM.from_pretrained(job.model.folder)
    assert model.dtype == base.dtype
    assert not torch.equal(model.lm_head.weight, base.lm_head.weight)
    assert AutoTokenizer.from_pretrained(trained.folder).chat_template
    again = train(rows, replace(job, start=trained.folder), tmp_path / "more")
    assert again.losses[0] < trained.losses[0]


def test_targets_that_do_not_exist_are_a_user_error(
    make_job: MakeJob, rows: list[Row], tmp_path: Path
) -> None:
    for wrong in ("no_such_layer", "lm_head"):
        with pytest.raises(UserError, match=wrong):
            train(rows, make_job(targets=[wrong]), tmp_path / "run")


def test_divergence_stops_the_run(make_job: MakeJob, rows: list[Row], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="diverged"):
        train(rows, make_job(lr=1e30, warmup=0.0, steps=20), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_the_same_call_goes_on(
    make_job: MakeJob, rows: list[Row], tmp_path: Path, number: signal.Signals
) -> None:
    job = make_job(dropout=0.1)
    before = signal.getsignal(number)

    def stop_at_3(done: int, total: int, note: str) -> None:
        if done == 3:
            os.kill(os.getpid(), number)

    with pytest.raises(Stopped, match="step 4 of 6"):
        train(rows, job, tmp_path / "run", stop_at_3)
    assert signal.getsignal(number) == before
    seen: list[int] = []
    resumed = train(rows, job, tmp_path / "run", lambda done, *_: seen.append(done))
    assert seen == [5, 6]
    undisturbed = train(rows, job, tmp_path / "other")
    assert resumed.digest == undisturbed.digest
    assert resumed.losses == undisturbed.losses


CHILD = """
import json, sys, time
from pathlib import Path
from assay import models
from assay.chat import Contract
from assay.config import TrainRecipe
from assay.records import Example
from training.data import Job
from training.sft import Pace, train

told = json.loads(Path(sys.argv[1]).read_text())
rows = [(Example.of(row), weight) for row, weight in told["rows"]]
model = models.resolve(told["model"])
job = Job(TrainRecipe.model_validate(told["recipe"]), model, Contract.load(model.folder), seed=1)

def slowly(done, total, note):
    print(done, flush=True)
    time.sleep(0.05)

train(rows, job, Path(told["out"]), slowly, Pace(steps=2, seconds=60.0))
"""


def killed_at(step: int, rows: list[Row], job: Job, out: Path) -> None:
    """Train in a child process and `kill -9` it once it has reported `step`."""
    script = out.parent / "child.py"
    script.write_text(CHILD)
    described = {
        "rows": [[e.row(), w] for e, w in rows],
        "recipe": job.recipe.model_dump(mode="json", exclude_none=True),
        "model": job.model.name,
        "out": str(out),
    }
    (out.parent / "child.json").write_text(json.dumps(described))
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, str(script), str(out.parent / "child.json")],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    for line in child.stdout:
        if line.strip() == str(step):
            break
    os.kill(child.pid, signal.SIGKILL)
    child.wait()


@pytest.mark.slow
def test_kill_9_twice_gives_the_bytes_of_an_undisturbed_run(
    make_job: MakeJob, rows: list[Row], tmp_path: Path
) -> None:
    job = make_job(steps=10, dropout=0.1)
    out = tmp_path / "run"
    for step in (3, 8):
        killed_at(step, rows, job, out)
        assert not out.exists()
    newest = Checkpoints.beside(out).newest()
    assert newest is not None
    half = newest.parent / "checkpoint-9"
    half.mkdir(exist_ok=True)
    (half / "trainer_state.json").write_text("{")
    seen: list[int] = []
    resumed = train(rows, job, out, lambda done, *_: seen.append(done), Pace(steps=2))
    assert seen[0] > 6
    undisturbed = train(rows, job, tmp_path / "other")
    assert (resumed.digest, resumed.losses) == (undisturbed.digest, undisturbed.losses)
