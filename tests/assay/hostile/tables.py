"""Broken and hostile CSV and TSV, by hand: file name → bytes."""

from __future__ import annotations

GOOD = "question,answer\n" + "".join(f"What is {i} plus one?,{i + 1}\n" for i in range(12))

_LABELLED = "".join(f"this is sentence number {i},{('good', 'bad')[i % 2]}\n" for i in range(30))

INJECTION = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x","y")')


def _cells(*cells: str) -> str:
    return ",".join('"' + c.replace('"', '""') + '"' for c in cells) + "\n"


TEXTS: dict[str, str] = {
    "head-only.csv": "question,answer\n",
    "head-only-no-end.csv": "question,answer",
    "head-and-blanks.csv": "question,answer\n\n\n,\n",
    "one-column.csv": "question\n" + "what?\n" * 12,
    "one-cell.csv": "x",
    "one-comma.csv": ",",
    "commas.csv": ",,,,\n,,,,\n,,,,\n",
    "same-names.csv": GOOD.replace("question,answer", "question,question"),
    "empty-names.csv": GOOD.replace("question,answer", ","),
    "blank-names.csv": GOOD.replace("question,answer", " ,\t"),
    "spaced-names.csv": GOOD.replace("question,answer", " question , answer "),
    "upper-names.csv": GOOD.replace("question,answer", "QUESTION,Answer"),
    "no-head.csv": GOOD.split("\n", 1)[1],
    "head-twice.csv": GOOD + GOOD,
    "ansi-names.csv": GOOD.replace("question,answer", "\x1b[31mq\x1b[0m,\u202ea"),
    "name-of-1mb.csv": GOOD.replace("answer", "a" * 1_000_000),
    "ten-thousand-columns.csv": ",".join(f"c{i}" for i in range(10_000))
    + "\n"
    + ",".join(["1"] * 10_000)
    + "\n",
    "too-many-columns.csv": ",".join(f"c{i}" for i in range(20_000)) + "\n",
    "short-rows.csv": GOOD + "short\n" * 3,
    "long-rows.csv": GOOD + "a,b,c,d,e\n" * 3,
    "all-rows-long.csv": "question,answer\n" + "a,b,c,d\n" * 12,
    "unclosed-quote.csv": GOOD + '"never closed,1\n' + GOOD * 3,
    "unclosed-quote-in-head.csv": '"question,answer\n' + GOOD,
    "quote-in-cell.csv": GOOD + 'say "hi",2\n',
    "text-after-quote.csv": GOOD + '"a"b,2\n',
    "quotes-only.csv": '"\n' * 20,
    "empty-quotes.csv": GOOD + '"",""\n' * 3,
    "newlines-in-cells.csv": GOOD + _cells("two\nlines", "3") + _cells("x\r\ny\rz", "4"),
    "head-in-two-lines.csv": '"quest\nion",answer\nx,1\ny,2\n',
    "injection.csv": "question,answer\n" + "".join(_cells(c, str(i)) for i, c in enumerate(INJECTION)),
    "injection-names.csv": "=cmd|' /C calc'!A0,+1\n" + "x,1\n" * 12,
    "ansi-cells.csv": "question,answer\n"
    + "".join(_cells(f"\x1b[2J{i}", "\x9b31m\u202e") for i in range(12)),
    "semicolons.csv": GOOD.replace(",", ";"),
    "pipes.csv": GOOD.replace(",", "|"),
    "tabs.csv": GOOD.replace(",", "\t"),
    "carets.csv": GOOD.replace(",", "^"),
    "mixed-delimiters.csv": GOOD + "a;b\nc\td\n",
    "sep-line.csv": "sep=,\n" + GOOD,
    "comment-first.csv": "# made by a program\n" + GOOD,
    "crlf.csv": GOOD.replace("\n", "\r\n"),
    "cr.csv": GOOD.replace("\n", "\r"),
    "mixed-ends.csv": "".join(line + ("\n", "\r\n", "\r")[i % 3] for i, line in enumerate(GOOD.splitlines())),
    "blank-lines.csv": GOOD.replace("\n", "\n\n"),
    "commas.tsv": GOOD,
    "good.tsv": GOOD.replace(",", "\t"),
    "quotes.tsv": GOOD.replace(",", "\t") + '"a\t1\n"b"\t2\n',
    "control-z.csv": GOOD + "\x1a",
    "nul-cells.csv": GOOD + "a\0b,1\n" + "\0,\0\n",
    "numbers-only.csv": "".join(f"{i},{i * 2}\n" for i in range(12)),
    "numeric-names.csv": "1,2\n" + "".join(f"what {i},{i}\n" for i in range(12)),
    "reserved-names.csv": "example_id,weight,check_spec,kind\n" + "a,b,c,d\n" * 12,
    "sql-names.csv": 'question"; DROP TABLE x; --,answer\n' + "".join(f"q{i},{i}\n" for i in range(12)),
    "sql-cells.csv": "question,answer\n" + "".join(f"'); DROP TABLE t{i}; --,{i}\n" for i in range(12)),
    "shell-cells.csv": "question,answer\n" + "".join(f"$(rm -rf {i}) `id`,{i}\n" for i in range(12)),
    "template-cells.csv": "question,answer\n"
    + "".join(f"{{{{ {i} }}}} {{% x %}} {{}} %s,{{{i}}}\n" for i in range(12)),
    "path-cells.csv": "text,label\n"
    + "".join(f"some text of line {i},../../etc/{i % 2}\n" for i in range(30)),
    "label-is-blank.csv": "text,label\n" + "".join(f"this is sentence number {i},\n" for i in range(30)),
    "label-half-blank.csv": "text,label\n"
    + _LABELLED
    + "".join(f"and this is sentence {i},\n" for i in range(30)),
    "label-one.csv": "text,label\n" + _LABELLED.replace("bad", "good"),
    "label-once.csv": "text,label\n" + _LABELLED + "a rare bird,rare\n",
    "label-float.csv": "text,label\n"
    + "".join(f"this is sentence number {i},{i % 2}.0\n" for i in range(30)),
    "label-two-columns.csv": "text,label,label_text\n"
    + "".join(f"sentence {i} is here,{i % 2},{('no', 'yes')[i % 2]}\n" for i in range(30)),
    "same-text-other-label.csv": "text,label\n"
    + "".join(f"always the same text,{('good', 'bad')[i % 2]}\n" for i in range(30)),
    "texts-swapped.csv": "label,text\n"
    + "".join(f"this is sentence number {i},{i % 2}\n" for i in range(30)),
    "one-group.csv": "question,answer,user_id\n" + "".join(f"what is {i},{i},7\n" for i in range(30)),
    "groups.csv": "question,answer,user_id\n"
    + "".join(f"what is {i * 37},{i},{i % 11}\n" for i in range(60)),
    "two-big-groups.csv": "question,answer,template\n"
    + "".join(f"what is {i * 37},{i},{i % 2}\n" for i in range(60)),
    "prose.txt": "Once upon a time there was a file.\nIt held no rows at all.\n" * 5,
    "prose.csv": "Once upon a time, there was a file.\nIt held no rows at all.\n" * 5,
    "prose.jsonl": "Once upon a time there was a file.\nIt held no rows at all.\n" * 5,
    "log.txt": "2026-11-24 10:00:00 INFO started\n2026-11-24 10:00:01 ERROR failed: \x1b[31mred\x1b[0m\n" * 5,
    "yaml.csv": "- question: a\n  answer: b\n- question: c\n  answer: d\n",
    "markdown.csv": "| question | answer |\n|---|---|\n| a | 1 |\n| b | 2 |\n",
    "labelled.txt": "".join(f"{i % 2} this is sentence number {i}\n" for i in range(30)),
    "conll.txt": "".join(f"word{i} NN B-PER\n" + "\n" * (i % 3 == 0) for i in range(30)),
    "html.csv": "<!DOCTYPE html><html><head><title>404</title></head><body>Not found</body></html>",
    "html.jsonl": "\n  <html><body>502 Bad Gateway</body></html>",
    "html-late.csv": GOOD + "<html><body>502 Bad Gateway</body></html>\n",
    "xml.json": '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "lfs-pointer.parquet": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
    "python.jsonl": "import os\nos.system('id')\n",
    "shebang.csv": "#!/bin/sh\nrm -rf /\n",
}

BYTES: dict[str, bytes] = {
    **{name: text.encode() for name, text in TEXTS.items()},
    "bom8.csv": b"\xef\xbb\xbf" + GOOD.encode(),
    "bom16.csv": GOOD.encode("utf-16"),
    "bom32.tsv": GOOD.replace(",", "\t").encode("utf-32"),
    "no-bom16.csv": GOOD.encode("utf-16-be"),
    "latin1.csv": (GOOD + "Größe?,groß\n").encode("latin-1"),
    "latin1-head.csv": GOOD.replace("question", "größe").encode("latin-1"),
    "invalid-utf8.csv": GOOD.encode() + b"\xff\xfe,1\n" * 3,
    "empty.csv": b"",
    "empty.tsv": b"",
    "spaces.csv": b"   \n \n",
}
