"""Weights follow from the dev results and the frozen dev items alone, whatever else the store holds."""

from __future__ import annotations

import pytest

from assay.errors import QueryError
from assay.verbs.feedback import targeted_weights
from assay.verbs.generate import generate
from assay.verbs.heldout import heldout
from assay.workspace import Workspace
from evals.run import result_of
from generators.programmatic import Cell, cells

OWN = """\
-- Ask for more of what has more items.
--
-- {about}
SELECT skill, template, difficulty, CAST(count(*) AS DECIMAL(18,9)) AS weight
FROM {relation} GROUP BY ALL
"""


def weights(workspace: Workspace, relation: str) -> dict[Cell, float]:
    """Return what an own query over `relation` weighs."""
    path = workspace.root / "queries" / "feedback" / "own.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(OWN.format(relation=relation, about="Own."), encoding="utf-8")
    items = workspace.eval_items(heldout(workspace), "dev")
    rows = (result_of("base", "heldout_dev", i, "", 0.0, "").row() for i in items)
    workspace.store.append("results", "ab" * 16, rows)
    return targeted_weights(workspace, "own", cells(["arithmetic"]), ["ab" * 16], [])


def test_items_that_came_later_weigh_nothing(workspace: Workspace) -> None:
    before = weights(workspace, "eval_items")
    probes = [i.as_variant("member", "x") for i in workspace.eval_items(heldout(workspace), "dev")]
    workspace.store.append("eval_items", "cd" * 16, (i.row("probe:x", "probe") for i in probes[:3]))
    assert weights(workspace, "eval_items") == before


def test_the_pool_is_no_business_of_feedback(workspace: Workspace) -> None:
    generate(workspace, "raw")
    with pytest.raises(QueryError, match="not one this query may read"):
        weights(workspace, "origins")
