"""What the configuration plans after the data set: students, and which models answer which benchmarks."""

from synthesis import configuration_evaluation, configuration_models, configuration_problems
from synthesis.canonical import canonical_json
from synthesis.configuration_evaluation_checks import HELD_OUT
from synthesis.configuration_models import student_parts
from synthesis.configuration_problems import DATASET
from synthesis.plan_resources import RESULTS, ResourcePlan


class EvaluationPlan(ResourcePlan):
    """The students and the evaluation of a validated configuration."""

    def student_manifests(self) -> list[str]:
        """Manifests of all students."""
        return [self.manifest(name) for name in configuration_models.students(self.config)]

    def student_prompt(self, wildcards) -> str:
        """The prompt around each question that a student learns to answer."""
        return self.config["train_student"][wildcards.student]["prompt"]

    def learnt_pairs(self) -> list[str]:
        """What students learn from, each once: the run's own data set (`dataset`) or a set of problems."""
        return list(dict.fromkeys(map(self._pairs_of, self.config["train_student"])))

    def _pairs_of(self, student: str) -> str:
        return self.config["train_student"][student].get("pairs", DATASET)

    def pair_files(self, wildcards) -> list[str]:
        """The files of the pairs that subsets are chosen from."""
        if wildcards.pairs == DATASET:
            return self.dataset_files("data")
        return self.resources("problems", [wildcards.pairs])

    def student_pair_files(self, wildcards) -> list[str]:
        """The files of the pairs that a student learns from."""
        pairs = self._pairs_of(wildcards.student)
        return self.dataset_files("data") if pairs == DATASET else self.resources("problems", [pairs])

    def student_subset(self, wildcards) -> str:
        """File of the ids of the pairs that a student learns from."""
        return f"{RESULTS}/select_subset/{self._pairs_of(wildcards.student)}/{wildcards.size}.parquet"

    def ledgers_after_dataset(self) -> list[str]:
        """The ledgers of all jobs that the data set does not need: what is fetched, subsets, students, evaluation."""
        needed = configuration_models.in_use_for_dataset(self.config)
        fetched = {
            ("fetch_model", "models"): [name for name in self.fetched_models() if name not in needed],
            ("fetch_problems", "problems"): configuration_problems.used_after_dataset(self.config),
            ("fetch_benchmark", "benchmarks"): configuration_problems.benchmarks_after_dataset(self.config),
        }
        subsets = dict.fromkeys(
            f"{self._pairs_of(name)}/{size}"
            for name, settings in self.config["train_student"].items()
            for size in settings["sizes"]
        )
        students = ["/".join(student_parts(name)) for name in configuration_models.students(self.config)]
        pairs = [f"{model}/{benchmark}" for model, benchmark in self._evaluations()]
        jobs = [
            *(f"select_subset/{subset}" for subset in subsets),
            *(f"train_student/{student}" for student in students),
            *(f"{stage}/{pair}" for stage in ("answer_benchmark", "grade_answers") for pair in pairs),
        ]
        return [*self.fetched_ledgers(fetched), *(f"{RESULTS}/ledger/{job}.json" for job in jobs)]

    def evaluated_models(self) -> list[str]:
        """Names of the models that answer benchmarks, each once."""
        return configuration_models.evaluated(self.config)

    def evaluated_benchmarks(self) -> list[str]:
        """Names of the benchmarks that are answered; `held_out` is the held-out part of the seed problems."""
        return self.config.get("answer_benchmark", {}).get("benchmarks", [])

    def evaluation_files(self, stage: str) -> list[str]:
        """One file of a stage for each model and benchmark, models first."""
        return [f"{RESULTS}/{stage}/{model}/{benchmark}.parquet" for model, benchmark in self._evaluations()]

    def _evaluations(self) -> list[tuple[str, str]]:
        return configuration_evaluation.pairs(self.config)

    def evaluation_tables(self) -> list[str]:
        """The table of the evaluation and its page; none without an evaluation."""
        return [f"{RESULTS}/tables/evaluation.csv", f"{RESULTS}/pages/evaluation.html"] if self._is_evaluated() else []

    def evaluation_names(self) -> str:
        """The names in the evaluation's tables: models and benchmarks, in the order of the files, and averages."""
        models = [self._names_of(model) for model in self.evaluated_models()]
        averages = configuration_models.averages(self.config) if self._is_evaluated() else {}
        return canonical_json({"models": models, "benchmarks": self.evaluated_benchmarks(), "averages": averages})

    def _names_of(self, model: str) -> dict:
        students = configuration_models.students(self.config)
        if model not in students:
            return {"model": model, "student": "", "size": "", "seed": ""}
        student, size, seed = student_parts(model)
        return {"model": students[model]["model"], "student": student, "size": size, "seed": seed}

    def _is_evaluated(self) -> bool:
        return "answer_benchmark" in self.config

    def evaluation(self, wildcards) -> dict:
        """How a model answers a benchmark, and how its answers are graded."""
        return configuration_evaluation.settings(self.config, wildcards.model, wildcards.benchmark)

    def evaluation_prompt(self, wildcards) -> str:
        """The prompt with which a model is asked about the problems of a benchmark."""
        return self.evaluation(wildcards)["prompt"]

    def evaluation_settings(self, wildcards) -> str:
        """What shapes the answers of a model to a benchmark, beside model and prompt."""
        return self._evaluation_part(wildcards, configuration_evaluation.ANSWERING)

    def grading_settings(self, wildcards) -> str:
        """What decides which answers of a model to a benchmark are right, beside the reference answers."""
        return self._evaluation_part(wildcards, configuration_evaluation.GRADING)

    def _evaluation_part(self, wildcards, names: tuple[str, ...]) -> str:
        settings = self.evaluation(wildcards)
        return canonical_json({name: settings[name] for name in names if name in settings})

    def evaluated_manifest(self, wildcards) -> str:
        """Manifest of the model that answers a benchmark."""
        return self.manifest(wildcards.model)

    def evaluated_problems(self, wildcards) -> str:
        """File of the problems that are answered."""
        if wildcards.benchmark == HELD_OUT:
            return f"{RESULTS}/merge_problems/held_out.parquet"
        return self.resource("benchmarks", wildcards.benchmark)
