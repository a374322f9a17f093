"""Import measuring items: an official dev or test split, or a benchmark as an lm-eval task."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

from assay.errors import UserError
from assay.files import Progress, silent
from assay.records import EvalItem, Role
from assay.sources.drafts import Draft
from assay.sources.rows import Bad
from assay.verbs.importing.convert import Converter
from assay.verbs.importing.reading import Reading
from assay.verbs.importing.request import Request
from assay.verbs.importing.rows import Imported, act_of, nothing_left
from assay.verbs.importing.staging import REPORT, Refusals
from assay.workspace import Workspace

CHARACTERS = 3
"""Characters a token holds at least, for text; a limit on new tokens should not cut a right answer."""

ROLE: dict[str, Role] = {"dev": "dev", "test": "test", "eval": "benchmark"}


def import_items(
    ws: Workspace, request: Request, reading: Reading, converter: Converter, progress: Progress = silent
) -> Imported:
    """Freeze the items of a file; a gold answer that fails its own check keeps its row out.

    Raises UserError when no item is left, when all answers are the same label, or when the set holds
    other items under this name.
    """
    act, role = act_of(request, reading, converter), ROLE[request.role]
    bad, read, items, repeats = Refusals(), 0, dict[str, EvalItem](), 0
    for draft in reading.drafts():
        read += 1
        found = converter.item(draft) if isinstance(draft, Draft) else draft
        if isinstance(found, Bad):
            bad.add(found)
            continue
        repeats += found.id in items
        items.setdefault(found.id, found)
        if read % REPORT == 0:
            progress(read, 0, "rows")
    progress(read, read, "rows")
    if not items:
        raise nothing_left(request, bad)
    _more_than_one_label(request, list(items.values()))
    chosen = sorted(items.values(), key=lambda i: _order(i.id))[: request.limit]
    frozen = [_parented(ws, i) for i in chosen]
    evals = ws.publish_eval_set(request.name, act, {role: frozen})
    skills = Counter(i.skill for i in frozen)
    return Imported(
        request.name,
        request.role,
        read,
        len(frozen),
        repeats,
        bad,
        reading.shapes,
        reading.notes,
        converter.check,
        evals=evals,
        splits={role: len(frozen)},
        by_skill={s: {role: n} for s, n in sorted(skills.items())},
        left_out=len(items) - len(frozen),
        task_folder=_lm_eval_task(ws, request, frozen) if role == "benchmark" else None,
    )


def _lm_eval_task(ws: Workspace, request: Request, items: list[EvalItem]) -> Path:
    """Write the benchmark as a folder that plain lm-eval runs; room for twice the longest answer."""
    from evals.tasks import HowToAsk, write

    longest = max(len(i.target) for i in items) or 1_000
    tokens = 16 * math.ceil(2 * longest / CHARACTERS / 16)
    how = HowToAsk(min(max(tokens, 64), 1_024), system=ws.config.task.system)
    return write(request.name, items, how, ws.home / "tasks").folder


def _order(item_id: str) -> str:
    return hashlib.md5(item_id.encode(), usedforsecurity=False).hexdigest()


def _more_than_one_label(request: Request, items: list[EvalItem]) -> None:
    golds = {i.answer for i in items}
    if len(items) > 1 and len(golds) == 1 and items[0].check.kind == "choice":
        raise UserError(
            f"all {len(items)} answers are {golds.pop()!r}: a model that always says it scores 100 %",
            where=", ".join(request.sources),
            fix="is this the whole file, and --map label=FIELD the right field?",
        )


def _parented(ws: Workspace, item: EvalItem) -> EvalItem:
    """Point a variant at the item it was made from, where a set of the workspace holds it by that name."""
    if not item.parent:
        return item
    return replace(item, parent=ws.item_named(item.parent) or item.parent)
