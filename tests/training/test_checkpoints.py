"""A checkpoint counts only when it is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.errors import UserError
from training.checkpoints import SEAL, Checkpoints


def write(folder: Path, step: int, text: str = "weights") -> Path:
    checkpoint = folder / f"checkpoint-{step}"
    checkpoint.mkdir(parents=True)
    (checkpoint / "model.bin").write_text(text)
    return checkpoint


@pytest.fixture
def kept(tmp_path: Path) -> Checkpoints:
    checkpoints = Checkpoints.beside(tmp_path / "out")
    checkpoints.open("job 1")
    return checkpoints


def test_a_half_written_checkpoint_is_ignored_and_removed(kept: Checkpoints) -> None:
    write(kept.folder, 4)
    kept.seal(4, 1.5)
    half = write(kept.folder, 9)
    assert kept.newest() == kept.folder / "checkpoint-4"
    assert kept.seconds() == 1.5
    kept.open("job 1")
    assert not half.exists()
    assert kept.newest() == kept.folder / "checkpoint-4"


def test_a_file_that_shrank_breaks_the_seal(kept: Checkpoints) -> None:
    checkpoint = write(kept.folder, 4)
    kept.seal(4, 0)
    (checkpoint / "model.bin").write_text("wei")
    assert kept.newest() is None
    assert kept.seconds() == 0


def test_sealing_drops_the_older_ones(kept: Checkpoints) -> None:
    old = write(kept.folder, 9)
    kept.seal(9, 0)
    write(kept.folder, 10)
    kept.seal(10, 0)
    assert not old.exists()
    assert kept.newest() == kept.folder / "checkpoint-10"
    assert (kept.folder / "checkpoint-10" / SEAL).is_file()


def test_another_job_starts_afresh(kept: Checkpoints) -> None:
    write(kept.folder, 4)
    kept.seal(4, 0)
    kept.open("job 2")
    assert kept.newest() is None
    kept.clear()
    assert not kept.folder.exists()


def test_a_second_process_is_refused(kept: Checkpoints) -> None:
    with kept.locked(), pytest.raises(UserError, match="another process"), kept.locked():
        pass
    with kept.locked():
        pass


def test_a_lock_whose_file_was_taken_away_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Checkpoints.beside(tmp_path / "run")
    lock = kept.folder.with_suffix(".lock")
    monkeypatch.setattr("fcntl.flock", lambda *_: lock.unlink())
    with pytest.raises(UserError, match="just now"), kept.locked():
        pass
