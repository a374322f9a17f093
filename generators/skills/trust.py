"""Which files of a workspace this user trusts to run, by content.

The record lies in the user's own cache, never in the workspace: a folder that was cloned or unpacked
must not bring its own permission. It holds the path of the workspace and the digest of each file that
was trusted, so a file that changed, a new one, and the same files elsewhere must be trusted anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from assay.errors import UserError
from assay.files import cache_dir, publish_json, read_json
from assay.fingerprint import digest


def digest_of(source: bytes) -> str:
    """Return the digest that trust is given to."""
    return digest(source, person=b"assay-trust")


def trusted(root: Path) -> Mapping[str, str]:
    """Return file name → digest of what this user trusts in a workspace; nothing when that cannot be read."""
    record = _record(root)
    if record is None or not record.is_file():
        return {}
    try:
        said = read_json(record)
        return dict(said["files"]) if said["workspace"] == str(root.resolve()) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def trust(root: Path, files: Mapping[str, str]) -> None:
    """Trust exactly these files (name → digest) in a workspace, instead of what was trusted before."""
    record = _record(root)
    if record is None:
        raise UserError(
            "your cache lies inside this workspace, which must not carry its own permission",
            where=str(cache_dir()),
            fix="set ASSAY_CACHE to a folder outside the workspace",
        )
    publish_json(record, {"workspace": str(root.resolve()), "files": dict(files)}, replace=True)


def _record(root: Path) -> Path | None:
    """Return where the record lies; None when that would be inside the workspace."""
    place, root = cache_dir().resolve(), root.resolve()
    if place.is_relative_to(root):
        return None
    return place / "trust" / f"{digest(str(root).encode(), person=b'assay-workspace')}.json"
