"""`assay init DIR --from …`: a workspace with a page that runs, its data imported, its test sealed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assay.config import FILE, NAME
from assay.errors import UserError
from assay.files import Progress, publish_folder, silent
from assay.verbs.demo import TEMPLATE
from assay.verbs.importing.request import Request, Split
from assay.verbs.importing.rows import Imported
from assay.verbs.importing.verb import import_data
from assay.verbs.init.look import Seen, look
from assay.verbs.init.page import page
from assay.verbs.init.propose import Proposal, propose
from assay.workspace import Workspace


@dataclass(frozen=True)
class Started:
    """What init saw, proposed and imported."""

    folder: Path
    seen: Seen
    proposal: Proposal
    imports: tuple[Imported, ...]

    def counts(self) -> dict[str, int]:
        """Return the rows of train, dev and test."""
        found: dict[str, int] = {}
        for made in self.imports:
            found |= {s: n for s, n in made.splits.items() if s != "train" and n}
            if made.version:
                found["train"] = made.kept
        return found


def init(
    folder: Path,
    sources: Sequence[str],
    *,
    mapping: str = "",
    split: Split | None = None,
    names: Mapping[str, str] | None = None,
    model: str = "smollm2-135m",
    progress: Progress = silent,
) -> Started:
    """Make the workspace in one piece: on any error nothing of it is there."""
    _free(folder)
    sources = [_absolute(s) for s in sources]
    seen = look(sources, mapping)
    proposal = propose(seen, split, names)
    name = project_name(folder)
    shown = " ".join(Path(s).name or s for s in sources)
    with publish_folder(folder) as temporary:
        (temporary / FILE).write_text(page(seen, proposal, name, shown, model), encoding="utf-8")
        ws = Workspace.at(temporary)
        imports = [import_data(ws, r, progress) for r in _requests(seen, proposal, name, mapping)]
    return Started(folder, seen, proposal, tuple(imports))


def init_empty(folder: Path) -> None:
    """Make a workspace with the demo's page, under the folder's name."""
    _free(folder)
    text = TEMPLATE.read_text(encoding="utf-8").replace(
        "project: demo", f"project: {project_name(folder)}", 1
    )
    with publish_folder(folder) as temporary:
        (temporary / FILE).write_text(text, encoding="utf-8")


def project_name(folder: Path) -> str:
    """Return the folder's name as a name of versions: what no name may hold becomes a dash."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.resolve().name).strip("-.")
    return name if NAME.fullmatch(name) else "project"


def _free(folder: Path) -> None:
    if (folder / FILE).exists():
        raise UserError("there is a workspace already", where=str(folder), fix="take another folder")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError("the folder is not empty", where=str(folder), fix="take a new folder")


def _absolute(source: str) -> str:
    return source if source.startswith("hf:") else str(Path(source).absolute())


def _requests(seen: Seen, proposal: Proposal, name: str, mapping: str) -> list[Request]:
    """Return the imports: held-out files first, so that training rows equal to theirs are kept out."""
    split, parts = proposal.split, seen.parts
    requests = [
        Request(parts[role], role, name, mapping, limit=_limit(getattr(split, role)))
        for role in ("test", "dev")
        if role in parts
    ]
    rest = replace(split, **{role: 0 for role in ("dev", "test") if role in parts})
    whole = rest.train is None and not rest.dev and not rest.test
    usable = tuple(str(p.path) for p in seen.reading.source.parts if p.path) or parts["train"]
    training = parts["train"] if len(parts) > 1 else usable
    return [*requests, Request(training, "train", name, mapping, split=None if whole else rest)]


def _limit(size: object) -> int | None:
    return size if isinstance(size, int) and size else None
