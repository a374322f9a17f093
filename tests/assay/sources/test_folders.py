"""Folders: order, what is passed over, loops, and what save_to_disk writes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from assay.errors import UserError
from assay.sources import folders


def test_names_come_in_order_and_papers_are_named(tmp_path: Path) -> None:
    for name in (
        "b.jsonl",
        "a.csv",
        "README.md",
        "LICENSE",
        "SOURCE.json",
        ".hidden",
        "train.py",
        "z/c.json",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = list(folders.walk(tmp_path))
    assert [f.name for f in found if not f.skipped] == ["a.csv", "b.jsonl", "z/c.json"]
    assert {f.name for f in found if f.skipped} == {"README.md", "LICENSE", "SOURCE.json", "train.py"}


def test_loops_dead_links_and_pipes_end_in_a_note(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    (tmp_path / "dead.jsonl").symlink_to("nowhere")
    (tmp_path / "self").symlink_to("self")
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert {f.name: f.skipped for f in folders.walk(tmp_path)} == {
        "dead.jsonl": "a link that leads nowhere",
        "pipe.jsonl": "no regular file",
        "self": "a link that leads nowhere",
        "in/up": "a folder that was read already",
    }


def saved(folder: Path, **state: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "dataset_info.json").write_text("{}")
    (folder / "state.json").write_text(json.dumps(state))
    return folder


def test_saved_datasets_are_known_by_their_papers(tmp_path: Path) -> None:
    assert folders.saved_splits(tmp_path) is None
    saved(tmp_path / "train", _data_files=[{"filename": "d.arrow"}])
    assert folders.saved_splits(tmp_path / "train") == {"": [tmp_path / "train" / "d.arrow"]}
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train"]}')
    assert folders.saved_splits(tmp_path) == {"train": [tmp_path / "train" / "d.arrow"]}


@pytest.mark.parametrize(
    "state",
    [{}, {"_data_files": [{"filename": "../x"}]}, {"_data_files": [3]}, {"_indices_data_files": ["i.arrow"]}],
)
def test_papers_that_lead_astray_are_refused(state: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"empty or leads|not what save|with an index"):
        folders.saved_splits(saved(tmp_path, **state))
