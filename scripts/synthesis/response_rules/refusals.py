"""Whether a response refuses to answer, as its own stance: at its beginning or end, and not in what somebody says."""

import regex

from synthesis.answers import boxed
from synthesis.response_rules.endings import without_thinking

# Characters at either end of the answer in which a refusal is looked for.
_REACH = 600
_SENTENCES = 2

_QUOTED = regex.compile(r"“[^”]*”|«[^»]*»|(?<!\w)\"[^\"\n]*\"|(?<!\w)‘[^’\n]*’(?!\w)|(?<!\w)'[^'\n]*'(?!\w)")
_SENTENCE_END = regex.compile(r"(?<=[.!?。！？])\s*(?=\s|\p{Han})|\n+")

_LEAD = (
    r"(?:(?:unfortunately|i(?:['’]?m| am) afraid(?: that)?|however|therefore|but|so|thus|hence|well|hi|hello|oh"
    r"|hmm|yes|no)\b[\s,:!.—-]*)*"
)
_CANNOT = (
    r"(?:can['’]?t|can\s?not|could(?:n['’]t|\snot)|(?:won['’]t|will not)(?: be able to)?"
    r"|(?:am|['’]m) (?:\w+ )?(?:unable|not able)(?: to)?"
    r"|(?:am|['’]m) not (?:allowed|permitted|programmed|designed|going) to)"
)
_APOLOGY = (
    r"(?:i['’]?m|i am|we['’]?re|we are)? ?(?:\w+ )?sorry|(?:my |our )?(?:sincere )?apologies"
    r"|i (?:\w+ )?(?:\w+ )?apologi[sz]e|i regret"
)
_PICTURE = (
    r"(?:an?|any|the|this|that|your) (?:\w+ )?(?:image|picture|diagram|figure|graph|file|link|attachment|website)s?"
)

# What refuses, whatever follows it.
_STRONG = regex.compile(
    rf"{_LEAD}(?:"
    rf"(?:{_APOLOGY})\b[^.!?\n]{{0,80}}?\b(?:i|we)\b ?(?:\w+ly )?{_CANNOT}"
    rf"|(?:{_APOLOGY})\b[^.!?\n]{{0,40}}?\b(?:this|that|your|the) (?:\w+ )?(?:request|question|task)\b[^.!?\n]{{0,20}}?"
    r"(?:can['’]?t|cannot|is (?:not|beyond|outside))"
    rf"|i ?(?:\w+ly )?{_CANNOT} (?:\w+ly )?"
    r"(?:help|assist|comply|engage|participate|fulfil|do (?:that|this)|discuss (?:this|that)|support (?:this|that)"
    r"|(?:answer|process|continue with|complete|respond to) (?:this|that|your|the|such)"
    r"|(?:provide|create|generate|write|produce|give|offer|share) (?:this|that|such|you|any|content|information|advice"
    r"|guidance|instructions|an? (?:answer|solution|response)|the (?:answer|solution)))"
    r"|i (?:(?:must|have to|need to|am going to|will) )?(?:\w+ly )?(?:decline|refuse)"
    r" to (?:answer|help|assist|provide|respond|comply|engage|discuss|do|write|create|generate|continue)\b"
    r"|i (?:must|have to|need to|am going to|will) (?:\w+ly )?(?:decline|refuse)"
    r"(?: (?:this|that|your|the) (?:\w+ )?(?:request|question|task))?[\s*_]*(?:[.!]|$)"
    r"|i (?:do not|don['’]t|would not|wouldn['’]t) feel comfortable|i['’]m not comfortable|i am not comfortable"
    r"|it(?: is|['’]s) (?:not possible|impossible) for me to (?:answer|help|assist|provide|solve|continue)"
    r"|i(?: am|['’]m) (?:programmed|designed|trained) to\b[^.!?\n]{0,60}?"
    r"\b(?:cannot|can['’]?t|must not|not able to)"
    r"|[^.!?\n]{0,80}(?:violates?|goes against|(?:is|['’]s) against|conflicts with)"
    r" (?:(?:my|our|openai['’]s) (?:\w+ )?(?:polic|guideline|programming|terms)"
    r"|the (?:content|usage|safety|community) (?:polic|guideline))"
    r"|(?:抱歉|对不起|很抱歉|不好意思)[，,][^。]{0,12}(?:无法|不能)|我(?:无法|不能)(?:回答|提供|帮助|协助)"
    r"|lo siento,? (?:pero )?no puedo|es tut mir leid[^.]{0,30}kann|je suis désolée?[^.]{0,30}ne (?:peux|suis)"
    r"|извините[^.]{0,30}не могу"
    r")",
    regex.IGNORECASE,
)
# What refuses unless a boxed answer follows: people say it, and then solve the problem.
_WEAK = regex.compile(
    rf"{_LEAD}(?:"
    r"(?:as|i['’]?m|i am)(?: just| only)? an? (?:\w+[- ]){0,2}?(?:ai|artificial intelligence|language model)\b"
    r"[^.!?\n]{0,80}?(?:can['’]?t|cannot|don['’]t|do not|not able|unable|am not|['’]m not|won['’]t|lack|no ability)"
    rf"|i ?(?:\w+ly )?{_CANNOT} (?:\w+ly )?(?:solve|determine|answer|see|view|access|open|read)"
    rf" (?:{_PICTURE}|this|that|it\b|your|the (?:question|problem|task|request|answer))"
    r"|[^.!?\n]{0,60}\b(?:beyond|outside) (?:of )?"
    r"(?:my (?:capabilit|abilit|scope|knowledge|expertise)|what i can\b|the scope of my)"
    r"|i (?:do not|don['’]t) have enough (?:information|context|data) to\b"
    rf"|i (?:do not|don['’]t) have (?:access to|the ability|the capability|{_PICTURE})"
    r")",
    regex.IGNORECASE,
)


def refusal(text: str) -> str:
    """`refusal` for a response whose first or last sentences refuse, apart from thinking and from quoted speech."""
    answer = without_thinking(text).strip()
    sentences = [*_sentences(answer[:_REACH])[:_SENTENCES], *_sentences(answer[-_REACH:])[-_SENTENCES:]]
    if any(_STRONG.match(sentence) for sentence in sentences):
        return "refusal"
    return "refusal" if any(_WEAK.match(sentence) for sentence in sentences) and boxed(answer) is None else ""


def _sentences(text: str) -> list[str]:
    """The sentences without quoted speech and without marks of lists and bold type before them."""
    parts = _SENTENCE_END.split(_QUOTED.sub(" … ", text))
    return [sentence for sentence in (part.strip(" \t*_#>-") for part in parts) if any(map(str.isalpha, sentence))]
