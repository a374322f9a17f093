"""A curation keeps every verdict, runs once, and its version can be derived again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.errors import AssayError, Refused, UserError
from assay.manifest import Manifest, version_id
from assay.records import Example, Made, Message, Origin
from assay.store import SELECTION
from assay.verbs.curate import audit_rows, curate, summary
from assay.verbs.generate import generate, publish_raw
from assay.verbs.heldout import heldout
from assay.verbs.verify import ATTESTED, COMPOSED, DERIVED, verify
from assay.verbs.why import why
from assay.workspace import Version, Workspace

MakeWorkspace = Callable[..., Workspace]

OWN_RULE = """\
-- Reject answers that name the digit nine.
--
-- scope row
SELECT example_id, 'nine' AS reason FROM examples WHERE contains(response, '9')
"""


def raw_with_a_copy(workspace: Workspace) -> tuple[Version, set[str]]:
    """Make a raw version with one more row: a copy in upper case. Returns it and both ids of the pair."""
    first = generate(workspace, "raw").version
    made = workspace.made([i for i, _ in workspace.selection(first.id)])
    old = made[0].example
    turns = tuple(Message(m.role, m.content.upper()) for m in old.messages)
    copy = Example(turns, old.answer, old.check)
    origin = made[0].origin
    row = Made(copy, type(origin)(**{**origin.row(), "example_id": copy.id, "parents": (), "slots": ()}))
    workspace.add_made("ab" * 16, [*made, row])
    version = publish_raw(workspace, "ab" * 16, "raw", {"name": "copies"}, skipped=False).version
    return version, {old.id, copy.id}


def test_the_funnel_adds_up(workspace: Workspace) -> None:
    raw_with_a_copy(workspace)
    made = curate(workspace, "main")
    found = summary(made)
    assert found["candidates"] == 41
    assert found["funnel"] == [
        {"rule": "exact_duplicate", "dropped": 1},
        {"rule": "check_fails", "dropped": 0},
    ]
    assert found["rows"] == made.manifest.rows == 40
    assert found["sources"] == ["raw@v2"]


def test_why_tells_of_a_dropped_row_with_its_partner(workspace: Workspace) -> None:
    _, pair = raw_with_a_copy(workspace)
    made = curate(workspace, "main")
    kept = {i for i, _ in workspace.selection(made.version.id)}
    (dropped,) = pair - kept
    found = why(workspace, dropped[:12])
    assert [(v["rule"], v["version"]) for v in found.verdicts] == [("exact_duplicate", "main@v1")]
    assert {found.verdicts[0]["other_id"]} == pair & kept
    assert [label for label, _ in found.versions] == ["raw@v2"]
    assert found.example.id == dropped


def test_a_second_run_is_skipped(workspace: Workspace) -> None:
    generate(workspace, "raw")
    first = curate(workspace, "main")
    calls: list[int] = []
    again = curate(workspace, "main", progress=lambda done, total, note: calls.append(done))
    assert (first.skipped, again.skipped, calls) == (False, True, [])
    assert (again.version, again.candidates) == (first.version, 40)


def test_rows_of_other_recipes_do_not_matter(workspace: Workspace) -> None:
    generate(workspace, "raw")
    first = curate(workspace, "main")
    generate(workspace, "other")
    assert curate(workspace, "main").version == first.version


def test_a_version_that_keeps_nothing_says_which_rule_took_it(workspace: Workspace) -> None:
    generate(workspace, "raw")
    with pytest.raises(UserError, match="no row is left of 40") as error:
        curate(workspace, "empty")
    assert "too_short_or_long 40" in error.value.fix
    assert workspace.versions("empty") == []


def test_an_empty_pool_says_how_to_fill_it(workspace: Workspace) -> None:
    with pytest.raises(UserError, match="the pool is empty") as error:
        curate(workspace, "main", sources=[])
    assert error.value.fix.startswith("assay generate")


def test_an_unknown_recipe_names_the_nearest(workspace: Workspace) -> None:
    with pytest.raises(UserError) as error:
        curate(workspace, "mian")
    assert error.value.fix == "nearest: main"


def test_audits_that_pass_are_in_the_manifest(make_workspace: MakeWorkspace) -> None:
    workspace = make_workspace("check_fails]}", "check_fails], audit: [no_empty_answer]}")
    generate(workspace, "raw")
    manifest = curate(workspace, "main").manifest
    assert manifest.audits == (("no_empty_answer", 0),)
    assert audit_rows(manifest) == []


def test_verify_derives_a_curation_again_and_attests_a_generation(workspace: Workspace) -> None:
    raw = generate(workspace, "raw").version
    main = curate(workspace, "main").version
    assert verify(workspace, raw) == ATTESTED
    assert verify(workspace, main) == DERIVED


def write_selection(workspace: Workspace, version: Version, rows: Sequence[tuple[str, Decimal]]) -> None:
    """Overwrite the stored rows of a version."""
    path = workspace.home / "versions" / version.id / "selection.parquet"
    columns = {"example_id": [i for i, _ in rows], "weight": [w for _, w in rows]}
    pq.write_table(pa.Table.from_pydict(columns, SELECTION), path)


@pytest.mark.parametrize("edit", ["row less", "other weight"])
def test_verify_refuses_edited_rows(workspace: Workspace, edit: str) -> None:
    generate(workspace, "raw")
    version = curate(workspace, "main").version
    rows = workspace.selection(version.id)
    head = [] if edit == "row less" else [(rows[0][0], Decimal(2))]
    write_selection(workspace, version, [*head, *rows[1:]])
    with pytest.raises(Refused, match="do not hash"):
        verify(workspace, version)


def test_verify_refuses_when_an_input_is_gone(workspace: Workspace) -> None:
    generate(workspace, "raw")
    version = curate(workspace, "main").version
    segment = workspace.manifest(version).inputs["examples"][0]
    workspace.store.segment("examples", segment).paths("examples")[0].unlink()
    with pytest.raises(Refused, match="1 input segments are gone"):
        verify(workspace, version)


def test_verify_says_which_query_has_changed(make_workspace: MakeWorkspace, tmp_path: Path) -> None:
    rule = tmp_path / "queries" / "reject" / "no_nine.sql"
    rule.parent.mkdir(parents=True)
    rule.write_text(OWN_RULE, encoding="utf-8")
    workspace = make_workspace("check_fails]}", "no_nine]}")
    generate(workspace, "raw")
    made = curate(workspace, "main")
    assert made.manifest.funnel[1][0] == "no_nine"
    assert made.manifest.funnel[1][1] > 0
    assert verify(workspace, made.version) == DERIVED
    rule.write_text(OWN_RULE.replace("'9'", "'8'"), encoding="utf-8")
    with pytest.raises(AssayError, match="query has changed") as error:
        verify(workspace, made.version)
    assert "reject/no_nine" in error.value.where
    assert curate(workspace, "main").version.label == "main@v2"


def test_rows_are_cleaned_against_dev_and_test(make_workspace: MakeWorkspace) -> None:
    workspace = make_workspace("exact_duplicate, check_fails", "overlaps_heldout")
    held, clean = heldout(workspace), generate(workspace, "raw").version
    rows = []
    for item in workspace.eval_items(held, "dev"):
        example = Example((*item.messages, Message("assistant", item.target)), item.answer, item.check)
        origin = Origin(example.id, item.skill, item.template, "x", "leak", slots=item.slots)
        rows.append(Made(example, origin))
    workspace.add_made("cd" * 16, rows)
    leak = publish_raw(workspace, "cd" * 16, "leak", {"name": "leak"}, skipped=False).version
    made = curate(workspace, "main", sources=[clean, leak])
    assert dict(made.manifest.funnel)["overlaps_heldout"] == len(rows)
    assert set(made.manifest.evals) == {"heldout:dev", "heldout:test"}
    assert verify(workspace, made.version) == DERIVED


def test_an_arm_is_composed_again_and_does_not_claim_more(workspace: Workspace) -> None:
    prior, curated = generate(workspace, "raw").version, generate(workspace, "other").version
    new = [i for i, _ in workspace.selection(curated.id)][:5]
    half = Decimal("0.5").quantize(Decimal("1.000000000"))
    old = {i: half for i, _ in workspace.selection(prior.id)}
    rows = sorted((old | dict.fromkeys(new, Decimal(1))).items())
    manifest = Manifest(
        version_id(rows), "ef" * 16, "arm", {}, len(rows), (prior.id, curated.id),
        context={"new": new, "replay_weight": str(half)},
    )  # fmt: skip
    assert verify(workspace, workspace.publish_version("control", rows, manifest)) == COMPOSED
