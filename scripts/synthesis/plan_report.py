"""What the configuration plans of the pages about a run as a whole."""

import json

from synthesis import run_settings
from synthesis.configuration_dataset import makes_dataset
from synthesis.plan_resources import RESULTS, ResourcePlan


class ReportPlan(ResourcePlan):
    """The settings of a validated configuration as they are written down."""

    def whole_configuration(self) -> str:
        """The configuration without secrets, as JSON, its keys in their order."""
        return json.dumps(run_settings.without_secrets(self.config), ensure_ascii=False, separators=(",", ":"))

    def pair_stages(self) -> list[str]:
        """The stages that pairs for readers are drawn from."""
        return ["generate_questions", "generate_responses", "select_responses"]

    def settings_files(self) -> list[str]:
        """What a run was made with, and the page of it."""
        made = ("configuration.yaml", "files.csv", "jobs.csv", "versions.csv", "hardware.csv")
        return [*(f"{RESULTS}/settings/{name}" for name in made), f"{RESULTS}/pages/settings.html"]

    def named_files(self) -> list[str]:
        """The files that the configuration names."""
        return run_settings.named_files(self.config)

    def overview_tables(self, name: str) -> list[str]:
        """The table that a block of the overview reads; none if the run does not make it."""
        table, is_made = {
            "funnel": ("tables/funnel.csv", makes_dataset(self.config)),
            "checks": ("check_funnel/check_funnel.json", makes_dataset(self.config)),
            "averages": ("tables/evaluation_averages.csv", "answer_benchmark" in self.config),
            "paired": ("tables/evaluation_averages_paired.csv", "answer_benchmark" in self.config),
            "results": ("tables/results.csv", "tabulate_results" in self.config),
        }[name]
        return [f"{RESULTS}/{table}"] if is_made else []

    def overview_files(self) -> list[str]:
        """The first page of the report, and the same for the page with which Snakemake's report begins."""
        return [f"{RESULTS}/pages/overview.html", f"{RESULTS}/write_overview/landing.html"]
