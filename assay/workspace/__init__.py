"""A workspace: the folder with assay.yaml, and everything Assay keeps for it under `.assay/`.

```
.assay/examples|origins|verdicts|scores|labels|results|eval_items/   open segments
.assay/sealed/eval_items|results/                                    test items and test results
.assay/versions/<id>/{selection.parquet, <fingerprint>.json}         rows and the manifests that led to them
.assay/runs/<id>/                                                    adapters with their training record
.assay/refs/{versions,tags,evals,runs}/…                             names; each made exclusively
.assay/ledger/NNNN.json
```
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from assay.config import FILE
from assay.errors import UserError
from assay.page import Known, load
from assay.workspace.evalsets import EvalSet, EvalSets
from assay.workspace.home import check_name
from assay.workspace.pool import Pool, origin_order
from assay.workspace.runs import Run, Runs
from assay.workspace.versions import Version

__all__ = ["EvalSet", "Run", "Version", "Workspace", "check_name", "origin_order"]


class Workspace(Pool, EvalSets, Runs):
    """One workspace. Construct it with `Workspace.find` or `Workspace.at`."""

    @staticmethod
    def at(root: Path, *, overrides: Iterable[str] = (), known: Known | None = None) -> Workspace:
        """Open the workspace in this folder. Raises ConfigError with every mistake of its assay.yaml."""
        return Workspace(root.resolve(), load(root / FILE, overrides=overrides, known=known))

    @staticmethod
    def find(given: Path | None, *, overrides: Iterable[str] = (), known: Known | None = None) -> Workspace:
        """Open the given folder, else ASSAY_WORKSPACE, else the nearest folder upwards with assay.yaml."""
        if given is None and (named := os.environ.get("ASSAY_WORKSPACE")):
            given = Path(named)
        if given is not None:
            return Workspace.at(given, overrides=overrides, known=known)
        here = Path.cwd()
        for folder in (here, *here.parents):
            if (folder / FILE).is_file():
                return Workspace.at(folder, overrides=overrides, known=known)
        raise UserError(
            "no assay.yaml here or in any folder above",
            where=str(here),
            fix="cd into a workspace, give -C DIR, or make one: assay demo DIR",
        )
