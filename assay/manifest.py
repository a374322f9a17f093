"""A version's manifest: everything needed to derive its rows again, and what was counted on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from assay.fingerprint import of_rows

Selection = Sequence[tuple[str, Decimal]]
"""The rows of a version: (example id, expected copies per epoch), sorted by id."""


@dataclass(frozen=True)
class Manifest:
    """How a version was made.

    `fingerprint` is the fingerprint of the act; `parents` are version ids; `inputs` lists the segments
    read, per table; `evals` the eval-set ids it was cleaned against; `queries` the identity and bound
    parameters of each rule; `funnel` the rows each rule dropped, in order.
    """

    version: str
    fingerprint: str
    act: str
    recipe: Mapping[str, Any]
    rows: int
    parents: tuple[str, ...] = ()
    inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    evals: Mapping[str, str] = field(default_factory=dict)
    queries: Mapping[str, Any] = field(default_factory=dict)
    funnel: tuple[tuple[str, int], ...] = ()
    audits: tuple[tuple[str, int], ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)
    """What else the act needs to be derived again: weights, seeds, the loop's round and arm."""

    def dump(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self)

    @staticmethod
    def load(data: Mapping[str, Any]) -> Manifest:
        """Read what `dump` wrote."""
        known = {k: data[k] for k in Manifest.__dataclass_fields__ if k in data}
        for name in ("funnel", "audits"):
            known[name] = tuple((str(rule), int(n)) for rule, n in known.get(name, ()))
        return Manifest(**known | {"parents": tuple(known.get("parents", ()))})


def version_id(selection: Iterable[tuple[str, Decimal]]) -> str:
    """Return the id of a version: the hash of its rows, which must be sorted by example id."""
    return of_rows(f"{example_id} {weight:.9f}" for example_id, weight in selection)
