"""A real browser runs nothing that stands in a report whose every text field is hostile."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from assay.report.data import BASE, SHARED
from assay.report.page import render
from tests.assay.report.conftest import full
from tests.assay.report.test_page import nesting

BROWSER = next((b for n in ("chromium", "chromium-browser", "google-chrome") if (b := shutil.which(n))), None)
RAN = "document.documentElement.setAttribute('data-ran','1')"
ATTACKS = (
    f"<script>{RAN}</script>",
    f"</title></style></svg></textarea><script>{RAN}</script>",
    f"<img src=x onerror={RAN}>",
    f'"><svg onload={RAN}>',
    f"' onmouseover={RAN} autofocus onfocus={RAN} tabindex=1 '",
    f'<a href="javascript:{RAN}">x</a><iframe srcdoc="<script>parent.{RAN}</script>"></iframe>',
    f'<iframe src="javascript:parent.{RAN}"></iframe>',
    f'<meta http-equiv=refresh content="0;url=javascript:{RAN}">',
    f"]]><script>{RAN}</script><!--",
    f"\u2028<script>{RAN}</script>\u2029\u202e",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "}</style><style>@import url(https://example.com/x);*{display:none}",
)
KEPT = {"verdict", "split", "part"}
"""Fields with a closed set of values."""


def poisoned(value: Any, text: str) -> Any:
    """Return a report with `text` in every field that is a text, but for the names that mean something."""
    if isinstance(value, tuple):
        return tuple(poisoned(v, text) for v in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return type(value)(**{k: v if k in KEPT else poisoned(v, text) for k, v in fields.items()})
    return text if isinstance(value, str) and value not in (BASE, SHARED) else value


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_stays_text(attack: str) -> None:
    page = render(poisoned(full(), attack))
    clean = render(full())
    parser = nesting(page)
    assert (parser.open, parser.wrong) == ([], [])
    assert set(parser.seen) <= set(nesting(clean).seen)
    assert not {"script", "img", "iframe", "a", "object", "embed", "form", "link"} & set(parser.seen)
    for tag in re.findall(r"<[a-z][^<>]*>", page):
        assert not re.search(r"\son\w+\s*=", re.sub(r'"[^"]*"', '""', tag)), tag
    assert "\u202e" not in page


def test_the_page_forbids_scripts_by_itself() -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', render(full()))
    assert policy
    assert policy[1].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "script-src" not in policy[1]


def dumped(page: str, folder: Path) -> str:
    """Load a page without a window and return its document after everything ran."""
    if BROWSER is None:
        pytest.skip("no chromium, chromium-browser or google-chrome here")
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    flags = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=2000",
        "--no-first-run",
    ]
    command = [BROWSER, *flags, f"--user-data-dir={folder / 'profile'}", "--dump-dom", file.as_uri()]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"the browser does not start here: {error}")
    if "</html>" not in done.stdout:
        pytest.skip(f"the browser shows no page here: {done.stderr[-200:]}")
    return done.stdout


def without_policy(page: str) -> str:
    """Return the page with its own prohibition of scripts taken out."""
    found, count = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    assert count == 1
    return found


def test_no_attack_runs_in_a_browser(tmp_path: Path) -> None:
    """Escaping alone must hold, so the policy is taken out; that the marker works is shown first."""
    probe = without_policy(render(full())).replace("</body>", f"<script>{RAN}</script></body>")
    assert 'data-ran="1"' in dumped(probe, tmp_path)
    every = without_policy(render(poisoned(full(), "".join(ATTACKS))))
    document = dumped(every, tmp_path)
    assert "data-ran=" not in document.split(">", 2)[1]
    assert "Is it better?" in document


def test_the_policy_alone_stops_a_script(tmp_path: Path) -> None:
    page = render(full()).replace("</body>", f"<script>{RAN}</script><img src=x onerror={RAN}></body>")
    document = dumped(page, tmp_path)
    assert "data-ran=" not in document.split(">", 2)[1]
    assert "Is it better?" in document
