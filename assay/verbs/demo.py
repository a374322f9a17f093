"""The workspace of the demo: a commented assay.yaml that shows the whole loop in minutes on a laptop."""

from __future__ import annotations

from pathlib import Path

from assay.config import FILE
from assay.errors import UserError
from assay.files import publish_text

TEMPLATE = Path(__file__).with_name("demo.yaml")


def make_demo(folder: Path) -> bool:
    """Write the demo's assay.yaml into the folder; False when it is there already.

    Raises UserError when the folder holds another project.
    """
    path, text = folder / FILE, TEMPLATE.read_text(encoding="utf-8")
    if path.is_file():
        return False
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(
            "the folder is not empty and has no assay.yaml", where=str(folder), fix="assay demo NEWDIR"
        )
    publish_text(path, text)
    return True
