"""The ``multiple_choice`` scorer: which option a response chooses, by letter or by text.

An answer that the response states ("the answer is (B)", a box, a tag) goes before a letter that stands
alone, that before letters in brackets, that before an option's text. The last statement wins; where
the best evidence names several options, the response is contradictory and has no answer. A letter always
means the option's label, also where the options' texts are letters; "A" and "I" in prose are words.
"""

import re

from scramblebench.core.questions import Question
from scramblebench.scoring.judgements import CONTRADICTORY, NOTHING, Judgement
from scramblebench.scoring.options import LETTERS, Options, question_options
from scramblebench.scoring.statements import Statement, find_statements
from scramblebench.scoring.text import last_line, last_sentence, unmarked

VERSION = 1
_SHORT_WORDS = 50
_MAX_LONE_CHARS = 40
_MAX_SHORT_CHARS = 400

_LONE = re.compile(
    r"[\s\"'(\[{<$:.,*-]*(?:(?:option|choice|answer)\s+)?([A-Za-z])[\s\"')\]}>$:.,!*]*",
    re.IGNORECASE,
)
_LETTER = re.compile(
    r"[\s\"'$:=*-]*(?P<open>[(\[{<]\s*)?(?P<letter>[A-Za-z])(?![A-Za-z0-9_'])(?P<close>\s*[)\]}>])?"
)
_FOLLOWED = re.compile(r"\s*(?:$|[,;:!?\"')\]}$]|\.(?!\w)|[-–—=]\s|\n)")
_CONNECTIVE = re.compile(
    r"\s+(?:because|since|as|which|and|is|was|with|due|for|from|given|so|but|by|that|in|when|if)(?![a-z])|\s+or\s"
)
_ANOTHER = re.compile(
    r"\s*(?:,|/|&|and|or)\s*(?:option\s+|choice\s+|also\s+)?(?P<open>[(\[])?([A-Z])(?![A-Za-z0-9_'])"
)
_LEADING = re.compile(
    r"^[ \t>#*-]*[(\[]?([A-Za-z])(?:[)\]:]|\.(?!\w)|(?<=[A-Z]),(?=\s)|[ \t]+[-–—][ \t])"
    # "(A) is too bright" talks about an option, "(A) 1 (B) 2" lists options
    r"(?!\s*(?:is|are|was|were|can|cannot|could|does|would|has|seems|might|may)(?![a-z]))"
    r"(?!(?<=A\))[^\n]{0,200}\(B\))",
    re.MULTILINE,
)
_MENTION = re.compile(
    r"\(([A-Z])\)|\[([A-Z])\]|(?<![a-z])(?i:option|choice|answer|letter)\s+\(?([A-Z])(?![A-Za-z0-9_'])"
)
_CONFIRMED = re.compile(
    r"(?<![A-Za-z0-9_'])(?:\(([A-Z])\)|([A-Z]))\s+is\s+(?:the\s+|therefore\s+|thus\s+|clearly\s+|also\s+)*"
    r"(?:correct|right|best|answer|true\s+one)(?![a-z])"
)
_BARE = re.compile(
    r"(?<![A-Za-z0-9_'.-])([B-HJ-Z]|A(?=[.!?]?\s*$|\s+(?:or|and)\s))(?![A-Za-z0-9_'+-])"
)
_LABELLED_A = re.compile(r"[(\[]?A[)\].:,]")
_FIRST_CLAUSE = re.compile(r"[,.;:!\n]|\s[-–—]\s")
_NOT_CHOSEN = re.compile(r"(?:not|isn't|wrong|incorrect|except)\s*:?\s*$", re.IGNORECASE)


def judge_choice(question: Question, text: str) -> Judgement:
    """Judge the option that the response chooses; right where its text equals the right option's."""
    options = question_options(question)
    chosen, rule, is_explicit = read_choice(unmarked(text), options)
    if chosen is None:
        return CONTRADICTORY if rule == "contradictory" else NOTHING
    return Judgement(float(chosen in options.right), LETTERS[chosen], rule, is_explicit)


Choice = tuple[int | None, str, bool]
_NONE: Choice = (None, "none", False)
_SEVERAL: Choice = (None, "contradictory", False)
_NOT_AN_OPTION: Choice = (None, "not_an_option", False)


def read_choice(text: str, options: Options) -> Choice:
    """Return (position of the chosen option or None, rule, whether it is stated)."""
    lone = _LONE.fullmatch(text) if len(text) < _MAX_LONE_CHARS else None
    if lone:
        index = options.letter_index(lone.group(1))
        if index is not None:
            return index, "lone_letter", True
    stated, rest = _stated(text, options)
    if stated is not None:
        return stated
    for rule in _FOUND_RULES:
        found = rule(rest, options)
        if found is not None:
            return found
    return _NONE


def _stated(text: str, options: Options) -> tuple[Choice | None, str]:
    """Return the last choice that the text states, else None and the text that is left to read.

    After "the answer is not among the choices", or a number that is none of them, only what follows
    is left.
    """
    confirmed = _confirmed(text, options)
    for statement in reversed(find_statements(text)):
        if confirmed and confirmed[0] > statement.start:
            break
        if statement.is_denial:
            return None, statement.text
        choice = None if statement.is_negated else _read_statement(statement, options)
        if choice is _NOT_AN_OPTION:
            return None, text[statement.start + len(statement.text) :].strip()
        if choice is not None:
            return choice, ""
    return (confirmed[1], "") if confirmed else (None, text)


def _confirmed(text: str, options: Options) -> tuple[int, Choice] | None:
    """Return the last "B is correct" and its place."""
    matches = [
        (match.start(), index)
        for match in _CONFIRMED.finditer(text)
        if (index := options.letter_index(match.group(1) or match.group(2))) is not None
    ]
    return (matches[-1][0], (matches[-1][1], "is_correct", True)) if matches else None


def _read_statement(statement: Statement, options: Options) -> Choice | None:
    """Return the option of a statement by its whole sentence, its letter, its beginning, or alone in it."""
    sentence = statement.sentence
    whole = options.match_whole(sentence)
    lettered = _read_letter(statement, options)
    is_label = whole is None or len(statement.text) < 4 or _LABELLED_A.match(statement.text)
    if lettered is not None and is_label:
        return lettered
    if whole is not None:
        return whole, statement.rule, True
    number, has_number = options.match_number(sentence)
    start = number if has_number else options.match_start(statement.text)
    if start is not None:
        return start, statement.rule, True
    if statement.is_heading:
        return None
    brackets = _letters(_MENTION, sentence, options)
    named = brackets or (frozenset() if has_number else options.mentioned(sentence))
    if len(named) == 1:
        return next(iter(named)), statement.rule, True
    return _NOT_AN_OPTION if has_number else _SEVERAL if brackets else None


def _read_letter(statement: Statement, options: Options) -> Choice | None:
    """Return the option whose letter the statement begins with; several letters contradict."""
    text = statement.text
    match = _LETTER.match(text)
    index = options.letter_index(match["letter"]) if match else None
    if match is None or index is None or not _is_label(match, text, options, index):
        return None
    another = _ANOTHER.match(text, match.end())
    if another:
        other = options.letter_index(another[2])
        if other is not None and options.texts[other] != options.texts[index]:
            return _SEVERAL
    return index, statement.rule, True


def _is_label(match: re.Match[str], text: str, options: Options, index: int) -> bool:
    """Whether a letter is an option's label and not a word ("A car", "I think")."""
    if match["close"] or (match["open"] and match["open"].strip() != "{"):
        return True
    if _FOLLOWED.match(text, match.end()):
        return True
    letter, rest = match["letter"], text[match.end() :]
    if letter.islower():
        return False
    if options.texts[index] and options.match_start(rest) == index:
        return True
    if letter in "AI":
        return _CONNECTIVE.match(rest) is not None
    return True


def _letters(pattern: re.Pattern[str], text: str, options: Options) -> frozenset[int]:
    """Return the options whose letters the pattern finds, those after a "not" left out."""
    found: set[int] = set()
    for match in pattern.finditer(text):
        letter = next(group for group in match.groups() if group)
        index = options.letter_index(letter)
        if index is not None and not _NOT_CHOSEN.search(
            text, max(0, match.start() - 12), match.start()
        ):
            found.add(index)
    return frozenset(found)


def _one_text(found: frozenset[int], options: Options) -> int | None:
    """Return the one option, or the first of several with the same text."""
    is_one = len(found) == 1 or (
        found and options.texts[min(found)] != "" and len({options.texts[i] for i in found}) == 1
    )
    return min(found) if is_one else None


def _whole_option(text: str, options: Options) -> Choice | None:
    """Return the option whose text this is; the A of "A) red" is a label, though it reads as an article."""
    index = options.match_whole(text)
    is_labelled = index != 0 and _LABELLED_A.match(text)
    return None if index is None or is_labelled else (index, "option_text", True)


def _last_line(text: str, options: Options) -> Choice | None:
    """Return the option of a last line that is a letter or an option's text, and nothing else."""
    line = last_line(text)
    match = _LONE.fullmatch(line) if len(line) < _MAX_LONE_CHARS else None
    index = options.letter_index(match.group(1)) if match else None
    return _whole_option(line, options) if index is None else (index, "lone_letter", True)


def _leading_letter(text: str, options: Options) -> Choice | None:
    """Return the option of the only letter that begins lines, "B) because ..."; lists of options are none."""
    found = _letters(_LEADING, text, options)
    index = _one_text(found, options)
    if index is None:
        return None
    begins = _LEADING.match(text) is not None or _LEADING.match(last_line(text)) is not None
    return (index, "leading_letter", True) if begins else None


def _bracketed_letter(text: str, options: Options) -> Choice | None:
    return _by_letters(_MENTION, "bracketed_letter", text, options)


def _bare_letter(text: str, options: Options) -> Choice | None:
    """Return the option of a capital in a short text, "I think B"; A and I may be words."""
    is_short = len(text) < _MAX_SHORT_CHARS and len(text.split()) <= _SHORT_WORDS
    return _by_letters(_BARE, "bare_letter", text, options) if is_short else None


def _by_letters(pattern: re.Pattern[str], rule: str, text: str, options: Options) -> Choice | None:
    """Return the option named in the last sentence, else in the text; several contradict."""
    everywhere = _letters(pattern, text, options)
    if not everywhere:
        return None
    for found in (_letters(pattern, last_sentence(text), options), everywhere):
        index = _one_text(found, options)
        if index is not None:
            return index, rule, False
    return _SEVERAL


def _option_text(text: str, options: Options) -> Choice | None:
    """Return the option whose text the last sentence, or a short text, has alone; or a text begins with."""
    found = options.mentioned(last_sentence(text))
    if len(found) == 1:
        return next(iter(found)), "option_text", False
    is_short = len(text.split()) <= _SHORT_WORDS
    everywhere = options.mentioned(text) if is_short else frozenset[int]()
    if len(everywhere) == 1:
        return next(iter(everywhere)), "option_text", False
    first = options.match_whole(_FIRST_CLAUSE.split(text, maxsplit=1)[0])
    if first is not None:
        return first, "option_text", False
    return _SEVERAL if everywhere else None


_FOUND_RULES = (
    _whole_option,
    _last_line,
    _leading_letter,
    _bracketed_letter,
    _option_text,
    _bare_letter,
)
