"""Evaluate subjects on the held-out items: dev as often as wanted, test by an opening in the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from assay.checks import VERSION as CHECKS
from assay.errors import UserError
from assay.files import Progress, silent
from assay.fingerprint import fingerprint
from assay.records import EvalItem, Result
from assay.store import Store
from assay.verbs.costs import measured
from assay.verbs.heldout import heldout
from assay.verbs.subjects import Lineup
from assay.workspace import Workspace
from evals.bench import VERSION as ANSWERING
from evals.bench import Bench, Subject
from evals.tasks import VERSION as TASKS


def evaluate(
    ws: Workspace,
    who: Lineup,
    split: str,
    *,
    suite: str = "main",
    reason: str = "",
    progress: Progress = silent,
) -> list[Result]:
    """Return one result per subject and held-out item of a split, computing what is not there yet.

    `test` needs a reason; the opening is written into the ledger before anything is read. Raises
    UserError without one.
    """
    held = heldout(ws)
    task = f"{held.name}_{split}"
    acts = {s.name: _act(ws, who, s, task, held.id(split), suite) for s in who.subjects}
    store = ws.sealed if split == "test" else ws.store
    items = _items(ws, who, split, reason, sorted(acts.values()))
    missing = [s for s in who.subjects if not store.has("results", acts[s.name])]
    if missing:
        bench = Bench(who.base, who.contract)
        for number, subject in enumerate(missing):
            share = _share(progress, number, len(missing))
            run_task(ws, bench, subject, (task, items), (store, acts[subject.name]), suite, share)
    return [r for s in who.subjects for r in stored(store, acts[s.name])]


def acts_of(ws: Workspace, who: Lineup, split: str, suite: str = "main") -> list[str]:
    """Return the fingerprints of the evaluations of these subjects."""
    held = heldout(ws)
    return [_act(ws, who, s, f"{held.name}_{split}", held.id(split), suite) for s in who.subjects]


def run_task(
    ws: Workspace,
    bench: Bench,
    subject: Subject,
    task: tuple[str, Sequence[EvalItem]],
    into: tuple[Store, str],
    suite: str,
    progress: Progress = silent,
) -> None:
    """Evaluate one subject on one task and append its results as one segment."""
    from evals.run import evaluate_on

    store, act = into
    with measured(ws, "eval", act):
        limit = ws.config.suites[suite].max_new_tokens
        results = evaluate_on(bench, [subject], {task[0]: task[1]}, store.root / "tasks", progress, limit)
        store.append("results", act, (r.row() for r in results))


def stored(store: Store, act: str) -> list[Result]:
    """Return the results of one evaluation."""
    return [Result(**row) for row in store.segment("results", act).rows("results")]


def _items(ws: Workspace, who: Lineup, split: str, reason: str, acts: Sequence[str]) -> list[EvalItem]:
    """Return the items; the same evaluations of test again are one opening, anything else is another."""
    held = heldout(ws)
    if split != "test":
        return ws.eval_items(held, split)
    if not reason.strip():
        raise UserError(
            "the test split is sealed: opening it needs a reason, which goes into the ledger",
            fix='--split test --reason "why now"',
        )
    names = [s.name for s in who.subjects]
    key = fingerprint("open test", eval_set=held.id("test"), evaluations=acts)
    return ws.open_test(held, reason=reason, key=key, models=names)


def _act(ws: Workspace, who: Lineup, subject: Subject, task: str, items_id: str, suite: str) -> str:
    return fingerprint(
        "eval",
        base=who.base.digest,
        run=subject.name,
        adapter=subject.digest,
        contract=who.contract.hash,
        task=task,
        items=items_id,
        max_new_tokens=ws.config.suites[suite].max_new_tokens,
        versions=[ANSWERING, TASKS, CHECKS],
    )


def _share(progress: Progress, number: int, count: int) -> Progress:
    return lambda done, total, note: progress(number * total + done, count * total, note)
