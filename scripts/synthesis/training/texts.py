"""Token sequences to train on: what stands before, and what the model shall learn to write."""

from synthesis import chat


def question_parts(tokenizer, system: str | None, questions: list[str]) -> list[tuple[list[int], list[int]]]:
    """The opened user turn, and each question with the end of its turn, as token ids.

    The opening is tokenised by itself, exactly as it is when questions are sampled from it. The turn ends with the
    template's own end token, or with the tokenizer's if the template has none after a question.
    """
    messages = () if system is None else (("system", system),)
    prefix = _ids(tokenizer, chat.question_prefix(tokenizer, messages))
    end = _turn_end(tokenizer, chat.question_suffix(tokenizer, messages))
    return [(prefix, _ids(tokenizer, question) + end) for question in questions]


def answer_parts(tokenizer, conversations) -> list[tuple[list[int], list[int]]]:
    """The conversation up to its last turn, and that turn's text with its end, as token ids."""
    parts = (chat.scored_parts(tokenizer, messages) for messages in conversations)
    return [(_ids(tokenizer, context), _ids(tokenizer, answer)) for context, answer in parts]


def plain(tokenizer, text: str) -> list[int]:
    """A text by itself, outside any conversation, as a scorer of questions reads it."""
    return tokenizer(text)["input_ids"]


def example(context: list[int], target: list[int]) -> dict:
    """One row for the trainer: `input_ids`, and `labels` that leave the context out of the loss."""
    return {"input_ids": context + target, "labels": [-100] * len(context) + target}


def _turn_end(tokenizer, suffix: str) -> list[int]:
    tokens = _ids(tokenizer, suffix)
    special = set(tokenizer.all_special_ids)
    end = next((place for place, token in enumerate(tokens) if token in special), None)
    return [*tokens, tokenizer.eos_token_id] if end is None else tokens[: end + 1]


def _ids(tokenizer, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False)["input_ids"]
