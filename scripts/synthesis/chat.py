"""Chat text, always through the model's own template."""

from synthesis.errors import InputError

# Stands where the user's text would be, so that the template can be cut there. Plain letters, because templates may
# trim blanks; it can't occur in a template.
_MARK = "QUESTIONSTARTSHERE"


def conversation_text(tokenizer, messages) -> str:
    """The text of a conversation whose answer the model writes next."""
    return tokenizer.apply_chat_template(_dictionaries(messages), tokenize=False, add_generation_prompt=True)


def question_prefix(tokenizer, messages) -> str:
    """The template's text up to the point where the user's first word would stand, byte for byte.

    `messages` holds at most a system turn. An empty system text removes the system turn the template adds by
    itself, if the template can do without. Raises InputError for a template that does not show the user's text.
    """
    system = [message for message in messages if message[1]]
    text = tokenizer.apply_chat_template(_dictionaries([*system, ("user", _MARK)]), tokenize=False)
    start = text.find(_MARK)
    if start < 0:
        raise InputError(
            "the chat template does not print the user's text, so no question prefix can be cut from it; "
            "give the model another chat_template."
        )
    prefix = text[:start]
    return _without_system(tokenizer, prefix) if ("system", "") in messages else prefix


def _without_system(tokenizer, prefix: str) -> str:
    """The user turn's opening alone: what a second user turn adds to a conversation before its text."""
    first = _dictionaries([("user", _MARK), ("assistant", _MARK)])
    text = tokenizer.apply_chat_template([*first, {"role": "user", "content": _MARK}], tokenize=False)
    before_last = text.rpartition(_MARK)[0]
    opening = before_last[len(tokenizer.apply_chat_template(first, tokenize=False)) :]
    if not opening or not prefix.endswith(opening):
        raise InputError(
            "the chat template has no separate user turn, so its system turn can't be left out; "
            "set system to null or to a text."
        )
    bos = tokenizer.bos_token or ""
    return (bos if bos and prefix.startswith(bos) and not opening.startswith(bos) else "") + opening


def scored_parts(tokenizer, messages) -> tuple[str, str]:
    """The text before the last (assistant) turn's content, and that content with the end of its turn.

    Raises InputError if the template changes earlier text when an answer follows, because then no boundary exists.
    """
    context = conversation_text(tokenizer, messages[:-1])
    whole = tokenizer.apply_chat_template(_dictionaries(messages), tokenize=False)
    if not whole.startswith(context):
        raise InputError(
            "the chat template writes the conversation differently once an answer follows, so the answer can't be "
            "scored by itself; give the model another chat_template."
        )
    return context, whole[len(context) :].rstrip("\n")


def _dictionaries(messages) -> list[dict]:
    return [{"role": role, "content": content} for role, content in messages]
