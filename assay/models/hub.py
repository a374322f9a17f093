"""Models on the Hugging Face Hub: what is in the local cache, and the one download."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from assay.errors import MissingExtra, UserError
from assay.files import Progress

WANTED = ["*.safetensors", "*.json", "*.jinja", "*.txt", "*.model", "README.md", "LICENSE*"]
TIMEOUT = 5.0
"""Seconds to wait for the Hub's first answer: an offline machine must fall through quickly."""


def local(name: str, revision: str | None = None) -> Path | None:
    """Return the folder of a snapshot in the local cache, or None."""
    try:
        import huggingface_hub
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError:
        return None
    try:
        found = huggingface_hub.snapshot_download(name, revision=revision, local_files_only=True)
    except (LocalEntryNotFoundError, ValueError):
        return None
    folder = Path(found)
    return folder if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")) else None


def download(name: str, progress: Progress) -> Path:
    """Download a snapshot; every failure is one UserError that says which kind it was."""
    try:
        import huggingface_hub
        from huggingface_hub.utils.tqdm import disable_progress_bars, enable_progress_bars
    except ImportError as error:
        raise MissingExtra("huggingface_hub", "train") from error
    revision, size = _ask(huggingface_hub, name)
    progress(0, 1, f"downloading {name}, {size / 1e6:,.0f} MB")
    disable_progress_bars()
    try:
        found = huggingface_hub.snapshot_download(
            name, revision=revision, allow_patterns=WANTED, etag_timeout=TIMEOUT
        )
    except Exception as error:  # the Hub's client raises a dozen unrelated classes
        raise _failed(name, error) from error
    finally:
        enable_progress_bars()
    progress(1, 1, f"downloaded {name}")
    return Path(found)


def cached() -> list[tuple[str, Path]]:
    """Return (id, folder) of every complete model in the local Hub cache, sorted."""
    try:
        import huggingface_hub
        from huggingface_hub.errors import CacheNotFound
    except ImportError:
        return []
    try:
        repos = huggingface_hub.scan_cache_dir().repos
    except CacheNotFound:
        return []
    names = sorted(r.repo_id for r in repos if r.repo_type == "model")
    return [(n, folder) for n in names if (folder := local(n))]


def licence(folder: Path) -> str:
    """Return the licence that the model card's header names, or `unknown`."""
    card = folder / "README.md"
    if not card.is_file():
        return "unknown"
    found = re.search(r"^license:\s*(\S+)", card.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return found.group(1) if found else "unknown"


def _ask(client: Any, name: str) -> tuple[str, int]:
    """Return the commit and the bytes to fetch, in one short request."""
    if os.environ.get("HF_HUB_OFFLINE") == "1":
        raise UserError("HF_HUB_OFFLINE=1 forbids downloads", where=name, fix="unset HF_HUB_OFFLINE")
    try:
        info = client.HfApi().model_info(name, timeout=TIMEOUT, files_metadata=True)
    except Exception as error:
        raise _failed(name, error) from error
    files = info.siblings or []
    if not any(f.rfilename.endswith(".safetensors") for f in files):
        raise UserError("this Hub repository has no safetensors weights", where=name)
    wanted = (".safetensors", ".json")
    return info.sha, sum(f.size or 0 for f in files if f.rfilename.endswith(wanted))


def _failed(name: str, error: Exception) -> UserError:
    kind = type(error).__name__
    text = (str(error).strip() or kind).splitlines()[0][:200]
    if kind in ("RepositoryNotFoundError", "RevisionNotFoundError"):
        return UserError(f"the Hub knows no model {name} (or it is private)", fix="check the spelling")
    if kind == "GatedRepoError":
        return UserError(f"{name} is gated", fix="accept its terms on the Hub and set HF_TOKEN")
    return UserError(
        f"the Hub did not answer ({kind}: {text})", where=name, fix="go online, or name a local folder"
    )
