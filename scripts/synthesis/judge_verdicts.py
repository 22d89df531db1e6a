"""How a judge's answer is read: what it says in words, or the probability of one word against another.

The rule for words, in plain English, stands in docs/judges.md.
"""

import math

import regex

from synthesis.text import normalise

_TAG = regex.compile(r"</?\w+>|<\|\w+\|>")
_LATEX = regex.compile(r"\\(?:boxed|f?box|text\w*|math\w+|mbox)\b")
_MARKUP = regex.compile(r"[*_`#>$\\{}\[\]()\"“”„«»✅❌✔✘]")
_SPACE = regex.compile(r" {2,}")
# Searched for from the end.
_LAST_WORD = regex.compile(r"(?r)[^\W_]+")
# Stands for the end of a line where white space is made one: a character for private use.
_LINE_END = "\ue000"
# How far before the last word it is looked for what makes it doubtful (characters): a long sentence.
_NEAR = 400
_WORDS = {"yes": True, "no": False}

# Yes and No as a choice, which makes none: `Yes/No`, `yes or no`, `Yes, No`, `yes-no`.
_BOTH = regex.compile(r"\b(?:yes|no)\W*?(?:[/|,&-]|\b(?:or|and|nor)\b)[^\w\n]*(?:yes|no)\W*$")
_SPACED_DASH = regex.compile(r"\s[-–—]\s")
# A last word that is asked, is part of a longer one, or stands under a condition, a doubt or a negation.
_ASKED = regex.compile(r"\?\W*$")
_JOINED = regex.compile(r"\w[-'’](?:yes|no)\W*$")
_DOUBTED = regex.compile(
    r"\b(?:if|unless|otherwise|or else|would|maybe|perhaps|possibly|probably|likely|hardly|whether)\b[^.!?;:\n]*$"
)
_NEGATION = r"(?:\b(?:not|never|neither|nor|cannot)\b|n['’]t\b)"
_NEGATED = regex.compile(rf"{_NEGATION}(?:(?!\b(?:so|thus|therefore|hence)\b)[\w\s])*$")
# A question, or a label of a few words, whose No says that all is well: `Is anything missing? No`.
_DEFECT = (
    r"\b(?:missing|contradict\w*|lack\w*|ambigu\w*|inconsisten\w*|unclear|wrong|errors?|mistakes?|problems? with"
    r"|impossible|flaw(?!less)\w*|harm(?!less)\w*|insufficient|incomplete|unsolvable|unanswerable|invalid|ill[- ]posed"
    r"|reject\w*|discard\w*)\b"
)
_DEFECT_LABEL = rf"(?:^|[\n.!?])\W*(?:\w+ ){{0,2}}{_DEFECT}(?: \w+){{0,2}} ?:"
_ABOUT_DEFECT = regex.compile(rf"(?:{_DEFECT}[^.!?\n]*\?|{_DEFECT_LABEL})\W*$")
# A Yes that agrees with what its own sentence says is wrong: `The problem is incomplete, yes`.
_DENIAL = r"(?:\b(?:no|not|cannot|never|none|nothing|neither|without)\b|n['’]t\b)"
_AGREES_WITH_DEFECT = regex.compile(
    rf"(?:^|[.!?,;:\n])(?:(?!{_DENIAL})[^.!?,;:\n])*\b(?:is|are|was|were|be|seems?|looks?|appears?) "
    rf"(?:(?!the\b|{_DENIAL})\w+ )?{_DEFECT}[^.!?\n]*\byes\W*$"
)
_LIST_MARK = r"(?:^|\n)\s*(?:\d+[.)]|[-•])"
_ITEM = regex.compile(rf"{_LIST_MARK}[^\n]*?\b(yes|no)\W*?(?=\n|$)")
_LAST_ITEM = regex.compile(rf"{_LIST_MARK}[^\n]*$")

# A verdict with something after it. After a No, no noun may follow that it belongs to: `No. of apples`, `no solution`.
_END = r"(?=\s*[,;:!—–\n]|\s*-\s|\s*$)"
_FULL_STOP = r"\.(?=\s+(?!of\b)[^\W\d]|\s*\n|\s*$)"
_SAID = rf"(?P<word>yes|no)(?:{_END}|{_FULL_STOP}|(?= (?:it|this|that|the|because|since|as)\b))"
_OPENING = regex.compile(rf"\W*{_SAID}")
_LABEL = (
    r"(?:answer|verdict|conclusion|judge?ment|decision|result|assessment|evaluation|determination|solvable"
    r"|solvability)"
)
_LABELLED = regex.compile(
    rf"(?:^|[\n.!?;])\W*(?:[\w']+,? ){{0,3}}{_LABEL}(?:\s*(?:[:=,–—-]|\bis\b:?)\s*|[ ]*\n\s*)(?:that )?{_SAID}"
)
# What may not follow a verdict that is read before the end: it could take the verdict back.
_TAKEN_BACK = regex.compile(
    r"\b(?:but|however|although|though|except|unless|yet|wait|actually|alternatively|otherwise|nevertheless"
    r"|on the other hand|on second thoughts?|correction)\b|\?"
)
_ALL_WELL = regex.compile(
    r"\b(?:nothing (?:is |was )?(?:missing|contradict\w*|else is needed)|(?:no|without(?: any)?) (?:\w+ )?"
    r"(?:contradictions?|ambiguity|missing \w+|(?:information|data|numbers?|details?) (?:is |are )?missing)"
    r"|not (?:missing|contradict\w*|ambiguous))\b"
)
_AGAINST_YES = regex.compile(rf"{_DENIAL}|\bfalse\b|{_DEFECT}")
_AGAINST_NO = regex.compile(
    r"\byes\b|(?<!\bnot )(?<!n['’]t )(?<!\bnot be )\b(?:is|be|being|it's) (?:(?!not\b)\w+ )?"
    r"(?:solvable|well[- ]posed|complete)\b|\bcan (?:\w+ )?be (?:solved|found|answered|calculated|computed|determined)"
    r"\b|\bwe can\b|\bis (?:given|enough|sufficient)\b"
)


def text_verdict(text: str) -> bool | None:
    """The verdict of a text: True for yes, False for no, None if it is unclear.

    Read from the last word; else from the last labelled verdict (`Conclusion: No, since ...`); else from how the last
    line, or the whole text, opens. Whatever doubts the verdict or may take it back makes it unclear. Case, punctuation,
    Markdown, brackets, quotes, tags and LaTeX such as `\\boxed{\\text{Yes}}` change nothing.

    ScaleQuest's released code keeps a question if the letters `yes` come anywhere, so `eyes`, `Bayes` and
    `yes, but ... No` count as solvable there.
    """
    plain = _plain(text)
    last = _LAST_WORD.search(plain)
    if not last:
        return None
    if last.group() in _WORDS:
        return None if _end_is_doubtful(plain, last.start()) else _WORDS[last.group()]
    return _verdict_before_end(plain)


def _plain(text: str) -> str:
    """The text in small letters, without what only dresses it; its lines stay."""
    one_line = _LATEX.sub(" ", _TAG.sub(" ", text)).replace("\n", _LINE_END)
    one_line = _SPACE.sub(" ", _MARKUP.sub(" ", normalise(one_line)))
    return "\n".join(filter(None, (line.strip() for line in one_line.split(_LINE_END))))


def _end_is_doubtful(plain: str, start: int) -> bool:
    """Whether a last word that is Yes or No, and begins there, is no verdict."""
    # Each pattern is bound to the end, and searched for from every place: a long text would take long.
    tail, before = plain[max(start - _NEAR, 0) :], plain[max(start - _NEAR, 0) : start]
    if _ASKED.search(tail) or _JOINED.search(tail) or _is_choice(tail):
        return True
    if _AGREES_WITH_DEFECT.search(tail):
        return True
    if _DOUBTED.search(before) or _NEGATED.search(before) or _ABOUT_DEFECT.search(before):
        return True
    return bool(_LAST_ITEM.search(tail)) and len(set(_ITEM.findall(plain))) > 1


def _is_choice(tail: str) -> bool:
    found = _BOTH.search(tail)
    return bool(found) and not _SPACED_DASH.search(found.group())


def _verdict_before_end(plain: str) -> bool | None:
    """The verdict of a text that goes on after it, in small letters and without markup."""
    labelled = list(_LABELLED.finditer(plain))
    found = labelled[-1] if labelled else None
    if not found:
        start = plain.rfind("\n") + 1
        # A last line that answers a question of the text's own says nothing of the question that was judged.
        found = None if plain[:start].rstrip().endswith("?") else _OPENING.match(plain, start)
        found = found or _OPENING.match(plain)
    if not found or _is_choice(plain[max(found.end() - _NEAR, 0) : found.end()]):
        return None
    verdict, rest = _WORDS[found["word"]], plain[found.end() :]
    if _TAKEN_BACK.search(rest):
        return None
    if verdict:
        return None if _AGAINST_YES.search(_ALL_WELL.sub(" ", rest)) else True
    return None if _AGAINST_NO.search(rest) or _ALL_WELL.search(rest) else False


def probability_verdict(
    log_probabilities: dict[str, float], yes: str, no: str, threshold: float
) -> tuple[bool, float | None]:
    """Whether P(yes) / (P(yes) + P(no)) reaches the threshold, and that share (0 to 1).

    Computed from the difference of the two log-probabilities, so that tiny probabilities neither vanish nor divide
    by zero. The share is None, and the verdict False, if a word has no log-probability or both are impossible.
    """
    first, second = log_probabilities.get(yes), log_probabilities.get(no)
    if first is None or second is None or math.isnan(first) or math.isnan(second) or first == second == -math.inf:
        return False, None
    share = _logistic(first - second)
    return share >= threshold, share


def _logistic(difference: float) -> float:
    if difference >= 0:
        return 1 / (1 + math.exp(-difference))
    return math.exp(difference) / (1 + math.exp(difference))
