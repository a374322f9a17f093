"""A small workspace with rows of two skills; no model is needed for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assay.workspace import Workspace

PAGE = """\
project: small
model: nano-test
heldout: {skills: [arithmetic], dev: 6, test: 6}
generate:
  raw: {method: skills, skills: [arithmetic], n: 40}
  other: {method: skills, skills: [arithmetic], n: 40, seed: 9}
curate:
  main: {from: raw, reject: [exact_duplicate, check_fails]}
  empty: {from: raw, reject: [too_short_or_long], params: {too_short_or_long.min_response: 9000}}
train:
  lora: {steps: 2}
"""

MakeWorkspace = Callable[..., Workspace]


@pytest.fixture
def make_workspace(tmp_path: Path) -> MakeWorkspace:
    """Return a function that writes assay.yaml (with `old` replaced by `new`) and opens the folder."""

    def make(old: str = "", new: str = "") -> Workspace:
        assert old in PAGE
        (tmp_path / "assay.yaml").write_text(PAGE.replace(old, new) if old else PAGE, encoding="utf-8")
        return Workspace.at(tmp_path)

    return make


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    """Return the small workspace, nothing made yet."""
    return make_workspace()
