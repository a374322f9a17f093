"""Recognise what rows are, by the names of their fields and the form of their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assay.sources import roles as r
from assay.sources.rows import Row
from assay.sources.rules import RULES, UNRECOGNISED, Shape
from assay.sources.sampled import Fields, is_scalar


def recognise(sample: Sequence[Row]) -> Shape:
    """Guess the shape of some rows of one file; "unrecognised" when nothing fits."""
    fields = Fields([row.values for row in sample])
    shape = next((s for rule in RULES if (s := rule(fields))), Shape(UNRECOGNISED, {}))
    if shape.recognised:
        shape = replace(shape, roles=_with_extras(fields, shape.roles))
    return replace(shape, fields=fields.names)


_EXTRAS = (
    (r.ID, "id uid uuid example_id question_id task_id item_id qid idx pair_id key row_id index"),
    (r.SKILL, "skill category type subject topic task domain task_type task_name"),
    (r.TEMPLATE, "template template_id template_name"),
    (r.PARENTS, "parents parent parent_id parent_ids"),
    (r.SCORE, "score rating reward quality_score relatedness_score"),
    (r.SYSTEM, "system system_prompt"),
    (r.TOOLS, "tools functions function_list available_tools"),
)


def _with_extras(fields: Fields, roles: r.Roles) -> dict[str, tuple[str, ...]]:
    """Add the roles that go with any shape, from fields that play none yet."""
    full = dict(roles)
    for role, words in _EXTRAS:
        used = {name for names in full.values() for name in names}
        found = fields.find(words, used)
        taken = role in full or (role == r.ID and r.ITEM in full)
        if found and not taken and (role in (r.TOOLS, r.PARENTS) or fields.most(found, is_scalar)):
            full[role] = (found,)
    return full
