"""A workspace with something of everything: two versions, held-out items, results, a run, a ledger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.files import publish_json
from assay.verbs.curate import curate
from assay.verbs.generate import generate
from assay.workspace import Run, Workspace
from tests.assay.conftest import MakeWorkspace


@pytest.fixture
def whole(make_workspace: MakeWorkspace) -> Workspace:
    """Return a workspace in which nothing is damaged."""
    ws = make_workspace()
    generate(ws, "raw")
    curate(ws, "main")
    run(ws)
    ws.ledger.append("note", reason="one")
    ws.ledger.append("note", reason="two")
    ws.ledger.append("note", reason="three")
    return ws


def run(ws: Workspace) -> Run:
    """Publish a run whose adapter was never trained: doctor compares digests, it loads nothing."""
    pytest.importorskip("transformers")
    from training.adapter import digest_of

    folder = ws.run_folder("f" * 32)
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(b"weights" * 100)
    (folder / "adapter_config.json").write_text(json.dumps({"r": 4}), encoding="utf-8")
    publish_json(folder / "train.json", {"losses": [1.0]})
    version = ws.version("main")
    return ws.publish_run(
        Run(
            name="main-v1.lora.s1",
            id="f" * 32,
            group="main-v1.lora",
            group_key="key",
            seed=1,
            version=version.id,
            version_label=version.label,
            base="nano",
            base_digest="b" * 32,
            adapter=digest_of(folder),
            contract="c" * 32,
            loss_mask="l" * 32,
            start="",
            created="2026-11-24T10:00:00Z",
        )
    )


def segment(ws: Workspace, table: str, *, sealed: bool = False) -> Path:
    """Return the first segment of a table."""
    store = ws.sealed if sealed else ws.store
    return store.snapshot([table]).paths(table)[0]
