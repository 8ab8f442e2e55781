"""The methods by name, and the two doors: scramble a text, undo it from its record."""

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.scrambling.chain import chain_of, mixed_method
from scramblebench.scrambling.homoglyphs import HOMOGLYPH
from scramblebench.scrambling.letters import LETTER_SHUFFLE
from scramblebench.scrambling.method import Method, Record, check_parameters, suggestion
from scramblebench.scrambling.order import SENTENCE_SHUFFLE, WORD_SHUFFLE
from scramblebench.scrambling.scrambled import Scrambled
from scramblebench.scrambling.substitution import NOISE, SUBSTITUTION
from scramblebench.scrambling.surface import SURFACE
from scramblebench.scrambling.typos import TYPOS
from scramblebench.scrambling.vocabulary import VOCABULARY

Parameters = Mapping[str, str] | Iterable[tuple[str, str]]

_SINGLE = (
    SUBSTITUTION,
    LETTER_SHUFFLE,
    NOISE,
    WORD_SHUFFLE,
    SENTENCE_SHUFFLE,
    VOCABULARY,
    TYPOS,
    HOMOGLYPH,
    SURFACE,
)


def _by_any_name(methods: Iterable[Method]) -> dict[str, Method]:
    return {name: method for method in methods for name in (method.name, *method.aliases)}


_SINGLE_BY_NAME = _by_any_name(_SINGLE)
METHODS: Mapping[str, Method] = MappingProxyType(
    {method.name: method for method in (*_SINGLE, mixed_method(_SINGLE_BY_NAME))}
)
_BY_NAME = _by_any_name(METHODS.values())


def resolve_method(name: str) -> Method:
    """Return the method by its name or alias.

    Raises UsageError naming the nearest known one where there is none of that name.
    """
    if method := _BY_NAME.get(name):
        return method
    raise UsageError(f"unknown scrambling method {name!r}{suggestion(name, _BY_NAME)}")


def validate_parameters(method: Method | str, parameters: Parameters) -> None:
    """Raise UsageError where a parameter or its value is not the method's, naming the nearest."""
    known = resolve_method(method) if isinstance(method, str) else method
    given = dict(parameters)
    check_parameters(known, given)
    if "chain" in given:
        chain_of(given["chain"], _SINGLE_BY_NAME)


def scramble(text: str, condition: Condition, *, key: str) -> Scrambled:
    """Return the text scrambled under the condition.

    ``key`` is the question's id and the field's name, joined by "/": every field has a stream of
    random numbers of its own. The result depends on the text, the condition and the key, on nothing
    else. Level 0 gives the text back as it is, whatever the method.

    Raises UsageError for an unknown method, parameter or value, or a level outside 0 to 100.
    """
    if condition.is_baseline:
        return Scrambled(text, n_units=0, n_altered=0, edit_distance=0.0)
    if not 0 < condition.level_pct <= 100:
        raise UsageError(f"level {condition.level_pct:g} is not between 0 and 100")
    method = resolve_method(condition.method)
    if condition.parameters:
        validate_parameters(method, condition.parameters)
    return method.apply(text, condition, key)


def unscramble(scrambled_text: str, record: str) -> str:
    """Return the original text of a reversible method's result.

    Raises UsageError where the record is not one or belongs to another text.
    """
    try:
        parsed: Record = json.loads(record)
        method = resolve_method(str(parsed["method"]))
        if method.undo is None:
            raise UsageError(f"{method.name} is not reversible")
        return method.undo(scrambled_text, parsed)
    except (ValueError, TypeError, LookupError) as error:
        raise UsageError("this is not the record of a scrambled text") from error
