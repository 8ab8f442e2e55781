"""Yes/no and true/false answers: one of two verdicts, whatever its word."""

import re

_YES = frozenset({"yes", "true", "correct", "yeah", "yep", "right"})
_NO = frozenset({"no", "false", "incorrect", "nope", "wrong"})
_GOLD = {"yes": True, "true": True, "no": False, "false": False}
_WORD = re.compile(r"(?<![\w'])(?:(not)\s+)?(yes|true|correct|no|false|incorrect)(?![\w'])")
_LEADING = re.compile(
    r"\W*(?:(not)\s+)?(yes|true|correct|yeah|yep|right|no|false|incorrect|nope|wrong)(?![\w'-])"
)


def reference_verdict(answers: tuple[str, ...]) -> bool | None:
    """Return the verdict that the reference answers are; None where they are something else."""
    verdicts = {_GOLD.get(answer.strip().strip(".").lower()) for answer in answers}
    return verdicts.pop() if len(verdicts) == 1 else None


def leading_verdict(text: str) -> bool | None:
    """Return the verdict that the text begins with ("Yes, because ..."), None where with another word."""
    match = _LEADING.match(text.lower())
    if not match:
        return None
    return (match.group(2) in _YES) != bool(match.group(1))


def only_verdict(text: str) -> bool | None:
    """Return the verdict of all verdict words in the text, None where there are none or both."""
    found = {(word in _YES) != bool(negation) for negation, word in _WORD.findall(text.lower())}
    return found.pop() if len(found) == 1 else None
