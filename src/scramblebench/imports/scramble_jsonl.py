"""JSON Lines of scrambling experiments: one response a line, fields found by name.

What ``analyze --include-raw-data`` writes is read by the same names. A line without a response is a
question: it tells text, choices and reference answer of responses that have the same id.
"""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.core.trials import AnswerStatus
from scramblebench.imports.conditions import find_condition
from scramblebench.imports.record import ImportedResponse, ImportOptions
from scramblebench.imports.sources import SourceFile
from scramblebench.imports.values import (
    Fields,
    count_of,
    fields_of,
    number_of,
    parse_object,
    score_of,
    seconds_of,
    text_of,
    texts_of,
)

BENCHMARK = ("benchmark", "dataset")
ID = ("source_id", "item", "id")
MODEL = ("model",)
RESPONSE = ("text", "response")
REFERENCE = ("expected", "gold")
CHOICES = ("choices", "options")
_ANSWERS = ("answer", "pred", "prediction")
_JUDGEMENTS = ("score", "correct")
_READ = (
    *BENCHMARK, *ID, *MODEL, *RESPONSE, *REFERENCE, *CHOICES, *_ANSWERS, *_JUDGEMENTS,
    "question", "context", "domain", "condition", "method", "level", "seed", "parameters", "repeat",
    "answer_status", "scorer", "is_simulated", "finish_reason", "prompt_tokens", "completion_tokens",
    "cost_microusd", "latency_s", "served_model", "model_digest",
)  # fmt: skip
_KEPT = ("trial_index", "trial_key", "question_id", "condition_id", "realised_dose", "prompt",
         "n_attempts", "cost_source", "served_provider", "provider_response_id", "is_truncated",
         "is_prompt_cut", "is_cached", "responded_at", "text_sha256", "scrambled",
         "demo_level")  # fmt: skip
KNOWN = frozenset((*_READ, *_KEPT))
"""Field names; those of ``_KEPT`` stand in the raw line only."""


class Judging(NamedTuple):
    """Which fields judge: the extracted answer ("" for none), and its score ("" to compare)."""

    answer: str
    score: str


def is_ours(fields: Fields) -> bool:
    """Whether a first line may be of this format."""
    names = fields.keys()
    has_id = any(name in names for name in ID)
    return has_id and any(name in names for name in (*RESPONSE, "question"))


def read(source: SourceFile, options: ImportOptions) -> Iterator[ImportedResponse]:
    """Yield the responses of a file; raises ImportFileError with the line."""
    for number, line in source.lines():
        try:
            fields = parse_object(line)
            yield _response(fields, number, line, source, options)
        except UsageError as error:
            raise source.wrong(str(error), number) from error


def _response(
    fields: Fields, number: int, line: bytes, source: SourceFile, options: ImportOptions
) -> ImportedResponse:
    _check_names(tuple(fields), options.ignored)
    text = _first(fields, RESPONSE)
    is_asked = text is not None
    answers = texts_of(_first(fields, REFERENCE))
    score, status, answer, judged_by = (
        _judged(fields, text_of(text), answers, options)
        if is_asked
        else (None, AnswerStatus.ANSWERED, None, "")
    )
    return ImportedResponse(
        where=number,
        benchmark=source.words.benchmark or _needed(fields, BENCHMARK, "@benchmark=NAME"),
        source_id=_needed(fields, ID, ""),
        model=_model(fields, source) if is_asked else "",
        condition=_condition(fields, source, options) if is_asked else None,
        raw=line,
        repeat=count_of(fields.get("repeat")) or 0,
        text=text_of(text) if is_asked else None,
        question=text_of(fields.get("question")),
        context=text_of(fields.get("context")),
        choices=_choices(_first(fields, CHOICES)),
        answers=answers,
        domain=text_of(fields.get("domain")),
        score=score,
        status=status,
        answer=answer,
        judged_by=judged_by,
        prompt_tokens=count_of(fields.get("prompt_tokens")),
        completion_tokens=count_of(fields.get("completion_tokens")),
        cost_microusd=count_of(fields.get("cost_microusd")),
        latency_s=seconds_of(fields.get("latency_s")),
        finish_reason=text_of(fields.get("finish_reason")) or None,
        served_model=text_of(fields.get("served_model")) or None,
        model_digest=text_of(fields.get("model_digest")) or None,
    )


@lru_cache(maxsize=256)
def _check_names(names: tuple[str, ...], ignored: Collection[str]) -> None:
    """Raise UsageError for a field that is not known: it may tell trials apart that look the same."""
    for name in names:
        is_pair = name.startswith(("pred_", "correct_"))
        if name not in KNOWN and name not in ignored and not is_pair:
            near = get_close_matches(name, KNOWN, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise UsageError(f"unknown field {name!r}; {hint}to leave it unread: --ignore {name}")


def _first(fields: Fields, names: tuple[str, ...]) -> object:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _needed(fields: Fields, names: tuple[str, ...], words: str) -> str:
    found = text_of(_first(fields, names))
    if not found.strip():
        remedy = f"; add it, or {words} to the file's name" if words else "; add it"
        raise UsageError(f"has no {' or '.join(names)}{remedy}")
    return found


def _model(fields: Fields, source: SourceFile) -> str:
    name = source.words.model or _needed(fields, MODEL, "@model=NAME")
    return f"{name} (simulated)" if fields.get("is_simulated") is True else name


def _choices(value: object) -> tuple[str, ...]:
    if isinstance(value, dict):
        return tuple(f"{label}) {text_of(text)}" for label, text in fields_of(value).items())
    return texts_of(value)


def _condition(fields: Fields, source: SourceFile, options: ImportOptions) -> Condition:
    parameters = fields_of(fields.get("parameters"))
    return find_condition(
        text_of(fields.get("condition")),
        text_of(fields.get("method")),
        number_of(fields.get("level")),
        count_of(fields.get("seed")) or 0,
        tuple(sorted((name, text_of(value)) for name, value in parameters.items())),
        source.words,
        options,
    )


def _judged(
    fields: Fields, text: str, references: tuple[str, ...], options: ImportOptions
) -> tuple[float | None, AnswerStatus, str | None, str]:
    """Return score, status, answer and what judged; no score where the file does not judge."""
    judging = _judging(tuple(fields), options.answers)
    answer = text_of(fields.get(judging.answer)).strip() if judging.answer else None
    stated = fields.get(judging.score) if judging.score else None
    status = _status(fields, text, answer if judging.answer else text)
    if stated is not None:
        score = score_of(stated)
    elif judging.answer and references and (fields.get(judging.answer) is not None):
        score = float(answer in references)
    else:
        return None, status, answer, "file"
    if not status.is_answer and score > 0:
        raise UsageError(
            f"scores {score:g} and holds no answer ({status}); one of the two is wrong"
        )
    judged_by = text_of(fields.get("scorer")) or judging.answer or judging.score
    return score, status, answer or None, judged_by


def _status(fields: Fields, text: str, answer: str | None) -> AnswerStatus:
    """Return whether there is an answer: what the file says, else whether anything is there."""
    said = text_of(fields.get("answer_status"))
    if said:
        try:
            return AnswerStatus(said)
        except ValueError:
            known = ", ".join(AnswerStatus)
            raise UsageError(f"answer_status {said!r} is none of {known}") from None
    if answer and answer.strip():
        return AnswerStatus.ANSWERED
    if not text.strip():
        return AnswerStatus.EMPTY
    is_cut = fields.get("finish_reason") == "length"
    return AnswerStatus.TRUNCATED if is_cut else AnswerStatus.UNPARSABLE


@lru_cache(maxsize=256)
def _judging(names: tuple[str, ...], chosen: tuple[str, ...]) -> Judging:
    """Return the fields that judge; raises UsageError where several could and none is chosen."""
    found = [name for name in names if name in _ANSWERS or name.startswith("pred_")]
    if not found:
        found = [name for name in names if name in _JUDGEMENTS or name.startswith("correct_")]
    if chosen:
        name, *more = chosen
        if more or name not in names:
            raise UsageError(
                f"--answer {' '.join(chosen)}: no such field; there is {_listed(found)}"
            )
        found = [name]
    if len(found) > 1:
        raise UsageError(f"{_listed(found)} could judge; say which: --answer {found[-1]}")
    return _with_score(found[0], names) if found else Judging("", "")


def _with_score(name: str, names: tuple[str, ...]) -> Judging:
    """Return a field with the score that belongs to it: correct_loose to pred_loose."""
    if name in _JUDGEMENTS or name.startswith("correct_"):
        return Judging("", name)
    own = name.replace("pred_", "correct_", 1)
    candidates = (own,) if name.startswith("pred_") else _JUDGEMENTS
    return Judging(name, next((score for score in candidates if score in names), ""))


def _listed(names: list[str]) -> str:
    return " and ".join(names) or "none"
