"""What the configuration plans of measuring judges: on which labelled questions, and which judges are compared."""

from synthesis import configuration_dataset
from synthesis.canonical import canonical_json
from synthesis.configuration_models import definition
from synthesis.configuration_paths import published_path
from synthesis.plan_comparison import ComparisonPlan
from synthesis.plan_resources import RESULTS
from synthesis.shard_files import compact


class JudgePlan(ComparisonPlan):
    """The measured and compared judges of a validated configuration; everything is empty without any."""

    def measurements(self) -> list[str]:
        """Names of the measurements."""
        return list(self.config["measure_judge"])

    def measured_judge(self, wildcards) -> dict:
        """The settings of the judge of a measurement."""
        return configuration_dataset.measured_judges(self.config)[wildcards.measured]

    def measured_model(self, wildcards) -> str:
        """Manifest of the model of a measured judge."""
        return self.manifest(self.measured_judge(wildcards)["model"])

    def measured_prompt(self, wildcards) -> str:
        """Prompt of a measured judge."""
        return self.measured_judge(wildcards)["prompt"]

    def measured_settings(self, wildcards) -> str:
        """The settings of a measured judge without its model and prompt, and the number of questions."""
        kept = {key: value for key, value in self.measured_judge(wildcards).items() if key not in ("model", "prompt")}
        return canonical_json({**kept, "questions": self._measurement(wildcards.measured).get("questions")})

    def measured_labels(self, wildcards) -> str:
        """File of the labelled questions."""
        return self._measurement(wildcards.measured)["labels"]["file"]

    def measured_columns(self, wildcards) -> tuple[str, str]:
        """The columns with the question and with its label."""
        labels = self._measurement(wildcards.measured)["labels"]
        return labels.get("text", "question"), labels.get("label", "keep")

    def measured_column(self, number: int):
        """A function of the wildcards: one of these columns."""
        return lambda wildcards: self.measured_columns(wildcards)[number]

    def measured_sample(self, wildcards) -> tuple:
        """Columns, seed and number of the questions, as `judge_measurement.read_measured` takes them."""
        count = self._measurement(wildcards.measured).get("questions")
        return *self.measured_columns(wildcards), self.config["seed"], count

    def measured_before(self, wildcards) -> list[str]:
        """Measurements that ask the same model the same: first, so that no judgement is bought by two jobs."""
        judges = configuration_dataset.measured_judges(self.config)
        own, names = judges[wildcards.measured], self.measurements()
        earlier = names[: names.index(wildcards.measured)]
        same = [name for name in earlier if all(judges[name][key] == own[key] for key in ("model", "prompt"))]
        return self._measured_files(same)

    def _measurement(self, name: str) -> dict:
        return self.config["measure_judge"][name]

    def _measured_files(self, names: list[str]) -> list[str]:
        return [f"{RESULTS}/measure_judge/{name}.parquet" for name in names]

    def measured_verdicts(self) -> list[str]:
        """The verdicts of all measurements."""
        return self._measured_files(self.measurements())

    def measurement_ledgers(self) -> list[str]:
        """The ledgers of all measurements."""
        return [f"{RESULTS}/ledger/measure_judge/{name}.json" for name in self.measurements()]

    def measurement_names(self) -> str:
        """What the table says of each measurement beside its figures, in the order of the files."""
        return canonical_json({"judges": [self._described_judge(name) for name in self.measurements()]})

    def _described_judge(self, name: str) -> dict:
        judge = configuration_dataset.measured_judges(self.config)[name]
        verdict = judge["verdict"]
        return {
            "name": name,
            "judge": judge["name"],
            "model": judge["model"],
            "parameters": definition(self.config, judge["model"])["parameters"],
            "threshold": verdict["probability"]["threshold"] if "probability" in verdict else None,
            "labels": published_path(self._measurement(name)["labels"]["file"]),
        }

    def measurement_tables(self) -> list[str]:
        """Tables, page and figure of the measurements."""
        tables = [f"tables/{name}.csv" for name in ("judges", "measured_judges_agreement", "judges_roc")]
        made = [*tables, "pages/judges.html", "figures/judges_roc.svg"]
        return [f"{RESULTS}/{path}" for path in made if self.measurements()]

    # Judges of the run against each other

    def _compares_judges(self) -> bool:
        return len(configuration_dataset.judges(self.config)) > 1

    def agreeing_verdicts(self) -> list[str]:
        """What the run's judges say of the same questions, if there are several: judge after judge."""
        return [path for _, _, paths in self._agreeing() for path in paths]

    def _agreeing(self) -> list[tuple[str, str, list[str]]]:
        """Set of questions, judge and files."""
        if not self._compares_judges():
            return []
        names = [judge["name"] for judge in configuration_dataset.judges(self.config)]
        found = [("judge_questions", name, self.all_files(f"judge_questions/{name}")) for name in names]
        compared = zip(self.comparing_judges(), self.comparison_verdicts(), strict=True)
        return [*found, *(("judge_generators", name, [path]) for name, path in compared)]

    def agreement_arguments(self, wildcards, input) -> str:
        """One option for each set and judge, with the files of its verdicts."""
        options, start = [], 0
        for questions, judge, paths in self._agreeing():
            stop = start + len(paths)
            options.append(f"--verdicts {questions} {judge} {compact(input.verdicts[start:stop])}")
            start = stop
        return " ".join(options)

    def agreement_tables(self) -> list[str]:
        """The table of how far the run's judges agree, and its page; none of a single judge."""
        made = ("tables/judge_agreement.csv", "pages/judge_agreement.html")
        return [f"{RESULTS}/{path}" for path in made if self._compares_judges()]
