"""Logs of Inspect AI: ``.eval`` (a zip of samples) and ``.json``, read as files, without the package.

An epoch is a repeat. A sample that ended in an error has no response: its trial is missing. A task with
several scorers judges each response several times; ``--answer`` names the scorer that counts.
"""

from collections.abc import Iterator, Sequence

from scramblebench.core.errors import UsageError
from scramblebench.core.trials import AnswerStatus
from scramblebench.imports.inspect_files import read_samples
from scramblebench.imports.metadata import said_condition, said_item
from scramblebench.imports.record import ImportedResponse, ImportOptions
from scramblebench.imports.sources import SourceFile
from scramblebench.imports.values import (
    Fields,
    count_of,
    fields_of,
    list_of,
    score_of,
    seconds_of,
    text_of,
    texts_of,
)

_ATTACHMENT = "attachment://"
_GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""Correct, partly, incorrect, no answer."""
_CUT = frozenset({"max_tokens", "model_length"})
_FINISH_REASONS = {"max_tokens": "length"}


def read(source: SourceFile, options: ImportOptions) -> Iterator[ImportedResponse]:
    """Yield the responses of a log; raises ImportFileError with the sample."""
    header, samples = read_samples(source)
    run = fields_of(header.get("eval"))
    for name, raw, sample in samples:
        try:
            yield _response(sample, name, raw, run, source, options)
        except UsageError as error:
            raise source.wrong(str(error), name) from error


def _response(
    sample: Fields,
    name: str,
    raw: bytes,
    run: Fields,
    source: SourceFile,
    options: ImportOptions,
) -> ImportedResponse:
    places = (fields_of(sample.get("metadata")), fields_of(run.get("task_args")))
    output = fields_of(sample.get("output"))
    usage = fields_of(output.get("usage"))
    text, finish_reason = _completion(output, sample)
    score, status, answer, scorer = (
        _judged(sample, text, finish_reason, options)
        if text is not None
        else (None, AnswerStatus.ANSWERED, None, "")
    )
    benchmark, model = source.words.benchmark, source.words.model
    return ImportedResponse(
        where=name,
        benchmark=benchmark or text_of(run.get("task")),
        source_id=said_item(places) or text_of(sample.get("id")),
        model=model or text_of(run.get("model")),
        condition=said_condition(places, source.words, options),
        raw=raw,
        repeat=max(0, (count_of(sample.get("epoch")) or 1) - 1),
        text=text,
        question=_question(sample),
        choices=texts_of(sample.get("choices")),
        answers=texts_of(sample.get("target")),
        score=score,
        status=status,
        answer=answer,
        judged_by=scorer,
        prompt_tokens=count_of(usage.get("input_tokens")),
        completion_tokens=count_of(usage.get("output_tokens")),
        latency_s=seconds_of(output.get("time")),
        finish_reason=finish_reason,
        served_model=text_of(output.get("model")) or None,
    )


def _completion(output: Fields, sample: Fields) -> tuple[str | None, str | None]:
    """Return the text of the response and why it ended; None where there is no response."""
    choices = list_of(output.get("choices"))
    if not choices:
        if not sample.get("error") and not sample.get("limit"):
            raise UsageError("has neither a response nor an error; was it written to its end?")
        return None, None
    first = fields_of(choices[0])
    reason = text_of(first.get("stop_reason")) or None
    content = fields_of(first.get("message")).get("content")
    return _content(content, sample), _FINISH_REASONS.get(reason or "", reason)


def _content(content: object, sample: Fields) -> str:
    """Return the text of a message, which is one text or a list of parts; reasoning is no answer."""
    if isinstance(content, list):
        parts = [fields_of(part) for part in list_of(content)]
        texts = [_attached(p.get("text"), sample) for p in parts if p.get("type") == "text"]
        return "\n".join(texts)
    return _attached(content, sample)


def _attached(value: object, sample: Fields) -> str:
    """Return a text, from the attachments where it stands there: long texts do."""
    text = text_of(value)
    if not text.startswith(_ATTACHMENT):
        return text
    return text_of(fields_of(sample.get("attachments")).get(text.removeprefix(_ATTACHMENT), text))


def _question(sample: Fields) -> str:
    asked = sample.get("input")
    if not isinstance(asked, list):
        return _attached(asked, sample)
    messages = [fields_of(message) for message in list_of(asked)]
    of_user = [message for message in messages if message.get("role") == "user"]
    return _content(of_user[-1].get("content"), sample) if of_user else ""


def _judged(
    sample: Fields, text: str, finish_reason: str | None, options: ImportOptions
) -> tuple[float | None, AnswerStatus, str | None, str]:
    """Return score, status, answer and scorer; no score where the log does not judge."""
    scores = fields_of(sample.get("scores"))
    scorer = _scorer(list(scores), options)
    found = fields_of(scores.get(scorer))
    value = found.get("value")
    if value is None or (isinstance(value, float) and value != value):
        return None, AnswerStatus.ANSWERED, None, ""
    if isinstance(value, str) and value not in _GRADES:
        raise UsageError(f"scorer {scorer} gives {value!r}, none of {', '.join(_GRADES)}")
    score = _GRADES[value] if isinstance(value, str) else score_of(value)
    answer = text_of(found.get("answer")).strip() or None
    is_told = "answer" in found and found["answer"] is not None
    if score > 0 or (value != "N" and (answer or not is_told) and text.strip()):
        return score, AnswerStatus.ANSWERED, answer, scorer
    return score, _why_none(text, finish_reason), None, scorer


def _why_none(text: str, finish_reason: str | None) -> AnswerStatus:
    if not text.strip():
        return AnswerStatus.EMPTY
    is_cut = finish_reason == "length" or finish_reason in _CUT
    return AnswerStatus.TRUNCATED if is_cut else AnswerStatus.UNPARSABLE


def _scorer(names: Sequence[str], options: ImportOptions) -> str:
    wanted = [name for name in names if name in options.answers] or names
    if len(wanted) > 1 and not options.is_rescored:
        raise UsageError(
            f"is judged by the scorers {' and '.join(names)}; say which: --answer {names[0]}"
        )
    return wanted[0] if wanted else ""
