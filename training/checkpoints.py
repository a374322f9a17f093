"""Keep the checkpoints of an unfinished run beside its output, and tell whole ones from half-written ones.

The trainer writes a checkpoint file by file; a kill can leave half of one. A checkpoint therefore
counts only once its seal is there: the list of its files with their sizes, written last.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.errors import UserError
from assay.files import disk_errors, publish_json, publish_text, read_json

SEAL = "sealed.json"
OWNER = "job.txt"


@dataclass(frozen=True)
class Checkpoints:
    """The folder `.NAME.unfinished` beside the output NAME of one job."""

    folder: Path

    @staticmethod
    def beside(out: Path) -> Checkpoints:
        """Return the checkpoints of the run that will publish `out`."""
        return Checkpoints(out.parent / f".{out.name}.unfinished")

    def open(self, job: str) -> None:
        """Make the folder; what another job or a half-written checkpoint left in it is removed."""
        owner = self.folder / OWNER
        if self.folder.exists() and not (owner.is_file() and owner.read_text(encoding="utf-8") == job):
            shutil.rmtree(self.folder)
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        publish_text(owner, job)
        self._keep_only(self.newest())

    def newest(self) -> Path | None:
        """Return the last whole checkpoint."""
        whole = [p for p in self.folder.glob("checkpoint-*") if _step(p) >= 0 and _is_whole(p)]
        return max(whole, key=_step, default=None)

    def seal(self, step: int, seconds: float) -> None:
        """Declare the checkpoint of `step` whole, and drop the older ones."""
        checkpoint = self.folder / f"checkpoint-{step}"
        with disk_errors(checkpoint):
            sizes = {}
            for file in sorted(p for p in checkpoint.rglob("*") if p.is_file() and p.name != SEAL):
                with file.open("rb+") as f:
                    os.fsync(f.fileno())
                sizes[str(file.relative_to(checkpoint))] = file.stat().st_size
        publish_json(checkpoint / SEAL, {"files": sizes, "seconds": seconds}, replace=True)
        self._keep_only(checkpoint)

    def seconds(self) -> float:
        """Return the training time that the newest checkpoint holds."""
        newest = self.newest()
        return 0.0 if newest is None else float(read_json(newest / SEAL)["seconds"])

    def clear(self) -> None:
        """Remove everything: the run is published."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Refuse a second process on the same output; the lock of a killed process is free again."""
        import fcntl

        with disk_errors(self.folder):
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            path = self.folder.with_suffix(".lock")
            with path.open("w") as f:
                try:
                    fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    what = "another process is training this run"
                    raise UserError(what, where=str(path), fix="wait for it, or stop it") from error
                if not _is_file_of(f.fileno(), path):  # its last holder took it away as we opened it
                    raise UserError("another process trained this run just now", fix="run the command again")
                yield
                path.unlink(missing_ok=True)

    def _keep_only(self, kept: Path | None) -> None:
        for checkpoint in self.folder.glob("checkpoint-*"):
            if checkpoint != kept:
                shutil.rmtree(checkpoint, ignore_errors=True)


def _is_file_of(fd: int, path: Path) -> bool:
    return path.exists() and path.stat().st_ino == os.fstat(fd).st_ino


def _step(checkpoint: Path) -> int:
    found = re.fullmatch(r"checkpoint-(\d+)", checkpoint.name)
    return int(found[1]) if found else -1


def _is_whole(checkpoint: Path) -> bool:
    seal = checkpoint / SEAL
    if not seal.is_file():
        return False
    files = {checkpoint / name: size for name, size in read_json(seal)["files"].items()}
    return all(p.is_file() and p.stat().st_size == size for p, size in files.items())
