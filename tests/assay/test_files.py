"""Publishing: exclusive, whole or not at all, and a full disk leaves nothing behind."""

from __future__ import annotations

import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assay import files
from assay.errors import Stopped


def full(path: Path) -> None:
    path.write_text("half", encoding="utf-8")
    raise OSError(errno.ENOSPC, "No space left on device")


def test_the_first_writer_wins(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    assert files.publish_text(path, "one")
    assert not files.publish_text(path, "two")
    assert path.read_text() == "one"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_replace_takes_the_newer_state(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.publish_json(path, {"b": 1})
    assert files.publish_json(path, {"ä": [2]}, replace=True)
    assert files.read_json(path) == {"ä": [2]}
    assert "ä" in path.read_text(encoding="utf-8")


def test_a_file_that_appears_while_writing_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"

    def slow(temporary: Path) -> None:
        temporary.write_text("late")
        path.write_text("early")

    assert not files.publish(path, slow)
    assert path.read_text() == "early"
    assert list(tmp_path.iterdir()) == [path]


def test_one_of_many_threads_wins(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda i: (i, files.publish_text(path, str(i))), range(8)))
    assert [str(i) for i, published in won if published] == [path.read_text()]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_stops_and_leaves_nothing(tmp_path: Path, code: int) -> None:
    def write(path: Path) -> None:
        path.write_text("half")
        raise OSError(code, "full")

    with pytest.raises(Stopped, match="disk is full") as caught:
        files.publish(tmp_path / "a.txt", write)
    assert caught.value.exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_keeps_the_old_state(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(Stopped):
        files.publish(path, full, replace=True)
    assert [(p, p.read_text()) for p in tmp_path.iterdir()] == [(path, "old")]


def test_a_disk_that_fills_at_fsync_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_fsync_file", full)
    with pytest.raises(Stopped):
        files.publish_text(tmp_path / "a.txt", "whole")
    assert list(tmp_path.iterdir()) == []


def test_other_errors_come_through_and_leave_nothing(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        raise OSError(errno.EIO, "broken")

    with pytest.raises(OSError, match="broken"):
        files.publish(tmp_path / "a.txt", write)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_published_whole(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "a"
    with files.publish_folder(folder) as temporary:
        (temporary / "x").write_text("1")
        assert not folder.exists()
    assert (folder / "x").read_text() == "1"
    with files.publish_folder(folder) as temporary:
        (temporary / "x").write_text("2")
    assert (folder / "x").read_text() == "1"
    assert list(folder.parent.iterdir()) == [folder]


def test_a_folder_that_fails_is_gone(tmp_path: Path) -> None:
    with pytest.raises(Stopped), files.publish_folder(tmp_path / "a") as temporary:
        full(temporary / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_at_the_rename_of_a_folder_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(Stopped), files.publish_folder(tmp_path / "a"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_cache_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ASSAY_CACHE", raising=False)
    assert files.cache_dir() == tmp_path / "assay"
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "own"))
    assert files.cache_dir() == tmp_path / "own"
