"""What a scrambling method is, and how its parameters are read."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.scrambling.scrambled import Scrambled
from scramblebench.scrambling.spans import blanked, preserved_spans

Record: TypeAlias = Mapping[str, Any]
Apply: TypeAlias = Callable[[str, Condition, str], Scrambled]  # (text, condition, key)
Undo: TypeAlias = Callable[[str, Record], str]  # (scrambled text, parsed record)

# Allowed values may hold these words, which stand for what the patterns match.
_FREE_FORMS = {"<number>": r"[0-9]{1,9}", "<chain>": r"[a-z_]+(?:\+[a-z_]+)*"}
COMMON_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "preserve_numbers": ("true", "false"),  # default true
    "preserve_names": ("false", "true"),  # default false
}
ALWAYS_PRESERVED = ("option letters", "math", "code", "URLs", "placeholders")


@dataclass(frozen=True, slots=True)
class Method:
    """A way to scramble text.

    ``unit`` is what the level counts; ``preserves`` what the method leaves alone, apart from numbers
    and names, which follow the parameters ``preserve_numbers`` and ``preserve_names``.
    ``parameters`` maps each name to the allowed values, the default first. ``apply`` takes (text,
    condition, key) and ``undo`` (scrambled text, parsed record).
    """

    name: str
    aliases: tuple[str, ...]
    unit: str
    summary: str
    preserves: tuple[str, ...]
    parameters: Mapping[str, tuple[str, ...]]
    apply: Apply
    undo: Undo | None = None

    @property
    def is_reversible(self) -> bool:
        """Whether the record and the scrambled text give the original back."""
        return self.undo is not None


@lru_cache(maxsize=64)
def options_of(parameters: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return a condition's parameters by name (kept, as the same few come again and again)."""
    return dict(parameters)


def has_numbers_preserved(condition: Condition) -> bool:
    """Whether the condition leaves numbers alone, which is the default."""
    return options_of(condition.parameters).get("preserve_numbers") != "false"


def free_text(text: str, condition: Condition, *, is_letters_only: bool = False) -> str:
    """Return the text with what the condition's parameters preserve blanked out; lengths are kept.

    See ``preserved_spans``.
    """
    has_names = options_of(condition.parameters).get("preserve_names") == "true"
    return _free_text(text, has_numbers_preserved(condition), has_names, is_letters_only)


@lru_cache(maxsize=64)  # the levels of one text are asked in a row
def _free_text(text: str, has_numbers: bool, has_names: bool, is_letters_only: bool) -> str:
    spans = preserved_spans(
        text, has_numbers=has_numbers, has_names=has_names, is_letters_only=is_letters_only
    )
    return blanked(text, spans)


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean X?" with the nearest known word, else the list of all."""
    names = sorted(known)
    nearest = difflib.get_close_matches(word.lower(), names, 1)
    return f"; did you mean {nearest[0]}?" if nearest else f"; known are {', '.join(names)}"


def _is_allowed(value: str, allowed: tuple[str, ...]) -> bool:
    if value in allowed:
        return True
    patterns = list(allowed)
    for word, pattern in _FREE_FORMS.items():
        patterns = [known.replace(word, pattern) for known in patterns]
    return any(re.fullmatch(pattern, value) for pattern in patterns)


def check_parameters(method: Method, parameters: Mapping[str, str]) -> None:
    """Raise UsageError naming the nearest known name or value where one is not the method's."""
    for name, value in parameters.items():
        if name not in method.parameters:
            hint = suggestion(name, method.parameters)
            raise UsageError(f"{method.name} has no parameter {name!r}{hint}")
        if not _is_allowed(value, method.parameters[name]):
            hint = suggestion(value, method.parameters[name])
            raise UsageError(f"{value!r} is not a value of {method.name}'s {name}{hint}")
