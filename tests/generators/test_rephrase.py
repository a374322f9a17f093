"""Rewrites: the safe ones become rows with the source's answer, the others come back with a reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from assay.engines.scripted import Scripted
from assay.records import Made, Message
from generators.rephrase import prose_line, rephrase, why_not
from generators.skills import SKILLS
from generators.skills.skill import rng_of


@dataclass(frozen=True)
class Recipe:
    n: int = 100
    teacher: str = "scripted"
    seed: int = 3


def rows() -> list[Made]:
    return [
        s.make(t, d, rng_of("rephrase", t, d), "train")
        for s in SKILLS.values()
        for t in s.seen
        for d in s.difficulties
    ]


def line_of(conversation: Sequence[Message]) -> str:
    return conversation[-1].content.split("Text: ", 1)[1]


def politely(conversation: Sequence[Message]) -> str:
    return f'"Please read this: {line_of(conversation)}"'


def test_safe_rewrites_become_rows() -> None:
    sources = rows()
    kept, rejected = rephrase(Recipe(), sources, Scripted(politely), name="words")
    assert len(kept) + len(rejected) == len(sources) == 96
    assert len(kept) > 80
    by_id = {s.example.id: s for s in sources}
    for made in kept:
        source = by_id[made.origin.parents[0]]
        assert made.example.id == made.origin.example_id != source.example.id
        assert made.example.response == source.example.response
        assert (made.example.answer, made.example.check) == (source.example.answer, source.example.check)
        assert "Please read this: " in made.example.prompt
        assert made.example.prompt.split("\n")[-1] == source.example.prompt.split("\n")[-1]
        assert made.origin.slots == source.origin.slots
        assert (made.origin.variant, made.origin.generator) == ("rephrase", "rephrase")
        assert (made.origin.recipe, made.origin.teacher) == ("words", "scripted")
        assert made.origin.prompt == "rephrase/1"
        assert (made.origin.skill, made.origin.template) == (source.origin.skill, source.origin.template)


def test_it_stops_at_n_and_asks_no_more_than_it_needs() -> None:
    speaker = Scripted(politely)
    kept, _ = rephrase(Recipe(n=5), rows(), speaker)
    assert len(kept) == 5
    assert len(speaker.asked) == 32


def test_the_same_texts_give_the_same_rows() -> None:
    first, _ = rephrase(Recipe(), rows(), Scripted(politely))
    second, _ = rephrase(Recipe(), rows(), Scripted(politely))
    assert first == second


def test_the_teacher_sees_neither_answer_nor_instruction() -> None:
    speaker = Scripted(politely)
    sources = rows()
    rephrase(Recipe(), sources, speaker)
    sources = [s for s in sources if prose_line(s.example.messages[0].content)]
    assert len(sources) == 93  # the three `log` rows have no line of prose
    for source, asked in zip(sources, speaker.asked, strict=True):
        assert source.example.response not in asked[-1].content
        assert source.example.prompt.split("\n")[-1] not in asked[-1].content


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda line: "", "no rewrite"),
        (lambda line: line, "same words as the original"),
        (lambda line: line.upper(), "same words as the original"),
        (lambda line: "So:\n" + line, "more than one line"),
        (lambda line: "well " * 90 + line, "more than 2 times the words"),
        (lambda line: re.sub(r"\d+", "some", line, count=1) + " Well?", "number lost"),
        (lambda line: line + " Or is it 777?", "number added: 777"),
        (lambda line: line.replace("Elena", "Someone") + " Now?", "word lost: Elena"),
        (lambda line: line.replace("?", ".") + " Tell me.", "no longer a question"),
    ],
)
def test_unsafe_rewrites_come_back_with_their_reason(change, reason: str) -> None:  # type: ignore[no-untyped-def]
    skill = SKILLS["arithmetic"]
    source = next(
        made
        for i in range(1000)
        if (made := skill.make("boxes_and_loose", 1, rng_of("r", i), "train")).origin.slots[0] == "Elena"
    )
    kept, rejected = rephrase(Recipe(), [source], Scripted(lambda c: change(line_of(c))))
    assert kept == []
    assert rejected[0].source == source.example.id
    assert rejected[0].reason.startswith(reason)


def test_columns_keys_and_quoted_words_must_stay() -> None:
    sql = SKILLS["table_sql"].make("which_text", 2, rng_of("x"), "train")
    line = prose_line(sql.example.messages[0].content)
    column = sql.example.response.split()[1]
    assert line.startswith("Which ")
    assert why_not(sql, line, line.replace("Which", "Name each")) == ""
    assert why_not(sql, line, line.replace(column, "person") + " Yes?") == f"word lost: {column}"
    quoted = re.findall(r"'[^']+'", line)[0]
    assert why_not(sql, line, line.replace(quoted, quoted.strip("'")) + " Yes?") == f"word lost: {quoted}"


def test_a_rewrite_that_answers_is_refused() -> None:
    sql = SKILLS["table_sql"].make("which_text", 1, rng_of("x"), "train")
    line = prose_line(sql.example.messages[0].content)
    assert why_not(sql, line, f"{line} {sql.example.response}") != ""


def test_a_prompt_without_prose_is_not_sent() -> None:
    speaker = Scripted(politely)
    log = SKILLS["extract_json"].make("log", 1, rng_of("x"), "train")
    kept, rejected = rephrase(Recipe(), [log], speaker)
    assert (kept, speaker.asked, rejected[0].reason) == ([], [], "nothing to rewrite")
    assert prose_line("write a poem") == "write a poem"


def test_two_sources_with_one_rewrite_give_one_row() -> None:
    source = rows()[0]
    kept, rejected = rephrase(Recipe(), [source, source], Scripted(politely))
    assert len(kept) == 1 and rejected[0].reason == "made before"


def test_nothing_loud_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    rephrase(Recipe(n=1), rows()[:2], Scripted(politely))
    assert caplog.records == []


def test_importing_loads_no_distilabel() -> None:
    import subprocess
    import sys

    code = "import sys, generators.rephrase; print('distilabel' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
