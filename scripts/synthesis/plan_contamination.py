"""The part of the plan about what the questions share with benchmarks."""

from synthesis import configuration_dataset
from synthesis.canonical import canonical_json
from synthesis.configuration_checks import HELD_OUT
from synthesis.plan_resources import RESULTS


class ContaminationPlan:
    """What the table of contamination is made from."""

    def contamination_filters(self) -> list[dict]:
        """The filters that compare with problems."""
        return [entry for entry in configuration_dataset.filters(self.config) if "contamination" in entry]

    def measures_contamination(self) -> bool:
        """Whether there is anything to tabulate."""
        return self.makes_dataset() and bool(self.contamination_filters())

    def contamination_tables(self) -> list[str]:
        """The table and its page; none where no filter compares with problems."""
        files = ("tables/contamination.csv", "pages/contamination.html")
        return [f"{RESULTS}/{path}" for path in files] if self.measures_contamination() else []

    def contamination_settings(self) -> str:
        """The filters that compare with problems, each with the sets it compares with and the words of a run."""
        found = [(entry["name"], entry["contamination"]) for entry in self.contamination_filters()]
        return canonical_json(
            {
                "filters": [
                    {
                        "name": name,
                        "sets": [*item["benchmarks"], *[HELD_OUT] * item.get("held_out", False)],
                        "words": item["words"],
                    }
                    for name, item in found
                ]
            }
        )

    def held_out_of_filters(self) -> list[str]:
        """The file of the held-out problems, if a filter compares with them."""
        return [f"{RESULTS}/merge_problems/held_out.parquet"] if self.filters_use_held_out() else []
