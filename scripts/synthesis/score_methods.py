"""Which ways there are to score a response, as the settings of `score_responses` name them."""

GRADE, STEPS = "grade", "steps"


def text_method(settings: dict) -> str:
    """How one text is scored: the method itself, or that of the steps."""
    return settings["steps"]["method"] if settings["method"] == STEPS and "steps" in settings else settings["method"]


def is_graded(settings: dict) -> bool:
    """Whether settings with a prompt ask for a grade, so that the prompt holds a response."""
    return "method" in settings and text_method(settings) == GRADE
