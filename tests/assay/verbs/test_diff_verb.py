"""A diff names every row that came, went, or weighs otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from assay.manifest import version_id
from assay.records import Example, Made, Message
from assay.verbs.curate import curate
from assay.verbs.diff import diff
from assay.verbs.generate import generate, publish_raw
from assay.workspace import Workspace

MakeWorkspace = Callable[..., Workspace]


def test_a_version_does_not_differ_from_itself(workspace: Workspace) -> None:
    raw = generate(workspace, "raw").version
    d = diff(workspace, raw, raw)
    assert (d.kept, d.added, d.removed, d.reweighted, d.edited) == (40, (), (), (), ())
    assert d.shift["skill"] == {"arithmetic": (40, 40)}
    assert sum(a for a, _ in d.shift["length"].values()) == 40


def test_rows_of_two_seeds(workspace: Workspace) -> None:
    raw, other = generate(workspace, "raw").version, generate(workspace, "other").version
    old, new = ({i for i, _ in workspace.selection(v.id)} for v in (raw, other))
    d = diff(workspace, raw, other)
    assert set(d.added) == new - old
    assert set(d.removed) == old - new
    assert d.kept == len(old & new)
    assert (d.a, d.b) == ("raw@v1", "other@v1")


def test_other_weights(workspace: Workspace) -> None:
    raw = generate(workspace, "raw").version
    rows = workspace.selection(raw.id)
    half = [(rows[0][0], Decimal("0.5")), *rows[1:]]
    manifest = replace(workspace.manifest(raw), version=version_id(half))
    lighter = workspace.publish_version("raw", half, manifest)
    assert diff(workspace, raw, lighter).reweighted == ((rows[0][0], 1.0, 0.5),)


def test_a_row_that_names_a_removed_one_as_parent_is_an_edit(workspace: Workspace) -> None:
    raw = generate(workspace, "raw").version
    made = workspace.made([i for i, _ in workspace.selection(raw.id)])
    old = made[0].example
    new = Example((Message("user", "Edited: " + old.prompt), *old.messages[1:]), old.answer, old.check)
    origin = replace(made[0].origin, example_id=new.id, parents=(old.id,), variant="edited")
    workspace.add_made("cd" * 16, [*made[1:], Made(new, origin)])
    edited = publish_raw(workspace, "cd" * 16, "raw", {"name": "edit"}, skipped=False).version
    d = diff(workspace, raw, edited)
    assert d.edited == ((old.id, new.id),)
    assert (d.added, d.removed, d.kept) == ((), (), 39)
    assert d.shift["variant"]["edited"] == (0, 1)


def test_what_a_rule_dropped_is_counted(make_workspace: MakeWorkspace) -> None:
    page = "check_fails], params: {too_short_or_long.max_words: 45}}"
    workspace = make_workspace("exact_duplicate, check_fails]}", f"too_short_or_long, {page}")
    raw = generate(workspace, "raw").version
    made = curate(workspace, "main")
    d = diff(workspace, raw, made.version)
    assert len(d.removed) > 0
    assert d.dropped_by == {"too_short_or_long": len(d.removed)}
