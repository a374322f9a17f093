"""Freeze the held-out items before anything is generated."""

from __future__ import annotations

from assay.errors import UserError
from assay.fingerprint import fingerprint
from assay.workspace import EvalSet, Workspace


def heldout(ws: Workspace) -> EvalSet:
    """Return the held-out eval set of the workspace, making and freezing it the first time.

    Raises UserError when assay.yaml names none, or when its settings changed after it was frozen.
    """
    from generators.programmatic import VERSION, eval_items
    from generators.skills.own import Skills

    wanted = ws.config.heldout
    if wanted is None:
        raise UserError(
            "there are no held-out items to measure on",
            where="assay.yaml",
            fix="add `heldout: {skills: [arithmetic]}`; `assay skill list` names the skills",
        )
    if not wanted.skills:
        return imported(ws, wanted.name)
    skills = Skills(ws.root)
    versions = {s: skills.identity(s) for s in wanted.skills}
    key = fingerprint("heldout", settings=wanted.resolved(), version=VERSION, versions=versions)
    there = ws.eval_set(wanted.name) if wanted.name in ws.eval_sets() else None
    if there and there.made_by(key) and {"dev", "test"} <= there.splits.keys():
        return there  # with one split of the two, a kill came between them: the other is made below
    made = eval_items(wanted.skills, {"dev": wanted.dev, "test": wanted.test}, wanted.seed, skills)
    return ws.publish_eval_set(wanted.name, key, {"dev": made["dev"], "test": made["test"]})


def imported(ws: Workspace, name: str) -> EvalSet:
    """Return an imported held-out set. Raises UserError when it is not there yet, or lacks a split."""
    if name not in ws.eval_sets():
        raise UserError(
            f"heldout names {name!r}, which is not imported yet",
            where="assay.yaml",
            fix=f"assay import FILE --as train --name {name} --split N/N/N, or `heldout: {{skills: […]}}`",
        )
    there = ws.eval_set(name)
    there.split("dev"), there.split("test")
    return there
