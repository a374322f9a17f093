"""The fields of a sample."""

from __future__ import annotations

from assay.sources.sampled import Fields, is_scalar, is_text


def test_fields_are_found_by_synonym_and_empty_ones_are_not() -> None:
    fields = Fields([{"Answer Key": "A", "input": ""}, {"Answer Key": 3, "input": None}])
    assert fields.find("answer answer_key") == "Answer Key"
    assert fields.find("answer_key", ("Answer Key",)) is None
    assert fields.find("input") is None and fields.named("input") == "input"
    assert fields.most("Answer Key", is_scalar) and not fields.most("Answer Key", is_text)
    assert not fields.most(None, is_text) and fields.length("Answer Key") == 1
