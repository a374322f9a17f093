"""Keep test text out of verdicts: a rule that compares with held-out items may name them, not quote them.

A verdict is open to everybody, and a user's own rule could write a sealed prompt into `reason` or
`span`. So of such a rule the words of a reason must stand in the rule itself, a span must stand in the
row it speaks about, and other_id must be the id of a row or an item. A number in a reason must be the
rule's, the row's, or small enough to count the row's words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from assay.errors import QueryError
from curation.loader import Query
from curation.session import Session


def refuse_quotes(session: Session, query: Query, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise QueryError when a verdict of a rule that reads `eval_items` carries text that is not its own."""
    if "eval_items" not in query.reads or not rows:
        return
    texts, ids = session.texts(), session.ids() | session.item_ids()
    own_words = set(words(query.sql))
    for row in rows:
        if strange := _strange(row, own_words, texts, ids):
            raise QueryError(
                f"the {strange} of example {row['example_id']} is not its own text: test items stay sealed",
                where=query.shown,
                fix="let reason be constant words and counts, span a part of the row, other_id an id",
            )


def words(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text).lower())


def _strange(row: Mapping[str, Any], own: set[str], texts: Mapping[str, str], ids: frozenset[str]) -> str:
    mine = words(texts[row["example_id"]])
    for word in words(row.get("reason") or ""):
        counts = word.isdigit() and int(word) <= len(mine)
        if word not in own and word not in mine and not counts:
            return "reason"
    span = " ".join(words(row.get("span") or ""))
    if span and f" {span} " not in f" {' '.join(mine)} ":
        return "span"
    other = row.get("other_id") or ""
    return "other_id" if other and other not in ids else ""
