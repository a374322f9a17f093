"""Set damage aside without losing it, and make again what can be made again to the byte of its id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError

from assay.config import SkillsRecipe
from assay.errors import UserError
from assay.files import publish_json
from assay.fingerprint import of_rows
from assay.ledger import now
from assay.manifest import Manifest, version_id
from assay.records import Role
from assay.store import Store
from assay.verbs.doctor.finding import Finding
from assay.verbs.doctor.refs import Refs
from assay.workspace import Version, Workspace

QUARANTINE = "quarantine"


def set_aside(ws: Workspace, findings: Iterable[Finding]) -> list[tuple[Path, Path]]:
    """Move what the findings name into the quarantine, each with its reason; return (from, to)."""
    moved = []
    for finding in findings:
        for path in finding.aside:
            if not path.exists():  # two findings about one file
                continue
            to = _place(ws, path)
            reason = {"from": str(path.relative_to(ws.root)), "what": finding.what, "at": now()}
            publish_json(to.with_name(f"{to.name}.reason.json"), reason)
            path.rename(to)
            moved.append((path, to))
    return moved


def _place(ws: Workspace, path: Path) -> Path:
    """Return a free place in the quarantine: the same path as under `.assay`, with a number if need be."""
    wanted = ws.home / QUARANTINE / path.relative_to(ws.home)
    wanted.parent.mkdir(parents=True, exist_ok=True)
    place, number = wanted, 1
    while place.exists() or place.with_name(f"{place.name}.reason.json").exists():
        number += 1
        place = wanted.with_name(f"{wanted.name}.{number}")
    return place


def restore(ws: Workspace, refs: Refs) -> list[str]:
    """Make missing segments of skills' rows and held-out items again; only what hashes to its id is kept."""
    return [*_rows(ws, refs), *_items(ws, refs)]


def _rows(ws: Workspace, refs: Refs) -> Iterator[str]:
    for path, manifest in refs.manifests.items():
        act = manifest.fingerprint
        if manifest.act != "generate" or manifest.recipe.get("method") != "skills":
            continue
        if (ws.store.has("examples", act) and ws.store.has("origins", act)) or not _again(
            ws, refs.versions[path], manifest
        ):
            continue
        yield f"the rows of {refs.versions[path].label} were made again"


def _again(ws: Workspace, version: Version, manifest: Manifest) -> bool:
    """Make a version's rows again; False when they would be others (weights of a loop are not kept)."""
    from generators.programmatic import generate
    from generators.skills.own import Skills

    name = str(manifest.recipe.get("name", ""))
    try:
        recipe = SkillsRecipe.model_validate({k: v for k, v in manifest.recipe.items() if k != "name"})
        made = list(generate(recipe, recipe.n, recipe.seed, name=name, among=Skills(ws.root)))
    except (UserError, ValidationError):
        return False
    if version_id([(i, Decimal(1)) for i in sorted({m.example.id for m in made})]) != version.id:
        return False
    ws.add_made(manifest.fingerprint, made)
    return True


def _items(ws: Workspace, refs: Refs) -> Iterator[str]:
    from generators.programmatic import eval_items
    from generators.skills.own import Skills

    wanted = ws.config.heldout
    there = next((e for e in refs.evals if wanted is not None and e.name == wanted.name), None)
    if wanted is None or there is None or not wanted.skills:
        return
    gone = [s for s, f in there.splits.items() if not _store(ws, s).has("eval_items", f.segment)]
    if not gone:
        return
    try:
        made = eval_items(
            wanted.skills, {"dev": wanted.dev, "test": wanted.test}, wanted.seed, Skills(ws.root)
        )
    except UserError:
        return
    for split in gone:
        items = made.get(split, [])
        frozen = there.splits[split]
        if of_rows(sorted(i.id for i in items)) == frozen.id:
            role: Role = "test" if split == "test" else "dev"
            rows = (i.row(f"{there.name}:{split}", role) for i in items)
            _store(ws, split).append("eval_items", frozen.segment, rows)
            yield f"the items of {there.name}:{split} were made again"


def _store(ws: Workspace, split: str) -> Store:
    return ws.sealed if split == "test" else ws.store
