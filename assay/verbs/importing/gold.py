"""Find out how the answers of a file can be judged, and make each row's check."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assay import checks
from assay.records import Check
from assay.sources.drafts import Draft

FEW = 12
"""So many different short answers at most are a closed set."""

SURE = 0.98
"""The share of a sample's answers that must fit a kind of check for it to be proposed."""

SHORT = 40
"""Characters of an answer that can be compared word for word."""


def guess(drafts: Sequence[Draft], labels: Sequence[str] = ()) -> dict[str, Any]:
    """Propose a check for these rows: constraints, choice, number, exact, else open (nothing judges it)."""
    golds = [d.answer for d in drafts if d.answer]
    if any(d.instructions for d in drafts):
        return {"kind": "constraints"}
    if labels:
        return {"kind": "choice", "choices": list(labels)}
    if any(d.letters for d in drafts):
        return {"kind": "choice"}
    if any(d.label is not None for d in drafts) or closed(golds):
        return {"kind": "choice", "choices": sorted(set(golds))}
    if golds and _share(golds, _numeric) >= SURE:
        return {"kind": "number"}
    return {"kind": "exact", "ignore_case": True} if _share(golds, _short) >= SURE else {"kind": "open"}


def closed(golds: Sequence[str]) -> bool:
    """Say whether the answers are a few short words that come again and again, as true and false do."""
    kinds = set(golds)
    words = all(len(k) <= SHORT and not k.strip("+-−.").isdigit() for k in kinds)
    return words and 2 <= len(kinds) <= FEW and len(golds) >= 5 * len(kinds)


def _share(golds: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, golds)) / len(golds) if golds else 0.0


def _numeric(text: str) -> bool:
    """Say whether the answer is a number, or a solution that ends in an answer mark and one."""
    if checks.number_in(text) is None:
        return False
    bare = text.strip().strip("$€£%").replace(",", "").lstrip("-+−")
    marked = "####" in text or "\\boxed" in text
    return marked or bare.replace(".", "", 1).replace("/", "", 1).replace(" ", "").isdigit()


def _short(text: str) -> bool:
    return len(text) <= SHORT and "\n" not in text


def check_for(draft: Draft, spec: Mapping[str, Any]) -> Check:
    """Return the row's own check: its letters, or its instructions, are part of it."""
    params = {k: v for k, v in spec.items() if k != "kind"}
    if spec["kind"] == "choice" and draft.letters and not params.get("choices"):
        params["choices"] = list(draft.letters)
    if spec["kind"] == "constraints" and draft.instructions:
        params["instructions"] = _instructions(json.loads(draft.instructions))
    return Check(str(spec["kind"]), params)


def _instructions(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Join IFEval's two columns (names, arguments) into one list."""
    lists = [v for v in fields.values() if isinstance(v, list)]
    names = next((v for v in lists if v and all(isinstance(x, str) for x in v)), [])
    arguments = next((v for v in lists if any(isinstance(x, dict) for x in v)), [])
    arguments = [a if isinstance(a, dict) else {} for a in arguments]
    arguments += [{} for _ in names[len(arguments) :]]
    return [
        {"id": name, **{k: v for k, v in given.items() if v is not None}}
        for name, given in zip(names, arguments, strict=False)
    ]
