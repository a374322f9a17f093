"""Logits only where they are needed: the output layer is most of the work on a small model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

ROW_STEP = 8
"""Rows are padded to a multiple of this: below, float32 products on CPU depend on their number."""


def round_up(count: int, step: int) -> int:
    """Return the next multiple of `step`."""
    return -(-count // step) * step


@contextmanager
def at_positions(model: Any, where: Sequence[tuple[int, int]], *, exact: bool = False) -> Iterator[None]:
    """Let the model's output layer see only the given (row, position) pairs.

    Its logits then have the shape (1, pairs rounded up to 8, vocabulary). `exact` computes them in
    float32: in bfloat16 a logit of 20 is off by up to 0.06. A hook does it, so that what a model does
    to its logits afterwards (scaling, capping) still happens.
    """
    import torch

    head = model.get_output_embeddings()
    padded = [*where, *[where[0]] * (round_up(len(where), ROW_STEP) - len(where))]
    rows, positions = (torch.tensor(x, device=model.device) for x in zip(*padded, strict=True))

    def select(_: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
        return (args[0][rows, positions][None], *args[1:])

    def again(module: Any, args: tuple[Any, ...], _: Any) -> Any:
        bias = None if module.bias is None else module.bias.float()
        return torch.nn.functional.linear(args[0].float(), module.weight.float(), bias)

    hooks = [head.register_forward_pre_hook(select)]
    if exact:
        hooks.append(head.register_forward_hook(again))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
