"""The scorers by name, and how a name in a configuration becomes one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question
from scramblebench.scoring import exact_match, multiple_choice, number, overlap, pattern
from scramblebench.scoring.judgements import Judge
from scramblebench.scoring.options import are_bracketed_letters
from scramblebench.scoring.quantities import read_whole


@dataclass(frozen=True, slots=True)
class ScorerInfo:
    """One kind of scorer: its version (raised whenever a score may change) and what it does.

    ``build`` makes its judge from the parameter; ``takes_parameter`` says whether it has one.
    """

    name: str
    version: int
    summary: str
    build: Callable[[str], Judge]
    takes_parameter: bool = False


@dataclass(frozen=True, slots=True)
class Scorer:
    """A scorer ready to judge; ``label`` is name@version, with the parameter where it has one."""

    name: str
    version: int
    parameter: str
    judge: Judge

    @property
    def label(self) -> str:
        """``number@1`` or ``regex@1:answer is (\\w+)``: what a stored score is known by."""
        return f"{self.name}@{self.version}" + (f":{self.parameter}" if self.parameter else "")


def _plain(judge: Judge) -> Callable[[str], Judge]:
    return lambda _parameter: judge


_ALL = (
    ScorerInfo(
        "exact_match",
        exact_match.VERSION,
        "the stated answer equals, or holds as whole words, an accepted answer",
        _plain(exact_match.judge_exact),
    ),
    ScorerInfo(
        "number",
        number.VERSION,
        "the stated number, else the last one, equals the reference",
        _plain(number.judge_number),
    ),
    ScorerInfo(
        "multiple_choice",
        multiple_choice.VERSION,
        "the option chosen by letter or text is the right one",
        _plain(multiple_choice.judge_choice),
    ),
    ScorerInfo(
        "regex",
        pattern.VERSION,
        "what the last match of a pattern captures equals an accepted answer: regex:PATTERN",
        pattern.regex_judge,
        takes_parameter=True,
    ),
    ScorerInfo(
        "token_f1",
        overlap.VERSION,
        "F1 of the words shared with the best accepted answer, 0 to 1 (SQuAD)",
        _plain(overlap.judge_token_f1),
    ),
    ScorerInfo(
        "contains",
        overlap.VERSION,
        "an accepted answer stands anywhere in the response, as whole words",
        _plain(overlap.judge_contains),
    ),
)
SCORERS: Mapping[str, ScorerInfo] = MappingProxyType({info.name: info for info in _ALL})
"""Every scorer by name."""


@lru_cache(maxsize=256)
def parse_scorer(spec: str) -> Scorer:
    """Return the scorer that ``name``, ``name@version`` or ``name:parameter`` names.

    Raises UsageError on an unknown name (with the nearest known one), on a version other than the
    present one, and on a parameter that is missing, not valid or not expected.
    """
    head, _, parameter = spec.strip().partition(":")
    name, _, version = head.strip().partition("@")
    info = SCORERS.get(name)
    if info is None:
        raise UsageError(f"there is no scorer {name!r}; {_nearest(name)}")
    if version and version != str(info.version):
        raise UsageError(f"scorer {head!r} is not in this release, which has {name}@{info.version}")
    if parameter and not info.takes_parameter:
        raise UsageError(f"scorer {name} takes no parameter, so not {parameter!r}")
    return Scorer(name, info.version, parameter, info.build(parameter))


def _nearest(name: str) -> str:
    wanted = name.lower().replace("-", "_")
    close = [known for known in SCORERS if wanted and wanted in known]
    close += get_close_matches(wanted, SCORERS, n=1, cutoff=0.5)
    return (
        f"did you mean {close[0]}?" if close else f"known scorers are {', '.join(sorted(SCORERS))}"
    )


def choose_scorer(question: Question) -> str:
    """Return the scorer for a question that names none.

    With choices, or where the references are bracketed letters of options in the text,
    multiple_choice; where every accepted answer is a number, number; else exact_match.
    """
    if question.choices:
        return "multiple_choice"
    return _scorer_of(question.answers)


@lru_cache(maxsize=4096)
def _scorer_of(answers: tuple[str, ...]) -> str:
    if are_bracketed_letters(answers):
        return "multiple_choice"
    are_numbers = all(read_whole(answer.rpartition("####")[2].strip()) for answer in answers)
    return "number" if are_numbers else "exact_match"
