"""Write the commented assay.yaml of a proposal."""

from __future__ import annotations

import json

from assay.verbs.init.look import Seen
from assay.verbs.init.propose import Proposal

_PAGE = """\
# {title}
# `assay init --from {source}` wrote this page from what it saw; change it freely, `assay status` checks it.
project: {project}

task:
  kind: {kind}
  system: {system}  # before every prompt: part of the chat contract, not of the rows
{labels}  check: {check}  # judges an answer: rows that fail are dropped, evals scored by it{check_note}
  metric: {metric}  # what "better" means{metric_note}
  margin: {margin}  # a smaller difference than this counts as the same
  skill: {skill}  # the slices that results are shown by and feedback re-weights{skill_note}
{template}
heldout: {heldout}  # its dev and test are frozen; test is sealed until the end of the loop
model: {model}  # a Hub id, a folder, or smollm2-135m, which needs no network once it is pulled

generate:
  pool: {{method: draw, from: "{name}:train"}}  # unused rows of your file, by skill
  # More rows: a model rewrites your prompts, numbers and names are checked. Then draw from both:
  # reworded: {{method: rephrase, from: "{name}:train", teacher: base, n: 50}}
  # pool: {{method: draw, from: ["{name}:train", reworded]}}

curate:
  main:
    from: [pool]
    reject: [{reject}]
    audit: [no_empty_answer]

train:
  lora: {{method: lora, rank: 16, lr: 1.0e-3, batch: 8, steps: 50, max_length: {max_length}}}

suites:
  main: {{tasks: [heldout], probes: [{probes}]}}

loop:  # targeted data against the same amount of untargeted data; `assay eval plan` says what it can show
  generate: pool
  curate: main
  train: lora
  suite: main
  initial: {initial}  # rows of round 0, shared by both arms
  size: {size}  # new rows per arm and round
  rounds: {rounds}
  steps: 25  # steps per arm and round, half of them on earlier rows
  arms: [targeted, control]
"""

_SKILLS = {
    "label": ": here each label",
    "file": ": here each file",
    "cluster": ": here clusters of like prompts, named by their words; a column of yours is better",
}

_TEMPLATE = "  # rows of one of these stay in one split and err together\n"

_METRICS = {
    "macro_f1": ": every label counts the same, however rare; recall per label is shown too",
    "bits_per_byte": ": how well your answers are predicted. Nothing judges open text: this is not quality",
    "accuracy": "",
}


def page(seen: Seen, p: Proposal, project: str, source: str, model: str) -> str:
    """Return the text of assay.yaml."""
    answers = "" if p.check == "open" else ", check_fails"
    counts = ", ".join(f"{plain(label)} {n}" for label, n in list(seen.labels.items())[:8])
    return _PAGE.format(
        title=f"{project}: {seen.rows:,} rows{f' ({counts})' if counts else ''}.",
        source=plain(source),
        project=quoted(project),
        kind=p.kind,
        system=quoted(p.system),
        labels=_labels(p),
        check=p.check,
        check_note=" (open: nothing judges it)" if p.check == "open" else "",
        metric=p.metric,
        metric_note=_METRICS[p.metric],
        margin="0.01" if p.metric == "bits_per_byte" else "0.02",
        skill=quoted(p.skill),
        skill_note=_SKILLS.get(p.skill, ": a column of your file"),
        template=f"  template: {quoted(p.template)}{_TEMPLATE}" if p.template else "",
        heldout=quoted(project),
        name=project,
        model=quoted(model),
        reject=f"exact_duplicate, near_duplicate, overlaps_heldout{answers}",
        max_length=p.max_length,
        probes=", ".join(p.probes),
        initial=p.initial,
        size=p.size,
        rounds=p.rounds,
    )


def _labels(p: Proposal) -> str:
    if not p.labels:
        return ""
    lines = f"  labels: [{', '.join(map(quoted, p.labels))}]  # anything else in an import is a bad row\n"
    names = ", ".join(f"{_in_quotes(old)}: {quoted(new)}" for old, new in p.label_names.items())
    return lines + (f"  label_names: {{{names}}}  # the file's word: the model's word\n" if names else "")


def quoted(text: str) -> str:
    """Return a YAML scalar: bare when that is safe, else in double quotes (JSON is YAML)."""
    plain = text.replace("-", "").replace("_", "").replace("/", "").replace(".", "")
    words = {"yes", "no", "true", "false", "on", "off", "null", "y", "n", "none", ""}
    bare = plain.isascii() and plain.isalnum() and plain[0].isalpha() and text[0].isalpha()
    return text if bare and text.lower() not in words else _in_quotes(text)


def _in_quotes(text: str) -> str:
    """Write JSON; what does not show as YAML escapes it: beyond U+FFFF, JSON's pairs are no YAML."""
    shown = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in shown)


def plain(text: str) -> str:
    """Return a text for a comment: one line, nothing that does not show."""
    return "".join(c if c.isprintable() else " " for c in text)[:60]
