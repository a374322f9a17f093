"""The file and the case that `assay query new` writes for each kind; they pass as they are."""

from __future__ import annotations

from curation.kinds import Kind

_ROWS = """  given:
    examples:
      - {example_id: a, prompt: Say hello, response: Hello., skill: greeting}
      - {example_id: b, prompt: Say nothing, response: "", skill: greeting}
"""

_SQL: dict[Kind, str] = {
    "reject": """-- Reject rows whose response has fewer characters than `least`.
--
-- Say here why such a row hurts.
--
-- scope row
-- param least INTEGER = 1: fewest characters
SELECT example_id, 'response of ' || length(response) || ' characters' AS reason
FROM examples
WHERE length(response) < $least
""",
    "score": """-- Score each row by the length of its response.
--
-- Say here what the number is good for.
--
-- scope row
SELECT example_id, CAST(length(response) AS DECIMAL(18,9)) AS score
FROM examples
""",
    "select": """-- Select n rows by a hash of id and seed.
--
-- param n INTEGER = 1: rows in all
-- param seed BIGINT = 0: another seed picks other rows
SELECT example_id, CAST(1 AS DECIMAL(18,9)) AS weight
FROM examples
ORDER BY md5(example_id || $seed), example_id
LIMIT $n
""",
    "feedback": """-- Ask for more of the skills in which more dev answers are wrong.
SELECT skill, CAST(1 + sum(CAST(1 - score AS DECIMAL(18,9))) / count(*) AS DECIMAL(18,9)) AS weight
FROM results
GROUP BY skill
""",
    "audit": """-- Fail when a selected row has an empty response.
SELECT example_id
FROM examples JOIN selection USING (example_id)
WHERE response = ''
""",
    "report": """-- Count rows by skill.
SELECT skill, count(*) AS rows
FROM examples
GROUP BY skill
ORDER BY skill
""",
}

_EXPECT: dict[Kind, str] = {
    "reject": "  expect:\n    - {example_id: b, reason: response of 0 characters}\n",
    "score": "  expect:\n    - {example_id: a, score: 6}\n    - {example_id: b, score: 0}\n",
    "select": "  expect:\n    - {example_id: a, weight: 1}\n    - {example_id: b, weight: 1}\n",
    "feedback": "  expect:\n    - {skill: sums, weight: 1.5}\n",
    "audit": "  expect:\n    - {example_id: b}\n",
    "report": "  expect:\n    - {skill: greeting, rows: 2}\n",
}


def skeleton(kind: Kind) -> tuple[str, str]:
    """Return the SQL and the cases of a new query."""
    given = _ROWS
    if kind == "feedback":
        given = (
            "  given:\n    results:\n      - {item_id: a, skill: sums, score: 1}\n"
            "      - {item_id: b, skill: sums, score: 0}\n"
        )
    if kind == "audit":
        given += "    selection:\n      - {example_id: a}\n      - {example_id: b}\n"
    if kind == "select":
        given += "  params: {n: 2}\n"
    return _SQL[kind], f"- name: an example to edit\n{given}{_EXPECT[kind]}"
