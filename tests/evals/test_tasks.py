"""Task folders: self-contained, hash-checked, and every gold answer passes its own task."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lm_eval")

from assay.errors import UserError
from assay.records import Check, EvalItem, Message
from evals import harness
from evals.tasks import HowToAsk, Task, write

HOW = HowToAsk(32, ("<|im_end|>",), "Be brief.")

GOLDS: tuple[tuple[Check, str, str], ...] = (
    (Check("exact"), "a cat", "a cat"),
    (Check("number"), "1,200 + 34 = 1,234. The answer is 1,234.", "1234"),
    (Check("choice", {"choices": ["billing", "bug"]}), "bug", "bug"),
    (Check("regex", {"pattern": r"(\d+) cm"}), "It is 12 cm", "12"),
    (Check("contains"), "It is in Oslo.", "Oslo"),
    (Check("json_schema", {"schema": {"type": "object"}, "equals": True}), '{"a": 1}', '{"a": 1}'),
    (
        Check("sql_result", {"setup": "CREATE TABLE t (x INT); INSERT INTO t VALUES (1), (2)"}),
        "SELECT x FROM t WHERE x > 1",
        "SELECT x FROM t WHERE x > 1",
    ),
)


def items() -> list[EvalItem]:
    return [
        EvalItem((Message("user", f"Q {i} {{{{ braces }}}} é"),), target, answer, check, "s", f"t{i}")
        for i, (check, target, answer) in enumerate(GOLDS)
    ]


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return write("tickets:dev", items(), HOW, tmp_path)


@pytest.fixture
def module(task: Task) -> Iterator[Any]:
    spec = importlib.util.spec_from_file_location("copied_task", task.folder / "assay_task.py")
    assert spec and spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    yield loaded
    sys.modules.pop("copied_task", None)


def test_every_gold_passes_its_own_task(module: Any) -> None:
    for doc, (check, target, answer) in zip(module.load()["test"], GOLDS, strict=True):
        assert module.grade(doc, [f" {target}\n"]) == {"accuracy": 1.0}, check.kind
        assert module.grade(doc, [answer]) == {"accuracy": 1.0}, check.kind
        assert module.grade(doc, ["zzz"]) == {"accuracy": 0.0}, check.kind


def test_lm_eval_loads_it_with_no_index_of_its_own(task: Task) -> None:
    loaded = harness.load_tasks([task.folder], [task.gen, task.nll])["tasks"]
    assert set(loaded) == {"tickets_dev_gen", "tickets_dev_nll"}
    gen = loaded[task.gen]
    assert gen.doc_to_text(gen.eval_docs[0]) == "Q 0 {{ braces }} é"
    assert gen.config.generation_kwargs["max_gen_toks"] == 32


def test_the_folder_is_named_by_what_decides_a_score(task: Task, tmp_path: Path) -> None:
    assert write("tickets:dev", items(), HOW, tmp_path) == task
    longer = write("tickets:dev", items(), HowToAsk(33, HOW.until, HOW.system), tmp_path)
    fewer = write("tickets:dev", items()[1:], HOW, tmp_path)
    assert len({task.hash, longer.hash, fewer.hash}) == 3


@pytest.mark.parametrize("name", ["checks.py", "data.jsonl"])
def test_a_changed_file_is_noticed(task: Task, module: Any, name: str) -> None:
    with (task.folder / name).open("a") as f:
        f.write("\n")
    with pytest.raises(ValueError, match="was changed after"):
        module.load()


def test_the_folder_names_no_place_of_this_machine(task: Task, tmp_path: Path) -> None:
    for file in task.folder.iterdir():
        assert str(tmp_path) not in file.read_text() and str(Path.home()) + "/" not in file.read_text()
    assert json.loads((task.folder / "task.json").read_text())["items"] == len(GOLDS)


def test_an_empty_set_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no items"):
        write("dev", [], HOW, tmp_path)
