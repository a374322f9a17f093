"""Held-out items are frozen before anything is made, and never change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assay.errors import UserError
from assay.verbs.generate import generate
from assay.verbs.heldout import heldout
from assay.workspace import Workspace

MakeWorkspace = Callable[..., Workspace]


def test_they_are_made_once(workspace: Workspace) -> None:
    first = heldout(workspace)
    assert heldout(workspace) == first
    assert {s: d.n for s, d in first.splits.items()} == {"dev": 6, "test": 6}


@pytest.mark.parametrize("new", ["dev: 7", "dev: 6, seed: 3"])
def test_other_settings_under_the_same_name_are_refused(make_workspace: MakeWorkspace, new: str) -> None:
    first = heldout(make_workspace())
    changed = make_workspace("dev: 6", new)
    with pytest.raises(UserError, match="never change") as error:
        generate(changed, "raw")
    assert "another name" in error.value.fix
    assert heldout(make_workspace()) == first


def test_another_name_makes_another_set(make_workspace: MakeWorkspace) -> None:
    heldout(make_workspace())
    workspace = make_workspace("dev: 6", "name: second, dev: 7")
    assert heldout(workspace).splits["dev"].n == 7
    assert workspace.eval_sets() == ["heldout", "second"]


def test_without_settings_nothing_is_generated(make_workspace: MakeWorkspace) -> None:
    workspace = make_workspace("heldout: {skills: [arithmetic], dev: 6, test: 6}\n", "")
    with pytest.raises(UserError, match="no held-out items"):
        generate(workspace, "raw")
    assert workspace.version_names() == []


def test_the_test_split_is_sealed(workspace: Workspace) -> None:
    held = heldout(workspace)
    assert len(workspace.eval_items(held, "dev")) == 6
    with pytest.raises(UserError, match="sealed"):
        workspace.eval_items(held, "test")


def test_a_kill_between_dev_and_test_is_made_good(make_workspace: MakeWorkspace) -> None:
    workspace = make_workspace()
    whole = heldout(workspace)
    (workspace.home / "refs" / "evals" / whole.name / "test.json").unlink()
    again = heldout(make_workspace())
    assert (again.id("dev"), again.id("test")) == (whole.id("dev"), whole.id("test"))
