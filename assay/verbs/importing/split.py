"""Split rows into train, dev and test: whole groups, each skill by its share, the same every time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.verbs.importing.groups import Groups

TRAIN, DEV, TEST, OUT = "train", "dev", "test", ""
WHOLE, PART, ANY = "whole", "part", "any"
"""A group fits a split when all its skills are lacking there, when one is, or when there is room."""


@dataclass
class _Room:
    """What a held-out split still takes: rows in all, and by skill."""

    split: str
    left: int
    by_skill: dict[str, int]

    def fits(self, skills: Mapping[str, int], how: str) -> bool:
        n = sum(skills.values())
        if n > self.left:
            return False
        if how == WHOLE:
            return all(count <= self.by_skill.get(skill, 0) for skill, count in skills.items())
        return how == ANY or any(self.by_skill.get(skill, 0) > 0 for skill in skills)

    def take(self, skills: Mapping[str, int]) -> None:
        self.left -= sum(skills.values())
        for skill, count in skills.items():
            self.by_skill[skill] = self.by_skill.get(skill, 0) - count


def split(
    ids: Sequence[str], skills: Sequence[str], groups: Groups, sizes: tuple[int, int, int]
) -> list[str]:
    """Return the split of each row: `sizes` are train, dev and test rows.

    Groups come in the order of md5 of their smallest id, so the order of the file does not matter. Test
    and dev take a group when it fits what their skills still lack; a second pass is content when one
    of its skills is lacking, a third with any room. The rest is train;
    rows beyond the train size are left out ("").
    """
    members: dict[int, list[int]] = {}
    for n, root in enumerate(groups.of):
        members.setdefault(root, []).append(n)
    ordered = sorted(members.values(), key=lambda rows: _order(min(ids[n] for n in rows)))
    rooms, there = list[_Room](), Counter(skills)
    for name, size in ((TEST, sizes[2]), (DEV, sizes[1])):
        rooms.append(_Room(name, size, _shares(size, there)))
        there = there - Counter(rooms[-1].by_skill)  # or a skill of one row would be owed to both
    where: dict[int, str] = {}
    for how in (WHOLE, PART, ANY):
        for number, rows in enumerate(ordered):
            of_group = Counter(skills[n] for n in rows)
            room = next((r for r in rooms if number not in where and r.fits(of_group, how)), None)
            if room:
                room.take(of_group)
                where[number] = room.split
    found = [TRAIN] * len(ids)
    left = sizes[0]
    for number, rows in enumerate(ordered):
        goes = where.get(number) or (TRAIN if len(rows) <= left else OUT)
        left -= len(rows) if goes == TRAIN else 0
        for n in rows:
            found[n] = goes
    return found


def _shares(size: int, counts: Mapping[str, int]) -> dict[str, int]:
    """Share a split's rows over skills by largest remainder."""
    total = sum(counts.values())
    exact = {s: size * n / total for s, n in counts.items()}
    whole = {s: int(q) for s, q in exact.items()}
    for skill in sorted(exact, key=lambda s: (whole[s] - exact[s], s))[: size - sum(whole.values())]:
        whole[skill] += 1
    return whole


def _order(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
