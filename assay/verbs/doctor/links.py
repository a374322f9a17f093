"""Follow the references: versions to rows and inputs, eval sets to their items, runs to their models."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from assay.files import read_json
from assay.fingerprint import of_file, of_rows
from assay.ledger import Entry
from assay.manifest import Manifest, version_id
from assay.store import SELECTION
from assay.verbs.doctor.finding import Finding, because, unfit
from assay.verbs.doctor.refs import UNREADABLE, Refs
from assay.verbs.doctor.segments import Contents, read_whole
from assay.workspace import Run, Version, Workspace


def check_links(ws: Workspace, refs: Refs, contents: Contents) -> Iterator[Finding]:
    """Yield what the references lead to and is not there, or is not what they say."""
    pool = contents.pool
    for path, version in refs.versions.items():
        yield from _version(ws, refs, contents, (path, version), pool)
    for segment, ids in contents.origins.items():
        if lost := ids - pool:
            where = ws.store.root / "origins" / f"{segment}.parquet"
            yield Finding(where, f"tells of {len(lost)} examples that are not in the pool")
    yield from _evals(ws, refs, contents)
    for path, run in refs.runs.items():
        yield from _run(ws, refs, path, run)
    yield from _notes(ws)
    yield from _tasks(ws)
    yield from check_ledger(ws)


def remake(manifest: Manifest) -> str:
    """Return the command that makes a version's rows again."""
    name = manifest.recipe.get("name", "")
    if manifest.act in ("generate", "curate") and name:
        return f"assay {manifest.act} {name}"
    return "assay loop" if manifest.act == "arm" else "the command that made it"


def selection_of(ws: Workspace, version_id: str) -> tuple[list[tuple[str, Decimal]] | None, str]:
    """Return the rows of a version, or what is wrong with their file."""
    path = ws.home / "versions" / version_id / "selection.parquet"
    if not path.is_file():
        return None, "the rows of the version are gone"
    rows, problem = read_whole(path)
    if rows is None:
        return None, problem
    if rows.schema.names != SELECTION.names:
        return None, "holds other columns than a selection"
    return list(zip(rows["example_id"].to_pylist(), rows["weight"].to_pylist(), strict=True)), ""


def _version(
    ws: Workspace, refs: Refs, contents: Contents, named: tuple[Path, Version], pool: set[str]
) -> Iterator[Finding]:
    path, version = named
    manifest = refs.manifests[path]
    again = f"put the file back, or --fix and then: {remake(manifest)}"
    rows_file = ws.home / "versions" / version.id / "selection.parquet"
    rows, problem = selection_of(ws, version.id)
    if rows is not None and (found := version_id(rows)) != version.id:
        problem = f"the rows of {version.label} hash to {found[:8]}, not to {version.id[:8]}"
    if rows is None or problem:
        aside = (path, rows_file) if rows_file.exists() else (path,)
        yield Finding(rows_file, f"{version.label}: {problem}", again, aside)
        return
    if len(rows) != manifest.rows:
        yield Finding(path, f"{version.label} has {len(rows)} rows, its manifest says {manifest.rows}")
    if lost := {i for i, _ in rows} - pool:
        what = f"{version.label}: {len(lost)} of {len(rows)} examples are not in the pool"
        yield Finding(path, what, f"{remake(manifest)}, or put the segment back")
    for table, segments in manifest.inputs.items():
        for segment in segments:
            if (table, segment) not in contents.segments:
                where = ws.store.root / table / f"{segment}.parquet"
                if not where.exists():  # else it is a finding of its own
                    what = f"a segment that {version.label} was made from is gone"
                    yield Finding(where, what, f"{remake(manifest)}, or put the file back")
    if manifest.act == "curate" and not ws.store.has("verdicts", version.manifest):
        where = ws.store.root / "verdicts" / f"{version.manifest}.parquet"
        yield Finding(where, f"the verdicts that led to {version.label} are gone", remake(manifest))
    ids = {v.id for v in refs.versions.values()}
    for parent in manifest.parents:
        if parent not in ids and not (ws.home / "versions" / parent).is_dir():
            yield Finding(path, f"a parent of {version.label}, {parent[:8]}, is not there")


def _evals(ws: Workspace, refs: Refs, contents: Contents) -> Iterator[Finding]:
    for eval_set in refs.evals:
        for split, frozen in eval_set.splits.items():
            store, there = (
                (ws.sealed, contents.sealed_items) if split == "test" else (ws.store, contents.items)
            )
            where = store.root / "eval_items" / f"{frozen.segment}.parquet"
            name = f"{eval_set.name}:{split}"
            again = "put the file back, or assay doctor --fix, which makes held-out items of skills again"
            if frozen.segment not in there:
                if not where.exists():
                    yield Finding(where, f"the items of {name} are gone", again)
            elif of_rows(sorted(there[frozen.segment])) != frozen.id:
                yield unfit(where, f"holds other items than {name} was frozen with", again)


def _run(ws: Workspace, refs: Refs, path: Path, run: Run) -> Iterator[Finding]:
    folder = ws.run_folder(run.id)
    again = f"put the files back, or --fix and then: assay train {run.version_label}"
    if problem := _broken_model(folder, run):
        aside = (path, folder) if folder.exists() else (path,)
        yield Finding(folder, f"{run.name}: {problem}", again, aside)
    if run.version not in {v.id for v in refs.versions.values()}:
        yield Finding(path, f"{run.name} was trained on {run.version_label}, which is not there")


def _broken_model(folder: Path, run: Run) -> str:
    from training.adapter import digest_of
    from training.sft import NOTE

    if not folder.is_dir():
        return "the trained model is gone"
    try:
        read_json(folder / NOTE)
        digest = digest_of(folder)
    except FileNotFoundError as error:
        return f"{Path(str(error.filename)).name} is gone"
    except UNREADABLE as error:
        return f"cannot be read: {because(error)}"
    if digest == run.adapter:
        return ""
    weights = list(folder.glob("*.safetensors"))
    return "the weights are not those it was trained to" if weights else "the weights are gone"


def _notes(ws: Workspace) -> Iterator[Finding]:
    """Find notes of costs and loops that cannot be read: without them, time is not counted, nothing else."""
    for path in sorted(p for kind in ("costs", "loops") for p in (ws.home / kind).glob("[!.]*.json")):
        try:
            read_json(path)
        except UNREADABLE as error:
            yield unfit(path, f"cannot be read: {because(error)}")


def _tasks(ws: Workspace) -> Iterator[Finding]:
    """Find written eval tasks that differ from their card; the next evaluation writes them again."""
    for root in (ws.store.root, ws.sealed.root):
        for folder in sorted(p for p in (root / "tasks").glob("[!.]*") if p.is_dir()):
            try:
                files = read_json(folder / "task.json")["files"]
                changed = [n for n, digest in files.items() if of_file(folder / n) != digest]
            except UNREADABLE as error:
                changed = [because(error)]
            if changed:
                what = f"a written task has changed: {changed[0]}"
                yield unfit(folder, what, "assay doctor --fix; the next evaluation writes it again")


def check_ledger(ws: Workspace) -> Iterator[Finding]:
    """Find entries that cannot be read or break the chain. What is written is never repaired."""
    folder = ws.home / "ledger"
    honest = "restore the folder from a copy; a ledger that was edited cannot be made honest again"
    broken = False
    for path in sorted(folder.glob("[!.]*.json")):
        try:
            Entry(**read_json(path))
            int(path.stem)
        except UNREADABLE as error:
            broken = True
            yield Finding(path, f"cannot be read: {because(error)}", honest)
    if broken:
        return
    for line in ws.ledger.damage():
        yield Finding(folder, line, honest)
    if list((ws.sealed.root / "results").glob("[!.]*.parquet")) and not ws.test_openings():
        yield Finding(folder, "there are results on the sealed test, and no entry that it was opened", honest)
