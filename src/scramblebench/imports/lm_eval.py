"""Per-sample logs of lm-evaluation-harness: ``samples_<task>_<date>.jsonl``, written by --log_samples.

The model's name stands in the ``results_<date>.json`` beside them. A task with several filters has each
response once per filter, a task with several metrics has each judged several times; ``--answer`` names
the filter or the metric that counts.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from scramblebench.core.errors import UsageError
from scramblebench.core.trials import AnswerStatus
from scramblebench.imports.metadata import said_condition, said_item
from scramblebench.imports.record import ImportedResponse, ImportOptions
from scramblebench.imports.sources import SourceFile
from scramblebench.imports.values import (
    Fields,
    fields_of,
    list_of,
    parse_object,
    score_of,
    text_of,
    texts_of,
)

_NAME = re.compile(r"samples_(.+)_(\d{4}-\d\d-\d\dT[\d.:-]+?)\.jsonl(?:\.gz)?")
_QUESTION = ("question", "query", "problem", "text", "input", "prompt", "sentence", "ctx")
_CONTEXT = ("context", "passage", "document", "article")
_NO_ANSWER = "[invalid]"
"""What the harness's regex filter gives where nothing matches."""
_NO_METRICS = frozenset(
    {
        "doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics",
        "doc_hash", "prompt_hash", "target_hash",
    }
)  # fmt: skip


def is_ours(fields: Fields) -> bool:
    """Whether a first line may be of this format."""
    return {"doc_id", "doc", "resps", "filtered_resps"} <= fields.keys()


def read(source: SourceFile, options: ImportOptions) -> Iterator[ImportedResponse]:
    """Yield the responses of a file; raises ImportFileError with the line."""
    task, model = _task(source), _model(source)
    wanted = _filter(source, options.answers)
    for number, line in source.lines():
        try:
            fields = parse_object(line)
            if text_of(fields.get("filter")) == wanted:
                yield from _responses(fields, number, line, source, options, task, model)
        except UsageError as error:
            raise source.wrong(str(error), number) from error


def _responses(
    fields: Fields,
    number: int,
    line: bytes,
    source: SourceFile,
    options: ImportOptions,
    task: str,
    model: str,
) -> Iterator[ImportedResponse]:
    doc = fields_of(fields.get("doc"))
    places = (doc, fields_of(doc.get("metadata")))
    choices = _continuations(fields)
    score, metric = _judgement(fields, options)
    answered = [_chosen(fields, choices, metric)] if choices else list(_generated(fields))
    if len(answered) > 1 and not options.is_rescored:
        raise UsageError(
            f"{len(answered)} responses share one judgement; judge each with --rescore"
        )
    for repeat, (text, answer, status) in enumerate(answered):
        yield ImportedResponse(
            where=number,
            benchmark=task,
            source_id=said_item(places) or text_of(doc.get("id", fields["doc_id"])),
            model=model,
            condition=said_condition(places, source.words, options),
            raw=line,
            repeat=repeat,
            text=text,
            question=_text(doc, _QUESTION),
            context=_text(doc, _CONTEXT),
            choices=choices,
            answers=_references(fields.get("target"), choices),
            score=score,
            status=AnswerStatus.ANSWERED if score else status,
            answer=answer,
            judged_by=_judged_by(metric, text_of(fields.get("filter"))),
        )


def _judged_by(metric: str, filter_name: str) -> str:
    return f"{metric} {filter_name}" if filter_name not in ("", "none") else metric


def _task(source: SourceFile) -> str:
    if source.words.benchmark:
        return source.words.benchmark
    found = _NAME.fullmatch(source.path.name)
    if found is None:
        raise source.wrong("the name tells no task; add @benchmark=NAME to it")
    return found[1]


def _model(source: SourceFile) -> str:
    """Return the model: what was said, else what the results file of the same date says."""
    if source.words.model:
        return source.words.model
    path = _results_beside(source.path)
    if path is None:
        raise source.wrong("no results_*.json of its date stands beside it; add @model=NAME to it")
    results = parse_object(path.read_bytes())
    config = fields_of(results.get("config"))
    name = text_of(results.get("model_name")) or text_of(config.get("model"))
    if not name:
        raise source.wrong(f"{path.name} names no model; add @model=NAME to the name of the file")
    return name


def _results_beside(path: Path) -> Path | None:
    found = _NAME.fullmatch(path.name)
    same = path.with_name(f"results_{found[2]}.json") if found else None
    if same is not None and same.is_file():
        return same
    others = list(path.parent.glob("results_*.json"))
    return others[0] if len(others) == 1 else None


def _filter(source: SourceFile, chosen: Sequence[str]) -> str:
    names = _filters(source)
    if len(names) < 2:
        return names[0] if names else ""
    wanted = [name for name in names if name in chosen]
    if len(wanted) != 1:
        raise source.wrong(
            f"is judged by the filters {' and '.join(names)}; say which: --answer {names[-1]}"
        )
    return wanted[0]


@lru_cache(maxsize=1024)
def _filters(source: SourceFile) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for number, line in source.lines():
        try:
            found[text_of(parse_object(line).get("filter"))] = None
        except UsageError as error:
            raise source.wrong(str(error), number) from error
    return tuple(found)


def _judgement(fields: Fields, options: ImportOptions) -> tuple[float | None, str]:
    """Return the score by the metric that counts, and the metric."""
    stated = texts_of(fields.get("metrics"))
    names = [n for n in stated or fields if n in fields and n not in _NO_METRICS]
    wanted = [name for name in names if name in options.answers] or names
    if options.is_rescored and len(wanted) != 1:
        return None, ""
    if len(wanted) != 1:
        listed = " and ".join(names) or "none"
        remedy = f"say which: --answer {names[0]}" if names else "judge them with --rescore"
        raise UsageError(f"the metrics are {listed}; {remedy}")
    return score_of(fields[wanted[0]]), wanted[0]


def _continuations(fields: Fields) -> tuple[str, ...]:
    """Return the choices whose likelihoods were compared; empty where text was generated."""
    if not _is_likelihood(list_of(fields.get("filtered_resps"))):
        return ()
    arguments = fields.get("arguments")
    calls = list(fields_of(arguments).values()) or list_of(arguments)
    texts = tuple(_continuation(call) for call in calls)
    if len(texts) < 2:
        raise UsageError("holds the likelihood of one continuation, which is no response")
    return texts


def _is_likelihood(filtered: Sequence[Any]) -> bool:
    """Whether results are pairs of a log-likelihood and whether greedy decoding agrees, or one number."""
    if not filtered:
        return False
    first = filtered[0]
    return isinstance(first, float) or (isinstance(first, list) and len(list_of(first)) == 2)


def _continuation(call: object) -> str:
    """Return the second argument of a call, in the form of this or of earlier releases."""
    parts = list_of(call) or [None, fields_of(call).get("arg_1")]
    return text_of(parts[1] if len(parts) > 1 else None).strip()


def _chosen(fields: Fields, choices: tuple[str, ...], metric: str) -> tuple[str, str, AnswerStatus]:
    """Return the choice of the highest likelihood: per character where acc_norm judges."""
    values = [_likelihood(pair) for pair in list_of(fields["filtered_resps"])]
    if len(values) < len(choices):
        raise UsageError(f"has {len(values)} likelihoods of {len(choices)} choices; is it damaged?")
    is_normed = metric == "acc_norm"
    ranks = [v / max(1, len(c)) if is_normed else v for v, c in zip(values, choices, strict=False)]
    best = max(range(len(choices)), key=ranks.__getitem__)
    return choices[best], chr(ord("A") + best), AnswerStatus.ANSWERED


def _likelihood(pair: object) -> float:
    found = text_of(next(iter(list_of(pair)), None))
    try:
        value = float(found)
    except ValueError:
        value = float("nan")
    if value != value:
        raise UsageError(f"{found!r} is no log-likelihood; is the file damaged?")
    return value


def _generated(fields: Fields) -> Iterator[tuple[str, str | None, AnswerStatus]]:
    responses = [text_of(text) for call in list_of(fields.get("resps")) for text in list_of(call)]
    if not responses:
        raise UsageError("has no response; is the file damaged?")
    filtered = list_of(fields.get("filtered_resps"))
    kept = text_of(filtered[0]).strip() if len(responses) == 1 and filtered else ""
    for text in responses:
        answer = None if kept in ("", _NO_ANSWER) else kept
        empty = AnswerStatus.UNPARSABLE if text.strip() else AnswerStatus.EMPTY
        yield text, answer, AnswerStatus.ANSWERED if answer else empty


def _references(target: object, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Return the reference answers: letters where there are choices, which targets name by position."""
    texts = texts_of(target)
    positions = [int(text) for text in texts if text.isdecimal() and int(text) < len(choices)]
    if choices and len(positions) == len(texts):
        return tuple(chr(ord("A") + position) for position in positions)
    return texts


def _text(doc: Fields, names: Sequence[str]) -> str:
    return next((value for name in names if isinstance(value := doc.get(name), str)), "")
