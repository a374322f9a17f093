"""Find the rows that must stay in one split: rows of one template, equal prompts, near-duplicate prompts."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assay.records import Example, Made
from assay.store import SCHEMAS, Store
from curation.kinds import Kind
from curation.loader import Library
from curation.relations import Relations
from curation.session import Session

REJECT: Kind = "reject"


@dataclass(frozen=True)
class Groups:
    """`of` gives each row's group, by position; `near` counts rows joined by likeness alone."""

    of: tuple[int, ...]
    templates: int
    near: int


def group(made: Sequence[Made], folder: Path) -> Groups:
    """Join rows of one template, rows with equal prompts and rows with near-duplicate prompts."""
    sets = _Sets(len(made))
    templates = _join(sets, [m.origin.template for m in made])
    prompts = [prompt_key(m.example) for m in made]
    _join(sets, prompts)
    before = sets.count()
    first = {key: n for n, key in reversed(list(enumerate(prompts)))}
    for a, b in near_prompts({key: made[n].example for key, n in first.items()}, folder):
        sets.join(first[a], first[b])
    return Groups(tuple(sets.root(n) for n in range(len(made))), templates, before - sets.count())


def prompt_key(example: Example) -> str:
    """Return the id of the prompt alone, white space and case folded."""
    turns = example.messages if example.kind == "prompt" else example.messages[:-1]
    folded = tuple(replace(t, content=" ".join(t.content.casefold().split())) for t in turns)
    return Example(folded, kind="prompt").id


def near_prompts(prompts: Mapping[str, Example], folder: Path) -> list[tuple[str, str]]:
    """Return pairs of prompts that the rule near_duplicate finds alike, the survivor second."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        store = Store(Path(scratch))
        rows = []
        for key, example in prompts.items():
            turns = example.messages if example.kind == "prompt" else example.messages[:-1]
            rows.append(Example(turns, kind="prompt").row() | {"example_id": key})
        paths = dict.fromkeys(SCHEMAS, ()) | {"examples": (store.append("examples", "prompts", rows),)}
        rule = Library(None).load("near_duplicate", REJECT).bind({})
        with Session.over(Relations(paths)) as session:
            found = session.query(rule.query.runnable, rule.values, rule.query.shown).to_pylist()
    return [(row["example_id"], row["other_id"]) for row in found]


def _join(sets: _Sets, keys: Sequence[str]) -> int:
    """Join rows of equal keys ("" is no key); return how many different keys there are."""
    first: dict[str, int] = {}
    for n, key in enumerate(keys):
        if key:
            sets.join(n, first.setdefault(key, n))
    return len(first)


class _Sets:
    """Disjoint sets of row numbers."""

    def __init__(self, n: int) -> None:
        self._above = list(range(n))

    def root(self, n: int) -> int:
        while self._above[n] != n:
            self._above[n] = n = self._above[self._above[n]]
        return n

    def join(self, a: int, b: int) -> None:
        a, b = self.root(a), self.root(b)
        self._above[max(a, b)] = min(a, b)

    def count(self) -> int:
        return sum(above == n for n, above in enumerate(self._above))
