"""The skills Assay can teach and measure, by name: the shipped ones, and a workspace's own."""

from __future__ import annotations

from generators.skills import arithmetic, extract_json, table_sql, units
from generators.skills.skill import Skill

SKILLS: dict[str, Skill] = {
    s.name: s for s in (arithmetic.SKILL, units.SKILL, table_sql.SKILL, extract_json.SKILL)
}
"""The shipped skills. `generators.skills.own.Skills` has those of a workspace too."""

__all__ = ["SKILLS", "Skill"]
