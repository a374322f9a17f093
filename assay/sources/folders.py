"""Find the data files of a folder: in name order, without what is no data, without walking in circles."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.errors import UserError
from assay.files import read_json
from assay.sources import kinds
from assay.sources.blocks import reading, shown

_PAPERS = re.compile(
    r"(readme|licen[cs]e|copying|notice|citation|changelog|authors|contributing)\b.*"
    r"|(source|dataset_infos?|dataset_dict|state|metadata|package|modules|(.*_)?config|tokenizer.*)\.json"
    r"|requirements.*\.txt|.*\.lock|_success|makefile|dockerfile",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\.(md|rst|py|ipynb|sh|ya?ml|toml|html?|css|js|ts|pdf|png|jpe?g|gif|svg|bib|tex|crc|safetensors|bin|pth?"
    r"|pkl|model|gguf|onnx|log|ini|cfg|sql)"
)
PAPERS = "papers, not data"
_MACHINE_FOLDERS = frozenset({"__pycache__", "__MACOSX", "node_modules"})


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a folder; `name` is its path inside, `skipped` says why it is passed over."""

    path: Path
    name: str
    skipped: str = ""


def walk(folder: Path) -> Iterator[Found]:
    """Yield the files of a folder and its folders in name order; hidden ones are not mentioned."""
    seen = set[tuple[int, int]]()
    todo = [folder]
    while todo:
        here = todo.pop()
        with reading(here):
            about = here.stat()
            if (about.st_dev, about.st_ino) in seen:
                yield Found(here, shown(here.relative_to(folder)), "a folder that was read already")
                continue
            seen.add((about.st_dev, about.st_ino))
            entries = sorted(os.scandir(here), key=lambda e: e.name)
        inner = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path = here / entry.name
            if _is_folder(entry):
                if entry.name not in _MACHINE_FOLDERS:
                    inner.append(path)
            else:
                yield Found(path, shown(path.relative_to(folder)), _why_skip(path))
        todo += reversed(inner)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _why_skip(path: Path) -> str:
    if not path.exists():
        return "a link that leads nowhere"
    if not path.is_file():
        return "no regular file"
    if _PAPERS.fullmatch(path.name):
        return PAPERS
    return f"no data by its ending {path.suffix}" if _OTHER.fullmatch(kinds.ending(path)) else ""


def saved_splits(folder: Path) -> dict[str, list[Path]] | None:
    """Return split → Arrow files of a folder that `save_to_disk` wrote; None for any other folder."""
    if (folder / "dataset_dict.json").is_file():
        names = _names(folder / "dataset_dict.json", "splits")
        return {name: _arrow_files(folder / name) for name in names}
    if (folder / "state.json").is_file() and (folder / "dataset_info.json").is_file():
        return {"": _arrow_files(folder)}
    return None


def _arrow_files(folder: Path) -> list[Path]:
    state = folder / "state.json"
    if _names(state, "_indices_data_files", required=False):
        fix = "dataset.flatten_indices().save_to_disk(…)"
        raise UserError("the dataset was saved with an index over its rows", where=shown(folder), fix=fix)
    return [folder / name for name in _names(state, "_data_files")]


def _names(path: Path, key: str, *, required: bool = True) -> list[str]:
    """Read a list of plain file names; a name may not lead out of the folder."""
    where, fix = shown(path), "save it again with dataset.save_to_disk(…)"
    try:
        with reading(path):
            entries = read_json(path).get(key) or []
        names = [e["filename"] if isinstance(e, dict) else e for e in entries]
        plain = all(isinstance(n, str) and n and Path(n).name == n and "\0" not in n for n in names)
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise UserError("it is not what save_to_disk writes", where=where, fix=fix) from error
    if not plain or (required and not names):
        raise UserError(f"its list {key!r} is empty or leads out of the folder", where=where, fix=fix)
    return names
