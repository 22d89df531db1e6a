"""LoRA adapters, as PEFT saves them: fetched beside the model that they change, and checked against it."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from synthesis import hub, model_files, stated_licence
from synthesis.errors import InputError
from synthesis.model_sources import Request

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
# What PEFT writes before the name that a layer has in the model's own files.
_PREFIX = "base_model.model."
_LAYER = re.compile(r"(?P<stack>.*?\.)(?P<number>\d+)\.")
# Types of weights whose shape in the file is that of the layer; quantised ones are packed.
_PLAIN = ("F64", "F32", "F16", "BF16")


def fetch(request: Request) -> dict | None:
    """Fetch the configured adapter into the staging folder; returns what the manifest says of it.

    That is its `source`, the resolved commit as `revision` (None for a folder), its largest `rank` and, if its card on
    the hub states one, the `stated_licence`. None if the model has no adapter. Raises InputError if it can't be had or
    is no LoRA adapter in safetensors.
    """
    source = request.settings.get("adapter")
    if source is None:
        return None
    where = f"models.{request.model}.adapter"
    if len(source) != 1 or not set(source) <= {"hub", "path"}:
        raise InputError(f"{where} must hold exactly one of hub, path, but it holds {', '.join(source) or 'nothing'}.")
    staged = _staged(request)
    staged.mkdir()
    if "hub" in source:
        rank, revision = _from_hub(f"{where}.hub", staged, **source["hub"])
    else:
        rank, revision = _from_path(f"{where}.path.folder", staged, Path(source["path"]["folder"])), None
    stated = stated_licence.fetch("adapter", source)
    return {"source": source, "revision": revision, "rank": rank, **({"stated_licence": stated} if stated else {})}


def add(request: Request) -> None:
    """Move the fetched adapter, if there is one, among the model's files. Raises InputError if it is another model's.

    vLLM would take the part of it that fits and say nothing.
    """
    if not _staged(request).is_dir():
        return
    misfit = next(_misfits(_layers(_staged(request) / WEIGHTS), _weights(request.files)), None)
    if misfit:
        raise InputError(
            f"the adapter of model {request.model} does not fit it: {misfit}; name the model that "
            f"{CONFIG} calls base_model_name_or_path, or another adapter."
        )
    _staged(request).rename(request.files / model_files.ADAPTER)


def _staged(request: Request) -> Path:
    return request.staging / model_files.ADAPTER


def _from_hub(key: str, staged: Path, repo: str, revision: str) -> tuple[int, str]:
    """Rank and commit; the configuration is judged before the weights are downloaded."""
    where = f"the adapter {repo} at revision {revision}"
    snapshot = hub.snapshot("adapter", repo, revision, [CONFIG], key)
    rank = _rank(snapshot, where)
    snapshot = hub.snapshot("adapter", repo, snapshot.name, [CONFIG, WEIGHTS], key)
    _take(snapshot, staged, where, model_files.link_or_copy)
    return rank, snapshot.name


def _from_path(key: str, staged: Path, folder: Path) -> int:
    if not folder.is_dir():
        raise InputError(f"{key} is {folder}, which is no folder; give the folder with the adapter.")
    where = f"the folder {folder} ({key})"
    rank = _rank(folder, where)
    _take(folder, staged, where, shutil.copyfile)
    return rank


def _rank(folder: Path, where: str) -> int:
    """The largest rank of a layer. Raises InputError if the folder has no configuration of a LoRA adapter."""
    if not (folder / CONFIG).is_file():
        raise InputError(f"{where} has no {CONFIG}; name an adapter that PEFT has saved.")
    config = model_files.read_json_object(folder / CONFIG)
    if config.get("peft_type") != "LORA":
        raise InputError(
            f"{where} has peft_type {config.get('peft_type')} in {CONFIG}; only LORA can be used beside a model, so "
            "merge it into its model first and name the merged folder."
        )
    ranks = [config.get("r"), *(config.get("rank_pattern") or {}).values()]
    if not all(isinstance(rank, int) and rank > 0 for rank in ranks):
        raise InputError(f"{where} has no valid rank (r) in {CONFIG}; get the adapter's files anew.")
    return max(ranks)


def _take(folder: Path, staged: Path, where: str, transfer) -> None:
    if not (folder / WEIGHTS).is_file():
        raise InputError(
            f"{where} has no {WEIGHTS}, and pickled weights (adapter_model.bin) are not read; save the adapter again "
            "as safetensors with PEFT's save_pretrained."
        )
    if not _layers(folder / WEIGHTS):
        raise InputError(f"{where} has no LoRA weights in {WEIGHTS}; name an adapter that PEFT has saved.")
    for name in (CONFIG, WEIGHTS):
        transfer(folder / name, staged / name)


def _layers(weights: Path) -> dict[str, tuple[int, int] | None]:
    """The changed layers by the names they have in the model: numbers out and in; None if there is no such pair."""
    shapes = {name: shape for name, (_, shape) in _tensors(weights).items() if ".lora_" in name}
    layers = {name.partition(".lora_")[0]: None for name in shapes}
    for name in layers:
        first, second = shapes.get(f"{name}.lora_A.weight", ()), shapes.get(f"{name}.lora_B.weight", ())
        if len(first) == len(second) == 2:
            layers[name] = (second[0], first[1])
    return {name.removeprefix(_PREFIX): shape for name, shape in layers.items()}


def _weights(folder: Path) -> dict[str, tuple[int, ...] | None]:
    """The shapes of all weights of a model by their names; None for one that is packed."""
    files = model_files.weight_names(folder, model_files.SAFETENSORS, model_files.SAFETENSORS_INDEX)
    tensors = {name: found for file in files for name, found in _tensors(folder / file).items()}
    return {name: shape if dtype in _PLAIN else None for name, (dtype, shape) in tensors.items()}


def _tensors(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of each tensor of a safetensors file; its values are not read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            return {name: (found.get_dtype(), tuple(found.get_shape())) for name, found in slices.items()}
    except SafetensorError as error:
        raise InputError(f"{path.name} of the model is damaged ({error}); get its files anew.") from error


def _misfits(layers: dict, weights: dict) -> Iterator[str]:
    """What an adapter changes and a model has not, or in another size.

    Only what the names tell for sure: some models have other names in memory than in their files.
    """
    stacks, numbered = set(), set()
    for found in filter(None, map(_LAYER.match, weights)):
        stacks.add(found["stack"])
        numbered.add(found[0])
    for name, shape in layers.items():
        found = _LAYER.match(f"{name}.")
        if found and found["stack"] in stacks and found[0] not in numbered:
            yield f"it changes {name}, and the model has no {found[0].rstrip('.')}"
        own = weights.get(f"{name}.weight")
        # Some older models keep their weights transposed.
        if shape and own and own not in (shape, shape[::-1]):
            yield f"{name} is {shape[0]} x {shape[1]} in the adapter and {' x '.join(map(str, own))} in the model"
