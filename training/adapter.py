"""Make, continue, save and identify what a training run changes: a LoRA adapter, or all weights.

A saved adapter is plain PEFT. Its digest covers the weights and the settings that decide what they
compute, not the path of the base, the version of PEFT or anything that only matters in training.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.errors import UserError
from assay.fingerprint import fingerprint, of_file, of_folder
from assay.models import Model
from training.data import Job

if TYPE_CHECKING:
    import torch

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"

MEANING = (
    "peft_type", "r", "lora_alpha", "target_modules", "use_rslora", "use_dora", "bias", "fan_in_fan_out",
    "rank_pattern", "alpha_pattern", "layers_to_transform", "layers_pattern", "modules_to_save", "lora_bias",
    "exclude_modules", "target_parameters", "layer_replication",
)  # fmt: skip
"""The fields of adapter_config.json that decide the output of a loaded adapter."""


def digest_of(folder: Path) -> str:
    """Return the digest of a trained folder: of an adapter, or of a full model's weights."""
    if not (folder / WEIGHTS).is_file():
        return of_folder(folder, [p.name for p in folder.glob("model*.safetensors*")])
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    meaning = {k: _sorted(config.get(k)) for k in MEANING}
    return fingerprint("adapter", weights=of_file(folder / WEIGHTS), config=meaning)


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def trainable(job: Job, dtype: torch.dtype) -> Any:
    """Load the base and put a seeded new adapter on it, or the one to continue from (weights only)."""
    from transformers import AutoModelForCausalLM, set_seed

    set_seed(job.seed)  # PEFT draws the adapter's first weights from the global generator
    if job.recipe.method == "full":
        folder = job.start or job.model.folder
        return AutoModelForCausalLM.from_pretrained(folder, dtype=_float32(), local_files_only=True)
    base = AutoModelForCausalLM.from_pretrained(job.model.folder, dtype=dtype, local_files_only=True)
    model = _new_adapter(base, job) if job.start is None else _started(base, job, job.start)
    if dtype != _float32():
        _leave_inputs(model)
    return model


def _leave_inputs(model: Any) -> None:
    """Keep PEFT from turning each layer's input into fp32, which autocast would turn back: 0.2 s of 1.7."""
    from peft.tuners.lora import LoraLayer

    for layer in model.modules():
        if isinstance(layer, LoraLayer):
            layer.cast_input_dtype_enabled = False


def _float32() -> torch.dtype:
    """Full weights are held in fp32: updates of lr 1e-5 vanish in the 8 bits of bf16."""
    import torch

    return torch.float32


def _new_adapter(base: Any, job: Job) -> Any:
    from peft import LoraConfig, get_peft_model
    from peft.tuners.tuners_utils import BaseTunerLayer

    recipe = job.recipe
    targets = recipe.targets if recipe.targets == "all-linear" else list(recipe.targets)
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=_alpha(job),
        lora_dropout=recipe.dropout,
        target_modules=targets,
        task_type="CAUSAL_LM",
    )
    try:
        model = get_peft_model(base, config)
    except ValueError as error:
        raise _wrong_targets(str(error)) from error
    if isinstance(model.get_output_embeddings(), BaseTunerLayer):
        # The trainer multiplies by lm_head.weight itself, so an adapter there would never be trained.
        raise _wrong_targets("lm_head cannot have an adapter")
    return model


def _wrong_targets(what: str) -> UserError:
    fix = "name linear layers of this model other than lm_head, or write targets: all-linear"
    return UserError(what, where="targets of the train recipe", fix=fix)


def _alpha(job: Job) -> int:
    return job.recipe.alpha or 2 * job.recipe.rank


def _started(base: Any, job: Job, start: Path) -> Any:
    from peft import LoraConfig, PeftModel

    if not (start / CONFIG).is_file():
        raise UserError("there is no adapter to continue from", where=str(start))
    config = LoraConfig.from_pretrained(str(start))
    if (config.r, config.lora_alpha) != (job.recipe.rank, _alpha(job)):
        raise UserError(
            f"the adapter to continue from has rank {config.r} and alpha {config.lora_alpha}; "
            f"the recipe says {job.recipe.rank} and {_alpha(job)}",
            where=str(start),
            fix="use the recipe it was trained with",
        )
    config.lora_dropout = job.recipe.dropout
    config.inference_mode = False
    # PEFT looks the base up on the Hub while saving, unless the name is a local folder.
    config.base_model_name_or_path = str(job.model.folder)
    return PeftModel.from_pretrained(base, str(start), config=config, is_trainable=True)


def save(model: Any, folder: Path, base: Model) -> None:
    """Write the trained adapter or model into `folder`, with no path of this machine in it."""
    if not hasattr(model, "peft_config"):
        _save_full(model, folder, base)
        return
    model.save_pretrained(str(folder), save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)  # a model card template with the base's local path
    path = folder / CONFIG
    config = json.loads(path.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = plain_name(base)
    config["target_modules"] = _sorted(config["target_modules"])  # a set: its order differs by process
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def plain_name(base: Model) -> str:
    """Return the name of the base without a path of this machine: a folder is called by its last part."""
    return (
        base.folder.name if Path(base.name).is_absolute() or base.name.startswith((".", "~")) else base.name
    )


def _save_full(model: Any, folder: Path, base: Model) -> None:
    """Save in the dtype of the base; tokenizer and template go along, so the folder is a model."""
    from transformers import AutoConfig, AutoTokenizer

    dtype = getattr(AutoConfig.from_pretrained(base.folder, local_files_only=True), "dtype", None)
    (model.to(dtype) if dtype is not None else model).save_pretrained(str(folder))
    AutoTokenizer.from_pretrained(base.folder, local_files_only=True).save_pretrained(str(folder))
