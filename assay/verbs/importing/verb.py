"""`assay import`: read, check and publish one source."""

from __future__ import annotations

from assay.config import Task
from assay.errors import UserError
from assay.files import Progress, silent
from assay.verbs.importing.convert import Converter
from assay.verbs.importing.gold import guess
from assay.verbs.importing.items import import_items
from assay.verbs.importing.reading import Reading, read
from assay.verbs.importing.request import Request, task_check
from assay.verbs.importing.rows import Imported, import_rows
from assay.workspace import Workspace, check_name


def import_source(ws: Workspace, request: Request, progress: Progress = silent) -> Imported:
    """Import what the request names. Raises UserError with where and fix; nothing is half-imported."""
    reading, converter = plan(request, ws.config.task)
    if request.role in ("train", "prompts"):
        return import_rows(ws, request, reading, converter, progress)
    return import_items(ws, request, reading, converter, progress)


def plan(request: Request, task: Task) -> tuple[Reading, Converter]:
    """Open the source, give its fields roles, and settle how answers are judged."""
    check_name(request.name)
    if request.split and request.role != "train":
        raise UserError(f"--split goes with --as train, not --as {request.role}", fix="leave one of them out")
    reading = read(request, task)
    check = request.check or task_check(task)
    if check is None:
        check = guess(reading.sample(), task.labels)
    elif check["kind"] == "choice" and task.labels and "choices" not in check:
        check = {**check, "choices": list(task.labels)}
    elif check["kind"] == "choice" and "choices" not in check:
        check = {**check, **{k: v for k, v in guess(reading.sample()).items() if k == "choices"}}
    return reading, Converter(request.name, task, check)
