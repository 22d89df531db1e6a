"""What the configuration plans of models, problems and benchmarks: which are fetched, which are trained, and how."""

import json
from pathlib import Path

from synthesis import configuration_models, configuration_problems, servers
from synthesis.canonical import canonical_json, digest
from synthesis.configuration_dataset import makes_dataset
from synthesis.configuration_models import (
    DATASET_TRAINING_STAGES,
    TRAINING_STAGES,
    asked,
    student_name,
    student_parts,
)
from synthesis.training.shaping import shaping

RESULTS = "<results>"

# What an entry says for the card and the machine, and what no file or row of the model or problem set depends on.
DESCRIPTIONS = ("license", "terms", "parameters", "vllm")

FETCHING_RULES, PUSHING_RULE = ("fetch_model", "fetch_problems", "fetch_benchmark"), "push_dataset"

# CPU cores of a job with a model.
ENGINE_THREADS = 8

# Memory (MB) of a job beside its model's weights, and the size of a model of which none is given.
PROCESS_MB, ASSUMED_PARAMETERS = 16_000, 8_000_000_000


class ResourcePlan:
    """The fetched files and the models of a validated configuration."""

    def __init__(self, config: dict):
        self.config = config

    def resource(self, group: str, name: str) -> str:
        """File of a fetched model (its manifest), problem set or benchmark.

        The folder's name ends in a digest of its definition, because runs with different definitions under the same
        name may share a clone.
        """
        file = "manifest.json" if group == "models" else f"{name}.parquet"
        return f"<resources>/{group}/{self._resource_folder(group, name)}/{file}"

    def resources(self, group: str, names) -> list[str]:
        """Files of several fetched models, problem sets or benchmarks."""
        return [self.resource(group, name) for name in names]

    def _resource_folder(self, group: str, name: str) -> str:
        return f"{name}-{digest(self._definition(group, name))[:8]}"

    def _definition(self, group: str, name: str) -> dict:
        """What is fetched under a name, without what is only said about it: a corrected licence fetches nothing."""
        entry = servers.without_access(self.config[group][name])
        return {key: value for key, value in entry.items() if key not in DESCRIPTIONS}

    def local_file(self, group: str, wildcard: str):
        """A function of the wildcards: the file of the user's that a problem set or benchmark is made from, if any."""

        def path(wildcards):
            source = self.config[group][wildcards[wildcard]]["source"]
            return source["file"]["path"] if "file" in source else []

        return path

    def chat_template(self, wildcards):
        """The template file that replaces a model's own, if any."""
        return self.config["models"][wildcards.model].get("chat_template") or []

    def item_settings(self, group: str, wildcard: str):
        """A function of the wildcards: definition of the model, problem set or benchmark that they name."""
        return lambda wildcards: canonical_json(self._definition(group, wildcards[wildcard]))

    def manifest(self, model: str) -> str:
        """Manifest of a model, fetched or trained."""
        stage, _ = configuration_models.trained(self.config).get(model, (None, None))
        if not stage:
            return self.resource("models", model)
        return f"{RESULTS}/{stage}/{'/'.join(student_parts(model))}/manifest.json"

    def manifests(self) -> list[str]:
        """Manifests of the models that the data set needs."""
        return [self.manifest(name) for name in configuration_models.in_use_for_dataset(self.config)]

    def fetched_models(self) -> list[str]:
        """Names of the models to fetch, each once."""
        return [name for name in configuration_models.in_use(self.config) if name in self.config["models"]]

    def training(self, stage: str, wildcards) -> dict:
        """The settings of a training, with its seed."""
        name = wildcards.trained if stage in DATASET_TRAINING_STAGES else _student_of(wildcards)
        return configuration_models.trained(self.config)[name][1]

    def base_manifest(self, stage: str):
        """A function of the wildcards: manifest of the model that a training begins with."""
        return lambda wildcards: self.manifest(self.training(stage, wildcards)["model"])

    def optional_manifest(self, stage: str):
        """Manifest of the model of a stage that a configuration may lack; empty without it."""
        return self.manifest(self.config[stage]["model"]) if stage in self.config else []

    def optional_prompt(self, stage: str) -> str | list:
        """Prompt of a stage that a configuration may lack; empty without it."""
        return self.config.get(stage, {}).get("prompt", [])

    def training_settings(self, stage: str):
        """A function of the wildcards: what shapes a trained model, beside its rows and the model it begins with."""
        return lambda wildcards: canonical_json(shaping(self.training(stage, wildcards)))

    def gpus(self, stage: str, wildcards, input) -> int:
        """GPUs that a job asks for as long as it has something to compute."""
        if stage in TRAINING_STAGES:
            return self.training(stage, wildcards)["launch"]["gpus"]
        return configuration_models.gpus(self._model(input))

    def rules_at_the_network(self) -> list[str]:
        """The rules that fetch or push, and those that buy rows from servers alone.

        They run where Snakemake does, since the nodes of many clusters have no network.
        """
        served = {name for name, model in self.config["models"].items() if model["engine"] == "openai"}
        pushing = [PUSHING_RULE] if makes_dataset(self.config) else []
        asking = [rule for rule, models in asked(self.config).items() if models and models <= served]
        return [*FETCHING_RULES, *pushing, *asking]

    def threads(self, rule: str) -> int:
        """CPU cores of a job that buys rows; one that asks a server mostly waits."""
        return 1 if rule in self.rules_at_the_network() else ENGINE_THREADS

    def engine_resources(self) -> dict:
        """What the model of a job says about its use of a machine, as functions of the job's wildcards and inputs."""
        return {
            "max_num_seqs": lambda wildcards, input: self._of_vllm(input, "max_num_seqs", 1),
            "gpu_memory_percent": lambda wildcards, input: self._of_vllm(input, "gpu_memory_utilization", 100),
            "try_number": _try_number,
            # Else SLURM may give a model that takes several GPUs some of each of several nodes.
            "nodes": 1,
        }

    def _of_vllm(self, input, key: str, unit: int) -> int:
        """A setting of the model's as a whole number of 1/`unit`, as resources must be; 0 for a job without a model."""
        return round(self._model(input)["vllm"][key] * unit) if getattr(input, "model", None) else 0

    def _model(self, input) -> dict:
        """The entry of the model whose manifest is among a job's inputs."""
        name = json.loads(Path(input.model).read_text(encoding="utf-8"))["model"]
        return configuration_models.definition(self.config, name)

    def launch(self, stage: str, key: str):
        """A function of the wildcards: one of a training's settings of the machine, a truth value as 0 or 1."""

        def value(wildcards):
            found = self.training(stage, wildcards)["launch"][key]
            return int(found) if isinstance(found, bool) else found

        return value

    def launch_resources(self, stage: str) -> dict:
        """The resources of a training that its `launch` settings and its model's size give, beside its GPUs.

        The last three are for the SLURM plugin alone. With `mpi` it starts the job itself on the first node, where the
        program starts one task on each node; one node needs none of them, and None is no resource.
        """

        def on_several_nodes(value):
            return lambda wildcards: value(wildcards) if self.nodes(stage, wildcards) > 1 else None

        return {
            **{key: self.launch(stage, key) for key in ("parallelism", "rows_per_device", "gradient_checkpointing")},
            "mem_mb": lambda wildcards: self._training_memory(stage, wildcards),
            "nodes": self.launch(stage, "nodes"),
            "try_number": _try_number,
            "mpi": on_several_nodes(lambda _: "srun"),
            "tasks": on_several_nodes(self.launch(stage, "nodes")),
            # Without it, the plugin would ask for so many tasks on each GPU.
            "tasks_per_gpu": on_several_nodes(lambda _: 0),
        }

    def _training_memory(self, stage: str, wildcards) -> int:
        """Memory (MB) that a training needs on each node.

        Each process reads the whole model in float32. With `parallelism: fsdp` one process does, which holds it twice
        while it saves it; but the reference of preference pairs is computed by whole models.
        """
        settings = self.training(stage, wildcards)
        launch = settings["launch"]
        alone = launch["parallelism"] == "fsdp" and stage != "optimize_generator"
        copies = max(2, 1 if alone else launch["gpus"] // launch["nodes"])
        return PROCESS_MB + copies * self._megabytes(settings["model"], bytes_per_weight=4)

    def fetching_memory(self, wildcards) -> int:
        """Memory (MB) to fetch a model: pickled weights are read whole, in their precision, to be written anew."""
        is_served = "server" in self.config["models"][wildcards.model]["source"]
        return PROCESS_MB // 2 + (0 if is_served else self._megabytes(wildcards.model, bytes_per_weight=2))

    def _megabytes(self, model: str, bytes_per_weight: int) -> int:
        parameters = configuration_models.definition(self.config, model)["parameters"] or ASSUMED_PARAMETERS
        return parameters * bytes_per_weight // 2**20

    def nodes(self, stage: str, wildcards) -> int:
        """Nodes that a training asks for."""
        return self.training(stage, wildcards)["launch"]["nodes"]

    def training_ledgers(self) -> list[str]:
        """The ledgers of all trainings that the data set needs."""
        return [
            f"{RESULTS}/ledger/{stage}/{name}.json" for stage in DATASET_TRAINING_STAGES for name in self.config[stage]
        ]

    def trained_names(self) -> list[str]:
        """Names of all models that the run trains for the data set."""
        return [name for stage in DATASET_TRAINING_STAGES for name in self.config[stage]]

    def trained_manifests(self) -> list[str]:
        """Manifests of all models that the run trains for the data set."""
        return [self.manifest(name) for stage in DATASET_TRAINING_STAGES for name in self.config[stage]]

    def fetch_ledgers(self) -> list[str]:
        """The ledgers of all that is fetched for the data set."""
        needed = configuration_models.in_use_for_dataset(self.config)
        fetched = {
            ("fetch_model", "models"): [name for name in self.fetched_models() if name in needed],
            ("fetch_problems", "problems"): configuration_problems.used_for_dataset(self.config),
            ("fetch_benchmark", "benchmarks"): configuration_problems.benchmarks_for_dataset(self.config),
        }
        return self.fetched_ledgers(fetched)

    def fetched_ledgers(self, fetched: dict) -> list[str]:
        """The ledgers of what is fetched: (rule, group of the configuration) and names there."""
        return [
            f"<resources>/ledger/{rule}/{self._resource_folder(group, name)}.json"
            for (rule, group), names in fetched.items()
            for name in names
        ]


def _student_of(wildcards) -> str:
    return student_name(wildcards.student, wildcards.size, wildcards.training_seed)


def _try_number(wildcards, attempt) -> int:
    return attempt
