"""Score a file of responses: what counts, what the interval is, and what bad files say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scipy.stats import binomtest

from assay.cli.main import run
from assay.errors import UserError
from assay.verbs.score import read_rows, score_file, wilson

DATA = Path(__file__).parents[4] / "shared" / "data"
NUMBER = {"kind": "number"}
ROWS: list[dict[str, object]] = [
    {"said": "The answer is 1,200.", "gold": "1200"},
    {"said": "6*7=42 #### 42", "gold": "#### 42"},
    {"said": "I think 7", "gold": 8},
]


def write(path: Path) -> Path:
    if path.suffix == ".json":
        path.write_text(json.dumps(ROWS), encoding="utf-8")
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(r) + "\n\n" for r in ROWS), encoding="utf-8")
    else:
        mark = "\t" if path.suffix == ".tsv" else ","
        lines = [mark.join(["said", "gold"])]
        lines += [mark.join(f'"{v}"' for v in r.values()) for r in ROWS]
        path.write_text("\ufeff" + "\r\n".join(lines) + "\r\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "a.tsv"])
def test_every_kind_of_file_gives_the_same(name: str, tmp_path: Path) -> None:
    found = score_file(write(tmp_path / name), "said", "gold", NUMBER)
    assert (found.n, found.correct) == (3, 2)
    assert found.accuracy == pytest.approx(2 / 3)


@pytest.mark.parametrize(("correct", "n"), [(0, 5), (5, 5), (3, 7), (178, 1319)])
def test_the_interval_is_wilsons(correct: int, n: int) -> None:
    expected = binomtest(correct, n).proportion_ci(method="wilson")
    assert wilson(correct, n) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_the_command_needs_no_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = str(write(tmp_path / "a b ü.jsonl"))
    words = ["eval", "score", file, "--response", "said", "--answer", "gold", "--check", "number", "--json"]
    assert run(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"schema", "n", "correct", "accuracy", "lo", "hi"}
    assert not (tmp_path / ".assay").exists()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.jsonl", b"", "no rows"),
        ("a.jsonl", b'{"said": "1", "gold": "1"}\n{"said": ', "line 2 is not JSON"),
        ("a.jsonl", b"[1]\n", "line 1 is no object"),
        ("a.jsonl", b"[" * 100_000, "line 1 is not JSON"),
        ("a.jsonl", b'{"said": "1", "gold": null}\n', "no 'gold' in line 1"),
        ("a.jsonl", b'{"sad": "1", "gold": "1"}\n', "no row has the field 'said'"),
        ("a.jsonl", b'{"said": "\xff"}\n', "not UTF-8 at byte"),
        ("a.json", b'{"said": 1}', "no list of objects"),
        ("a.json", b"[1, 2", "line 1 is not JSON"),
        ("a.csv", b"said,gold\n1,2,3\n", "line 2 has more cells"),
        ("a.csv", b'said,gold\n"1,2\n', "line 2"),
        ("a.txt", b"said", "unknown kind of file"),
    ],
)
def test_bad_files_say_what_and_where(name: str, text: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text)
    with pytest.raises(UserError, match=says):
        score_file(tmp_path / name, "said", "gold", NUMBER)


def test_an_unknown_check_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown check 'nmber'"):
        score_file(write(tmp_path / "a.json"), "said", "gold", {"kind": "nmber"})


@pytest.mark.parametrize(
    ("file", "field", "n"),
    [("gsm8k/test.jsonl", "answer", 1319), ("svamp/SVAMP.json", "Answer", 1000)],
)
def test_real_gold_passes_its_own_check(file: str, field: str, n: int) -> None:
    if not (DATA / file).is_file():
        pytest.skip("the public data sets are not beside this checkout")
    found = score_file(DATA / file, field, field, NUMBER)
    assert (found.n, found.correct) == (n, n)


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    assert [line for line, _ in read_rows(write(tmp_path / "a.jsonl"))] == [1, 3, 5]
