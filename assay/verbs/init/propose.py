"""Propose a task, a split and the sizes of a loop for what was seen; every number says where it is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.errors import UserError, nearest
from assay.verbs.importing.request import Split
from assay.verbs.init.look import Seen

SMALL, SHARE, ENOUGH = 300, 0.4, 600
"""Up to SMALL rows, dev and test take SHARE of them each; beyond it a quarter each, and never more than
ENOUGH: past that the interval shrinks slower than the time to answer grows."""

CHARACTERS = 3.5
"""Characters of a token of English, about; only for the first guess of lengths."""


@dataclass(frozen=True)
class Proposal:
    """What goes into assay.yaml."""

    kind: str
    check: str
    metric: str
    system: str
    skill: str
    template: str
    labels: tuple[str, ...]
    label_names: Mapping[str, str]
    split: Split
    initial: int
    size: int
    rounds: int
    max_length: int
    probes: tuple[str, ...]


def propose(seen: Seen, split: Split | None, names: Mapping[str, str] | None = None) -> Proposal:
    """Return a proposal that runs as it is. Raises UserError when a label to rename is not there."""
    for old in names or {}:
        if old not in seen.labels:
            raise UserError(f"no row has the label {old!r}", where="--labels", fix=nearest(old, seen.labels))
    labels = tuple(dict.fromkeys((names or {}).get(label, label) for label in seen.labels))
    check = str(seen.check["kind"])
    split = split or default_split(seen)
    initial, size, rounds = loop_sizes(trained(seen, split))
    tokens = int(seen.answer_length / CHARACTERS)
    return Proposal(
        kind="classification" if labels else "generation",
        check=check,
        metric=_metric(seen.labels, check),
        system=_system(labels),
        skill=_skill(seen),
        template=seen.template,
        labels=labels,
        label_names=names or {},
        split=split,
        initial=initial,
        size=size,
        rounds=rounds,
        max_length=1024 if tokens < 600 else 2048,
        probes=("verbatim",) if check == "open" else ("fresh_gap",) if labels else ("fresh_gap", "verbatim"),
    )


def default_split(seen: Seen) -> Split:
    """Return the rows that dev and test get out of the training file (an official file gives its own)."""
    each = round(max(SHARE * min(seen.rows, SMALL), min(0.25 * seen.rows, ENOUGH)))
    return Split(None, 0 if "dev" in seen.parts else each, 0 if "test" in seen.parts else each)


def trained(seen: Seen, split: Split) -> int:
    """Return how many rows are left for training, about."""
    dev = 0 if "dev" in seen.parts else split.dev
    test = 0 if "test" in seen.parts else split.test
    left = seen.rows - sum(int(p * seen.rows) if not isinstance(p, int) else p for p in (dev, test))
    return min(left, split.train) if isinstance(split.train, int) else left


def loop_sizes(rows: int) -> tuple[int, int, int]:
    """Return the rows of round 0, of every round, and the rounds: all of them fit into the file."""
    initial = min(400, rows // 2)
    rounds = 2
    return max(initial, 1), max(min(120, (rows - initial) // rounds), 1), rounds


def _metric(labels: Mapping[str, int], check: str) -> str:
    """Return macro-F1 where one label has twice the rows of another or more: accuracy would hide the rare."""
    if check == "open":
        return "bits_per_byte"
    uneven = labels and max(labels.values()) >= 2 * min(labels.values())
    return "macro_f1" if uneven else "accuracy"


def _system(labels: tuple[str, ...]) -> str:
    return f"Answer with one of these words and nothing else: {', '.join(labels)}." if labels else ""


def _skill(seen: Seen) -> str:
    """Return the slices: labels, a column of the file, one per file, else clusters of prompts."""
    if seen.labels:
        return "label"
    columns = {f for roles in seen.reading.roles.values() for f in roles.get("skill", ())}
    if len(columns) == 1 and 2 <= len(seen.skills) <= 40:
        return columns.pop()
    if len(seen.parts.get("train", ())) > 1:
        return "file"
    many_files = "train" in seen.parts and len(seen.reading.source.parts) > 1 and len(seen.parts) == 1
    return "file" if many_files else "cluster"
