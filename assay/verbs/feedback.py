"""From dev results back to generation: a SQL query turns failures into weights per cell."""

from __future__ import annotations

from collections.abc import Sequence

from assay.store import Snapshot
from assay.verbs.heldout import heldout
from assay.workspace import Workspace
from curation.feedback import weigh
from curation.loader import Library
from curation.relations import Relations
from generators.programmatic import Cell


def targeted_weights(
    ws: Workspace, query: str, cells: Sequence[Cell], results: Sequence[str], masked: Sequence[str]
) -> dict[Cell, float]:
    """Run a feedback query over these result segments (dev only) and return the weight of each cell.

    It sees these results and the frozen dev items, nothing else: a loop that goes on, with more rows
    and probe items in the store than the first time, must weigh as it did.
    Skills in `masked` get weight 1 at most: they keep their uniform share and no more.
    """
    rule = Library(ws.root).load(query, "feedback")
    takes = {p.name for p in rule.header.params}
    given = {"masked": list(masked), "masked_weight": 1}
    held = heldout(ws).split("dev").segment
    seen = Snapshot(ws.home, {"results": tuple(results), "eval_items": (held,)})
    over = Relations({table: seen.paths(table) for table in seen.segments}, candidates=[])
    weights = weigh(rule.bind({k: v for k, v in given.items() if k in takes}), over)
    raw = {c: weights.of(c.skill, c.template, c.difficulty) for c in cells}
    return {c: min(w, 1.0) if c.skill in masked else w for c, w in raw.items()}
