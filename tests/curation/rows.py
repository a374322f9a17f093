"""Small stores for the curation tests: Parquet files of a few rows, written with the store's schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay.store import SCHEMAS, SELECTION


def write(folder: Path, table: str, rows: Sequence[Mapping[str, Any]], name: str = "one") -> Path:
    """Write a segment of a table; columns that are left out are NULL."""
    schema = SELECTION if table == "selection" else SCHEMAS[table]
    path = folder / f"{table}-{name}.parquet"
    pq.write_table(pa.Table.from_pylist([dict(r) for r in rows], schema=schema), path)
    return path


def example(example_id: str, prompt: str, response: str, **more: Any) -> dict[str, Any]:
    """Return a row of the table `examples`."""
    turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": response}]
    return {"example_id": example_id, "kind": "sft", "messages": turns, **more}


def origin(example_id: str, skill: str, **more: Any) -> dict[str, Any]:
    """Return a row of the table `origins`."""
    usual = {"template": "t", "generator": "g", "recipe": "r", "difficulty": 1, "variant": "plain"}
    rest: dict[str, Any] = {"teacher": "", "prompt": "", "parents": [], "seed": 0, "slots": []}
    return {"example_id": example_id, "skill": skill, **usual, **rest, **more}


def item(item_id: str, role: str, prompt: str, target: str = "", **more: Any) -> dict[str, Any]:
    """Return a row of the table `eval_items`."""
    usual: dict[str, Any] = {"skill": "s", "template": "t", "difficulty": 1, "seen": True, "variant": "plain"}
    turns = [{"role": "user", "content": prompt}]
    own = {"item_id": item_id, "eval_set": "heldout", "role": role, "messages": turns, "target": target}
    return {**own, "answer": target, "check_spec": "{}", "parent": "", "slots": [], **usual, **more}
