"""Decode one batch: prefill once, then one token a step for the rows that still run.

Written out because plain `generate` keeps finished rows in the batch until the last one stops.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

SHRINK = 0.75
"""Drop finished rows when at most this share still runs: dropping copies the cache once."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """When to stop and how to choose; temperature 0 is greedy."""

    stop_ids: tuple[int, ...]
    pad_id: int
    max_new_tokens: int
    temperature: float = 0.0
    seed: int = 0


def decode(
    model: Any, prompts: Sequence[Sequence[int]], numbers: Sequence[int], how: Sampling
) -> list[list[int]]:
    """Return the new ids of each prompt, its stop token included; `numbers` seed each row's sampling."""
    import torch
    from transformers import DynamicCache

    width = max(len(p) for p in prompts)
    ids = torch.tensor([[how.pad_id] * (width - len(p)) + list(p) for p in prompts], device=model.device)
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=model.device)
    cache = DynamicCache(config=model.config)
    answers: list[list[int]] = [[] for _ in prompts]
    running = list(range(len(prompts)))
    alive = running
    position = mask.cumsum(1) - 1
    for step in range(how.max_new_tokens):
        logits = model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=position.clamp(min=0),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        chosen = _choose(logits, [numbers[i] for i in running], step, how)
        stopped = set(how.stop_ids)
        for i, token in zip(running, chosen, strict=True):
            if not answers[i] or answers[i][-1] not in stopped:
                answers[i].append(token)
        alive = [r for r, i in enumerate(running) if answers[i][-1] not in stopped]
        if not alive:
            break
        ids = torch.tensor(chosen, device=model.device)[:, None]
        position = position[:, -1:] + 1
        mask = torch.cat([mask, mask.new_ones(len(running), 1)], 1)
        if len(alive) <= SHRINK * len(running):
            keep = torch.tensor(alive, device=model.device)
            cache.batch_select_indices(keep)
            ids, position, mask = ids[keep], position[keep], mask[keep]
            running = [running[r] for r in alive]
    return answers


def _choose(logits: torch.Tensor, numbers: Sequence[int], step: int, how: Sampling) -> list[int]:
    """Choose the next token of each row; a row's draws depend on seed, row and step alone."""
    import torch

    if how.temperature <= 0:
        return [int(t) for t in logits.argmax(-1).tolist()]
    shares = (logits.float() / how.temperature).softmax(-1).cpu()
    chosen = []
    for row, number in zip(shares, numbers, strict=True):
        draw = torch.Generator().manual_seed((how.seed * 1_000_003 + number) * 100_003 + step)
        chosen.append(int(torch.multinomial(row, 1, generator=draw).item()))
    return chosen
