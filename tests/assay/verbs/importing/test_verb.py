"""How answers of a file are judged: by --check, by the page, else by what they look like."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assay.config import Task
from assay.errors import UserError
from assay.verbs.importing.request import Request, Split, check_of
from assay.verbs.importing.verb import plan


def planned(
    tmp_path: Path, answers: Sequence[str], key: str, task: Task | None = None, **more: Any
) -> dict[str, Any]:
    path = tmp_path / "rows.jsonl"
    lines = [json.dumps({"text": f"a sentence with the number {n}", key: a}) for n, a in enumerate(answers)]
    path.write_text("\n".join(lines), encoding="utf-8")
    fields = {"role": "train", "name": "x", "mapping": f"prompt=text,{key}={key}"} | more
    return dict(plan(Request((str(path),), **fields), task or Task())[1].check)


def test_a_file_sorted_by_its_labels_has_all_of_them(tmp_path: Path) -> None:
    check = planned(tmp_path, ["neg"] * 1_200 + ["pos"] * 3, "label")
    assert check == {"kind": "choice", "choices": ["neg", "pos"]}
    assert planned(tmp_path, ["neg"] * 1_200 + ["pos"] * 3, "label", role="eval") == check
    assert planned(tmp_path, ["neg"] * 1_200 + ["pos"] * 3, "label", check=check_of("choice")) == check


def test_words_that_turn_out_to_be_many_are_no_choice(tmp_path: Path) -> None:
    exact = {"kind": "exact", "ignore_case": True}
    assert planned(tmp_path, ["yes", "no"] * 400 + [f"word {n}" for n in range(20)], "answer") == exact
    assert planned(tmp_path, [f"label {n}" for n in range(300)], "label") == exact


def test_the_page_comes_before_a_guess_and_the_command_before_the_page(tmp_path: Path) -> None:
    numbers = [str(n) for n in range(20)]
    assert planned(tmp_path, numbers, "answer") == {"kind": "number"}
    assert planned(tmp_path, numbers, "answer", Task(check="exact")) == {"kind": "exact"}
    assert planned(tmp_path, numbers, "answer", Task(check="exact"), check={"kind": "open"}) == {
        "kind": "open"
    }


def test_labels_of_the_page_are_the_choices_of_its_own_rows_not_of_a_benchmark(tmp_path: Path) -> None:
    task = Task(labels=("b", "a", "c"))
    assert planned(tmp_path, ["a", "b"] * 9, "label", task) == {"kind": "choice", "choices": ["b", "a", "c"]}
    found = planned(tmp_path, ["x", "y"] * 9, "label", task, role="eval")
    assert found == {"kind": "choice", "choices": ["x", "y"]}


@pytest.mark.parametrize("role", ["dev", "test", "eval", "prompts"])
def test_only_training_rows_are_split(tmp_path: Path, role: str) -> None:
    with pytest.raises(UserError, match=f"--split goes with --as train, not --as {role}"):
        planned(tmp_path, ["a"], "answer", role=role, split=Split(None, 1, 1))


@pytest.mark.parametrize("name", ["", "a b", "../up", "a/b", ".hidden", "ä", "a@v1", "-x"])
def test_a_name_that_is_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"is no name|names a version"):
        planned(tmp_path, ["a"], "answer", name=name)
