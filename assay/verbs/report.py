"""Publish a report page."""

from __future__ import annotations

from pathlib import Path

from assay.files import publish_text
from assay.report.data import ReportData


def write_page(report: ReportData, path: Path) -> Path:
    """Write the self-contained page, replacing an older one."""
    from assay.report.page import render

    publish_text(path, render(report), replace=True)
    return path
