"""Standard tasks: asked, cut and scored as lm-eval's own model does, from local files, a row a document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lm_eval")
pytest.importorskip("torch")

from assay.chat import Contract
from assay.errors import UserError
from assay.models import Model
from benchmarks import parity
from evals.bench import Bench, Subject
from evals.standard import evaluate_standard, load, plain_command
from tests.evals.offline import Knower, Memory

LOCAL = """\
dataset_path: json
dataset_kwargs: {data_files: {train: data/train.jsonl, test: data/test.jsonl}}
test_split: test
training_split: train
fewshot_split: train
description: "Say what is asked."
"""

TASKS = {
    "colours": """\
task: colours
output_type: multiple_choice
doc_to_text: "{{question}} "
doc_to_choice: [" red", "dark blue", "green"]
doc_to_target: label
num_fewshot: 2
metric_list:
  - {metric: acc, aggregation: mean, higher_is_better: true}
  - {metric: acc_norm, aggregation: mean, higher_is_better: true}
""",
    "sums": """\
task: sums
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["\\n", "."], do_sample: false, max_gen_toks: 12}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
filter_list:
  - {name: strict, filter: [{function: regex, regex_pattern: "= (\\\\d+)"}, {function: take_first}]}
  - name: last
    filter: [{function: regex, regex_pattern: "(\\\\d+)", group_select: -1}, {function: take_first}]
""",
    "texts": """\
task: texts
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{question}}"
metric_list: [{metric: bits_per_byte, aggregation: bits_per_byte, higher_is_better: false}]
""",
    "sampled": """\
task: sampled
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["x"], do_sample: true, temperature: 0.7}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
""",
    "all": "group: all\ntask: [colours, sums]\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with data and with tasks of every kind."""
    (tmp_path / "data").mkdir()
    (tmp_path / "tasks").mkdir()
    for split, count in (("train", 4), ("test", 20)):
        rows = [
            {
                "question": f"Ana has {i} pens and buys {i % 5}. How many?",
                "label": i % 3,
                "answer": str(i + i % 5),
            }
            for i in range(count)
        ]
        (tmp_path / "data" / f"{split}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    for name, text in TASKS.items():
        (tmp_path / "tasks" / f"{name}.yaml").write_text(text + (LOCAL if name != "all" else ""))
    return tmp_path


def bench(nano: Model) -> tuple[Bench, Knower]:
    contract = Contract.load(nano.folder, parity.SYSTEM)
    knower = Knower(contract, lambda _: [])
    return Bench(nano, contract, cache=Memory(), load=lambda _: knower), knower


@pytest.mark.parametrize("name", ["colours", "sums", "texts"])
def test_scores_and_responses_are_those_of_plain_lm_eval(nano: Model, root: Path, name: str) -> None:
    standard = load(name, root)
    mine, other = parity.ours(nano, standard, None), parity.theirs(nano, standard, root, None)
    assert list(parity.differences(mine, other)) == []
    assert [r.nll for r in mine.rows] == pytest.approx([r.nll for r in other.rows], abs=1e-3)
    if name == "texts":
        assert {r.score for r in mine.rows} == {None} and all(r.target_bytes > 20 for r in mine.rows)
    else:
        assert mine.score == pytest.approx(other.score)
    if name == "sums":
        assert len(mine.raw) == 20 and any(mine.raw)


@pytest.mark.slow
@pytest.mark.skipif(not parity.DATA.is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize("name", ["sst2", "arc_easy"])
def test_official_definitions_on_local_files_agree(nano: Model, tmp_path: Path, name: str) -> None:
    line = parity.compare(nano, name, tmp_path, 12)
    assert (line.items, line.differ) == (12, ()) and line.assay == pytest.approx(line.lm_eval)
    assert line.furthest < 1e-3


def test_a_row_says_what_was_asked_and_chosen(nano: Model, root: Path) -> None:
    shared, knower = bench(nano)
    rows = evaluate_standard(shared, Subject("base"), load("colours", root))
    assert len(rows) == 20 and {r.task for r in rows} == {"lm_eval:colours"}
    assert rows[0].prompt.endswith("Ana has 0 pens and buys 0. How many? ")
    assert rows[0].prompt.count("How many?") == 3  # two examples before it
    assert [r.answer for r in rows[:3]] == [" red", "dark blue", "green"]
    assert rows[0].response in (" red", "dark blue", "green") and rows[0].detail.startswith("acc ")
    assert "acc_norm" in rows[0].detail and len({r.item_id for r in rows}) == 20
    again = evaluate_standard(shared, Subject("base"), load("colours", root))
    assert again == rows and len(knower.calls) == 1, "the second time comes from the cache"


def test_the_first_filter_scores_and_the_others_are_told(nano: Model, root: Path) -> None:
    shared, _ = bench(nano)
    rows = evaluate_standard(shared, Subject("base"), load("sums", root))
    assert len(rows) == 20
    assert "exact_match (strict)" in rows[0].detail and "exact_match (last)" in rows[0].detail


def test_the_hash_sees_data_shots_and_definition(root: Path) -> None:
    before = load("colours", root).hash
    assert load("colours", root).hash == before != load("colours", root, shots=1).hash
    path = root / "tasks" / "colours.yaml"
    path.write_text(path.read_text().replace("Say what", "Tell what"))
    changed = load("colours", root).hash
    data = root / "data" / "test.jsonl"
    data.write_text(data.read_text().replace("Ana has 7", "Ana has 8"))
    assert len({before, changed, load("colours", root).hash}) == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("all", "name its tasks: colours, sums"),
        ("arc_challenge", "on a machine with a network once"),
    ],
)
def test_what_cannot_be_run_is_one_error(root: Path, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        load(name, root)


def test_an_unknown_name_is_refused_with_the_nearest(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from evals import harness

    manager: Any = vars(harness)["TaskManager"]
    own = manager(include_path=[str(root / "tasks")], include_defaults=False)
    monkeypatch.setattr(harness, "_all_tasks", lambda: own)  # the whole index takes eight seconds
    with pytest.raises(UserError, match="nearest: colours"):
        load("colors", root)


def test_sampling_is_refused(nano: Model, root: Path) -> None:
    shared, _ = bench(nano)
    with pytest.raises(UserError, match="decodes with sampling"):
        evaluate_standard(shared, Subject("base"), load("sampled", root))


def test_a_template_field_that_the_data_lacks_is_one_error(nano: Model, root: Path) -> None:
    path = root / "tasks" / "sums.yaml"
    path.write_text(path.read_text().replace("{{question}}", "{{query}}"))
    shared, _ = bench(nano)
    with pytest.raises(UserError, match="query"):
        evaluate_standard(shared, Subject("base"), load("sums", root))


def test_the_plain_command_names_everything_that_counts(nano: Model, root: Path) -> None:
    contract: Any = Contract.load(nano.folder, "Be brief.")
    command = plain_command("sst2", contract, root, (nano.folder, Path("adapter")), shots=3)
    assert f"pretrained={nano.folder},dtype=float32,peft=adapter" in command
    for flag, value in (
        ("--tasks", "sst2"),
        ("--num_fewshot", "3"),
        ("--include_path", "tasks"),
        ("--system_instruction", "Be brief."),
    ):
        assert command[command.index(flag) + 1] == value
    assert "--apply_chat_template" in command
