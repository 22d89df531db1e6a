"""What the configuration plans of a forecast: from which pilot run, and of which settings."""

from pathlib import Path

from synthesis import servers
from synthesis.canonical import canonical_json
from synthesis.errors import InputError
from synthesis.plan_resources import ResourcePlan

# Where the runs' folders lie; the pilot's is not that of the configured run.
_RUNS = Path("results")


class ForecastPlan(ResourcePlan):
    """The forecast of a validated configuration."""

    def pilot_table(self, _wildcards) -> str:
        """The pilot's table of costs, so that a changed pilot makes a new forecast. See `pilot_results`."""
        return str(pilot_results(self.config, _RUNS) / "tables/costs.csv")

    def whole_configuration(self) -> str:
        """All settings as canonical JSON, but for where servers are."""
        models = {name: servers.without_access(model) for name, model in self.config["models"].items()}
        return canonical_json({**self.config, "models": models})


def pilot_results(config: dict, runs: Path) -> Path:
    """The folder of the pilot's results among those of all runs.

    Raises InputError if the configuration names no pilot, or if that run was not made or is not finished.
    """
    if "forecast_cost" not in config:
        raise InputError(
            "the configuration has no forecast_cost, so nothing says which run to forecast from; add "
            "`forecast_cost: {pilot: NAME, gpus: 8}` with the `run` of a small finished run (docs/forecast.md)."
        )
    pilot = config["forecast_cost"]["pilot"]
    if not (runs / pilot / "tables/costs.csv").is_file():
        raise InputError(
            f"the pilot run {pilot} is missing or not finished ({runs / pilot}/tables/costs.csv is not there); make it "
            f"with `snakemake --profile local --configfile FILE`, where FILE is the configuration with `run: {pilot}`."
        )
    return runs / pilot
