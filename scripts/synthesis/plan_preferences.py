"""What the configuration plans of preference pairs: raw questions, their rewrites, and the settings of these rules."""

import shlex

from synthesis import layout
from synthesis.canonical import canonical_json
from synthesis.configuration_models import optimized
from synthesis.plan_resources import RESULTS, ResourcePlan


class PreferencePlan(ResourcePlan):
    """The generators of a validated configuration that learn from preference pairs, and the data for them."""

    def optimized(self, name: str) -> dict:
        """The settings of an optimised generator."""
        return optimized(self.config)[name]

    def raw_shards(self, name: str) -> list[layout.Shard]:
        """The shards of a generator's raw questions."""
        settings = self.optimized(name)["sample_raw_questions"]
        return layout.shards(settings["total"], settings["shard_size"])

    def raw_start(self, wildcards) -> int:
        """Number of the shard's first raw question."""
        return self._raw_shard(wildcards).start

    def raw_stop(self, wildcards) -> int:
        """Number after the shard's last raw question."""
        return self._raw_shard(wildcards).stop

    def _raw_shard(self, wildcards) -> layout.Shard:
        settings = self.optimized(wildcards.optimized)["sample_raw_questions"]
        return layout.shard(settings["total"], settings["shard_size"], wildcards.shard)

    def raw_files(self, stage: str):
        """A function of the wildcards: one file of a stage for each shard of a generator's raw questions."""
        return lambda wildcards: [
            f"{RESULTS}/{stage}/{wildcards.optimized}/{shard.name}.parquet"
            for shard in self.raw_shards(wildcards.optimized)
        ]

    def raw_question_model(self, wildcards) -> str:
        """Manifest of the model that writes a generator's raw questions."""
        return self.manifest(self.optimized(wildcards.optimized)["model"])

    def raw_question_prefix(self, name: str) -> dict:
        """What shapes a generator's raw questions, beside its model."""
        settings = self.optimized(name)
        return {"system": settings["system"], "sampling": settings["sample_raw_questions"]["sampling"]}

    def raw_question_settings(self, wildcards) -> str:
        """What shapes a generator's raw questions, as canonical JSON."""
        return canonical_json(self.raw_question_prefix(wildcards.optimized))

    def rewriting_model(self, wildcards) -> str:
        """Manifest of the model that rewrites a generator's raw questions."""
        return self.manifest(self.optimized(wildcards.optimized)["rewrite_questions"]["model"])

    def rewriting_prompts(self, wildcards) -> dict[str, str]:
        """The prompt file of each direction in which raw questions are rewritten."""
        directions = self.optimized(wildcards.optimized)["rewrite_questions"]["directions"]
        return {name: directions[name]["prompt"] for name in sorted(directions)}

    def rewriting_prompt_files(self, wildcards) -> list[str]:
        """The prompt files of the directions."""
        return list(self.rewriting_prompts(wildcards).values())

    def rewriting_prompt_arguments(self, wildcards) -> str:
        """One option for each direction, with its name and its prompt."""
        prompts = self.rewriting_prompts(wildcards).items()
        return " ".join(f"--prompt {name} {shlex.quote(path)}" for name, path in prompts)

    def rewriting_settings(self, wildcards) -> str:
        """How raw questions are rewritten, without the model and the prompts, which are inputs."""
        settings = self.optimized(wildcards.optimized)["rewrite_questions"]
        markers = {name: {"marker": entry["marker"]} for name, entry in settings["directions"].items()}
        return canonical_json({"sampling": settings["sampling"], "directions": markers})

    def pair_settings(self, wildcards) -> str:
        """Which pairs a generator learns from."""
        return canonical_json(self.optimized(wildcards.optimized)["build_preference_pairs"])

    def preference_files(self) -> list[str]:
        """Raw questions, rewrites, pairs, verdicts, table and page of every optimised generator."""
        made = [
            f"{RESULTS}/build_preference_pairs/{name}{suffix}.parquet"
            for name in optimized(self.config)
            for suffix in ("", ".verdicts")
        ]
        return [*(f"{RESULTS}/{piece}.parquet" for piece in self._raw_pieces()), *made, *self.preference_tables()]

    def preference_tables(self) -> list[str]:
        """The table and the page of every optimised generator's pairs."""
        return [
            path
            for name in optimized(self.config)
            for path in (
                f"{RESULTS}/tables/preference_pairs_{name}.csv",
                f"{RESULTS}/pages/preference_pairs_{name}.html",
            )
        ]

    def _raw_pieces(self) -> list[str]:
        """`<stage>/<generator>/<shard>` of all raw questions and rewrites."""
        return [
            f"{stage}/{name}/{shard.name}"
            for name in optimized(self.config)
            for stage in ("sample_raw_questions", "rewrite_questions")
            for shard in self.raw_shards(name)
        ]

    def preference_ledgers(self) -> list[str]:
        """The ledgers of all jobs that make preference pairs."""
        built = [f"build_preference_pairs/{name}" for name in optimized(self.config)]
        return [f"{RESULTS}/ledger/{job}.json" for job in [*self._raw_pieces(), *built]]
