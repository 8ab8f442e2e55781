"""The first reading: which models, conditions and questions there are, and whether all agrees.

Nothing is stored before every file has been read to its end. Memory grows by 16 bytes a response, and
with the texts of the questions.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from scramblebench.core.conditions import Condition
from scramblebench.core.errors import Place, PlacedError, UsageError
from scramblebench.imports.formats import Reader
from scramblebench.imports.questions import QuestionDraft, check_name, check_references, new_draft
from scramblebench.imports.record import ImportedResponse, ImportOptions
from scramblebench.imports.sources import SourceFile

MOST_REPEATS = 1000
_REPEAT_BITS, _MODEL_BITS, _CONDITION_BITS = 10, 13, 13
STEP = 1000
"""Responses between two calls of a progress callback."""

Reading = tuple[SourceFile, Reader]
OnRead = Callable[[int], None]
"""Called with the number of responses read so far (cli -> survey)."""


@dataclass(slots=True)
class Survey:
    """What the files hold; numbers count in order of appearance."""

    models: dict[str, int] = field(default_factory=dict[str, int])
    conditions: dict[Condition, int] = field(default_factory=dict[Condition, int])
    questions: dict[tuple[str, str], QuestionDraft] = field(
        default_factory=dict[tuple[str, str], QuestionDraft]
    )
    files: dict[str, dict[int, None]] = field(default_factory=dict[str, dict[int, None]])
    judges: dict[str, None] = field(default_factory=dict[str, None])
    n_repeats: int = 1
    n_equal: int = 0
    n_unanswered: int = 0
    keys: "array[int]" = field(default_factory=lambda: array("q"))
    digests: "array[int]" = field(default_factory=lambda: array("Q"))

    @property
    def n_responses(self) -> int:
        """Responses, those that stand in the files twice counted once."""
        return len(self.keys) - self.n_equal


def read_all(readings: Sequence[Reading], options: ImportOptions) -> Iterator[
    tuple[int, SourceFile, ImportedResponse]
]:  # fmt: skip
    """Yield every response with its file and the file's place among them."""
    for position, (source, read) in enumerate(readings):
        for record in read(source, options):
            yield position, source, record


def survey_files(
    readings: Sequence[Reading], options: ImportOptions, on_read: OnRead = lambda _: None
) -> Survey:
    """Read every file; raises ImportFileError where anything is wrong, with file and line."""
    survey = Survey()
    for number, (position, source, record) in enumerate(read_all(readings, options), 1):
        place = source.place(record.where)
        try:
            _add(survey, record, place, position, options)
        except PlacedError:
            raise
        except UsageError as error:
            raise source.wrong(str(error), record.where) from error
        if number % STEP == 0:
            on_read(number)
    if not survey.keys:
        raise UsageError("the files hold no response; name a file that has some")
    _check_twice(survey, readings, options)
    check_references(survey.questions.values())
    return survey


def _add(
    survey: Survey, record: ImportedResponse, place: Place, position: int, options: ImportOptions
) -> None:
    key = (record.benchmark, record.source_id)
    draft = survey.questions.get(key)
    if draft is None:
        check_name("benchmark", record.benchmark, 100)
        draft = new_draft(len(survey.questions), record, place)
        survey.questions[key] = draft
    else:
        draft.add(record, place)
    survey.files.setdefault(record.benchmark, {})[position] = None
    if record.condition is None:
        return
    if record.model not in survey.models:
        check_name("model", record.model, 200)
    model = survey.models.setdefault(record.model, len(survey.models))
    condition = survey.conditions.setdefault(record.condition, len(survey.conditions))
    if record.repeat >= MOST_REPEATS:
        raise UsageError(f"repeat {record.repeat} is above {MOST_REPEATS - 1}")
    survey.n_repeats = max(survey.n_repeats, record.repeat + 1)
    if record.text is None:
        survey.n_unanswered += 1
        return
    if record.score is None or options.is_rescored:
        draft.judge_at = draft.judge_at or place
    else:
        survey.judges[record.judged_by] = None
    survey.keys.append(_key(draft.number, model, condition, record.repeat))
    survey.digests.append(_digest(record))


def _key(question: int, model: int, condition: int, repeat: int) -> int:
    """Return one number for a trial."""
    if model >> _MODEL_BITS or condition >> _CONDITION_BITS:
        raise UsageError(f"more than {1 << _MODEL_BITS:,} models or conditions; import fewer files")
    upper = (question << _MODEL_BITS | model) << _CONDITION_BITS | condition
    return upper << _REPEAT_BITS | repeat


def _digest(record: ImportedResponse) -> int:
    """Return a hash of what came back and how it was judged."""
    told = f"{record.text}\x1f{record.score}\x1f{record.status}\x1f{record.answer}"
    data = told.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


def _check_twice(survey: Survey, readings: Sequence[Reading], options: ImportOptions) -> None:
    """Count trials that stand in the files twice; raise where what they say differs."""
    keys = np.frombuffer(survey.keys, np.int64)
    digests = np.frombuffer(survey.digests, np.uint64)
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(keys[order[1:]] == keys[order[:-1]])
    before, after = order[again], order[again + 1]
    differing = np.flatnonzero(digests[before] != digests[after])
    if len(differing):
        first = int(np.argmin(after[differing]))
        places: npt.NDArray[np.int64] = np.array(
            [before[differing[first]], after[differing[first]]]
        )
        _raise_twice(places.tolist(), readings, options)
    survey.n_equal = len(again)


def _raise_twice(positions: list[int], readings: Sequence[Reading], options: ImportOptions) -> None:
    """Read again up to the two responses, to say where they stand."""
    answered = (entry for entry in read_all(readings, options) if entry[2].text is not None)
    found = [entry for number, entry in enumerate(answered) if number in positions]
    (_, source, record), (_, other, later) = found
    raise other.wrong(
        f"{later.model} on {later.source_id!r} under {_words(later.condition)}: another response or "
        f"judgement stands at {source.place(record.where)}; remove one of them, or number them with "
        "a field `repeat` from 0",
        later.where,
    )


def _words(condition: Condition | None) -> str:
    return f"{condition.method} {condition.level_pct:g}" if condition else "no condition"
