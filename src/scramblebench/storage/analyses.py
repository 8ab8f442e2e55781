"""Derived results: statistics, thresholds, metrics, and A/B tests as they were declared."""

from collections.abc import Sequence

from scramblebench.core.clock import Clock
from scramblebench.core.errors import UsageError
from scramblebench.storage.analysis_records import (
    ABTestRecord,
    AnalysisRecord,
    MetricRecord,
    ThresholdRecord,
)
from scramblebench.storage.connection import Connection, Connections, Row
from scramblebench.storage.contents import hash_bytes
from scramblebench.storage.experiments import number_of
from scramblebench.storage.moments import microseconds, moment
from scramblebench.storage.sanitise import pack, unpack

_ANALYSIS_TEXTS = ("name", "result_json")
_THRESHOLD_TEXTS = ("benchmark", "method", "definition", "result_json")
_TEST_TEXTS = ("name", "protocol_json")
_SELECT_TESTS = """
    SELECT t.id, e.id, t.name, t.protocol_json, t.created_at, t.exact
    FROM ab_tests t JOIN experiments e ON e.no = t.experiment_no"""


class SqlAnalysisStore:
    """The ``AnalysisStore`` of both databases."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    def save(
        self,
        experiment_id: str,
        analyses: Sequence[AnalysisRecord] = (),
        metrics: Sequence[MetricRecord] = (),
        thresholds: Sequence[ThresholdRecord] = (),
    ) -> None:
        """Store results in one transaction, in place of those of the same name and inputs."""
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            experiment_no = number_of(connection, experiment_id)
            _put_analyses(connection, experiment_no, analyses, now_us)
            _put_metrics(connection, experiment_no, metrics, now_us)
            _put_thresholds(connection, experiment_no, thresholds, now_us)

    def analyses(self, experiment_id: str, kind: str | None = None) -> Sequence[AnalysisRecord]:
        """Return the results of an experiment, in the order in which they were first stored."""
        with self._connections.reading() as connection:
            rows = connection.rows(
                """
                SELECT kind, inputs_sha256, seed, name, result_json, exact FROM statistical_analyses
                WHERE experiment_no = ? AND (? = '' OR kind = ?) ORDER BY no""",
                (number_of(connection, experiment_id), kind or "", kind or ""),
            )
        return tuple(map(_analysis, rows))

    def metrics(self, experiment_id: str) -> Sequence[MetricRecord]:
        """Return the metrics of the latest analysis."""
        with self._connections.reading() as connection:
            rows = connection.rows(
                """
                SELECT model_index, condition_index, metric, value, interval_low, interval_high,
                       n_answered, n_planned
                FROM performance_metrics WHERE experiment_no = ? ORDER BY no""",
                (number_of(connection, experiment_id),),
            )
        return tuple(MetricRecord(*row) for row in rows)

    def thresholds(self, experiment_id: str) -> Sequence[ThresholdRecord]:
        """Return the thresholds of an experiment, in the order in which they were first stored."""
        with self._connections.reading() as connection:
            rows = connection.rows(
                """
                SELECT model_index, baseline_accuracy, threshold_level_pct, threshold_low_pct,
                       threshold_high_pct, dependency_coefficient, inputs_sha256, seed,
                       benchmark, method, definition, result_json, exact
                FROM threshold_analyses WHERE experiment_no = ? ORDER BY no""",
                (number_of(connection, experiment_id),),
            )
        return tuple(map(_threshold, rows))

    def add_ab_test(self, test: ABTestRecord) -> None:
        """Store an A/B test as it was declared; raises StorageError where its id is taken."""
        (name, protocol), exact = pack(_TEST_TEXTS, (test.name, test.protocol_json))
        with self._connections.writing() as connection:
            connection.run(
                """
                INSERT INTO ab_tests (id, experiment_no, name, protocol_json, created_at, exact)
                VALUES (?, ?, ?, ?, ?, ?)""",
                (
                    test.id,
                    number_of(connection, test.experiment_id),
                    name,
                    protocol,
                    microseconds(test.created_at),
                    exact,
                ),
            )

    def ab_test(self, reference: str) -> ABTestRecord:
        """Return the A/B test of an id, the beginning of one or a name (the newest); raises UsageError."""
        with self._connections.reading() as connection:
            row = connection.row(
                f"{_SELECT_TESTS} WHERE t.id = ? OR t.name = ? OR substr(t.id, 1, ?) = ? ORDER BY t.no DESC",
                (reference, reference, len(reference), reference),
            )
        if row is None:
            raise UsageError(f"there is no A/B test {reference!r}; `abtest list` shows them")
        return _ab_test(row)

    def ab_tests(self, experiment_id: str | None = None) -> Sequence[ABTestRecord]:
        """Return the A/B tests, of one experiment or of all, oldest first."""
        wanted = experiment_id or ""
        with self._connections.reading() as connection:
            rows = connection.rows(
                f"{_SELECT_TESTS} WHERE ? = '' OR e.id = ? ORDER BY t.no", (wanted, wanted)
            )
        return tuple(map(_ab_test, rows))


def _put_analyses(
    connection: Connection, experiment_no: int, records: Sequence[AnalysisRecord], now_us: int
) -> None:
    for record in records:
        (name, result), exact = pack(_ANALYSIS_TEXTS, (record.name, record.result_json))
        inputs = hash_bytes(record.inputs_sha256, "inputs")
        connection.run(
            """
            DELETE FROM statistical_analyses
            WHERE experiment_no = ? AND kind = ? AND name = ? AND inputs_sha256 = ?""",
            (experiment_no, record.kind, name, inputs),
        )
        connection.run(
            """
            INSERT INTO statistical_analyses
                (experiment_no, kind, name, inputs_sha256, seed, result_json, computed_at, exact)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            (experiment_no, record.kind, name, inputs, record.seed, result, now_us, exact),
        )


def _put_metrics(
    connection: Connection, experiment_no: int, records: Sequence[MetricRecord], now_us: int
) -> None:
    for metric in sorted({record.metric for record in records}):
        connection.run(
            "DELETE FROM performance_metrics WHERE experiment_no = ? AND metric = ?",
            (experiment_no, metric),
        )
    connection.run_many(
        """
        INSERT INTO performance_metrics
            (experiment_no, model_index, condition_index, metric, value, interval_low,
             interval_high, n_answered, n_planned, computed_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (
                experiment_no,
                r.model_index,
                r.condition_index,
                r.metric,
                r.value,
                r.low,
                r.high,
                r.n_answered,
                r.n_planned,
                now_us,
            )
            for r in records
        ],
    )


def _put_thresholds(
    connection: Connection, experiment_no: int, records: Sequence[ThresholdRecord], now_us: int
) -> None:
    for r in records:
        texts, exact = pack(_THRESHOLD_TEXTS, (r.benchmark, r.method, r.definition, r.result_json))
        inputs = hash_bytes(r.inputs_sha256, "inputs")
        connection.run(
            """
            DELETE FROM threshold_analyses
            WHERE experiment_no = ? AND model_index = ? AND benchmark = ? AND method = ?
              AND definition = ? AND inputs_sha256 = ?""",
            (experiment_no, r.model_index, *texts[:3], inputs),
        )
        connection.run(
            """
            INSERT INTO threshold_analyses
                (experiment_no, model_index, benchmark, method, definition, result_json,
                 baseline_accuracy, threshold_level_pct, threshold_low_pct, threshold_high_pct,
                 dependency_coefficient, inputs_sha256, seed, computed_at, exact)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                experiment_no,
                r.model_index,
                *texts,
                r.baseline_accuracy,
                r.level_pct,
                r.low_pct,
                r.high_pct,
                r.dependency_coefficient,
                inputs,
                r.seed,
                now_us,
                exact,
            ),
        )


def _analysis(row: Row) -> AnalysisRecord:
    kind, inputs, seed, *texts, exact = row
    name, result = unpack(_ANALYSIS_TEXTS, texts, exact)
    return AnalysisRecord(kind, name or "", bytes(inputs).hex(), seed, result or "")


def _threshold(row: Row) -> ThresholdRecord:
    model_index, baseline, level, low, high, dependency, inputs, seed, *texts, exact = row
    benchmark, method, definition, result = unpack(_THRESHOLD_TEXTS, texts, exact)
    return ThresholdRecord(
        model_index, benchmark or "", method or "", definition or "", baseline, level, low, high,
        dependency, bytes(inputs).hex(), seed, result or "",
    )  # fmt: skip


def _ab_test(row: Row) -> ABTestRecord:
    test_id, experiment_id, *texts, created_at, exact = row
    name, protocol = unpack(_TEST_TEXTS, texts, exact)
    return ABTestRecord(test_id, experiment_id, name or "", protocol or "", moment(created_at))
