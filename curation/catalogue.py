"""What `assay query new|test|run|list|show|copy` and `assay sql` do; the CLI only formats it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from assay.errors import QueryError
from assay.files import publish_text
from curation import lock
from curation.cases import CaseResult, cases_path, run_cases
from curation.header import nearest
from curation.kinds import CONTRACTS, SQL_READS, Kind
from curation.loader import Library, Query
from curation.relations import Relations
from curation.session import DEFAULT_LIMITS, Limits, Session
from curation.skeletons import skeleton
from curation.text import blank_comments

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Listed:
    """One line of `assay query list`; `problem` says why a query of yours cannot be read."""

    name: str
    own: bool
    summary: str
    problem: str = ""


@dataclass(frozen=True)
class Tested:
    """How one query file went: header, contract and lock first (`problem`), then its cases."""

    name: str
    own: bool
    problem: str
    cases: tuple[CaseResult, ...]

    @property
    def passed(self) -> bool:
        """Say whether file and cases hold."""
        return not self.problem and all(c.passed for c in self.cases)


@dataclass(frozen=True)
class Shown:
    """Everything `assay query show` prints."""

    query: Query
    text: str
    cases: str
    identity: str


def listing(library: Library) -> list[Listed]:
    """List the queries, the workspace's first; a broken one does not hide the others."""
    found = []
    for kind, path, own in library.files():
        name, summary, problem = f"{kind}/{path.stem}", "", ""
        try:
            summary = library.load(name).header.summary
        except QueryError as error:
            problem = str(error)
        found.append(Listed(name, own, summary, problem))
    return found


def show(library: Library, name: str) -> Shown:
    """Return a query with its text, cases and identity at the default parameters."""
    query = library.load(name)
    beside = cases_path(query.path)
    cases = beside.read_text(encoding="utf-8") if beside.is_file() else ""
    return Shown(query, query.path.read_text(encoding="utf-8"), cases, query.bind().identity)


def test(library: Library, names: Iterable[str] = ()) -> list[Tested]:
    """Check header, contract, lock and cases of the named queries, or of all."""
    return [_test(library, kind, path, own) for kind, path, own in library.every(names)]


def _test(library: Library, kind: Kind, path: Path, own: bool) -> Tested:
    name = f"{kind}/{path.stem}"
    try:
        query = library.load(name)
    except QueryError as error:
        return Tested(name, own, str(error), ())
    return Tested(name, own, "", tuple(run_cases(query)))


def run(
    library: Library,
    name: str,
    relations: Relations,
    params: Mapping[str, Any] = {},
    limit: int | None = None,
) -> pa.Table:
    """Return what a query gives over these relations; writes nothing and sees no test row."""
    query = library.load(name)
    bound = query.bind(params)
    with Session.over(relations) as session:
        rows = session.query(query.runnable, bound.values, query.shown)
    return rows if limit is None else rows.slice(0, limit)


def sql(text: str, relations: Relations, limits: Limits = DEFAULT_LIMITS) -> pa.Table:
    """Run one SELECT of the user behind the same gate and lock; test rows are not there."""
    statement = blank_comments(text)
    reads = lock.check(statement, SQL_READS, "sql")
    if reads.params:
        raise QueryError(f"${min(reads.params)} has no value here", where="sql", fix="write the value itself")
    with Session.over(relations, limits=limits) as session:
        return session.query(statement, {}, "sql")


def new(full_name: str, workspace: Path) -> tuple[Path, Path]:
    """Write a query and its cases that pass, ready to edit; raises QueryError when the name is taken."""
    kind, _, name = full_name.partition("/")
    if kind not in CONTRACTS or not name:
        raise QueryError(
            f"{full_name!r} is not KIND/NAME{nearest(kind, CONTRACTS)}", fix=f"KIND: {' '.join(CONTRACTS)}"
        )
    text, cases = skeleton(kind)
    return _write(workspace, kind, name, text, cases)


def copy(library: Library, name: str, new_name: str | None, workspace: Path) -> tuple[Path, Path]:
    """Put an editable copy into the workspace; under the same name it replaces the shipped query there."""
    kind, path, _ = library.find(name)
    target = (new_name or path.stem).rpartition("/")
    if target[0] not in ("", kind):
        raise QueryError(f"a {kind} query stays a {kind} query", fix=f"copy it as {kind}/{target[2]}")
    beside = cases_path(path)
    cases = beside.read_text(encoding="utf-8") if beside.is_file() else "[]\n"
    return _write(workspace, kind, target[2], path.read_text(encoding="utf-8"), cases)


def _write(workspace: Path, kind: str, name: str, text: str, cases: str) -> tuple[Path, Path]:
    if not _NAME.fullmatch(name):
        raise QueryError(f"{name!r} is not a query name", fix="small letters, digits and _, a letter first")
    path = workspace / "queries" / kind / f"{name}.sql"
    if not publish_text(path, text):
        raise QueryError("this query exists", where=str(path.relative_to(workspace)), fix="edit it")
    publish_text(cases_path(path), cases)
    return path, cases_path(path)
