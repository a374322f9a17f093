"""Every shipped query holds its contract and its cases; the duplicate rules agree with brute force."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from curation import catalogue
from curation.functions import MACROS
from curation.loader import SHIPPED, Library
from curation.relations import Relations
from curation.session import Session
from tests.curation.rows import example, origin, write


@pytest.mark.parametrize("name", Library().names())
def test_shipped_query(name: str) -> None:
    (tested,) = catalogue.test(Library(), [name])
    failed = [f"{c.where} {c.name}: {c.detail}" for c in tested.cases if not c.passed]
    assert tested.passed, tested.problem or "\n".join(failed)
    assert tested.cases


def test_there_are_enough_queries_of_every_kind() -> None:
    kinds = [name.partition("/")[0] for name in Library().names()]
    assert len(kinds) >= 10
    assert set(kinds) == {"reject", "score", "select", "feedback", "audit", "report"}


def test_reject_and_score_rules_say_why() -> None:
    for name in Library().names():
        if name.startswith(("reject", "score")):
            assert Library().load(name).header.why, name


def test_no_stray_files() -> None:
    known = {".sql", ".yaml"}
    for path in SHIPPED.rglob("*"):
        assert path.is_dir() or path.suffix in known, path
        if path.suffix == ".yaml":
            assert path.with_name(path.name.replace(".cases.yaml", ".sql")).is_file(), path
    assert MACROS.is_file()


def grams(text: str, n: int) -> frozenset[str]:
    words = text.split()
    runs = {" ".join(words[i : i + n]) for i in range(len(words) - n + 1)}
    return frozenset(runs or ({text} if words else set()))


def brute_force(texts: Sequence[str], n: int, threshold: float) -> set[int]:
    """Return the indexes that go: all but the first of each cluster of linked texts."""
    sets = [grams(t, n) for t in texts]
    root = list(range(len(texts)))

    def find(i: int) -> int:
        while root[i] != i:
            i = root[i]
        return i

    for i, a in enumerate(sets):
        for j in range(i):
            b = sets[j]
            if a and b and len(a & b) >= threshold * len(a | b) - 1e-12:
                hi, lo = sorted((find(i), find(j)), reverse=True)
                root[hi] = lo
    return {i for i in range(len(texts)) if find(i) != i}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threshold", [0.5, 0.8, 1.0])
def test_near_duplicate_finds_what_all_pairs_find(tmp_path: Path, seed: int, threshold: float) -> None:
    rng = random.Random(seed)
    texts = [" ".join(rng.choices("abcdef", k=rng.randint(1, 12))) for _ in range(40)]
    while len(texts) < 160:
        words = rng.choice(texts).split()
        words[rng.randrange(len(words))] = rng.choice("abcdefgh")
        texts.append(" ".join(words + rng.choices("ab", k=rng.randint(0, 1))))
    rows = [example(f"{i:04d}", text, "") for i, text in enumerate(texts)]
    relations = Relations({"examples": [write(tmp_path, "examples", rows)]})
    gone = catalogue.run(Library(), "near_duplicate", relations, {"n": 3, "threshold": threshold})
    assert {int(i) for i in gone["example_id"].to_pylist()} == brute_force(texts, 3, threshold)


def test_a_long_chain_has_one_survivor(tmp_path: Path) -> None:
    """Component labels must travel along the whole chain, not only to neighbours."""
    words = [f"w{i}" for i in range(400)]
    rows = [example(f"{(i * 37) % 150:03d}", " ".join(words[i : i + 60]), "") for i in range(150)]
    relations = Relations({"examples": [write(tmp_path, "examples", rows)]})
    gone = catalogue.run(Library(), "near_duplicate", relations)
    assert gone.num_rows == 149
    assert set(gone["other_id"].to_pylist()) == {"000"}


def test_boilerplate_is_no_overlap_and_a_rare_run_is(tmp_path: Path) -> None:
    frame = "you are a careful helper who answers every question below in one short line please"
    rows = [example(f"{i:03d}", f"{frame} question number {i}", "fine") for i in range(200)]
    leak = "the seven quick brown foxes that lived behind the old mill jumped over one lazy dog"
    rows.append(example("leak", f"Repeat: {leak}", "fine"))
    items = [
        {"item_id": "frame", "role": "dev", "messages": [{"role": "user", "content": frame}]},
        {"item_id": "leak", "role": "dev", "messages": [{"role": "user", "content": leak}]},
    ]
    relations = Relations(
        {
            "examples": [write(tmp_path, "examples", rows)],
            "eval_items": [write(tmp_path, "eval_items", items)],
        }
    )
    found = catalogue.run(Library(), "overlaps_heldout", relations).to_pylist()
    assert [(r["example_id"], r["other_id"], r["span"]) for r in found] == [("leak", "leak", leak)]


def test_plain_words_and_ngrams() -> None:
    with Session.empty() as session:
        row = session.query(
            "SELECT plain('  Caf\u0065\u0301!  x > 3,  -2 %') AS plain, words('') AS none, "
            "words('a  b.') AS words, ngrams(words('a b c'), 2) AS two, "
            "ngrams(words('a'), 2) AS short, plain(NULL) AS empty"
        ).to_pylist()[0]
    assert row == {
        "plain": "caf\u00e9 x > 3 -2 %",
        "none": [],
        "words": ["a", "b"],
        "two": ["a b", "b c"],
        "short": [],
        "empty": "",
    }


def test_templates_with_other_slots_all_stay_and_it_is_fast(tmp_path: Path) -> None:
    wording = "in the market by the old town hall on a cold morning there stood {} with {} apples to sell"
    rows, origins = [], []
    for i in range(3000):
        slots = [f"name{i % 50}", str(i)]
        rows.append(example(f"{i:05d}", wording.format(*slots), slots[1]))
        origins.append(origin(f"{i:05d}", "sums", slots=slots))
    files = {
        "examples": [write(tmp_path, "examples", rows)],
        "origins": [write(tmp_path, "origins", origins)],
    }
    assert catalogue.run(Library(), "near_duplicate", Relations(files)).num_rows == 0
