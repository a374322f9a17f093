"""Rows that must stay together: of one template, with one prompt, with prompts alike."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.records import Example, Made, Message
from assay.verbs.importing.groups import group, prompt_key
from tests.assay.verbs.importing.conftest import made

LONG = (
    "The customer writes that the parcel with the blue lamp has not arrived although it was sent last week, "
    "and asks whether the money can be returned to the card that was used for the order in the shop."
)


def together(rows: list[Made], folder: Path) -> list[set[int]]:
    """Return the groups of more than one row."""
    found: dict[int, set[int]] = {}
    for n, root in enumerate(group(rows, folder).of):
        found.setdefault(root, set()).add(n)
    return [rows for rows in found.values() if len(rows) > 1]


def test_unlike_rows_stand_alone(tmp_path: Path) -> None:
    rows = [made(p) for p in ("Where is Paris?", "How old is the sun?", "Name a fish.")]
    found = group(rows, tmp_path)
    assert (found.of, found.templates, found.near) == ((0, 1, 2), 0, 0)


def test_one_template(tmp_path: Path) -> None:
    rows = [made("a", template="t"), made("b"), made("c", template="t"), made("d", template="u")]
    assert together(rows, tmp_path) == [{0, 2}]
    assert group(rows, tmp_path).templates == 2


def test_one_prompt_whatever_its_case_and_white_space(tmp_path: Path) -> None:
    rows = [made("What is  it?", "a"), made("other", "b"), made(" what IS\nit? ", "c")]
    assert together(rows, tmp_path) == [{0, 2}]


def test_prompts_alike_are_joined_and_counted(tmp_path: Path) -> None:
    rows = [
        made(LONG),
        made("Something else entirely, about fish."),
        made(LONG.replace("in the shop", "in the store")),
    ]
    assert together(rows, tmp_path) == [{0, 2}]
    assert group(rows, tmp_path).near == 1


def test_joins_add_up(tmp_path: Path) -> None:
    rows = [
        made("a", template="t"),
        made("b", template="t"),
        made("B ", "other", template="u"),
        made("c", template="u"),
        made("alone"),
    ]
    assert together(rows, tmp_path) == [{0, 1, 2, 3}]


def test_nothing_is_left_of_the_search(tmp_path: Path) -> None:
    group([made(LONG), made("x")], tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_answer_is_no_part_of_the_prompt() -> None:
    assert prompt_key(made("a", "x").example) == prompt_key(made("A", "y").example)
    assert prompt_key(made("a").example) != prompt_key(made("b").example)
    assert prompt_key(Example((Message("user", "a"),), kind="prompt")) == prompt_key(made("a").example)


def test_the_role_is_part_of_the_prompt() -> None:
    talk = (Message("system", "a"), Message("user", "b"), Message("assistant", "c"))
    other = (Message("user", "a"), Message("user", "b"), Message("assistant", "c"))
    assert prompt_key(Example(talk)) != prompt_key(Example(other))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["", "t", "u"])), min_size=1, max_size=12)
)
def test_equal_prompts_and_templates_always_share_a_group(
    tmp_path: Path, rows: list[tuple[str, str]]
) -> None:
    found = group([made(p, str(n), template=t) for n, (p, t) in enumerate(rows)], tmp_path).of
    for n, (p, t) in enumerate(rows):
        for m, (q, u) in enumerate(rows):
            if p == q or (t and t == u):
                assert found[n] == found[m]
