"""What the configuration plans about bringing the data set before others."""

from synthesis.canonical import canonical_json
from synthesis.configuration_problems import DATASET
from synthesis.plan_resources import RESULTS, ResourcePlan

PUSH, RATING = "push_dataset", "rate_questions"

# The parts of a configuration that no file of the data set depends on, its card included.
PUBLICATION = (PUSH, RATING)


class PublicationPlan(ResourcePlan):
    """The ratings of a validated configuration's questions by people, and the push of its data set."""

    def push_settings(self) -> str:
        """Where the data set is pushed to; nothing if the configuration does not say."""
        return canonical_json(self.config.get(PUSH, {}))

    # Ratings by people; all of it is empty without them

    def rating_settings(self, *names: str) -> str:
        """Some of the settings of the ratings; of published values, which of the file's."""
        settings = {name: value for name, value in self._rating().items() if name in names}
        if "published" in settings:
            settings["published"] = {name: settings["published"][name] for name in ("source", "table")}
        return canonical_json(settings)

    def rated_data(self) -> list[str]:
        """The files of the data set if its questions are rated."""
        return self.dataset_files("data") if DATASET in self._rating().get("sets", []) else []

    def rated_problems(self) -> list[str]:
        """The files of the other sets, in their order."""
        return self.resources("problems", [name for name in self._rating().get("sets", []) if name != DATASET])

    def filled_sheets(self) -> list[str]:
        """The sheets that raters have filled."""
        return self._rating().get("sheets", [])

    def rating_key(self) -> str:
        """The key of the filled sheets: that which the user kept, or that of the sheet as it is now."""
        return self._rating().get("key", f"{RESULTS}/write_rating_sheet/key.csv")

    def published_ratings(self) -> list[str]:
        """The file with the published ratings."""
        return [self._rating()["published"]["file"]] if "published" in self._rating() else []

    def rating_tables(self) -> list[str]:
        """The sheet with its key and, once there are filled ones, tables and page."""
        made = ["write_rating_sheet/sheet.csv", "write_rating_sheet/key.csv"] if RATING in self.config else []
        tables = ["tables/ratings.csv", "tables/rating_agreement.csv", "pages/ratings.html"]
        made += tables if self.filled_sheets() else []
        return [f"{RESULTS}/{path}" for path in made]

    def rating_rules(self) -> list[str]:
        """Names of the rules that write them."""
        rated = ["write_rating_sheet"] if RATING in self.config else []
        return [*rated, *(["tabulate_ratings"] if self.filled_sheets() else [])]

    def _rating(self) -> dict:
        return self.config.get(RATING, {})
