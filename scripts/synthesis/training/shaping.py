"""What makes a trained model what it is, told without loading any model."""


def shaping(settings: dict) -> dict:
    """The settings that shape a trained model, beside the model to begin with and the rows it is trained on."""
    return {**{name: settings[name] for name in ("system", "beta") if name in settings}, **settings["training"]}


def question_rows(problems: list[dict]) -> list[dict]:
    """The bare questions of seed problems (`schema.PROBLEMS`) as `schema.TRAINING_QUESTIONS`, in their order."""
    return [{"row_id": problem["problem_id"], "question": problem["problem"]} for problem in problems]


def preference_rows(pairs: list[dict]) -> list[dict]:
    """Pairs of questions (`schema.PREFERENCE_PAIRS`) as `schema.TRAINING_PREFERENCES`, in their order."""
    names = ("chosen", "rejected", "held_out")
    return [{"row_id": pair["question_id"], **{name: pair[name] for name in names}} for pair in pairs]


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
