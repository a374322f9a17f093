"""Whole groups, the skills' shares, the same for any order of the file."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.verbs.importing.groups import Groups
from assay.verbs.importing.split import DEV, OUT, TEST, TRAIN, split

Rows = list[tuple[str, str, int]]
"""(id, skill, group) of each row."""


@st.composite
def files(draw: st.DrawFn, largest: int = 6) -> Rows:
    """Draw rows in groups of up to `largest` over three skills; ids are unique."""
    sizes = draw(st.lists(st.integers(1, largest), min_size=1, max_size=30))
    skills = st.sampled_from(["a", "b", "c"])
    return [(f"{g:03}-{i}", draw(skills), g) for g, size in enumerate(sizes) for i in range(size)]


def places(rows: Rows, sizes: tuple[int, int, int]) -> dict[str, str]:
    """Return the split of each id."""
    first = {g: n for n, (_, _, g) in reversed(list(enumerate(rows)))}
    groups = Groups(tuple(first[g] for _, _, g in rows), 0, 0)
    found = split([i for i, _, _ in rows], [s for _, s, _ in rows], groups, sizes)
    return dict(zip((i for i, _, _ in rows), found, strict=True))


def sized(rows: Rows, dev: float, test: float) -> tuple[int, int, int]:
    d, t = int(dev * len(rows)), int(test * len(rows))
    return len(rows) - d - t, d, t


SHARE = st.floats(0, 0.45)


@given(files(), SHARE, SHARE)
def test_no_group_is_in_two_splits(rows: Rows, dev: float, test: float) -> None:
    found = places(rows, sized(rows, dev, test))
    of_group = defaultdict(set)
    for i, _, g in rows:
        of_group[g].add(found[i])
    assert all(len(splits) == 1 for splits in of_group.values())
    assert set(found.values()) <= {TRAIN, DEV, TEST, OUT}


@given(files(), SHARE, SHARE)
def test_held_out_splits_are_never_larger_than_asked_for(rows: Rows, dev: float, test: float) -> None:
    sizes = sized(rows, dev, test)
    counts = Counter(places(rows, sizes).values())
    assert counts[DEV] <= sizes[1]
    assert counts[TEST] <= sizes[2]


@given(files(largest=1), SHARE, SHARE)
def test_single_rows_fill_the_splits_and_the_skills_exactly(rows: Rows, dev: float, test: float) -> None:
    sizes = sized(rows, dev, test)
    found = places(rows, sizes)
    assert Counter(found.values()) == Counter({TRAIN: sizes[0], DEV: sizes[1], TEST: sizes[2]})
    whole = Counter(s for _, s, _ in rows)
    for name, size in ((DEV, sizes[1]), (TEST, sizes[2])):
        there = Counter(s for i, s, _ in rows if found[i] == name)
        assert all(abs(there[s] - size * n / len(rows)) < 1.001 + (name == DEV) for s, n in whole.items())


@given(files(), SHARE, SHARE)
def test_a_held_out_split_lacks_less_than_a_group(rows: Rows, dev: float, test: float) -> None:
    """What is lacking could not be filled: no group left in training was small enough."""
    sizes = sized(rows, dev, test)
    found = places(rows, sizes)
    group_size = Counter(g for _, _, g in rows)
    in_train = {g for i, _, g in rows if found[i] in (TRAIN, OUT)}
    lacking = {
        name: size - Counter(found.values())[name] for name, size in ((DEV, sizes[1]), (TEST, sizes[2]))
    }
    largest = max(group_size.values())
    if in_train:
        assert all(n < largest * 3 for n in lacking.values()), lacking


@settings(max_examples=50)
@given(files(), SHARE, SHARE, st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter(
    rows: Rows, dev: float, test: float, rng: random.Random
) -> None:
    sizes = sized(rows, dev, test)
    mixed = list(rows)
    rng.shuffle(mixed)
    assert places(rows, sizes) == places(mixed, sizes)


def test_rows_beyond_the_train_size_are_left_out() -> None:
    rows = [(f"{n}", "a", n) for n in range(100)]
    counts = Counter(places(rows, (30, 10, 20)).values())
    assert counts == {TRAIN: 30, DEV: 10, TEST: 20, OUT: 40}


def test_a_skill_of_one_row_in_ten_keeps_its_share() -> None:
    rows = [(f"{n}", "rare" if n % 10 == 0 else "common", n) for n in range(400)]
    found = places(rows, (200, 100, 100))
    for name in (DEV, TEST):
        assert Counter(s for i, s, _ in rows if found[i] == name) == {"common": 90, "rare": 10}


def test_a_rare_row_is_owed_to_test_or_to_dev_not_to_both() -> None:
    rows = [(f"d{n:02}", "z" if n < 30 else f"rare {n}", n) for n in range(40)]
    found = places(rows, (32, 4, 4))
    for name in (DEV, TEST):
        assert Counter(s == "z" for i, s, _ in rows if found[i] == name) == {True: 3, False: 1}


def test_a_split_is_filled_by_other_skills_when_a_group_is_too_large() -> None:
    rows = [(f"a{n}", "a", 0) for n in range(5)] + [(f"b{n}", "b", n + 1) for n in range(10)]
    found = places(rows, (12, 0, 3))
    assert [s for i, s, _ in rows if found[i] == TEST] == ["b", "b", "b"]


def test_skills_of_one_row_reach_both_splits() -> None:
    rows = [(f"{n}", f"skill {n}", n) for n in range(40)]
    counts = Counter(places(rows, (20, 10, 10)).values())
    assert counts == {TRAIN: 20, DEV: 10, TEST: 10}


def test_the_split_is_known_and_does_not_drift() -> None:
    rows = [(f"{n:02}", "a", n) for n in range(12)]
    found = places(rows, (6, 3, 3))
    assert sorted(i for i, s in found.items() if s == TEST) == KNOWN_TEST
    assert sorted(i for i, s in found.items() if s == DEV) == KNOWN_DEV


KNOWN_TEST, KNOWN_DEV = ["05", "09", "11"], ["01", "02", "04"]
"""By md5 of the ids: a change here splits every file anew, so raise `rows.VERSION` with it."""
