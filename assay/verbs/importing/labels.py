"""Import labels that people gave elsewhere: rows about examples of the pool, nothing overwritten."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from assay.config import Task
from assay.errors import UserError
from assay.fingerprint import fingerprint
from assay.ledger import now
from assay.records import Example
from assay.sources.fields import joined
from assay.sources.roles import Roles, parse_map
from assay.sources.rows import Bad, Row
from assay.sources.source import Part, open_source
from assay.verbs.importing.request import Request
from assay.verbs.importing.results import folded
from assay.verbs.importing.staging import Refusals
from assay.workspace import Workspace

NAMES = {
    "id": ("example_id", "id"),
    "prompt": ("prompt", "text", "question", "input", "instruction", "sentence"),
    "label": ("label", "value", "category", "class", "rating", "answer"),
}
WHO = ("annotator", "who", "user", "labeler", "labeller", "worker")
AT = ("at", "time", "timestamp", "date")


@dataclass(frozen=True)
class Labelled:
    """How many labels came in; `by` says how rows found their examples."""

    name: str
    read: int
    kept: int
    bad: Refusals = field(default_factory=Refusals)


def import_labels(ws: Workspace, request: Request) -> Labelled:
    """Append labels about examples of the pool, found by id or by prompt; the same file twice is once.

    The question is the import's name. Raises UserError when no row belongs to an example.
    """
    source, bad, rows, read = open_source(*request.sources), Refusals(), [], 0
    by_id, by_prompt = _pool(ws)
    for part in source.parts:
        columns = _columns(part, request.mapping)
        for row in part.rows():
            read += 1
            found = row if isinstance(row, Bad) else _label(row, columns, (by_id, by_prompt), ws.config.task)
            if isinstance(found, Bad):
                bad.add(found)
            else:
                rows.append({"question": request.name, "guideline": "", **found})
    if not rows:
        first = bad.rows[0] if bad.rows else None
        where = f"{first.file}, line {first.line}" if first else request.sources[0]
        fix = "--map id=FIELD,label=FIELD; `assay data show VERSION --json` lists ids"
        raise UserError(f"no label can be used: {first.why if first else 'no rows'}", where=where, fix=fix)
    act = fingerprint("labels", source=source.fingerprint, name=request.name, mapping=request.mapping)
    ws.store.append("labels", act, rows)
    ws.ledger.append("import labels", key=act, question=request.name, labels=len(rows))
    return Labelled(request.name, read, len(rows), bad)


def _pool(ws: Workspace) -> tuple[set[str], dict[str, list[str]]]:
    ids, prompts = set[str](), defaultdict[str, list[str]](list)
    for row in ws.store.snapshot(["examples"]).rows("examples"):
        if row["example_id"] not in ids:
            ids.add(row["example_id"])
            prompts[folded(Example.of(row).prompt)].append(row["example_id"])
    return ids, prompts


def _columns(part: Part, mapping: str) -> Roles:
    fields = tuple(dict.fromkeys(name for row in part.sample() for name in row.values))
    lower = {f.lower(): f for f in reversed(fields)}
    found: dict[str, tuple[str, ...]] = {
        role: (next(lower[n] for n in names if n in lower),)
        for role, names in {**NAMES, "who": WHO, "at": AT}.items()
        if any(n in lower for n in names)
    }
    if mapping:
        found |= parse_map(mapping, fields)
    if "label" not in found or not {"id", "prompt"} & found.keys():
        raise UserError(
            f"labels need an id (or prompt) and a label; the fields are: {', '.join(fields)}",
            where=part.name,
            fix="--map id=FIELD,label=FIELD",
        )
    return found


def _label(
    row: Row, columns: Roles, pool: tuple[set[str], dict[str, list[str]]], task: Task
) -> dict[str, str] | Bad:
    def text(role: str) -> str:
        return joined(row.values, columns[role]).strip() if role in columns else ""

    value = task.label_names.get(text("label"), text("label"))
    if not value:
        return Bad(row.file, row.line, "the label is empty")
    if task.labels and value not in task.labels:
        return Bad(row.file, row.line, f"the label {value[:60]!r} is none of task.labels")
    ids, prompts = pool
    matches = [text("id")] if text("id") in ids else prompts.get(folded(text("prompt")), [])
    if len(matches) != 1:
        shown = text("id") or text("prompt")
        many = "several examples have" if matches else "no example has"
        return Bad(row.file, row.line, f"{many} this id or prompt: {shown[:60]!r}")
    return {"example_id": matches[0], "value": value, "who": text("who"), "at": text("at") or now()}
