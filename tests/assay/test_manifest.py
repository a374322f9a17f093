"""Manifests: plain JSON there and back; a version is named by its rows."""

from __future__ import annotations

import json
from decimal import Decimal

from assay.manifest import Manifest, version_id

FULL = Manifest(
    version="v",
    fingerprint="f",
    act="curate",
    recipe={"from": ["raw"], "n": 3},
    rows=2,
    parents=("p",),
    inputs={"examples": ["a", "b"]},
    evals={"heldout:dev": "d"},
    queries={"dups": {"n": 3}},
    funnel=(("dups", 4), ("short", 0)),
    audits=(("leaks", 0),),
    context={"arm": "targeted"},
)


def test_a_manifest_comes_back_from_json() -> None:
    assert Manifest.load(json.loads(json.dumps(FULL.dump()))) == FULL
    small = Manifest("v", "f", "generate", {}, 0)
    assert Manifest.load(json.loads(json.dumps(small.dump()))) == small


def test_older_and_newer_manifests_can_be_read() -> None:
    older = {k: v for k, v in FULL.dump().items() if k not in ("audits", "context", "parents")}
    assert Manifest.load(older | {"from_the_future": 1}).parents == ()
    assert Manifest.load(older).funnel == FULL.funnel


def test_a_version_is_named_by_ids_and_weights() -> None:
    one = version_id([("a", Decimal(1)), ("b", Decimal("0.5"))])
    assert one == version_id([("a", Decimal("1.000000000")), ("b", Decimal("0.500000000"))])
    others = [
        version_id([("a", Decimal(1))]),
        version_id([("a", Decimal(1)), ("b", Decimal("0.500000001"))]),
        version_id([("a", Decimal(1)), ("c", Decimal("0.5"))]),
        version_id([]),
    ]
    assert len({one, *others}) == 5
