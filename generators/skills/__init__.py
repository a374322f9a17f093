"""The skills Assay can teach and measure, by name."""

from __future__ import annotations

from generators.skills import arithmetic, extract_json, table_sql, units
from generators.skills.skill import Skill

SKILLS: dict[str, Skill] = {
    s.name: s for s in (arithmetic.SKILL, units.SKILL, table_sql.SKILL, extract_json.SKILL)
}

__all__ = ["SKILLS", "Skill"]
