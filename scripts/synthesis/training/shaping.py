"""What makes a trained model what it is, told without loading any model."""

# What stands in the rows, in the model's own identity, in `training`, or is of the machine.
_NOT_SHAPING = ("model", "launch", "training", "prompt", "sizes", "seeds")


def shaping(settings: dict) -> dict:
    """The settings of a training that shape its model, beside its rows and the model to begin with."""
    rest = {name: value for name, value in settings.items() if name not in _NOT_SHAPING}
    return {**rest, **settings["training"]}


def question_rows(problems: list[dict]) -> list[dict]:
    """The bare questions of seed problems (`schema.PROBLEMS`) as `schema.TRAINING_QUESTIONS`, in their order."""
    return [{"row_id": problem["problem_id"], "question": problem["problem"]} for problem in problems]


def conversation_rows(pairs: list[dict], prompt) -> list[dict]:
    """Pairs of the data set as `schema.TRAINING_CONVERSATIONS`: the question in a prompt, then the response."""
    return [
        {
            "row_id": pair["question_id"],
            "messages": [
                {"role": role, "content": content}
                for role, content in (*prompt.messages(pair["question"]), ("assistant", pair["response"]))
            ],
        }
        for pair in pairs
    ]
