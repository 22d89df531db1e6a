"""What the configuration plans of the comparison of responses with those of a probe model; nothing without one."""

from synthesis import configuration_dataset
from synthesis.canonical import canonical_json
from synthesis.plan_resources import RESULTS, ResourcePlan

_SHARD = "{source}/{shard}.parquet"


class AgreementPlan(ResourcePlan):
    """The probe of a validated configuration."""

    def agreement_stages(self) -> list[str]:
        """The stage that gives verdicts on the responses which filter_responses kept, if there is one."""
        return ["check_agreement"] if configuration_dataset.probe(self.config) else []

    def agreements(self) -> list[str]:
        """The verdicts of the comparison on a shard's responses."""
        return [f"{RESULTS}/{stage}/{_SHARD}" for stage in self.agreement_stages()]

    def scored_verdicts(self) -> str:
        """The last verdicts on a shard's responses before they are scored."""
        return [f"{RESULTS}/filter_responses/{_SHARD}", *self.agreements()][-1]

    def probe_settings(self) -> str:
        """What the probe is asked, beside its model and prompt: another way to compare buys nothing anew."""
        return self._of_probe("samples", "sampling")

    def agreement_settings(self) -> str:
        """How the probe's answers are read and compared."""
        return self._of_probe("keep", "agrees", "answer")

    def _of_probe(self, *keys: str) -> str:
        settings = configuration_dataset.probe(self.config)
        return canonical_json({key: settings[key] for key in keys if key in settings})
