"""A recipe again is the same version; another seed is another."""

from __future__ import annotations

import pytest

from assay.errors import UserError
from assay.verbs.generate import generate
from assay.workspace import Workspace


def test_the_same_recipe_again_is_the_same_version(workspace: Workspace) -> None:
    first, again = generate(workspace, "raw"), generate(workspace, "raw")
    assert first.version == again.version
    assert (first.skipped, again.skipped) == (False, True)
    assert first.rows == 40
    assert len(workspace.versions("raw")) == 1


def test_rows_do_not_depend_on_the_workspace_or_its_name(workspace: Workspace) -> None:
    first = generate(workspace, "raw")
    named = generate(workspace, "raw", name="mine")
    assert named.version.label == "mine@v1"
    assert named.version.id == first.version.id


def test_another_seed_makes_other_rows(workspace: Workspace) -> None:
    raw, other = generate(workspace, "raw").version, generate(workspace, "other").version
    assert raw.id != other.id
    assert set(workspace.selection(raw.id)) != set(workspace.selection(other.id))


def test_n_makes_the_next_version(workspace: Workspace) -> None:
    generate(workspace, "raw")
    more = generate(workspace, "raw", n=45)
    assert (more.version.label, more.rows) == ("raw@v2", 45)


def test_rows_carry_weight_one_and_their_origin(workspace: Workspace) -> None:
    version = generate(workspace, "raw").version
    selection = workspace.selection(version.id)
    assert {w for _, w in selection} == {1}
    assert {m.origin.recipe for m in workspace.made([i for i, _ in selection])} == {"raw"}


def test_progress_counts_every_row(workspace: Workspace) -> None:
    seen: list[tuple[int, int]] = []
    generate(workspace, "raw", progress=lambda done, total, note: seen.append((done, total)))
    assert seen == [(i, 40) for i in range(1, 41)]


def test_an_unknown_recipe_names_the_nearest(workspace: Workspace) -> None:
    with pytest.raises(UserError) as error:
        generate(workspace, "rwa")
    assert error.value.fix == "nearest: raw"
