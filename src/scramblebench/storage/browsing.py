"""Responses and questions found a page at a time: keyset, early limits, never more than a window is read."""

from collections.abc import Iterator
from typing import LiteralString

from scramblebench.storage.browse_records import (
    RIGHT_FROM,
    QuestionFilter,
    QuestionPage,
    ResponseFilter,
    ResponsePage,
    Verdict,
)
from scramblebench.storage.connection import Connection, Connections, Value
from scramblebench.storage.experiments import number_of
from scramblebench.storage.records import ResponseRecord
from scramblebench.storage.sanitise import storable
from scramblebench.storage.trials import MAX_INDEX, SELECT_RESPONSES, response_record

RESPONSE_WINDOW = 20_000
"""Responses examined for one page where a filter needs their scores or questions only."""
TEXT_WINDOW = 4_000
"""... where it needs their texts."""
QUESTION_WINDOW = 40_000
"""Questions examined at once."""
_CHUNK = 200
_ANY = -1

_IN_WINDOW: LiteralString = """
    SELECT r.trial_index FROM responses r
    WHERE r.experiment_no = ? AND r.trial_index >= ? AND r.trial_index < ?
      AND (? = -1 OR r.trial_index - (r.trial_index / ?) * ? = ?)
    ORDER BY r.trial_index LIMIT ?"""
_WINDOW: LiteralString = f"SELECT count(*), max(trial_index) FROM ({_IN_WINDOW}) w"  # noqa: S608
_VERDICTS: dict[Verdict | None, LiteralString] = {
    None: "",
    Verdict.RIGHT: "AND coalesce(s.value, -1) >= ? AND coalesce(s.status, -1) = 0",
    Verdict.WRONG: "AND coalesce(s.value, 2) < ? AND coalesce(s.status, -1) = 0",
    Verdict.NO_ANSWER: "AND coalesce(s.value, 2) < ? AND coalesce(s.status, 0) <> 0",
    Verdict.UNSCORED: "AND s.value IS NULL AND ? > 0",
}
"""``coalesce`` keeps the outer join: SQLite else goes through all scores of the range for each response."""
_OF_BENCHMARK: LiteralString = """
    AND EXISTS (
        SELECT 1 FROM experiment_questions e
        JOIN questions q ON q.no = e.question_no JOIN benchmarks b ON b.no = q.benchmark_no
        WHERE e.experiment_no = r.experiment_no AND b.name = ?
          AND e.position = r.trial_index / ? - (r.trial_index / ? / ?) * ?)"""
_AT: LiteralString = """
    SELECT 1 FROM scores s WHERE s.experiment_no = e.experiment_no AND s.is_first
      AND s.trial_index = ? + e.position * ?"""


class SqlBrowseStore:
    """The ``BrowseStore`` of both databases."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def responses(self, experiment_id: str, wanted: ResponseFilter, limit: int) -> ResponsePage:
        """Return the next responses that a filter fits, from ``wanted.first_index`` on."""
        end = MAX_INDEX if wanted.last_index is None else wanted.last_index
        with self._connections.reading_values() as connection:
            experiment_no = number_of(connection, experiment_id)
            size = TEXT_WINDOW if wanted.text else RESPONSE_WINDOW
            values = (experiment_no, wanted.first_index, end, *_condition(wanted), size)
            row = connection.row(_WINDOW, values)
            n, last = (0, None) if row is None else (int(row[0]), row[1])
            if last is None:
                return ResponsePage((), None, 0)
            found: list[ResponseRecord] = []
            for record in _fitting(connection, experiment_no, wanted, last + 1):
                if len(found) == limit:
                    return ResponsePage(tuple(found), found[-1].trial_index + 1, n)
                found.append(record)
        return ResponsePage(tuple(found), last + 1 if n == size else None, n)

    def questions(
        self,
        experiment_id: str,
        wanted: QuestionFilter,
        first: int = 0,
        limit: int = 50,
        *,
        is_backwards: bool = False,
    ) -> QuestionPage:
        """Return the positions of the questions that a filter fits, from ``first`` on."""
        low, high = first, first + QUESTION_WINDOW
        if is_backwards:
            low, high = first - QUESTION_WINDOW + 1, first + 1
        where, values = _question_where(wanted)
        direction: LiteralString = " DESC" if is_backwards else ""
        with self._connections.reading() as connection:
            experiment_no = number_of(connection, experiment_id)
            rows = connection.rows(
                f"""
                SELECT e.position FROM experiment_questions e
                WHERE e.experiment_no = ? AND e.position >= ? AND e.position < ? {where}
                ORDER BY e.position{direction} LIMIT ?""",  # noqa: S608 - literal parts only
                (experiment_no, low, high, *values, limit),
            )
            positions = tuple(row[0] for row in rows)
            edge = low - 1 if is_backwards else high
            if len(positions) == limit:
                edge = positions[-1] + (-1 if is_backwards else 1)
            beyond = connection.row(
                "SELECT 1 FROM experiment_questions WHERE experiment_no = ? AND position = ?",
                (experiment_no, edge),
            )
        return QuestionPage(positions, None if beyond is None else edge)


def _condition(wanted: ResponseFilter) -> tuple[int, int, int, int]:
    index = _ANY if wanted.condition_index is None else wanted.condition_index
    return index, wanted.n_conditions, wanted.n_conditions, index


def _fitting(
    connection: Connection, experiment_no: int, wanted: ResponseFilter, end: int
) -> Iterator[ResponseRecord]:
    """Yield the responses up to ``end`` that fit; texts are compared here, alike on both databases."""
    where, more = _where(wanted)
    needle = wanted.text.casefold()
    start = wanted.first_index
    while True:
        values = (experiment_no, start, end, *_condition(wanted), *more, _CHUNK)
        rows = connection.rows(
            f"""{SELECT_RESPONSES}
                AND (? = -1 OR r.trial_index - (r.trial_index / ?) * ? = ?) {where}
            ORDER BY r.trial_index LIMIT ?""",
            values,
        )
        for record in map(response_record, rows):
            if not needle or _holds(record, needle):
                yield record
        if len(rows) < _CHUNK:
            return
        start = rows[-1][0] + 1


def _where(wanted: ResponseFilter) -> tuple[LiteralString, list[Value]]:
    where = _VERDICTS[wanted.verdict]
    values: list[Value] = [] if wanted.verdict is None else [RIGHT_FROM]
    if wanted.benchmark is not None:
        n_conditions, n_questions = wanted.n_conditions, wanted.n_questions
        where += _OF_BENCHMARK
        values += [storable(wanted.benchmark), n_conditions, n_conditions, n_questions, n_questions]
    return where, values


def _question_where(wanted: QuestionFilter) -> tuple[LiteralString, list[Value]]:
    where: LiteralString = ""
    values: list[Value] = []
    if wanted.right_at is not None:
        where += f"AND EXISTS ({_AT} AND s.value >= ?)"
        values += [wanted.first_index + wanted.right_at, wanted.n_conditions, RIGHT_FROM]
    if wanted.wrong_at is not None:
        where += f"AND EXISTS ({_AT} AND s.value < ?)"
        values += [wanted.first_index + wanted.wrong_at, wanted.n_conditions, RIGHT_FROM]
    return where, values


def _holds(record: ResponseRecord, needle: str) -> bool:
    answer = record.score.answer if record.score else None
    return needle in record.response.text.casefold() or needle in (answer or "").casefold()
