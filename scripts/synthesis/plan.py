"""What the configuration plans: sources, shards, judges, and the settings of each rule.

The rules ask a `Plan` for everything that is computed, so that the rule files hold no logic. Methods that a rule
calls with wildcards return a function of them.
"""

import shlex

from synthesis import configuration_dataset, configuration_problems, layout
from synthesis.canonical import canonical_json
from synthesis.configuration_models import optimized
from synthesis.plan_agreement import AgreementPlan
from synthesis.plan_audit import AuditPlan
from synthesis.plan_contamination import ContaminationPlan
from synthesis.plan_costs import CostPlan
from synthesis.plan_dataset import DatasetPlan
from synthesis.plan_evaluation import EvaluationPlan
from synthesis.plan_figures import FiguresPlan
from synthesis.plan_forecast import ForecastPlan
from synthesis.plan_judges import JudgePlan
from synthesis.plan_publication import PublicationPlan
from synthesis.plan_report import ReportPlan
from synthesis.plan_resources import RESULTS
from synthesis.plan_results import ResultsPlan
from synthesis.plan_rewards import RewardPlan
from synthesis.plan_scorers import ScorerPlan
from synthesis.plan_trainings import TrainingsPlan
from synthesis.shard_files import compact


class Plan(
    ContaminationPlan,
    EvaluationPlan,
    FiguresPlan,
    AgreementPlan,
    JudgePlan,
    ForecastPlan,
    RewardPlan,
    ScorerPlan,
    DatasetPlan,
    TrainingsPlan,
    AuditPlan,
    ReportPlan,
    PublicationPlan,
    CostPlan,
    ResultsPlan,
):
    """A validated configuration as the rules need it."""

    def __init__(self, config: dict):
        super().__init__(config)
        self.sources = list(configuration_dataset.sources(config))
        self.judges = [judge["name"] for judge in configuration_dataset.judges(config)]

    def makes_dataset(self) -> bool:
        """Whether the run makes a data set of its own; if not, there are none of its rules."""
        return configuration_dataset.makes_dataset(self.config)

    def source(self, name: str) -> dict:
        """The settings of a source of questions."""
        return configuration_dataset.sources(self.config)[name]

    def shard_names(self, source: str) -> list[str]:
        """Names of a source's shards."""
        settings = self.source(source)
        return [shard.name for shard in layout.shards(settings["total"], settings["shard_size"])]

    def pieces(self) -> list[tuple[str, str]]:
        """All (source, shard) pairs: sources in the order of the configuration, shards in theirs."""
        return [(source, shard) for source in self.sources for shard in self.shard_names(source)]

    def bought_pieces(self, stage: str) -> list[tuple[str, layout.Shard]]:
        """All (source or optimised generator, shard) pairs whose rows a stage buys; none if the run lacks the stage."""
        if stage not in ("sample_raw_questions", "rewrite_questions") and not self._buys(stage):
            return []
        if stage in ("sample_raw_questions", "rewrite_questions"):
            return [(name, shard) for name in optimized(self.config) for shard in self.raw_shards(name)]
        return [
            (name, shard)
            for name in self.sources
            for shard in layout.shards(self.source(name)["total"], self.source(name)["shard_size"])
        ]

    def _buys(self, stage: str) -> bool:
        if stage == "judge_questions":
            return bool(self.judges)
        return bool(self.agreement_stages()) if stage == "generate_probe_responses" else stage in self.config

    def shard_files(self, stage: str, source: str, suffix: str = "") -> list[str]:
        """One file of a stage for each shard of a source."""
        return [f"{RESULTS}/{stage}/{source}/{shard}{suffix}.parquet" for shard in self.shard_names(source)]

    def all_files(self, stage: str, suffix: str = "") -> list[str]:
        """One file of a stage for each shard of every source."""
        return [path for source in self.sources for path in self.shard_files(stage, source, suffix)]

    def start(self, wildcards) -> int:
        """Number of the shard's first question in its source."""
        return self._shard(wildcards).start

    def stop(self, wildcards) -> int:
        """Number after the shard's last question in its source."""
        return self._shard(wildcards).stop

    def _shard(self, wildcards):
        settings = self.source(wildcards.source)
        return layout.shard(settings["total"], settings["shard_size"], wildcards.shard)

    # Models and files that a rule reads

    def merged_problems(self) -> list[str]:
        """Names of the problem sets that are merged."""
        return self.config.get("merge_problems", {}).get("problems", [])

    def problems_for_dataset(self) -> list[str]:
        """Names of the problem sets that the data set needs: merged, imported, included or compared with."""
        return configuration_problems.used_for_dataset(self.config)

    def stage_manifest(self, stage: str) -> str:
        """Manifest of the model of a stage that has one model."""
        return self.manifest(self.config[stage]["model"])

    def question_model(self, wildcards) -> str:
        """Manifest of the model that writes a source's questions; empty for an imported source."""
        settings = self.source(wildcards.source).get("empty_prefix")
        return self.manifest(settings["model"]) if settings else []

    def question_file(self, wildcards) -> str:
        """File with an imported source's questions, the user's or that of a set; empty for a model's source."""
        settings = self.source(wildcards.source).get("imported", {})
        return self.resource("problems", settings["problems"]) if "problems" in settings else settings.get("file", [])

    def judge(self, name: str) -> dict:
        """The settings of a judge."""
        return next(judge for judge in configuration_dataset.judges(self.config) if judge["name"] == name)

    def judge_model(self, wildcards) -> str:
        """Manifest of a judge's model."""
        return self.manifest(self.judge(wildcards.judge)["model"])

    def judge_prompt(self, wildcards) -> str:
        """Prompt file of a judge."""
        return self.judge(wildcards.judge)["prompt"]

    def verdict_stages(self, before: str | None = None) -> list[str]:
        """Stages that give verdicts on questions, in their order; with `before`, those before that judge."""
        judges = self.judges if before is None else self.judges[: self.judges.index(before)]
        return ["filter_questions", "find_duplicates", *(f"judge_questions/{name}" for name in judges)]

    def verdicts_before_judge(self, wildcards) -> list[str]:
        """The shard's verdicts that a judge waits for."""
        stages = self.verdict_stages(wildcards.judge)
        return [f"{RESULTS}/{stage}/{wildcards.source}/{wildcards.shard}.parquet" for stage in stages]

    def benchmarks_of_filters(self) -> list[str]:
        """Names of the benchmarks that the filters compare with."""
        return configuration_problems.benchmarks_of_filters(self.config)

    def filters_use_held_out(self) -> bool:
        """Whether a filter compares with the held-out problems."""
        filters = configuration_dataset.filters(self.config)
        return any(entry.get("contamination", {}).get("held_out") for entry in filters)

    def compared_problems(self) -> list[str]:
        """Files of the sets whose problems no question may equal."""
        return self.resources("problems", configuration_problems.compared(self.config))

    def included_problems(self) -> list[str]:
        """Files of the sets whose pairs stand in the data set beside the run's own."""
        return self.resources("problems", configuration_problems.included(self.config))

    # Settings, as canonical JSON: equal settings are the same text

    def settings(self, *keys: str):
        """The sub-tree of the configuration under `keys`, without the parts that are inputs of their own."""
        tree = self.config
        for key in keys:
            tree = tree[key]
        return canonical_json({key: value for key, value in tree.items() if key not in ("model", "prompt")})

    def source_settings(self, wildcards) -> str:
        """What shapes the rows of a source of questions."""
        settings = self.source(wildcards.source)
        if "imported" in settings:
            imported = settings["imported"]
            column = imported.get("column", "problem" if "problems" in imported else "question")
            shortfall = {"shortfall": "warn"} if imported["shortfall"] == "warn" else {}
            return canonical_json({"imported": {"column": column, **shortfall}})
        kept = {key: settings["empty_prefix"][key] for key in ("system", "sampling")}
        return canonical_json({"empty_prefix": kept})

    def origin_argument(self, wildcards, input) -> str:
        """The argument that names where a source's questions come from."""
        return f"--model {shlex.quote(input.model)}" if input.model else f"--file {shlex.quote(input.file)}"

    def optional_settings(self, stage: str) -> str:
        """The settings of a stage that a configuration may lack; none without it."""
        return self.settings(stage) if stage in self.config else canonical_json({})

    def duplicate_settings(self) -> str:
        """How duplicates are found, with the order of the sources, which decides between equal indices."""
        near = configuration_dataset.near_duplicates(self.config) or {}
        return canonical_json({**self.config["find_duplicates"], **near, "sources": self.sources})

    def filter_settings(self) -> str:
        """The filters, and what shapes the signatures of near-duplicates if these are looked for."""
        near = configuration_dataset.near_duplicates(self.config)
        signatures = {"signatures": {name: near[name] for name in ("ngram", "permutations")}} if near else {}
        return canonical_json({**self.config["filter_questions"], **signatures})

    def questions_for_duplicates(self) -> list[str]:
        """The questions of all shards where near-duplicates are looked for, whose words are compared."""
        return self.all_files("generate_questions") if configuration_dataset.near_duplicates(self.config) else []

    def stage_arguments(self, stages: list[str], option: str, listed: str = "stages"):
        """A function of a job's inputs: one option for each stage, with the stage's name and its files.

        The job's input of the name `listed` lists the files of all shards, stage after stage.
        """

        def arguments(wildcards, input):
            count = len(self.pieces())
            files = [input[listed][start : start + count] for start in range(0, count * len(stages), count)]
            return " ".join(f"{option} {stage} {compact(paths)}" for stage, paths in zip(stages, files, strict=True))

        return arguments

    def stage_files(self, stages: list[str], suffix: str = "") -> list[str]:
        """The files of all shards, stage after stage."""
        return [path for stage in stages for path in self.all_files(stage, suffix)]

    def judge_stages(self) -> list[str]:
        """The stages of the judges, which keep the answers of their models."""
        return [f"judge_questions/{name}" for name in self.judges]

    def every_stage(self) -> list[str]:
        """All stages from the first question to the chosen response, in their order; none without a data set."""
        if not self.makes_dataset():
            return []
        scored = ["score_responses"] if "score_responses" in self.config else []
        checked = ["filter_responses", *self.agreement_stages()]
        return [*self.question_stages(), "generate_responses", *checked, *scored, "select_responses"]

    def question_stages(self) -> list[str]:
        """The stages that make and choose questions, in their order."""
        return ["generate_questions", *self.verdict_stages(), "select_questions"]

    def ledgers(self) -> list[str]:
        """The ledgers of all jobs that the data set needs; none without one."""
        if not self.makes_dataset():
            return []
        stages = [stage for stage in self.every_stage() if stage not in ("find_duplicates", "select_questions")]
        stages[-1:-1] = self.voting_stages()
        stages += ["generate_probe_responses"] if self.agreement_stages() else []
        jobs = [f"{stage}/{source}/{shard}" for stage in stages for source, shard in self.pieces()]
        single = ["find_duplicates/all", "select_questions/all", "assemble_dataset/all"]
        made = [*(f"{RESULTS}/ledger/{job}.json" for job in jobs), *self.selecting_ledgers()]
        return [*self._preparation_ledgers(), *made, *(f"{RESULTS}/ledger/{job}.json" for job in single)]

    def choice_ledgers(self) -> list[str]:
        """The ledgers of the choice of responses, of which some counts stand in the table of rewards."""
        stages = [stage for stage in self.reward_stages() if stage == "select_responses"]
        return [
            f"{RESULTS}/ledger/{stage}/{source}/{shard}.json" for stage in stages for source, shard in self.pieces()
        ]

    def other_ledgers(self) -> list[str]:
        """The ledgers of all other jobs that cost something."""
        before = [] if self.makes_dataset() else self._preparation_ledgers()
        return [
            *before,
            *self.comparing_ledgers(),
            *self.ledgers_after_dataset(),
            *self.comparison_ledgers(),
            *self.measurement_ledgers(),
            *self.measured_reward_ledgers(),
            *self.audit_ledgers(),
        ]

    def priced_jobs(self) -> list[tuple[str, str]]:
        """Rule and name of all jobs that cost something, in the order of the rules' phases and of the shards."""
        places = [path.partition("/ledger/")[2].removesuffix(".json") for path in self.ledgers() + self.other_ledgers()]
        return [(rule, job) for rule, _, job in (place.partition("/") for place in places)]

    def _preparation_ledgers(self) -> list[str]:
        """The ledgers of what is fetched, trained and measured before the first question."""
        bought = [*self.preference_ledgers(), *self.fail_rate_ledgers()]
        merged = [f"{RESULTS}/ledger/merge_problems/all.json"] if self.merged_problems() else []
        return [*self.fetch_ledgers(), *self.training_ledgers(), *bought, *merged]

    def report_files(self) -> list[str]:
        """All tables, figures and pages."""
        dataset = ["tables/funnel.csv", "figures/funnel.svg", "check_funnel/check_funnel.json"]
        pages = ("dataset_card", "funnel", "check_funnel", "sample_rejections", "sample_pairs")
        dataset += [f"pages/{page}.html" for page in pages]
        made = [*(dataset if self.makes_dataset() else []), *self.cost_tables()]
        tables = [*self.preference_tables(), *self.comparison_tables(), *self.training_tables()]
        tables += [*self.contamination_tables(), *self.agreement_tables(), *self.measurement_tables()]
        tables += [*self.reward_tables(), *self.measured_reward_tables(), *self.audit_tables(), *self.rating_tables()]
        tables += [*self.difficulty_tables(), *self.evaluation_tables(), *self.evaluation_figures()]
        tables += [*self.result_tables(), *self.result_figures(), *self.settings_files(), *self.overview_files()]
        return [*(f"{RESULTS}/{path}" for path in made), *tables]

    def report_ledgers(self) -> list[str]:
        """The ledgers of the jobs that write the card, tables, figures and pages."""
        of_dataset = [
            "tabulate_funnel",
            "plot_funnel",
            "check_funnel",
            "sample_rejections",
            "sample_pairs",
            "write_dataset_card",
        ]
        written = of_dataset if self.makes_dataset() else []
        written += ["tabulate_contamination"] if self.measures_contamination() else []
        compared = ["tabulate_generators", "plot_generators"] if self.comparison_tables() else []
        trained = ["tabulate_trainings", "plot_trainings"] if self.training_tables() else []
        evaluated = ["tabulate_evaluation"] if self.evaluation_tables() else []
        evaluated += self.evaluation_figure_rules()
        written += ["tabulate_reward_distribution", "plot_rewards"] if self.reward_tables() else []
        evaluated += ["tabulate_rewards"] if self.measured_reward_tables() else []
        evaluated += ["tabulate_results"] if self.result_tables() else []
        measured = ["tabulate_agreement"] if self.agreement_tables() else []
        measured += ["tabulate_judges", "plot_judges"] if self.measurement_tables() else []
        books = [*self.rating_rules(), *self.cost_reports(), "write_settings", "write_overview"]
        rules = [*written, *compared, *trained, *measured, *evaluated, *self.audit_reports(), *books]
        single = [f"{RESULTS}/ledger/{rule}/all.json" for rule in rules]
        return [*single, *self.difficulty_report_ledgers(), *self.result_figure_ledgers()]

    def every_ledger(self) -> list[str]:
        """The ledgers of all jobs of the run."""
        return [*self.ledgers(), *self.other_ledgers(), *self.report_ledgers()]

    def judge_settings(self, wildcards) -> str:
        """A judge's settings without its model and prompt."""
        kept = {key: value for key, value in self.judge(wildcards.judge).items() if key not in ("model", "prompt")}
        return canonical_json(kept)

    def check_settings(self) -> str:
        """What the funnel's checks need to know."""
        return canonical_json({"samples": self.config["generate_responses"]["samples"]})
