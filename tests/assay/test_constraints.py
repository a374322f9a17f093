"""The check `constraints` agrees with IFEval's own code, and refuses what is no instruction."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.checks import CONSTRAINTS, judge, validate

DATA = Path(__file__).parents[3] / "shared" / "data" / "ifeval" / "ifeval_single_instr_format.jsonl"

EXAMPLES: dict[str, dict[str, Any]] = {
    "keywords:existence": {"keywords": ["plan", "c++"]},
    "keywords:frequency": {"keyword": "the", "frequency": 3, "relation": "at least"},
    "keywords:forbidden_words": {"forbidden_words": ["bad", "trip"]},
    "keywords:letter_frequency": {"letter": "E", "let_frequency": 20, "let_relation": "less than"},
    "language:response_language": {"language": "de"},
    "length_constraints:number_paragraphs": {"num_paragraphs": 2},
    "length_constraints:number_words": {"num_words": 30, "relation": "at least"},
    "length_constraints:nth_paragraph_first_word": {
        "num_paragraphs": 2,
        "nth_paragraph": 2,
        "first_word": "The",
    },
    "detectable_content:number_placeholders": {"num_placeholders": 1},
    "detectable_content:postscript": {"postscript_marker": "P.S."},
    "detectable_format:number_bullet_lists": {"num_bullets": 2},
    "detectable_format:number_highlighted_sections": {"num_highlights": 2},
    "detectable_format:multiple_sections": {"section_spliter": "Section", "num_sections": 2},
    "combination:repeat_prompt": {"prompt_to_repeat": "Say it."},
    "startend:end_checker": {"end_phrase": "Peace!"},
    "change_case:capital_word_frequency": {"capital_frequency": 2, "capital_relation": "at least"},
}
"""What each instruction is asked with; the others take nothing."""

MADE = [
    "",
    "  \n",
    "* one\n* two",
    "- one\n\n- two\n***\nThe end.",
    "one\n***\n two",
    "***",
    "a***b***",
    "First.\n\nThe second, with [name] and [date].\n\nP.S. more",
    "p.p.s. x",
    "'the' x\n\n\"The, y",
    '"All of it is quoted."',
    '"',
    "<<Title>>\ntext with *one* and **two** and ** **",
    "<< >>",
    '```json\n{"a": [1, 2]}\n```',
    "{broken",
    "[NaN]",
    "My answer is maybe. Peace!",
    "Section 1 a\nSection2 b\nSECTION 3",
    "one ****** two",
    "one******one",
    "******a******b******",
    "Say it. THEN DON'T GO: NASA's A-B (OK), U.S. \"WE\" ... cannot gonna I'M 'TIS",
    "ALL OF THE WORDS, AND IT IS LOUD!",
    "all of the words are in lowercase here, and it is quiet.",
    "THE END... OF-THE 'QUOTED' X/Y 10:30PM I'LL [Z] {Q} A--B A.B. C",
    "the plan is the best of the plans; C++ is bad\r\nThe trip",
    "Das ist nicht die Antwort, und ich bin mit der Frage zu Ende.",
    'line one\n* **bold** answer *\nPeace!"\n',
]


def spec(name: str, wanted: dict[str, Any], mode: str = "strict") -> dict[str, Any]:
    return {"kind": "constraints", "instructions": [{"id": name, **wanted}], "mode": mode}


def reference(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import IFEval's own checkers; nltk's models and langdetect are not there, so what needs them is out."""
    nltk = pytest.importorskip("nltk")
    if "langdetect" not in sys.modules:
        monkeypatch.setitem(sys.modules, "langdetect", ModuleType("langdetect"))
    if importlib.util.find_spec("immutabledict") is None:  # it only holds a table of names
        stub = ModuleType("immutabledict")
        stub.__dict__["immutabledict"] = dict
        monkeypatch.setitem(sys.modules, "immutabledict", stub)
    monkeypatch.setattr(nltk.data, "find", lambda *_: None)
    try:
        from lm_eval.tasks.ifeval import instructions_registry, utils
    except ImportError as error:
        pytest.skip(f"IFEval's code cannot be imported: {error}")

    def words(text: str) -> list[str]:
        found: list[str] = nltk.tokenize.word_tokenize(text, preserve_line=True)
        return found

    monkeypatch.setattr(nltk, "word_tokenize", words)
    assert set(CONSTRAINTS) | {"length_constraints:number_sentences"} == set(
        instructions_registry.INSTRUCTION_DICT
    )
    return utils


def responses() -> list[str]:
    """Return made responses and, where the data is there, real texts of many forms."""
    folder = DATA.parents[1]
    real = [json.loads(line)["prompt"] for line in DATA.open(encoding="utf-8")] if DATA.is_file() else []
    gsm8k = folder / "gsm8k" / "test.jsonl"
    if gsm8k.is_file():
        real += [json.loads(line)["answer"] for line in gsm8k.read_text().splitlines()[:150]]
    return MADE + real


NEEDS_LANGDETECT = (
    "language:response_language",
    "change_case:english_capital",
    "change_case:english_lowercase",
)


def test_verdicts_are_those_of_ifeval(monkeypatch: pytest.MonkeyPatch) -> None:
    utils = reference(monkeypatch)
    for name in sorted(set(CONSTRAINTS) - set(NEEDS_LANGDETECT)):
        wanted = EXAMPLES.get(name, {})
        if name == "keywords:existence":  # the reference cannot take C++
            wanted = {"keywords": ["plan", "the"]}
        seen = set()
        for text in responses():
            case = utils.InputExample(0, [name], "", [wanted])
            for mode, test in (
                ("strict", utils.test_instruction_following_strict),
                ("loose", utils.test_instruction_following_loose),
            ):
                theirs = test(case, text).follow_all_instructions
                assert judge(spec(name, wanted, mode), text, "").passed == theirs, (name, mode, text)
                seen.add(theirs)
        assert seen == {True, False}, f"{name} was not put to the test"


@pytest.mark.skipif(not DATA.is_file(), reason="needs shared/data/ifeval")
def test_every_instruction_of_the_data_is_known() -> None:
    for line in DATA.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for name, wanted in zip(row["instruction_id_list"], row["kwargs"], strict=True):
            validate(spec(name, {k: v for k, v in wanted.items() if v is not None}))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ನಾನು ಕನ್ನಡದಲ್ಲಿ ಬರೆಯುತ್ತೇನೆ", "kn"),
        ("यह एक वाक्य है और यह हिंदी में है", "hi"),
        ("हे मराठी आहे आणि ते चांगले आहे", "mr"),
        ("यो नेपाली हो र यो राम्रो छ", "ne"),
        ("این یک جمله است که در آن", "fa"),
        ("یہ اردو میں ہے اور اچھا ہے", "ur"),
        ("هذا هو النص العربي في الكتاب", "ar"),
        ("Hii ni lugha ya watu wa Kenya na Tanzania", "sw"),
        ("Это не то, что я хотел", "ru"),
        ("Das ist nicht die Antwort", "de"),
        ("This is the answer that you want", "en"),
        ("이것은 한국어 문장입니다", "ko"),
    ],
)
def test_a_language_is_known_by_script_and_common_words(text: str, language: str) -> None:
    others = {"kn", "hi", "mr", "ne", "fa", "ur", "ar", "sw", "ru", "de", "en", "ko"}
    passed = {
        o for o in others if judge(spec("language:response_language", {"language": o}), text, "").passed
    }
    assert passed == {language}


def test_capitals_must_be_english() -> None:
    capital = spec("change_case:english_capital", {})
    assert judge(capital, "THIS IS THE ANSWER.", "").passed and judge(capital, "HELLO WORLD", "").passed
    assert not judge(capital, "DAS IST NICHT DIE ANTWORT", "").passed
    assert not judge(capital, "THIS IS THE Answer.", "").passed


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=()), max_size=80), st.sampled_from(sorted(CONSTRAINTS)))
def test_no_response_raises(text: str, name: str) -> None:
    for mode in ("strict", "loose"):
        judge(spec(name, EXAMPLES.get(name, {}), mode), text, "")


def test_all_instructions_must_hold_and_the_broken_ones_are_named() -> None:
    both = {
        "kind": "constraints",
        "instructions": [{"id": "punctuation:no_comma"}, {"id": "startend:quotation"}],
    }
    assert judge(both, '"fine"', "").passed
    assert judge(both, "so, not", "").detail == "not followed: punctuation:no_comma, startend:quotation"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"instructions": []}, "needs the parameter"),
        ({"instructions": [{"id": "x:y"}]}, "unknown instruction 'x:y'"),
        ({"instructions": ["x"]}, "unknown instruction 'x'"),
        ({"instructions": [{"id": "detectable_format:title", "n": 1}]}, "takes nothing"),
        ({"instructions": [{"id": "detectable_format:number_bullet_lists"}]}, "takes num_bullets"),
        ({"instructions": [{"id": "language:response_language", "language": "tlh"}]}, "cannot be 'tlh'"),
        ({"instructions": [{"id": "punctuation:no_comma"}], "mode": "lax"}, "strict or loose"),
    ],
)
def test_what_is_no_constraint_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        validate({"kind": "constraints", **wrong})
