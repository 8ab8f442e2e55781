"""Results stored beside the experiment: by name, with the hash of their inputs and their seed."""

from collections.abc import Iterator
from dataclasses import asdict
from math import isfinite

from scramblebench.analysis.cube import ScoreCube, curves
from scramblebench.analysis.plain import to_json
from scramblebench.analysis.registration import marked_values
from scramblebench.analysis.report import Report
from scramblebench.analysis.rows import DependencyRow, ThresholdRow
from scramblebench.evaluation import Registered
from scramblebench.storage import AnalysisRecord, AnalysisStore, MetricRecord, ThresholdRecord

_KINDS = ("accuracy", "domains", "dependency", "thresholds", "trends", "comparisons", "contrasts")


def save_report(
    store: AnalysisStore,
    experiment_id: str,
    cube: ScoreCube,
    report: Report,
    registered: Registered | None = None,
) -> None:
    """Store a report; one of the same inputs and options takes the place of the earlier one.

    Every row says whether it is confirmatory by what was preregistered.
    """
    values = marked_values(report, registered)
    common = {key: values[key] for key in ("options", "versions", "cautions", "declared")}
    analyses = [
        AnalysisRecord(
            kind,
            report.name,
            report.inputs_sha256,
            report.seed,
            to_json({**common, "rows": values[kind]}),
        )
        for kind in _KINDS
        if values[kind]
    ]
    store.save(
        experiment_id, analyses, list(_metrics(cube, report)), list(_thresholds(cube, report))
    )


def _metrics(cube: ScoreCube, report: Report) -> Iterator[MetricRecord]:
    """Yield accuracies by model and condition, dependency coefficients by model."""
    positions = {
        (method, level): conditions[0] for method, level, conditions in curves(cube.conditions)
    }
    models = {model: index for index, model in enumerate(cube.models)}
    seen: set[tuple[str, int, int]] = set()
    for row in report.accuracy:
        key = (row.benchmark, models[row.model], positions[row.method, row.level_pct])
        if key not in seen:
            seen.add(key)
            yield MetricRecord(
                key[1], key[2], f"accuracy[{row.benchmark}]", _known(row.accuracy), _known(row.low),
                _known(row.high), row.n_answered, row.n_planned,
            )  # fmt: skip
    for row in report.dependency:
        yield MetricRecord(
            models[row.model], None, f"dependency[{row.benchmark}, {row.method}]",
            _known(row.estimate), _known(row.low), _known(row.high),
            row.n_questions, row.n_questions + row.n_missing,
        )  # fmt: skip


def _thresholds(cube: ScoreCube, report: Report) -> Iterator[ThresholdRecord]:
    models = {model: index for index, model in enumerate(cube.models)}
    coefficients = {(r.model, r.benchmark, r.method): r for r in report.dependency}
    for row in report.thresholds:
        yield threshold_record(
            row, models[row.model], coefficients.get((row.model, row.benchmark, row.method)), report
        )


def threshold_record(
    row: ThresholdRow, model_index: int, beside: DependencyRow | None, report: Report
) -> ThresholdRecord:
    """Return a threshold to be stored; what is not reached or undefined is None, its reason in the JSON."""
    return ThresholdRecord(
        model_index=model_index,
        benchmark=row.benchmark,
        method=row.method,
        definition=f"{row.definition}, {row.estimator}",
        baseline_accuracy=_known(row.baseline_accuracy),
        level_pct=_known(row.level_pct),
        low_pct=_known(row.low_pct),
        high_pct=_known(row.high_pct),
        dependency_coefficient=_known(beside.estimate) if beside else None,
        inputs_sha256=report.inputs_sha256,
        seed=report.seed,
        result_json=to_json(asdict(row)),
    )


def _known(value: float) -> float | None:
    return value if isfinite(value) else None
