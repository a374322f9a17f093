"""Look at the fields of a few rows: find one by its name, judge it by its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from assay.sources.fields import is_empty, names_in, plain_name, text_of, value_at


class Fields:
    """The fields of a sample, found by synonym and judged by value; what is always empty does not count."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows = rows
        self.names = names_in(rows)
        self.plain: dict[str, str] = {}
        for name in self.names:
            if any(not is_empty(value_at(row, name)) for row in rows):
                self.plain.setdefault(plain_name(name), name)

    def find(self, synonyms: str, but: Iterable[str | None] = ()) -> str | None:
        """Return the field with the first of these names."""
        found = (self.plain.get(word) for word in synonyms.split())
        return next((name for name in found if name and name not in but), None)

    def named(self, word: str) -> str | None:
        """Return the field of this name even if the sample has nothing in it: a later row may."""
        return next((name for name in self.names if plain_name(name) == word), None)

    def values(self, name: str) -> list[Any]:
        """Return what is there in a field."""
        return [v for row in self.rows if not is_empty(v := value_at(row, name))]

    def most(self, name: str | None, test: Callable[[Any], object]) -> bool:
        """Say whether nine in ten values pass."""
        values = self.values(name) if name else []
        return bool(values) and sum(bool(test(v)) for v in values) >= 0.9 * len(values)

    def length(self, name: str) -> float:
        """Return the mean length of a field's text."""
        values = [len(text_of(v)) for v in self.values(name)]
        return sum(values) / max(1, len(values))


def is_text(value: Any) -> bool:
    """Say whether a value is text."""
    return isinstance(value, str)


def is_scalar(value: Any) -> bool:
    """Say whether a value is neither list nor object."""
    return not isinstance(value, (Mapping, list))
