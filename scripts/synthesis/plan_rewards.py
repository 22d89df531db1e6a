"""What the configuration plans of rewards: votes, the figure of all rewards, and measurements of scorers."""

from synthesis import configuration_models
from synthesis.canonical import canonical_json
from synthesis.configuration_dataset import makes_dataset
from synthesis.plan_resources import RESULTS, ResourcePlan
from synthesis.response_choice import METHODS
from synthesis.score_methods import text_method


class RewardPlan(ResourcePlan):
    """The votes, rewards and measured scorers of a validated configuration."""

    def rewards(self) -> list[str]:
        """The rewards of a shard's responses; none where nothing is scored."""
        return [f"{RESULTS}/score_responses/{{source}}/{{shard}}.parquet"] if "score_responses" in self.config else []

    def voting_stages(self) -> list[str]:
        """The stage that groups answers, if responses are chosen by a vote."""
        if not makes_dataset(self.config):
            return []
        return ["group_answers"] if METHODS[self.config["select_responses"]["method"]].needs_groups else []

    def answer_groups(self) -> list[str]:
        """The groups of a shard's equal answers; none without a vote."""
        return [f"{RESULTS}/{stage}/{{source}}/{{shard}}.parquet" for stage in self.voting_stages()]

    # The figure of all rewards

    def reward_stages(self) -> list[str]:
        """The stages that the figure reads: the rewards and the choice; none where nothing is scored."""
        scored = makes_dataset(self.config) and "score_responses" in self.config
        return ["score_responses", "select_responses"] if scored else []

    def reward_tables(self) -> list[str]:
        """The figure of the rewards with its tables and its page."""
        made = ["figures/rewards.svg", "tables/rewards.csv", "tables/rewards_histogram.csv", "pages/rewards.html"]
        return [f"{RESULTS}/{path}" for path in made if self.reward_stages()]

    # Measurements of scorers on labelled responses

    def measured_rewards(self) -> list[str]:
        """Names of the measurements."""
        return list(self.config["measure_reward"])

    def _scorer(self, wildcards) -> dict:
        return configuration_models.measured_scorers(self.config)[wildcards.scored]

    def scored_manifest(self, wildcards) -> str:
        """Manifest of the model of a measurement."""
        return self.manifest(self._scorer(wildcards)["model"])

    def scored_prompt(self, wildcards) -> str:
        """The prompt of a measurement."""
        return self._scorer(wildcards)["prompt"]

    def scored_labels(self, wildcards) -> str:
        """The labelled responses of a measurement."""
        return self.config["measure_reward"][wildcards.scored]["labels"]["file"]

    def measured_rewards_before(self, wildcards) -> list[str]:
        """Measurements that ask the same model the same: first, so that no score is bought by two jobs."""
        scorers = configuration_models.measured_scorers(self.config)
        own, names = self._scorer(wildcards), self.measured_rewards()
        earlier = names[: names.index(wildcards.scored)]
        same = [name for name in earlier if all(scorers[name][key] == own[key] for key in ("model", "prompt"))]
        return self._measured_reward_files(same)

    def measured_scorer(self, wildcards) -> dict:
        """The settings of a measurement: those of its scorer without model and prompt, the columns and the count."""
        settings = self.config["measure_reward"][wildcards.scored]
        kept = {key: value for key, value in self._scorer(wildcards).items() if key not in ("model", "prompt")}
        columns = {name: settings["labels"].get(name, name) for name in ("question", "response", "label")}
        return {"score": kept, "columns": columns, "responses": settings.get("responses")}

    def measured_scorer_settings(self, wildcards) -> str:
        """The same as canonical JSON."""
        return canonical_json(self.measured_scorer(wildcards))

    def measured_reward_files(self) -> list[str]:
        """The rewards of every measurement."""
        return self._measured_reward_files(self.measured_rewards())

    def _measured_reward_files(self, names: list[str]) -> list[str]:
        return [f"{RESULTS}/measure_reward/{name}.parquet" for name in names]

    def measured_reward_ledgers(self) -> list[str]:
        """The ledgers of every measurement."""
        return [f"{RESULTS}/ledger/measure_reward/{name}.json" for name in self.measured_rewards()]

    def measured_reward_tables(self) -> list[str]:
        """The table of all measurements and its page; none without one."""
        made = ["tables/measured_rewards.csv", "pages/measured_rewards.html"]
        return [f"{RESULTS}/{path}" for path in made if self.measured_rewards()]

    def measured_reward_names(self) -> str:
        """What the rows of that table are called, in the order of the files."""
        scorers = configuration_models.measured_scorers(self.config).items()
        return canonical_json({"measurements": [self._described_scorer(name, settings) for name, settings in scorers]})

    def _described_scorer(self, name: str, settings: dict) -> dict:
        parameters = configuration_models.definition(self.config, settings["model"])["parameters"]
        method = text_method(settings)
        shown = f"{settings['method']} of {method}" if method != settings["method"] else method
        return {"measurement": name, "model": settings["model"], "method": shown, "parameters": parameters}
