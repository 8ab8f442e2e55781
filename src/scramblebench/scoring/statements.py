"""Where a response says what its answer is: boxed, after ####, in a tag, after "the answer is"."""

import re

from scramblebench.core.per_request import per_request
from scramblebench.scoring.text import first_sentence

MAX_STATEMENT_CHARS = 600
_SHORT_WORDS = 6
_MAX_STATEMENTS = 16  # the last ones; a response that repeats itself need not be read to the end

_NOUN = (
    r"(?P<noun>answer|antwort|l(?:ö|oe)sung|respuesta|r[ée]ponse|risposta|resposta|ответ)"
    # "Option A: 36" lists an option, "the closest option is (A)" chooses one.
    r"|(?:option|choice)(?!\s+\(?[a-z]\)?(?![a-z]))(?!\s*:)"
)
_VERB = r"is|was|(?:would|should|must|will|could|might)\s+be|equals|ist|lautet|es|est|è|é"
_TRIGGER = re.compile(
    rf"(?<![a-z])(?<!to )(?<!will )(?<!can )(?<!cannot )(?<!me )(?:{_NOUN})(?![a-z])(?:\s*=|[^.:=\n?!]{{0,60}}?(?::|(?<![a-z])(?:{_VERB})(?![a-z'])))"
    r"|final\s+answer[ \t]{0,8}\n"
    r"|^a:"
    r"|(?:答案|答え|答)[^。:\n]{0,10}?(?:是|为|為|は|:)",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"(?:[\s:>,]|\\\(|(?:therefore|thus|then|simply|clearly|probably|most\s+likely|likely|definitely|indeed"
    r"|actually|approximately|about|given\s+by|(?:the\s+)?(?:option|choice|letter))(?![a-z]))*+",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"[\s\"'(\[]*(?:not|never|unknown|unclear|undefined|uncertain|unavailable|impossible|missing"
    r"|neither)(?![a-z])",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"[\s\"'(\[]*(?:not\s+(?:listed|in|one|among|any|given|available|provided|present|here|there|shown|possible)"
    r"|unknown|unclear|undefined|missing|unavailable|impossible)(?![a-z])",
    re.IGNORECASE,
)
_TAG = re.compile(r"<answer>", re.IGNORECASE)
_HASH_MARKS = re.compile(r"(?<!#)####(?!#)[ \t]*(?=\S)")
_BARE_HASH_ANSWER = re.compile(r"[-+$€£]*\.?\d")


@per_request
class Statement:
    """One place where the response states its answer: ``text``, the line that begins at ``start``.

    ``is_heading`` marks an "Answer:" with several sentences after it, which may be reasoning.
    """

    rule: str
    text: str
    start: int
    is_heading: bool = False

    @property
    def sentence(self) -> str:
        """The first sentence of the text."""
        return first_sentence(self.text)

    @property
    def is_negated(self) -> bool:
        """Whether it says what the answer is not, or that there is none."""
        return _NEGATION.match(self.text) is not None

    @property
    def is_denial(self) -> bool:
        """Whether it says that there is no answer: it voids the statements before it."""
        return _DENIAL.match(self.text) is not None


def find_statements(text: str) -> list[Statement]:
    """Return the last statements of an answer, in the order of the text; the last one counts most."""
    triggers = list(_TRIGGER.finditer(text))[-_MAX_STATEMENTS:]
    stated = [(match, _statement("answer_is", text, match)) for match in triggers]
    # "this option is not available" says nothing about the answer; "the answer is not ..." does
    found = [one for match, one in stated if match["noun"] or not one.is_negated]
    if "<" in text:
        found += [_tagged(text, match) for match in list(_TAG.finditer(text))[-1:]]
    if "####" in text:
        found += _hash_marked(text)
    if "\\boxed" in text or "\\fbox" in text:
        found.append(_boxed(text))
    found = [one for one in found if one.text]
    return sorted(found, key=lambda one: one.start) if len(found) > 1 else found


def last_short_statement(text: str) -> Statement | None:
    """Return the last statement that is not negated and no heading above a longer sentence."""
    for statement in reversed(find_statements(text)):
        is_reasoning = statement.is_heading and statement.sentence.count(" ") >= _SHORT_WORDS
        if not statement.is_negated and not is_reasoning:
            return statement
    return None


def _statement(rule: str, text: str, match: re.Match[str]) -> Statement:
    filler = _FILLER.match(text, match.end(), match.end() + 200)
    start = filler.end() if filler else match.end()
    block = text[start : start + MAX_STATEMENT_CHARS]
    is_heading = not match.group()[-1].isalpha() and len(first_sentence(block)) + 2 < len(block)
    return Statement(rule, block.partition("\n")[0].strip(), start, is_heading)


def _tagged(text: str, match: re.Match[str]) -> Statement:
    body = text[match.end() : match.end() + MAX_STATEMENT_CHARS]
    return Statement("answer_tag", body.partition("</")[0].strip(), match.end())


def _hash_marked(text: str) -> list[Statement]:
    """Return the last ``#### 72``; a fourth-level heading in the middle of a text is none."""
    matches = list(_HASH_MARKS.finditer(text))
    if not matches:
        return []
    one = _statement("hash_marks", text, matches[-1])
    is_last_line = "\n" not in text[one.start :].strip()
    return [one] if is_last_line or _BARE_HASH_ANSWER.match(one.text) else []


def _boxed(text: str) -> Statement:
    """Return the content of the last ``\\boxed{...}``, braces matched; cut at the limit where unclosed."""
    start = max(text.rfind("\\boxed"), text.rfind("\\fbox"))
    start = start + len("\\boxed") if text.startswith("\\boxed", start) else start + len("\\fbox")
    body = text[start : start + MAX_STATEMENT_CHARS].lstrip()
    if not body.startswith("{"):
        return Statement("boxed", body[:1], start)
    depth = 0
    for position, character in enumerate(body):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return Statement("boxed", body[1:position].strip(), start)
    return Statement("boxed", body[1:].partition("\n")[0].strip(), start)
