"""A workspace in one piece: its page runs, its test is sealed, and an error leaves nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assay.errors import UserError
from assay.verbs.importing.request import Split
from assay.verbs.init import verb
from assay.verbs.init.verb import init, init_empty, project_name
from assay.verbs.known import known_names
from assay.workspace import Workspace
from tests.assay.cli.test_import import labelled, sentence, write

SPLIT = Split(None, 12, 15)


def opened(folder: Path) -> Workspace:
    """Open the workspace as a command does."""
    return Workspace.at(folder, known=known_names(folder))


def test_one_file(tmp_path: Path) -> None:
    started = init(tmp_path / "mine", [write(tmp_path / "a.jsonl", labelled(60))], split=SPLIT)
    ws = opened(tmp_path / "mine")
    assert ws.config.project == "mine"
    assert (ws.config.task.labels, ws.config.task.metric) == (("good", "bad"), "macro_f1")
    assert started.counts() == {"dev": 12, "test": 15, "train": 33}
    assert len(ws.training_rows(ws.version("mine:train"))) == 33
    assert {s: f.n for s, f in ws.eval_set("mine").splits.items()} == {"dev": 12, "test": 15}
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_official_files_are_held_out_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write(tmp_path / "data" / "train.jsonl", labelled(60))
    write(tmp_path / "data" / "test.jsonl", labelled(20, start=50))
    started = init(tmp_path / "mine", [str(tmp_path / "data")], split=Split(None, 12, 0))
    ws = opened(tmp_path / "mine")
    held = {i.messages[-1].content for i in ws.items_to_keep_apart(ws.eval_set("mine"))}
    rows = {e.prompt for e, _ in ws.training_rows(ws.version("mine"))}
    assert started.counts() == {"test": 20, "dev": 12, "train": 38}
    assert not held & rows
    assert {sentence(n) for n in range(50, 70)} <= held


def test_labels_with_other_names(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", labelled(60))
    init(tmp_path / "mine", [path], split=SPLIT, names={"good": "yes", "bad": "1"})
    ws = opened(tmp_path / "mine")
    assert ws.config.task.labels == ("yes", "1")
    assert {e.response for e, _ in ws.training_rows(ws.version("mine"))} == {"yes", "1"}


def test_open_text(tmp_path: Path) -> None:
    rows = [{"prompt": sentence(n), "completion": sentence(n + 500) * 3} for n in range(60)]
    init(tmp_path / "mine", [write(tmp_path / "a.jsonl", rows)], split=SPLIT)
    ws = opened(tmp_path / "mine")
    assert ws.config.task.metric == "bits_per_byte"
    assert all(i.target and i.check.kind == "open" for i in ws.eval_items(ws.eval_set("mine"), "dev"))


def _there(tmp_path: Path, files: Sequence[str]) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in files:
        (folder / name).write_text("project: x\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(("file", "says"), [("assay.yaml", "a workspace already"), ("x.txt", "not empty")])
def test_a_folder_that_is_in_use_is_refused(file: str, says: str, tmp_path: Path) -> None:
    folder = _there(tmp_path, [file])
    path = write(tmp_path / "a.jsonl", labelled())
    with pytest.raises(UserError, match=says):
        init(folder, [path])
    with pytest.raises(UserError, match=says):
        init_empty(folder)
    assert [p.name for p in folder.iterdir()] == [file]


def test_a_file_of_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    with pytest.raises(UserError, match="not empty"):
        init(tmp_path / "mine", [write(tmp_path / "a.jsonl", labelled())])


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    init(_there(tmp_path, []), [write(tmp_path / "a.jsonl", labelled())], split=SPLIT)
    assert opened(tmp_path / "mine").version("mine").number == 1


def test_an_error_on_the_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.jsonl", labelled())
    with pytest.raises(UserError, match="different rows"):
        init(tmp_path / "mine", [path], split=Split(None, 40, 40))

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verb, "import_data", killed)
    with pytest.raises(KeyboardInterrupt):
        init(tmp_path / "mine", [path], split=SPLIT)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl"]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("mine", "mine"),
        ("my data", "my-data"),
        ("größe", "gr-e"),
        ("数据", "project"),
        (".x.", "x"),
        ("a@b", "a-b"),
        ("1", "1"),
    ],
)
def test_the_name_of_a_project(folder: str, name: str, tmp_path: Path) -> None:
    assert project_name(tmp_path / folder) == name


@pytest.mark.parametrize("folder", ["yes", "1", "数据", "my data: x"])
def test_a_folder_of_any_name(folder: str, tmp_path: Path) -> None:
    init(tmp_path / folder, [write(tmp_path / "a.jsonl", labelled())], split=SPLIT)
    ws = opened(tmp_path / folder)
    assert ws.version_names() == [ws.config.project]


def test_labels_that_yaml_would_change(tmp_path: Path) -> None:
    odd = ["yes", "no", "1", "a: b", "#x", "'", '"', "数据", "🎲", "null"]
    rows = [{"text": sentence(n), "label": odd[n % 10]} for n in range(200)]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    started = init(tmp_path / "mine", [str(path)], split=Split(None, 40, 40))
    ws = opened(tmp_path / "mine")
    assert set(ws.config.task.labels) == set(odd)
    assert started.imports[0].bad.count == 0
    assert {e.response for e, _ in ws.training_rows(ws.version("mine"))} == set(odd)


def test_a_workspace_with_our_own_skills(tmp_path: Path) -> None:
    init_empty(tmp_path / "mine")
    assert opened(tmp_path / "mine").config.project == "mine"
