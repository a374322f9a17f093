"""`--map`."""

from __future__ import annotations

import pytest

from assay.errors import UserError
from assay.sources import parse_map

FIELDS = ("question", "gold", "meta", "meta.id", "turns", "C+", "body")


def test_joins_paths_and_odd_names_are_read() -> None:
    assert parse_map("prompt=body+question, answer=C+,id=meta.id,item=turns.0.x", FIELDS) == {
        "prompt": ("body", "question"),
        "answer": ("C+",),
        "id": ("meta.id",),
        "item": ("turns.0.x",),
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("promt=question", r"no role 'promt'[\s\S]*nearest: prompt; there is: answer, "),
        ("prompt=qestion", r"no row has the field 'qestion'[\s\S]*nearest: question; there is: "),
        ("prompt=question+zzzz", "no row has the field 'zzzz'"),
        ("prompt=meta.idd", r"nearest: meta\.id"),
        ("prompt=0.x", "no row has"),
        ("prompt", "no ROLE=FIELD"),
        ("prompt=question,", "no ROLE=FIELD"),
        ("prompt=question,prompt=body", "twice"),
        ("", "no ROLE=FIELD"),
    ],
)
def test_mistakes_name_the_nearest(text: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        parse_map(text, FIELDS)
