"""Look at the files somebody brings: what the rows are, which columns group them, which splits they name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.config import Task
from assay.errors import UserError
from assay.sources.drafts import Draft
from assay.sources.rows import Row
from assay.sources.source import Part
from assay.verbs.importing.gold import guess
from assay.verbs.importing.reading import Reading, read
from assay.verbs.importing.request import Request

OFFICIAL = {
    "test": re.compile(r"(^|[^a-z])test([^a-z]|$)"),
    "dev": re.compile(r"(^|[^a-z])(dev|valid|validation|val)([^a-z]|$)"),
    "train": re.compile(r"(^|[^a-z])(train|training)([^a-z]|$)"),
}
"""File names that say which split they are."""

GROUPING = [
    "thread",
    "conversation",
    "session",
    "dialog",
    "dialogue",
    "document",
    "doc",
    "article",
    "passage",
    "page",
    "chapter",
    "group",
    "cluster",
    "family",
    "user",
    "author",
    "customer",
    "account",
    "patient",
    "template",
    "source_document",
    "parent",
]
"""Words of a column whose equal values belong together: such rows are near copies, or one person's."""

MOST_LABELS = 50


@dataclass(frozen=True)
class Seen:
    """What the files are. `parts` are the paths by split; `labels` and `skills` count the rows of each."""

    reading: Reading
    parts: Mapping[str, tuple[str, ...]]
    rows: int
    unread: int
    labels: Mapping[str, int]
    skills: Mapping[str, int]
    template: str
    templates: int
    check: Mapping[str, object]
    answer_length: int
    """Characters of a long answer: nine in ten are shorter."""


def look(sources: Sequence[str], mapping: str) -> Seen:
    """Read everything once. Raises UserError when nothing in it can be used."""
    reading = read(Request(tuple(sources), "train", "look", mapping), Task(), lenient=True)
    parts = official([p for p in reading.source.parts if p.path])
    training = parts.get("train") or tuple(str(p.path) for p in reading.source.parts if p.path)
    drafts, unread = list[Draft](), 0
    for draft in reading.drafts():
        if not isinstance(draft, Draft):
            unread += 1
        elif _of(draft, reading, training):
            drafts.append(draft)
    if not drafts:
        raise UserError("no row can be used", where=", ".join(sources), fix="--map ROLE=FIELD,… says how")
    if drafts[0].chosen:
        raise UserError(
            "these are preference pairs, which no training method here learns from yet",
            where=", ".join(sources),
            fix="assay import FILE --as train keeps them; a project needs answers to learn",
        )
    labels = Counter(d.label for d in drafts if d.label is not None)
    template, templates = _grouping(reading, training)
    return Seen(
        reading,
        parts or {"train": tuple(sources)},
        len({d.messages for d in drafts}),
        unread,
        dict(sorted(labels.items(), key=lambda n: (-n[1], n[0]))) if len(labels) <= MOST_LABELS else {},
        Counter(d.skill for d in drafts if d.skill),
        template,
        templates,
        guess(drafts),
        sorted(len(d.response) for d in drafts)[int(0.9 * (len(drafts) - 1))],
    )


def official(parts: Sequence[Part]) -> dict[str, tuple[str, ...]]:
    """Return the paths by split when the names say train beside dev or test; else nothing."""
    found: dict[str, list[str]] = {}
    for part in parts:
        name = part.path.name.lower() if part.path else ""
        split = next((s for s, pattern in OFFICIAL.items() if pattern.search(name)), None)
        if split:
            found.setdefault(split, []).append(str(part.path))
    if "train" not in found or len(found) < 2:
        return {}
    return {s: tuple(paths) for s, paths in found.items()}


def _of(draft: Draft, reading: Reading, training: Sequence[str]) -> bool:
    return any(p.name == draft.file and str(p.path) in training for p in reading.source.parts) or not training


def _grouping(reading: Reading, training: Sequence[str]) -> tuple[str, int]:
    """Return the column whose values say which rows belong together, and how many values it has."""
    fields = {f for part in reading.source.parts for f in reading.fields[part.name]}
    taken = {
        f
        for roles in reading.roles.values()
        for role, names in roles.items()
        for f in names
        if role != "template"
    }
    for column in sorted(fields - taken):
        if not any(word in column.lower() for word in GROUPING):
            continue
        values = [
            str(row.values[column])
            for row in reading.source.rows()
            if isinstance(row, Row) and row.values.get(column) not in (None, "")
        ]
        if values and 10 <= len(set(values)) < len(values):
            return column, len(set(values))
    return "", 0
