"""Rows without a skill get the cluster of their prompt."""

from __future__ import annotations

from collections import Counter

import pytest

from assay.verbs.importing import clusters
from assay.verbs.importing.clusters import in_clusters
from tests.assay.verbs.importing.conftest import made

pytest.importorskip("sklearn")

TOPICS = (
    "my parcel never arrived and delivery of the parcel is late, number",
    "the invoice shows a wrong amount and payment of the invoice failed, number",
)
MIXED = [made(f"{TOPICS[n % 2]} {n}") for n in range(120)]


def test_like_prompts_share_a_name_made_of_their_words() -> None:
    found = [m.origin.skill for m in in_clusters(iter(MIXED))]
    assert len(Counter(found)) == 2
    assert len(set(found[0::2])) == len(set(found[1::2])) == 1
    assert "parcel" in found[0]
    assert "invoice" in found[1]
    assert sorted(name[:2] for name in set(found)) == ["1-", "2-"]


def test_the_same_every_time_and_nothing_else_changes() -> None:
    first, second = list(in_clusters(iter(MIXED))), list(in_clusters(iter(MIXED)))
    assert first == second
    assert [m.example for m in first] == [m.example for m in MIXED]


def test_few_rows_are_one_cluster() -> None:
    assert {m.origin.skill for m in in_clusters(iter(MIXED[:60]))} == {"all"}


def test_prompts_without_words_are_one_cluster() -> None:
    rows = [made(f"{n} + {n}") for n in range(200)]
    assert {m.origin.skill for m in in_clusters(iter(rows))} == {"all"}


def test_a_skill_of_its_own_stays() -> None:
    rows = [*MIXED, made("my parcel again", skill="own")]
    assert list(in_clusters(iter(rows)))[-1].origin.skill == "own"


def test_later_rows_go_to_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "FIT", 100)
    found = [m.origin.skill for m in in_clusters(iter(MIXED))]
    assert found[100:] == (found[:2] * 10)
