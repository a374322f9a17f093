"""Write files so that a kill, a full disk or a second writer can lose or double nothing.

Every write goes to a temporary file beside its target, is fsynced, and is published by an exclusive
hard link (the first writer wins) or by a rename (a newer state replaces the older one).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assay.errors import Stopped

Progress = Callable[[int, int, str], None]
"""Called as progress(done, total, note); the CLI draws it, the stages only call it."""


def silent(done: int, total: int, note: str) -> None:
    """Draw no progress."""


def cache_dir() -> Path:
    """Return the user's cache: `ASSAY_CACHE`, else `$XDG_CACHE_HOME/assay`, else `~/.cache/assay`."""
    if own := os.environ.get("ASSAY_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assay"


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full disk into one clear message: exit 3, the same command goes on."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Stopped(
                "the disk is full; nothing is lost and nothing half-written",
                where=str(path),
                fix="free some space and run the same command again",
            ) from error
        raise


def fsync_folder(folder: Path) -> None:
    """Make a rename or link in `folder` durable."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _fsync_file(path: Path) -> None:
    with path.open("rb+") as f:
        os.fsync(f.fileno())


def publish(path: Path, write: Callable[[Path], None], *, replace: bool = False) -> bool:
    """Have `write` fill a temporary file, then publish it as `path`.

    Returns False, leaving `path` as it was, when it exists already and `replace` is false. Raises
    Stopped when the disk is full; the temporary file is gone then.
    """
    if path.exists() and not replace:
        return False
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
        os.close(fd)
        temporary = Path(name)
        try:
            write(temporary)
            _fsync_file(temporary)
            temporary.chmod(0o644)
            if replace:
                temporary.replace(path)
            else:
                try:
                    os.link(temporary, path)
                except FileExistsError:
                    return False
        finally:
            temporary.unlink(missing_ok=True)
        fsync_folder(path.parent)
    return True


def publish_text(path: Path, text: str, *, replace: bool = False) -> bool:
    """Publish a text file; see `publish`."""
    return publish(path, lambda p: void(p.write_text(text, encoding="utf-8")), replace=replace)


def publish_json(path: Path, value: Any, *, replace: bool = False) -> bool:
    """Publish readable JSON; see `publish`."""
    text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    return publish_text(path, text, replace=replace)


@contextlib.contextmanager
def publish_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `folder` at the end; if `folder` exists by then, it wins."""
    with disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".tmp-"))
        try:
            yield temporary
            for file in temporary.rglob("*"):
                if file.is_file():
                    _fsync_file(file)
            temporary.chmod(0o755)
            try:
                temporary.rename(folder)
            except OSError:
                if not folder.is_dir():  # if it is: another writer published it first
                    raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        fsync_folder(folder.parent)


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def void(_: object) -> None:
    """Drop a value, so that a function that returns one can be a callback that returns none."""
