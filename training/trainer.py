"""TRL's SFTTrainer, told to train on our batches, to project only answers, and to stop when asked.

Import this module only when training: it loads torch, transformers and trl.
"""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint as recompute
from transformers import TrainerCallback
from trl import SFTTrainer

from assay.errors import UserError
from assay.files import Progress
from training import unpadded
from training.checkpoints import Checkpoints

CHUNK = 1024
"""Answer tokens whose logits are held at once; 1,024 × 49,152 × (2 + 4 + 4 bytes) = 0.5 GB."""


class AnswerTrainer(SFTTrainer):  # type: ignore[misc]
    """SFTTrainer with the same loss, computed from the logits of the answer alone on CPU and MPS.

    TRL 1.16 skips the other positions on CUDA only. On a CPU it projects every position, padding too,
    twice in each direction, and multiplies in fp32 on the way back where the model is bf16.
    """

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the summed cross-entropy of the answer tokens over their count in the whole step."""
        lm = model.get_base_model() if hasattr(model, "get_base_model") else model
        if return_outputs or self.accelerator.num_processes > 1 or not has_plain_head(lm):
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        with self.accelerator.autocast():  # the trainer wraps the outer model only, which is passed by
            total, count = answer_loss(lm, inputs)
        return total / (count if num_items_in_batch is None else num_items_in_batch)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Save the weights for a checkpoint: no tokenizer, no look-up of the base on the Hub."""
        extra = {"save_embedding_layers": False} if hasattr(self.model, "peft_config") else {}
        self.model.save_pretrained(output_dir or self.args.output_dir, **extra)

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Write no card."""

    def _send_telemetry(self) -> None:
        """Send nothing: TRL reports each start of a trainer to the Hub otherwise."""


def has_plain_head(lm: Any) -> bool:
    """Say whether logits = head(hidden), with nothing scaled, capped or added, on CPU or MPS."""
    scaled = ("logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")
    config = lm.config.get_text_config()
    special = any(getattr(config, k, None) not in (None, 1, 1.0) for k in scaled)
    special = special or getattr(config, "final_logit_softcapping", None) is not None
    special = special or hasattr(config, "output_router_logits")
    return lm.device.type in ("cpu", "mps") and not special


def answer_loss(lm: Any, inputs: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the summed cross-entropy of the tokens with loss, and how many there are."""
    hidden, targets = _answers(lm, inputs)
    head = lm.get_output_embeddings()
    count = torch.tensor(len(targets), device=targets.device)
    if len(targets) <= CHUNK:
        return _nll(head, hidden, targets), count
    chunks = zip(torch.split(hidden, CHUNK), torch.split(targets, CHUNK), strict=True)
    parts = [recompute(_nll, head, h, t, use_reentrant=False) for h, t in chunks]
    return torch.stack(parts).sum(), count


def _answers(lm: Any, inputs: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the hidden states that predict a token with loss, and those tokens."""
    apart = unpadded.fits(lm)
    given = unpadded.flatten(inputs) if apart else {k: v for k, v in inputs.items() if k != "use_cache"}
    labels = given.pop("labels")
    with unpadded.attending(lm) if apart else contextlib.nullcontext():
        hidden = lm.base_model(**given, use_cache=False).last_hidden_state[:, :-1]
    targets = labels[:, 1:]
    on = targets != -100
    return hidden[on], targets[on]


def _nll(head: Any, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return cross_entropy(head(hidden).float(), targets, reduction="sum")


@dataclass
class Clock:
    """When to save a checkpoint: every `steps` steps or `seconds` seconds, whichever comes first."""

    steps: int
    seconds: float
    before: float = 0.0
    started: float = field(default_factory=time.monotonic)
    saved_step: int = 0
    saved_at: float = field(default_factory=time.monotonic)

    def due(self, step: int) -> bool:
        """Say whether a checkpoint is due after `step`."""
        late = time.monotonic() - self.saved_at >= self.seconds
        return step > self.saved_step and (late or step - self.saved_step >= self.steps)

    def saved(self, step: int) -> None:
        """Note that `step` is saved."""
        self.saved_step, self.saved_at = step, time.monotonic()

    def total(self) -> float:
        """Return the seconds trained, those before an interruption included."""
        return self.before + time.monotonic() - self.started


class Watch(TrainerCallback):  # type: ignore[misc]
    """After each step: report, save when due, and stop when a signal came or the loss is no number."""

    def __init__(
        self, checkpoints: Checkpoints, clock: Clock, tokens: list[int], progress: Progress, signals: Signals
    ) -> None:
        self.checkpoints, self.clock, self.tokens = checkpoints, clock, tokens
        self.progress, self.signals = progress, signals
        self._first_step = -1
        self._began = time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start counting where the checkpoint ended."""
        self._first_step, self._began = state.global_step, time.monotonic()
        self.clock.saved(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Ask for a checkpoint when one is due, and for the end when a signal came."""
        stop = self.signals.came and state.global_step < state.max_steps
        if state.global_step < state.max_steps and (stop or self.clock.due(state.global_step)):
            control.should_save = True
        if stop:
            control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Seal what the trainer has just written."""
        self.checkpoints.seal(state.global_step, self.clock.total())
        self.clock.saved(state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Report loss and speed; stop a run that has diverged."""
        loss = (logs or {}).get("loss")
        if loss is None:
            return
        if not math.isfinite(loss):
            fix = "lower lr, or lengthen warmup, in the train recipe"
            raise UserError("the loss is no longer a number: training diverged", fix=fix)
        spent = max(time.monotonic() - self._began, 1e-9)
        rate = sum(self.tokens[self._first_step : state.global_step]) / spent
        self.progress(state.global_step, state.max_steps, f"loss {loss:.3f} · {rate:,.0f} tokens/s")


class Signals:
    """While open, note Ctrl-C and SIGTERM instead of dying: the step is finished, then all is saved.

    A second signal acts as it did before. Outside the main thread nothing is caught.
    """

    def __init__(self) -> None:
        self.came = False
        self._old: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._old[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.came = True
        self._restore()

    def _restore(self) -> None:
        for number, old in self._old.items():
            signal.signal(number, old)
        self._old = {}

    def __exit__(self, *_: object) -> None:
        self._restore()
