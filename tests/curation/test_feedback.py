"""Weights of cells from dev results."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from curation.feedback import CellWeight, Weights, means, weigh
from curation.loader import Library
from curation.relations import Relations
from tests.curation.rows import write

ROWS = (
    CellWeight("sums", "t1", 1, Decimal("2")),
    CellWeight("sums", "t1", 2, Decimal("1")),
    CellWeight("sums", "t2", 1, Decimal("1")),
)


def test_a_cell_without_dev_items_takes_the_next_wider_mean() -> None:
    weights = Weights(ROWS)
    assert weights.of("sums", "t1", 2) == 1
    assert weights.of("sums", "t3", 1) == 1.5
    assert weights.of("sums", "t3", 3) == 4 / 3
    assert weights.of("units", "t1", 1) == 1
    assert means(ROWS) == {"sums": 4 / 3}


def test_weights_come_from_results(tmp_path: Path) -> None:
    def result(skill: str, number: int, nll: float) -> dict[str, object]:
        return {
            "run": "r",
            "item_id": f"{skill}{number}",
            "skill": skill,
            "template": "t",
            "difficulty": 1,
            "score": 0.0,
            "nll": nll,
            "target_bytes": 10,
        }

    rows = [result("hard", i, 20.0 + i / 7) for i in range(30)] + [
        result("easy", i, 0.1 / (i + 1)) for i in range(30)
    ]
    files = Relations({"results": [write(tmp_path, "results", rows)]})
    bound = Library().load("weights_by_failure").bind()
    weights = weigh(bound, files)
    assert 0.25 + 0.75 * 0.5 <= weights.of("easy", "t", 1) < 1 < weights.of("hard", "t", 1) <= 1.75
    assert weigh(Library().load("feedback/uniform").bind(), files).of("easy") == 1
