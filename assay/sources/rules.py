"""The rules that recognise rows: one function each, tried from the rare and sure to the common."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assay.sources import roles as r
from assay.sources.choices import choices_of
from assay.sources.fields import plain_name, text_of, unpacked
from assay.sources.sampled import Fields, is_scalar, is_text
from assay.sources.turns import is_conversation

UNRECOGNISED = "unrecognised"


@dataclass(frozen=True)
class Shape:
    """What rows are, for people, and which fields play which role; `fields` are all there are."""

    name: str
    roles: r.Roles
    fields: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def recognised(self) -> bool:
        """Whether there is a guess at all."""
        return self.name != UNRECOGNISED


_ASKED = "question query problem prompt instruction input user_query user_prompt question_text query_text"
_ANSWERED = "answer answers target output response completion gold gold_answer solution final_answer result"
_SAID = "completion response output answer target generation reply assistant"
_TEXT = (
    "text sentence review utterance comment tweet content message email body headline description title"
    " document"
)
_LABEL = (
    "label_text label_name label labels category class class_name queue intent sentiment emotion topic"
    " department tag stars rating target type classification is_toxic toxic spam"
)
_CONTEXT = "context passage paragraph background story document article premise"
_CORRECT = (
    "answer_key answer correct_answer correct_option correct label gold answer_index answer_idx target output"
)


def _roles(**found: str | tuple[str, ...] | None) -> dict[str, tuple[str, ...]]:
    return {role: (names,) if isinstance(names, str) else names for role, names in found.items() if names}


def _prompt(fields: Fields, words: str = _ASKED) -> tuple[str, ...] | None:
    """Return the fields that ask: a body before its question, else the first synonym that holds text."""
    body, question = fields.find("body"), fields.find("question")
    if body and question:
        return (body, question)
    found = next((f for w in words.split() if (f := fields.find(w)) and fields.most(f, is_text)), None)
    return (found,) if found else None


def _preference(fields: Fields) -> Shape | None:
    chosen = fields.find("chosen chosen_response response_chosen preferred better accepted")
    rejected = fields.find("rejected rejected_response response_rejected dispreferred worse")
    if not (chosen and rejected):
        return None
    talk = _conversation_field(fields, but=(chosen, rejected))
    return Shape(
        "preference",
        _roles(
            chosen=chosen, rejected=rejected, messages=talk, prompt=None if talk else _alpaca_prompt(fields)
        ),
    )


def _alpaca_prompt(fields: Fields) -> tuple[str, ...] | None:
    instruction, given = fields.find("instruction"), fields.named("input")
    return (instruction, given) if instruction and given else _prompt(fields)


def _conversation_field(fields: Fields, but: tuple[str, ...] = ()) -> str | None:
    first = fields.find("messages conversations conversation dialogue dialog turns chat prompt", but)
    names = [first, *fields.names] if first else list(fields.names)
    return next((n for n in names if n not in but and fields.most(n, is_conversation)), None)


def _conversation(fields: Fields) -> Shape | None:
    found = _conversation_field(fields)
    if not found:
        return None
    turns = [turn for value in fields.values(found) if isinstance(v := unpacked(value), list) for turn in v]
    keys = {key for turn in turns if isinstance(turn, Mapping) for key in turn}
    named = {str(t.get("role", t.get("from"))) for t in turns if isinstance(t, Mapping)}
    calls = "tool_calls" in keys or named & {"tool", "function", "function_call", "observation"}
    tools = fields.find("tools functions")
    name = "tool calls" if calls or tools else "ShareGPT" if "from" in keys else "messages"
    gold = fields.find("answer gold gold_answer ground_truth", (found,))
    said = fields.find("completion", (found,)) if plain_name(found) == "prompt" else None
    return Shape(name, _roles(messages=found, answer=gold, response=said))


def _instructions(fields: Fields) -> Shape | None:
    names, arguments, prompt = (
        fields.find("instruction_id_list"),
        fields.find("kwargs"),
        fields.find("prompt"),
    )
    if not (names and prompt):
        return None
    both = (names, arguments) if arguments else (names,)
    return Shape("verifiable instructions", _roles(prompt=prompt, instructions=both))


def _code(fields: Fields) -> Shape | None:
    tests = fields.find("test tests test_list test_cases")
    solution = fields.find("canonical_solution reference_solution solution code")
    prompt = fields.find("prompt question text problem")
    if not (tests and solution and prompt):
        return None
    return Shape(
        "code with tests",
        _roles(prompt=prompt, response=solution),
        notes=(f"the field {tests!r} holds programs; Assay runs none of them",),
    )


def _turn_prompts(fields: Fields) -> Shape | None:
    turns = fields.find("turns prompts")
    if not fields.most(turns, lambda v: isinstance(v, list) and all(isinstance(t, str) for t in v)):
        return None
    note = f"only the first of the {turns!r} is asked: the next depends on the answer"
    return Shape("multi-turn prompts", _roles(prompt=f"{turns}.0"), notes=(note,))


_PAIRS = [
    "sentence1 sentence2",
    "sentence_1 sentence_2",
    "sentence_a sentence_b",
    "premise hypothesis",
    "question1 question2",
    "text1 text2",
    "text_1 text_2",
    "text_a text_b",
    "1_string 2_string",
    "s1 s2",
]


def _pair(fields: Fields) -> Shape | None:
    for words in _PAIRS:
        first, second = (fields.find(w) for w in words.split())
        label = fields.find(
            "label gold_label entailment_judgment quality is_duplicate similarity judgment class score"
        )
        if first and second and label:
            return Shape("sentence pair", _roles(prompt=(first, second), label=label))
    return None


_COLUMNS = [
    "a b c d e f",
    "option_a option_b option_c option_d option_e",
    "choice_a choice_b choice_c choice_d",
    "option1 option2 option3 option4 option5",
    "choice1 choice2 choice3 choice4",
    "answer1 answer2 answer3 answer4",
    "ending0 ending1 ending2 ending3",
    "sol1 sol2",
    "opa opb opc opd",
]


def _choice(fields: Fields) -> Shape | None:
    found = fields.find(
        "choices options answer_choices candidates endings question.choices mc1_targets.choices"
    )
    choices = (found,) if fields.most(found, choices_of) and found else _choice_columns(fields)
    if not choices:
        return None
    asked = fields.find("question.stem") or next(
        iter(_prompt(fields, f"{_ASKED} stem goal sentence ctx") or ()), None
    )
    if not asked:
        return None
    answer = fields.find(_CORRECT, (asked, *choices))
    return Shape(
        "multiple choice",
        _roles(prompt=asked, choices=choices, answer=answer, context=fields.find(_CONTEXT, (asked,))),
    )


def _choice_columns(fields: Fields) -> tuple[str, ...] | None:
    for words in _COLUMNS:
        found = [fields.find(w) for w in words.split()]
        if found[0] and found[1]:
            return tuple(name for name in found if name)
    return None


def _self_instruct(fields: Fields) -> Shape | None:
    instruction, instances = fields.find("instruction"), fields.find("instances")
    if not (instruction and fields.most(instances, _is_instances)):
        return None
    note = f"only the first of each row's {instances!r} is read"
    prompt = (instruction, f"{instances}.0.input")
    return Shape("self-instruct", _roles(prompt=prompt, response=f"{instances}.0.output"), notes=(note,))


def _is_instances(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping) and "output" in value[0]


def _alpaca(fields: Fields) -> Shape | None:
    instruction, output = fields.find("instruction"), fields.find("output response completion")
    if not (fields.most(instruction, is_text) and output):
        return None
    given, gold = fields.named("input"), fields.find("answer gold gold_answer label", (output,))
    prompt = tuple(name for name in (instruction, given) if name)
    lost = fields.find("history")
    return Shape(
        "Alpaca",
        _roles(prompt=prompt, context=fields.find("context"), response=output, answer=gold),
        notes=(f"the earlier turns in {lost!r} are not read",) if lost else (),
    )


_NUMBER = re.compile(r"\s*[-+]?[$€£]?\s*\d[\d,]*(\.\d+)?(/\d+)?\s*%?\s*")


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_NUMBER.fullmatch(value)) or "####" in value
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _math(fields: Fields) -> Shape | None:
    prompt = _prompt(fields)
    answer = fields.find("answer final_answer target result output gold solution", prompt or ())
    if not prompt or not fields.most(answer, _is_number):
        return None
    worked = fields.find("solution rationale explanation reasoning", (answer,))
    return Shape("math word problem", _roles(prompt=prompt, answer=answer, response=worked))


def _prompt_completion(fields: Fields) -> Shape | None:
    prompt = fields.find("prompt")
    said = fields.find(_SAID, (prompt,))
    if not (fields.most(prompt, is_text) and fields.most(said, is_scalar)):
        return None
    gold = fields.find("answer gold gold_answer label target", (said,))
    name = "question and answer" if said == fields.find("answer") else "prompt–completion"
    if name == "question and answer":
        return Shape(name, _roles(prompt=prompt, answer=said))
    return Shape(name, _roles(prompt=prompt, response=said, answer=gold))


def _question_answer(fields: Fields) -> Shape | None:
    prompt = _prompt(fields)
    answer = fields.find(_ANSWERED, prompt or ())
    if not (prompt and answer):
        return None
    if fields.most(answer, lambda v: isinstance(v, Mapping)):
        answer = f"{answer}.text.0"
    elif fields.most(answer, lambda v: isinstance(v, list)):
        answer = f"{answer}.0"
    note = (f"only the first answer, {answer}, is read",) if answer.endswith(".0") else ()
    worked = fields.find("response rationale explanation reasoning", (answer, *prompt))
    context = fields.find(_CONTEXT, prompt)
    roles = _roles(prompt=prompt, context=context, answer=answer, response=worked)
    return Shape("question and answer", roles, notes=note)


def _classification(fields: Fields) -> Shape | None:
    first, second = fields.find("subject title"), fields.find("body text description content message", ())
    text = (first, second) if first and second else _prompt(fields, f"{_TEXT} subject {_ASKED}")
    label = fields.find(_LABEL, text or ())
    if not text or not fields.most(label, lambda v: is_scalar(v) and len(text_of(v)) <= 80):
        return None
    longest = max(fields.length(name) for name in text)
    if any(fields.length(n) > 2 * longest + 50 for n in fields.names if n not in text):
        return None  # the text that matters is another
    return Shape("classification", _roles(prompt=text, label=label))


def _responses(fields: Fields) -> Shape | None:
    item = fields.find("item item_id task_id question_id example_id id key")
    said = fields.find("completion response output prediction generation answer", (item,))
    score = fields.find("score correct passed reward rating")
    if not item or not (fields.most(said, is_scalar) or score):
        return None
    return Shape("responses" if said else "scores", _roles(item=item, response=said, score=score))


def _prompts(fields: Fields) -> Shape | None:
    prompt = _prompt(fields)
    return Shape("prompts", _roles(prompt=prompt)) if prompt else None


def _plain_text(fields: Fields) -> Shape | None:
    prompt = _prompt(fields, "text content document body sentence")
    if not prompt or len(fields.values(prompt[0])) * 2 < len(fields.rows):
        return None
    if any(fields.length(n) > 2 * fields.length(prompt[0]) for n in fields.names):
        return None
    return Shape("text", _roles(prompt=prompt))


def _two_columns(fields: Fields) -> Shape | None:
    """Tell a label from a text in two columns without names: short, and the same words again."""
    if len(fields.plain) != 2 or len(fields.rows) < 8:
        return None
    short, long = sorted(fields.plain.values(), key=fields.length)
    labels = [text_of(v) for v in fields.values(short)]
    if fields.length(long) < 2 * fields.length(short) or len(set(labels)) * 2 > len(labels):
        return None
    return Shape("classification", _roles(prompt=long, label=short), notes=("guessed from the values alone",))


RULES: tuple[Callable[[Fields], Shape | None], ...] = (
    _preference,
    _conversation,
    _instructions,
    _code,
    _turn_prompts,
    _pair,
    _choice,
    _self_instruct,
    _alpaca,
    _math,
    _prompt_completion,
    _question_answer,
    _classification,
    _responses,
    _prompts,
    _plain_text,
    _two_columns,
)
"""Tried in this order: what is rarer and surer comes first."""
