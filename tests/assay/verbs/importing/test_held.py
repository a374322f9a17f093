"""Held-out rows are known again, and only counted."""

from __future__ import annotations

from dataclasses import replace

from assay.records import EvalItem
from assay.verbs.importing.held import HeldOut
from assay.workspace import Workspace
from tests.assay.verbs.importing.conftest import made


def item(prompt: str, template: str = "") -> EvalItem:
    return EvalItem.from_example(made(prompt, template=template), seen=True)


def test_same_prompt_and_same_template() -> None:
    held = HeldOut()
    held.add([item("What is it?"), item("other", "t")])
    assert held.has(made(" what IS it?", "another answer"))
    assert held.has(made("new", template="t"))
    assert held.has(made("other", template="t"))
    assert not held.has(made("new", template="u"))
    assert not held.has(made("new"))
    assert (held.same_prompt, held.same_template) == (2, 1)


def test_no_template_is_no_template() -> None:
    held = HeldOut()
    held.add([item("a")])
    assert not held.has(made("b"))
    assert held.templates == set()


def test_dev_and_sealed_test_of_every_set(workspace: Workspace) -> None:
    workspace.publish_eval_set("one", "k" * 32, {"dev": [item("a")], "test": [item("b")]})
    workspace.publish_eval_set("two", "k" * 32, {"benchmark": [replace(item("c"), template="t")]})
    held = HeldOut.of(workspace, workspace.eval_sets())
    assert [held.has(made(p)) for p in "abcd"] == [True, True, True, False]
    assert held.templates == {"t"}
    assert not HeldOut.of(workspace, ["two"]).has(made("a"))
