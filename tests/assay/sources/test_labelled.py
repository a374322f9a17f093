"""Files of `label text` lines."""

from __future__ import annotations

import pytest

from assay.sources.labelled import is_labelled, read_labelled
from assay.sources.rows import Bad, Row


@pytest.mark.parametrize(
    ("sample", "yes"),
    [
        (["1 a good film", "0 a bad one", "1 fine"], True),
        (["__label__pos I like it", "__label__neg no"], True),
        ([f"{'DESC' if i % 2 else 'NUM'}:x what is {i}" for i in range(30)], True),
        (["1 first step", "2 second step", "3 third"], False),
        (["The cat sat.", "A dog ran."], False),
        (["alone"], False),
        ([], False),
    ],
)
def test_labels_are_told_from_prose(sample: list[str], yes: bool) -> None:
    assert is_labelled(sample) is yes


def test_lines_become_rows() -> None:
    found = list(read_labelled("f", [b"1 a , b\n\n0\n0 \xff\n1 x\0y\n"]))
    assert found[0] == Row("f", 1, {"label": "1", "text": "a , b"})
    assert [(r.line, type(r)) for r in found[1:]] == [(3, Bad), (4, Bad), (5, Bad)]
