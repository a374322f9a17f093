"""Look before training: one example with its loss tokens marked, what is cut, and what the run costs.

Fails where training would look healthy and teach the wrong thing: the stop token has no loss, an
answer is truncated away, or padding looks like a stop.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from assay.chat import Contract
from assay.engines.device import Hardware, hardware
from assay.errors import UserError
from training.data import Encoded, Job, Plan, Row, encode, plan

OPEN, CLOSE = "⟦", "⟧"
"""Around each run of tokens that has loss."""


@dataclass(frozen=True)
class Preflight:
    """What a run will see and cost.

    `text` is one example with its loss tokens between ⟦ and ⟧. `n_cut` rows are longer than
    `max_length` and lose the end of their answer with its stop token. `memory` is bytes, a rough
    upper estimate. `seconds` is None unless a step was measured.
    """

    text: str
    rows: int
    n_cut: int
    longest: int
    steps: int
    epochs: float
    tokens: int
    answer_tokens: int
    memory: int
    seconds: float | None

    def row(self) -> dict[str, Any]:
        """Return the values as JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def preflight(rows: Sequence[Row], job: Job, *, measure: bool = False) -> Preflight:
    """Check rows and contract and estimate the run; `measure` loads the model and times one step.

    Raises UserError for what would train the wrong thing; see the module.
    """
    refuse_padding_stop(job.contract)
    encoded = encode(rows, job.contract, job.recipe.max_length)
    shown = _typical(encoded)
    refuse_silent_stop(encoded[shown], job, rows[shown][0].id)
    planned = plan(rows, encoded, job.recipe, job.seed)
    return Preflight(
        text=marked(encoded[shown], job.contract),
        rows=len(rows),
        n_cut=sum(x.cut > 0 for x in encoded),
        longest=max(len(x.ids) + x.cut for x in encoded),
        steps=planned.steps,
        epochs=round(sum(map(len, planned.batches)) / sum(float(w) for _, w in rows), 2),
        tokens=planned.tokens,
        answer_tokens=planned.answer_tokens,
        memory=memory(job, encoded, planned, hardware()),
        seconds=measured(job, encoded, planned) if measure else None,
    )


def _typical(encoded: Sequence[Encoded]) -> int:
    """Return the row of median length among those that are not cut, if any is whole."""
    whole = [i for i, x in enumerate(encoded) if not x.cut] or list(range(len(encoded)))
    return sorted(whole, key=lambda i: (len(encoded[i].ids), i))[len(whole) // 2]


def refuse_padding_stop(contract: Contract) -> None:
    """Refuse a padding token that is a stop token: padding then hides the stop, or ends generation."""
    if contract.pad_id in contract.stop_ids:
        raise UserError(
            f"generation would stop on padding: token {contract.pad_id} is both",
            where="the chat contract",
            fix="set another pad_token in the tokenizer of the model",
        )


def refuse_silent_stop(row: Encoded, job: Job, example_id: str) -> None:
    """Refuse a rendering whose stop token has no loss: the model would never learn to end."""
    stops = job.contract.stop_ids
    if any(on and token in stops for token, on in zip(row.ids, row.loss, strict=True)):
        return
    if row.cut:
        raise UserError(
            f"every row is longer than max_length {job.recipe.max_length} and loses its stop token",
            where=f"example {example_id}",
            fix=f"set max_length to {len(row.ids) + row.cut} or more",
        )
    raise UserError(
        "the stop token gets no loss, so the model would not learn to stop",
        where=f"example {example_id}",
        fix="use a chat template that ends the assistant's turn with the stop token",
    )


def marked(row: Encoded, contract: Contract) -> str:
    """Return the text of a row, special tokens shown, with ⟦ and ⟧ around what has loss."""
    runs = groupby(zip(row.ids, row.loss, strict=True), key=lambda pair: pair[1])
    parts = ((on, contract.tokenizer.decode([token for token, _ in run])) for on, run in runs)
    return "".join(f"{OPEN}{text}{CLOSE}" if on else text for on, text in parts)


def memory(job: Job, encoded: Sequence[Encoded], planned: Plan, machine: Hardware) -> int:
    """Estimate the bytes of weights, optimizer and one step's activations, from above.

    Per token and layer a backward pass keeps about 34 bytes per hidden unit in 16 bits (Korthikanti et
    al. 2022, without the attention matrix), twice that in fp32; logits are kept for answers only.
    """
    config = json.loads((job.model.folder / "config.json").read_text(encoding="utf-8"))
    hidden, layers = int(config["hidden_size"]), int(config["num_hidden_layers"])
    weights = sum(p.stat().st_size for p in _weights(job.model.folder))
    width = 4 if machine.dtype == "float32" else 2
    full = job.recipe.method == "full"
    trained = weights * 4 if full else 7 * 2 * hidden * job.recipe.rank * layers * 2 * 4 * 4
    widest = max(planned.batches, key=lambda batch: max(len(encoded[i].ids) for i in batch))
    tokens = len(widest) * max(len(encoded[i].ids) for i in widest)
    answers = sum(encoded[i].answer_tokens for i in widest)
    return int(
        weights
        + trained
        + tokens * layers * hidden * 17 * width
        + answers * int(config["vocab_size"]) * (2 * width + 8)
    )


def _weights(folder: Path) -> list[Path]:
    return list(folder.glob("*.safetensors")) or list(folder.glob("*.bin"))


def measured(job: Job, encoded: Sequence[Encoded], planned: Plan) -> float:
    """Estimate the seconds of the run from steps of median size, after one to warm up; nothing is kept."""
    import tempfile

    from training.sft import build, quieten

    quieten()
    by_size = sorted(planned.batches, key=lambda batch: sum(len(encoded[i].ids) for i in batch))
    batch = by_size[len(by_size) // 2]
    with tempfile.TemporaryDirectory() as folder:
        one = Plan((batch,) * 3, 0, 0)
        trainer = build(job, encoded, one, Path(folder))
        times = _step_times(trainer)
    return statistics.median(times[1:]) * planned.steps


def _step_times(trainer: Any) -> list[float]:
    from transformers import TrainerCallback

    times: list[float] = []

    class Stopwatch(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            times.append(-time.perf_counter())

        def on_step_end(self, *_: Any, **__: Any) -> None:
            times[-1] += time.perf_counter()

    trainer.add_callback(Stopwatch())
    trainer.train()
    return times
