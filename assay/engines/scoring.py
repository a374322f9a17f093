"""Score continuations: batches padded on the right to a shared width, logits only where they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.engines.heads import at_positions

if TYPE_CHECKING:
    import torch

Pair = tuple[Sequence[int], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Nll:
    """Negative log-likelihood of a continuation in nats, its length, and whether it is the likeliest.

    `greedy` says that each token has the highest logit, computed in float32.
    """

    total: float
    tokens: int
    greedy: bool


def score(model: Any, pairs: Sequence[Pair], width: int) -> list[Nll]:
    """Score one batch; each context holds at least one token, no pair more than `width` + 1."""
    import torch

    # The last token predicts nothing. Padding on the right needs no mask: attention looks back only.
    lines = [[*c, *t][:-1] for c, t in pairs]
    where = [(i, len(c) - 1 + k) for i, (c, t) in enumerate(pairs) for k in range(len(t))]
    if not where:
        return [Nll(0.0, 0, True) for _ in pairs]
    ids = torch.tensor([x + [0] * (width - len(x)) for x in lines], device=model.device)
    with at_positions(model, where, exact=True):
        logits = model(input_ids=ids, use_cache=False).logits[0, : len(where)].float()
    wanted = torch.tensor([x for _, t in pairs for x in t], device=logits.device)
    lost = (logits.logsumexp(1) - logits.gather(1, wanted[:, None])[:, 0]).cpu().double()
    right = (logits.argmax(1) == wanted).cpu()
    return _split(pairs, lost, right)


def _split(pairs: Sequence[Pair], lost: torch.Tensor, right: torch.Tensor) -> list[Nll]:
    found, start = [], 0
    for _, target in pairs:
        end = start + len(target)
        found.append(Nll(float(lost[start:end].sum()), len(target), bool(right[start:end].all())))
        start = end
    return found
