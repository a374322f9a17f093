"""Silence the libraries we build on: no telemetry, no update checks, no progress bars of theirs.

The command line calls `quiet()` first of all, because these variables are read when a library is
imported. Nothing of Assay's own ever calls home, so there is no switch for that.
"""

from __future__ import annotations

import os

NEVER_SENT = {
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    # TRL 1.16 reports every trainer it constructs through this library, transformers every download.
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
}
"""Always set: what a library would send or look up unasked."""

UNLESS_SET = {
    # Nothing of ours reports to W&B; whoever sets one of these is asking for it.
    "WANDB_DISABLED": "true",
    "WANDB_MODE": "disabled",
    "DATASETS_VERBOSITY": "error",
    "DISTILABEL_LOG_LEVEL": "ERROR",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "LMEVAL_LOG_LEVEL": "ERROR",
    # A tokenizer that has run in threads warns and turns them off at the next fork; we fork nothing hot.
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}
"""Set only where the user has not: which trackers run, and how loud a library is."""


def quiet() -> None:
    """Set these variables for this process and its children; call it before any heavy import."""
    os.environ.update(NEVER_SENT)
    for name, value in UNLESS_SET.items():
        os.environ.setdefault(name, value)
