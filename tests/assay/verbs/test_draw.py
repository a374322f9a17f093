"""Drawing from a file: shares, never a row twice, the same every time."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.config import DrawRecipe
from assay.errors import Refused, UserError
from assay.files import read_json
from assay.verbs.draw import Well, draw, shares
from assay.verbs.importing.request import Request
from assay.verbs.importing.verb import import_data
from assay.verbs.verify import DERIVED, verify
from assay.workspace import Workspace
from tests.assay.cli.test_import import labelled, write

RECIPE = DrawRecipe.model_validate({"method": "draw", "from": ["mine"], "n": 30, "seed": 3})
COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 40), min_size=1)
WEIGHTS = st.dictionaries(st.sampled_from("abcdefg"), st.fractions(0, 5, max_denominator=9))


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """Return a workspace with 60 imported rows: 40 good, 20 bad."""
    page = "project: p\ntask: {labels: [good, bad], skill: label}\n"
    (tmp_path / "assay.yaml").write_text(page, encoding="utf-8")
    found = Workspace.at(tmp_path)
    import_data(found, Request((write(tmp_path / "a.jsonl", labelled(60)),), "train", "mine"))
    return found


def skills(ws: Workspace, ids: list[str]) -> Counter[str]:
    return Counter(m.origin.skill for m in ws.made(ids))


@given(st.integers(0, 200), WEIGHTS, COUNTS)
def test_never_more_than_there_are_and_all_that_is_asked_for(
    n: int, weights: dict[str, Fraction], there: dict[str, int]
) -> None:
    counts = shares(n, weights, there)
    assert counts.keys() == there.keys()
    assert all(0 <= counts[s] <= there[s] for s in there)
    assert sum(counts.values()) == min(n, sum(there.values()))


@given(st.integers(1, 60), WEIGHTS, st.sets(st.sampled_from("abcdef"), min_size=1))
def test_where_nothing_is_scarce_a_share_is_off_by_less_than_a_row(
    n: int, weights: dict[str, Fraction], there: set[str]
) -> None:
    counts = shares(n, weights, dict.fromkeys(there, 1_000))
    total = sum(weights.get(s, Fraction(0)) for s in there)
    if total:
        assert all(abs(counts[s] - n * weights.get(s, Fraction(0)) / total) < 1 for s in there)


def test_what_a_skill_lacks_comes_from_the_others_and_last_from_those_of_weight_0() -> None:
    one, none = Fraction(1), Fraction(0)
    assert shares(10, {"a": one, "b": one, "c": none}, {"a": 2, "b": 50, "c": 50}) == {"a": 2, "b": 8, "c": 0}
    assert shares(10, {"a": one, "b": one, "c": none}, {"a": 2, "b": 3, "c": 50}) == {"a": 2, "b": 3, "c": 5}
    assert shares(4, {}, {"a": 9, "b": 9}) == {"a": 2, "b": 2}
    assert shares(3, {"a": one, "b": one}, {"b": 9, "a": 9}) == {"a": 2, "b": 1}


def test_the_shares_of_the_file(ws: Workspace) -> None:
    made = draw(ws, RECIPE, "pool")
    ids = [i for i, _ in ws.selection(made.version.id)]
    assert made.rows == 30
    assert skills(ws, ids) == {"good": 20, "bad": 10}
    assert set(ids) <= {i for i, _ in ws.selection(ws.version("mine").id)}


def test_the_same_wish_draws_the_same_and_another_seed_others(ws: Workspace) -> None:
    first, again = draw(ws, RECIPE, "pool"), draw(ws, RECIPE, "pool")
    other = draw(ws, RECIPE.model_copy(update={"seed": 4}), "pool")
    assert first.version == again.version
    assert other.version.id != first.version.id


def test_used_rows_are_not_drawn_again(ws: Workspace) -> None:
    first = draw(ws, RECIPE, "pool").version
    second = Well(ws, RECIPE).draw("more", 100, 3, None, first)
    ids = [{i for i, _ in ws.selection(v.id)} for v in (first, second.version)]
    assert not ids[0] & ids[1]
    assert (second.rows, len(ids[0] | ids[1])) == (30, 60)
    with pytest.raises(UserError, match="no unused row is left"):
        Well(ws, RECIPE).draw("none", 5, 3, None, ws.version("mine"))


def test_weights(ws: Workspace) -> None:
    well = Well(ws, RECIPE)
    assert well.counts() == {"bad": 20, "good": 40}
    picked = well.pick(12, 0, {"bad": Fraction(3), "good": Fraction(1)}, None)
    assert skills(ws, picked) == {"bad": 9, "good": 3}
    assert picked == sorted(picked)
    assert skills(ws, well.pick(30, 0, {"bad": Fraction(1)}, None)) == {"bad": 20, "good": 10}


def test_a_smaller_draw_of_one_seed_is_part_of_a_larger(ws: Workspace) -> None:
    well, weights = Well(ws, RECIPE), {"good": Fraction(2), "bad": Fraction(1)}
    assert set(well.pick(12, 5, weights, None)) < set(well.pick(30, 5, weights, None))


def test_verify_draws_again(ws: Workspace) -> None:
    first = draw(ws, RECIPE, "pool").version
    weighed = Well(ws, RECIPE).draw("more", 12, 7, {"bad": 0.1, "good": 0.2}, first)
    assert verify(ws, first) == DERIVED
    assert verify(ws, weighed.version) == DERIVED


def test_verify_finds_a_draw_that_was_changed(ws: Workspace) -> None:
    version = draw(ws, RECIPE, "pool").version
    path = ws.home / "versions" / version.id / f"{version.manifest}.json"
    text = path.read_text(encoding="utf-8")
    assert read_json(path)["recipe"]["seed"] == 3
    path.chmod(0o644)
    path.write_text(text.replace('"seed": 3', '"seed": 4'), encoding="utf-8")
    with pytest.raises(Refused, match="derived again"):
        verify(ws, version)


def test_of_two_versions_a_row_counts_once(ws: Workspace, tmp_path: Path) -> None:
    import_data(ws, Request((write(tmp_path / "b.jsonl", labelled(30, start=45)),), "train", "more"))
    both = DrawRecipe.model_validate({"method": "draw", "from": ["mine", "more"], "n": 500})
    assert sum(Well(ws, both).counts().values()) == 75
    assert draw(ws, both, "pool").rows == 75
