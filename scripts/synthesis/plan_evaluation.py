"""What the configuration plans after the data set: which models answer which benchmarks."""

from synthesis.canonical import canonical_json
from synthesis.configuration_checks import HELD_OUT
from synthesis.plan_resources import RESULTS, ResourcePlan


class EvaluationPlan(ResourcePlan):
    """The evaluation of a validated configuration."""

    def evaluated_models(self) -> list[str]:
        """Names of the models that answer benchmarks, each once."""
        return list(self.config.get("answer_benchmark", {}).get("models", []))

    def evaluated_benchmarks(self) -> list[str]:
        """Names of the benchmarks that are answered; `held_out` is the held-out part of the seed problems."""
        return self.config.get("answer_benchmark", {}).get("benchmarks", [])

    def evaluation_files(self, stage: str) -> list[str]:
        """One file of a stage for each model and benchmark, models first."""
        pairs = [(model, benchmark) for model in self.evaluated_models() for benchmark in self.evaluated_benchmarks()]
        return [f"{RESULTS}/{stage}/{model}/{benchmark}.parquet" for model, benchmark in pairs]

    def evaluation_prompt(self) -> str | list:
        """The prompt that asks for answers to benchmarks; empty without an evaluation."""
        return self.config.get("answer_benchmark", {}).get("prompt", [])

    def evaluation_settings(self) -> str:
        """What shapes the answers to benchmarks, beside models and prompt."""
        settings = self.config.get("answer_benchmark", {})
        return canonical_json({key: settings[key] for key in ("samples", "sampling") if key in settings})

    def evaluated_manifest(self, wildcards) -> str:
        """Manifest of the model that answers a benchmark."""
        return self.manifest(wildcards.model)

    def evaluated_problems(self, wildcards) -> str:
        """File of the problems that are answered."""
        if wildcards.benchmark == HELD_OUT:
            return f"{RESULTS}/merge_problems/held_out.parquet"
        return self.resource("benchmarks", wildcards.benchmark)
