"""What the configuration plans of scorers: the fail rates of solvers, and what difficulty is learnt from."""

import shlex

from synthesis.canonical import canonical_json
from synthesis.configuration_models import SCORER_STAGES
from synthesis.layout import SHARD_DIGITS
from synthesis.plan_resources import RESULTS, ResourcePlan
from synthesis.shard_files import compact

# What seed problems stages may learn from; those that are held out are in a file of their own.
TRAIN_PROBLEMS = f"{RESULTS}/merge_problems/train.parquet"


class ScorerPlan(ResourcePlan):
    """The fail rates and the scorers of a validated configuration."""

    def solver(self, name: str) -> dict:
        """The settings under which a solver's fail rates are sampled, with the sets of problems it solves."""
        settings = self.config["sample_fail_rates"][name]
        return {"problems": self.config["merge_problems"]["problems"], **settings}

    def solver_model(self, wildcards) -> str:
        """Manifest of a solver."""
        return self.manifest(self.solver(wildcards.sampled)["model"])

    def solver_prompt(self, wildcards) -> str:
        """The prompt that asks a solver for an answer."""
        return self.solver(wildcards.sampled)["prompt"]

    def solved_before(self, wildcards) -> list[str]:
        """The answers of solvers that ask the same model the same: first, so that no answer is bought by both."""
        same = ("model", "prompt", "sampling")
        own, found = self.solver(wildcards.sampled), []
        for name in self.config["sample_fail_rates"]:
            if name == wildcards.sampled:
                break
            other = self.solver(name)
            if all(own[key] == other[key] for key in same) and set(own["problems"]) & set(other["problems"]):
                found += self.solver_files("sample_fail_rates", name)
        return found

    def solver_settings(self, wildcards) -> str:
        """What a solver is asked, beside its model and prompt."""
        settings = self.solver(wildcards.sampled)
        return canonical_json({name: settings[name] for name in ("problems", "samples", "sampling", "shards")})

    def solver_files(self, stage: str, solver: str, suffix: str = "") -> list[str]:
        """One file of a stage for each shard of a solver's problems."""
        shards = range(self.solver(solver)["shards"])
        return [f"{RESULTS}/{stage}/{solver}/{number:0{SHARD_DIGITS}d}{suffix}.parquet" for number in shards]

    def fail_rate_files(self) -> list[str]:
        """Answers, grades and fail rates of all solvers."""
        stages = (("sample_fail_rates", ""), ("grade_fail_rates", ".grades"), ("grade_fail_rates", ""))
        return [
            path
            for solver in self.config["sample_fail_rates"]
            for stage, suffix in stages
            for path in self.solver_files(stage, solver, suffix)
        ]

    def fail_rate_ledgers(self) -> list[str]:
        """The ledgers of all jobs that make fail rates."""
        return [
            path.replace(RESULTS, f"{RESULTS}/ledger").replace(".parquet", ".json")
            for solver in self.config["sample_fail_rates"]
            for stage in ("sample_fail_rates", "grade_fail_rates")
            for path in self.solver_files(stage, solver)
        ]

    def scorer_manifests(self) -> list[str]:
        """Manifests of the scorers that the run trains."""
        return [self.manifest(name) for stage in SCORER_STAGES for name in self.config[stage]]

    def label_file(self, wildcards) -> str | list:
        """The file with the labels that a scorer is trained on; empty if its labels are fail rates."""
        return self._labels(wildcards).get("file", [])

    def label_rates(self, wildcards) -> list[str]:
        """The fail rates that a scorer is trained on; empty if its labels are those of a file."""
        solver = self._labels(wildcards).get("sample_fail_rates")
        return self.solver_files("grade_fail_rates", solver) if solver else []

    def label_problems(self, wildcards) -> str | list:
        """The problems of the fail rates that a scorer is trained on."""
        return TRAIN_PROBLEMS if "sample_fail_rates" in self._labels(wildcards) else []

    def label_columns(self, wildcards) -> tuple[str, str]:
        """The columns of a scorer's file of labels that hold the question and its difficulty."""
        labels = self._labels(wildcards)
        return labels.get("text", "question"), labels.get("label", "difficulty")

    def label_arguments(self, wildcards, input) -> str:
        """The options that say what a scorer is trained on, and which share of it is held out."""
        labels, held_out = self._labels(wildcards), f"--held-out {self._difficulty_scorer(wildcards)['held_out']}"
        if "sample_fail_rates" in labels:
            solver = f"--solver {labels['sample_fail_rates']} --problems {shlex.quote(input.problems)}"
            return f"--fail-rates {compact(input.rates)} {solver} {held_out}"
        text, label = (shlex.quote(column) for column in self.label_columns(wildcards))
        return f"--labels {shlex.quote(input.labels)} --text-column {text} --label-column {label} {held_out}"

    def ranking_prompt(self, wildcards) -> str:
        """The prompt before the responses that a reward model learns from."""
        return self.solver(self._reward_model(wildcards)["sample_fail_rates"])["prompt"]

    def ranking_files(self, stage: str, suffix: str = ""):
        """A function of the wildcards: the files of a stage that a reward model learns from."""
        return lambda wildcards: self.solver_files(stage, self._reward_model(wildcards)["sample_fail_rates"], suffix)

    def ranking_arguments(self, wildcards) -> str:
        """The options that say which pairs a reward model is trained on, and which share of them is held out."""
        settings = self._reward_model(wildcards)
        pairs = f"--pairs-per-problem {settings['pairs_per_problem']} --held-out {settings['held_out']}"
        return f"--solver {settings['sample_fail_rates']} {pairs}"

    def _reward_model(self, wildcards) -> dict:
        return self.config["train_reward_model"][wildcards.trained]

    def _labels(self, wildcards) -> dict:
        return self._difficulty_scorer(wildcards)["labels"]

    def _difficulty_scorer(self, wildcards) -> dict:
        return self.config["train_difficulty_scorer"][wildcards.trained]
