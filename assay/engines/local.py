"""Local generation and scoring: one loaded base model, many un-merged adapters, batches of like length.

Batches are formed from the inputs alone (length, then position), so the same call gives the same answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.engines.decoding import Sampling, decode
from assay.engines.device import Hardware, hardware
from assay.errors import MissingExtra, UserError
from assay.files import Progress, silent

ROWS = 32
"""Rows of a batch at most."""

TOKENS = 8192
"""Padded tokens of a batch at most: bounds memory on long prompts."""


@dataclass(frozen=True, slots=True)
class Nll:
    """Negative log-likelihood of a continuation in nats, its length, and whether greedy decoding gives it."""

    total: float
    tokens: int
    greedy: bool


class LocalModel:
    """A base model in memory; adapters are added by name and never merged."""

    def __init__(
        self, folder: Path, adapters: Mapping[str, Path] | None = None, chosen: Hardware | None = None
    ) -> None:
        self.folder = folder
        self.hardware = chosen or hardware()
        self._model: Any = _load(folder, self.hardware)
        self._names: dict[str, str] = {}
        self._added = 0
        for name, path in (adapters or {}).items():
            self.add_adapter(name, path)

    @property
    def adapters(self) -> tuple[str, ...]:
        """The names of the adapters that are loaded."""
        return tuple(self._names)

    def add_adapter(self, name: str, path: Path) -> None:
        """Load an adapter beside the others; a name that is there already is an error."""
        if name in self._names:
            raise UserError(f"an adapter called {name} is loaded already", where=str(path))
        if not (path / "adapter_config.json").is_file():
            raise UserError("this folder holds no adapter (no adapter_config.json)", where=str(path))
        try:
            from peft import PeftModel
        except ImportError as error:
            raise MissingExtra("peft", "train") from error
        inner = f"a{self._added}"  # a name with a dot cannot name a torch module
        if isinstance(self._model, PeftModel):
            self._model.load_adapter(str(path), adapter_name=inner, is_trainable=False)
        else:
            self._model = PeftModel.from_pretrained(
                self._model, str(path), adapter_name=inner, is_trainable=False
            )
        self._model.eval()
        self._names[name] = inner
        self._added += 1

    def remove_adapter(self, name: str) -> None:
        """Forget an adapter and free its memory."""
        self._model.delete_adapter(self._inner(name))
        del self._names[name]

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        adapter: str | None,
        stop_ids: Sequence[int],
        pad_id: int,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        progress: Progress = silent,
    ) -> list[list[int]]:
        """Return the new ids of each prompt, in order; a finished one ends with its stop token."""
        import torch

        answers: list[list[int]] = [[] for _ in prompts]
        sampling = Sampling(tuple(stop_ids), pad_id, max_new_tokens, temperature, seed)
        done = 0
        with torch.inference_mode(), self._using(adapter) as model:
            for rows in batches([len(p) + max_new_tokens for p in prompts]):
                found = decode(model, [prompts[i] for i in rows], rows, sampling)
                for i, ids in zip(rows, found, strict=True):
                    answers[i] = ids
                done += len(rows)
                progress(done, len(prompts), "answers")
        return answers

    def nll(
        self,
        pairs: Sequence[tuple[Sequence[int], Sequence[int]]],
        *,
        adapter: str | None,
        progress: Progress = silent,
    ) -> list[Nll]:
        """Score each (context, continuation): natural-log likelihood of the continuation's tokens.

        The context must hold at least one token. The softmax is computed in float32.
        """
        import torch

        scores: dict[int, Nll] = {}
        with torch.inference_mode(), self._using(adapter) as model:
            for rows in batches([len(c) + len(t) for c, t in pairs]):
                scores |= zip(rows, _score(model, [pairs[i] for i in rows]), strict=True)
                progress(len(scores), len(pairs), "scores")
        return [scores[i] for i in range(len(pairs))]

    def _inner(self, name: str) -> str:
        if name not in self._names:
            raise UserError(f"no adapter called {name} is loaded", fix=f"one of {', '.join(self._names)}")
        return self._names[name]

    @contextmanager
    def _using(self, adapter: str | None) -> Iterator[Any]:
        """Switch to an adapter, or to the bare base."""
        if adapter is not None:
            inner = self._inner(adapter)
            self._model.set_adapter(inner)
            yield self._model.get_base_model()
        elif self._added and self._names:
            with self._model.disable_adapter():
                yield self._model.get_base_model()
        else:
            yield self._model.get_base_model() if self._added else self._model


def batches(lengths: Sequence[int], rows: int = ROWS, tokens: int = TOKENS) -> Iterator[list[int]]:
    """Yield indices in batches of like length, longest first: running out of memory shows at once."""
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    while order:
        count = max(1, min(rows, tokens // max(1, lengths[order[0]])))
        yield order[:count]
        order = order[count:]


def _load(folder: Path, chosen: Hardware) -> Any:
    try:
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "train") from error
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, chosen.dtype), local_files_only=True
        )
    except (OSError, ValueError) as error:
        what = str(error).splitlines()[0]
        raise UserError(f"the model cannot be loaded: {what}", where=str(folder)) from error
    finally:
        if shown:
            logging.enable_progress_bar()
    return model.to(chosen.device).eval()


def _score(model: Any, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[Nll]:
    """Score one batch, padded on the left: all continuations then end at the last column."""
    import torch

    width = max(len(c) + len(t) for c, t in pairs)
    keep = max(len(t) for _, t in pairs)
    rows = [[0] * (width - len(c) - len(t)) + [*c, *t] for c, t in pairs]
    ids = torch.tensor(rows, device=model.device)
    real = torch.tensor([[0] * (width - len(c) - len(t)) + [1] * (len(c) + len(t)) for c, t in pairs])
    mask = real.to(model.device)
    logits = model(
        input_ids=ids[:, :-1],
        attention_mask=mask[:, :-1],
        position_ids=(mask.cumsum(1) - 1).clamp(min=0)[:, :-1],
        logits_to_keep=max(1, keep),
        use_cache=False,
    ).logits
    return [_one(logits[i], t) for i, (_, t) in enumerate(pairs)]


def _one(logits: Any, target: Sequence[int]) -> Nll:
    import torch

    if not target:
        return Nll(0.0, 0, True)
    rows = logits[-len(target) :].float()
    wanted = torch.tensor(list(target), device=rows.device)
    picked = rows.gather(1, wanted[:, None])[:, 0]
    total = (rows.logsumexp(1) - picked).double().sum().item()
    return Nll(float(total), len(target), bool((rows.argmax(1) == wanted).all()))
