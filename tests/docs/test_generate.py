"""The generated pages say what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
GENERATE = runpy.run_path(str(DOCS / "generate.py"))


@pytest.mark.parametrize("name", sorted(GENERATE["PAGES"]))
def test_a_page_is_not_stale(name: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == GENERATE["PAGES"][name](), f"docs/{name} is stale; run: make docs"


def test_the_index_names_every_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert {p.name for p in DOCS.glob("*.md") if f"({p.name})" not in index} == {"README.md"}


def test_tables_survive_bars_and_line_breaks() -> None:
    drawn = GENERATE["table"](("a",), [("x|y\nz",)])
    assert drawn == "| a |\n| --- |\n| x\\|y z |"
    assert GENERATE["table"](("a",), []) == ""
