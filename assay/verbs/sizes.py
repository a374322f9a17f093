"""Count what a split of an eval set holds without reading the text of an item, so the sealed one too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.store import read_parquet
from assay.verbs.compare import labels_of
from assay.workspace import EvalSet, Workspace


@dataclass(frozen=True)
class Size:
    """What a split holds: items, clusters of errors, and gold labels by count (of a classification)."""

    eval_set: str
    split: str
    items: int
    clusters: int
    labels: Mapping[str, int]


def size_of(ws: Workspace, held: EvalSet, split: str) -> Size:
    """Count the items of a split, its clusters and its gold labels; no text of an item is read.

    The columns read are `template`, a name, and for a classification `answer`, one of the labels.
    """
    import pyarrow.compute as pc

    frozen, labels = held.split(split), labels_of(ws.config.task)
    store = ws.sealed if split == "test" else ws.store
    columns = ["template", "answer"] if labels else ["template"]
    counts: dict[str, dict[str, int]] = {c: {} for c in columns}
    for path in store.segment("eval_items", frozen.segment).paths("eval_items"):
        table = read_parquet(path, columns=columns)
        for column in columns:
            for entry in pc.value_counts(table[column]).to_pylist():
                value = entry["values"] or ""
                counts[column][value] = counts[column].get(value, 0) + entry["counts"]
    templates = counts["template"]
    clusters = sum(1 for t in templates if t) + templates.get("", 0)  # without a template each is its own
    gold = {_plain(a): n for a, n in counts.get("answer", {}).items()}
    return Size(held.name, split, frozen.n, clusters, {name: gold.get(_plain(name), 0) for name in labels})


def _plain(label: str) -> str:
    return " ".join(label.split()).casefold()
