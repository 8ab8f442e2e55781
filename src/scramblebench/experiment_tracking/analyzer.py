"""The README's analyzer: dependency, thresholds, tests and curves of an experiment, stored as they are computed."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

from scramblebench.analysis import (
    AnalysisOptions,
    Report,
    ScoreCube,
    declared_row,
    make_cube,
    make_report,
    options_of,
    read_sound_scores,
    save_report,
)
from scramblebench.analysis.ab import Protocol, evaluate
from scramblebench.analysis.accuracy import accuracy_rows
from scramblebench.analysis.classical import (
    complete,
    is_omnibus,
    omnibus_test,
    pairwise_test,
    question_means,
)
from scramblebench.analysis.comparisons import Pair, model_comparisons
from scramblebench.analysis.definitions import parse_threshold
from scramblebench.analysis.dependency import DependencyCoefficient, coefficient_of
from scramblebench.analysis.families import adjusted
from scramblebench.analysis.options import correction as correction_named
from scramblebench.analysis.panels import Panel, panels
from scramblebench.analysis.plain import to_json
from scramblebench.analysis.report import without_p
from scramblebench.analysis.results import cube_of_rows
from scramblebench.analysis.rows import ComparisonRow
from scramblebench.analysis.thresholds import thresholds_by_curve
from scramblebench.core.errors import UsageError
from scramblebench.evaluation import read_preregistration, restore_plan
from scramblebench.experiment_tracking.ab_tests import ABTestResult, result_of
from scramblebench.experiment_tracking.database import DatabaseManager
from scramblebench.experiment_tracking.significance import (
    SignificanceTest,
    from_comparison,
    from_named_test,
    from_omnibus,
)
from scramblebench.experiment_tracking.synchronous import Synchronous
from scramblebench.statistics.means.multiplicity import adjust
from scramblebench.storage import AnalysisRecord, Database, ModelRecord

Results = ScoreCube | Iterable[Mapping[str, Any]] | None
"""Scores as ``load_results`` returns them, rows with model, question_id, method, level and score, or
None: those of the database (caller -> analyzer)."""


@dataclass(frozen=True, slots=True)
class ModelNames:
    """Models by all that people call them."""

    records: Sequence[ModelRecord]

    def shown(self, reference: str) -> str:
        """Return the name that tables show of a name, label or id; raises UsageError."""
        for record in self.records:
            if reference in (record.label, record.name, record.id):
                return record.label
        known = ", ".join(record.label for record in self.records)
        raise UsageError(f"no model is called {reference!r}; there are {known}")


class StatisticalAnalyzer:
    """Statistics of experiments in one database.

    Methods are coroutines; experiments are named by id, unique id prefix, name or ``@last``, models by
    name, label or id. What is computed is stored under its name, the hash of its inputs and its seed.
    """

    def __init__(self, db: DatabaseManager | Database) -> None:
        self.database: Database = db.database if isinstance(db, DatabaseManager) else db

    @property
    def sync(self) -> Synchronous:
        """The same methods without await."""
        return Synchronous(self)

    def model_names(self, experiment_id: str) -> ModelNames:
        """Return the models of an experiment."""
        record = self.database.experiments.find(experiment_id)
        return ModelNames(self.database.experiments.models(record.id))

    def cube(self, experiment_id: str) -> ScoreCube:
        """Return the scores of an experiment; raises StorageError where they are damaged."""
        record = self.database.experiments.find(experiment_id)
        plan = restore_plan(self.database, record.id)
        return make_cube(plan, read_sound_scores(self.database, record, plan))

    def options(self, experiment_id: str, **changes: Any) -> AnalysisOptions:
        """Return what the configuration of an experiment asks for, with changes."""
        plan = restore_plan(self.database, self.database.experiments.find(experiment_id).id)
        known = {name: value for name, value in changes.items() if value is not None}
        level = known.get("confidence_level", 0.95)
        if not 0.5 < level < 1:
            raise UsageError(f"confidence_level {level:g} is not between 0.5 and 1")
        return replace(options_of(plan.spec.statistical_analysis), **known)

    async def load_results(self, experiment_id: str) -> ScoreCube:
        """Return the scores of an experiment, to be passed as ``results``."""
        return await asyncio.to_thread(self.cube, experiment_id)

    async def analyze(self, experiment_id: str) -> Report:
        """Compute and store the whole analysis that the configuration asks for."""
        return await asyncio.to_thread(self._analyze, experiment_id)

    def _analyze(self, experiment_id: str) -> Report:
        record = self.database.experiments.find(experiment_id)
        plan = restore_plan(self.database, record.id)
        columns = read_sound_scores(self.database, record, plan)
        cube = make_cube(plan, columns)
        report = make_report(
            record.name,
            cube,
            options_of(plan.spec.statistical_analysis),
            declared=declared_row(plan, columns),
        )
        registered = read_preregistration(self.database, record, plan)
        save_report(self.database.analyses, record.id, cube, report, registered)
        return report

    async def run_significance_tests(
        self,
        experiment_id: str,
        results: Results = None,
        comparisons: Sequence[tuple[str, str]] | None = None,
        *,
        test_types: Sequence[str] = (),
        confidence_level: float | None = None,
        correction: str | None = None,
    ) -> list[SignificanceTest]:
        """Compare models with each other on the same questions, first minus second; all pairs by default.

        Accuracy at every level, over all levels, and dependency, each by the paired test that its scores
        allow. ``test_types`` asks for tests by name instead: paired_t, wilcoxon, welch_t, mann_whitney,
        anova, friedman. p-values are adjusted within the tests that belong together.
        """
        return await asyncio.to_thread(
            self._significance,
            experiment_id,
            results,
            comparisons,
            tuple(test_types),
            confidence_level,
            correction,
        )

    def _significance(
        self,
        experiment_id: str,
        results: Results,
        comparisons: Sequence[tuple[str, str]] | None,
        test_types: Sequence[str],
        confidence_level: float | None,
        correction: str | None,
    ) -> list[SignificanceTest]:
        record = self.database.experiments.find(experiment_id)
        cube = self._given(record.id, results)
        options = self.options(
            record.id,
            confidence_level=confidence_level,
            correction=_correction(correction),
        )
        pairs = self._pairs(record.id, cube, comparisons)
        is_open_ended = self._may_end_early(record.id)
        if test_types and is_open_ended:
            raise UsageError(
                "a question was declared that may end the experiment early: tests for a fixed number of "
                "questions have no p-value here; leave test_types out"
            )
        if test_types:
            tests = list(_named_tests(cube, options, pairs, test_types))
        else:
            rows = _pair_rows(cube, options, pairs)
            rows = [without_p(row) for row in rows] if is_open_ended else rows
            tests = [from_comparison(row, options.confidence_level) for row in rows]
        values = [asdict(test) for test in tests]
        self._store(record.id, "significance", cube, values)
        return tests

    async def analyze_thresholds(
        self,
        experiment_id: str,
        results: Results = None,
        threshold_definition: str = "50% of baseline",
    ) -> dict[str, dict[str, Any]]:
        """Return the threshold of each curve with its dependency, by ``"<model>_<benchmark>"``.

        Where several methods were used, the key ends with the method too. ``threshold_value`` is a level in
        percent, None where it was not reached. Raises UsageError for a definition that is none.
        """
        return await asyncio.to_thread(
            self._thresholds, experiment_id, results, threshold_definition
        )

    def _thresholds(
        self, experiment_id: str, results: Results, definition: str
    ) -> dict[str, dict[str, Any]]:
        record = self.database.experiments.find(experiment_id)
        cube = self._given(record.id, results)
        options = self.options(record.id, thresholds=(parse_threshold(definition),))
        found = thresholds_by_curve(cube, options)
        ids = {model.label: model.id for model in self.model_names(record.id).records}
        for values in found.values():
            values["model_id"] = ids.get(values["model"], values["model"])
            if self._may_end_early(record.id):
                values.update(correlation_p_value=None, is_significant=False)
        self._store(record.id, "thresholds_by_curve", cube, found)
        return found

    async def calculate_language_dependency_coefficient(
        self, experiment_id: str, model_id: str, scrambling_method: str = "character"
    ) -> DependencyCoefficient:
        """Return a model's dependency coefficient with its interval; NaN without data, never 0 or 1.

        Over several benchmarks it is the ratio of the means of all. Raises UsageError for a model or a
        method that is not there.
        """
        return await asyncio.to_thread(
            self._coefficient, experiment_id, model_id, scrambling_method
        )

    def _coefficient(
        self, experiment_id: str, model_id: str, scrambling_method: str
    ) -> DependencyCoefficient:
        record = self.database.experiments.find(experiment_id)
        cube = self.cube(record.id)
        model = self.model_names(record.id).shown(model_id)
        found = coefficient_of(cube, model, scrambling_method, self.options(record.id))
        self._store(record.id, "dependency_coefficient", cube, asdict(found), name=model)
        return found

    async def generate_performance_curves(
        self, experiment_id: str, scrambling_levels: Sequence[float] | None = None
    ) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Return curves by model and method: points with level, accuracy, interval, n answered and planned.

        ``scrambling_levels`` keeps only these; levels that were not asked are left out, never interpolated.
        """
        return await asyncio.to_thread(self._curves, experiment_id, scrambling_levels)

    def _curves(
        self, experiment_id: str, levels: Sequence[float] | None
    ) -> dict[str, dict[str, list[dict[str, Any]]]]:
        record = self.database.experiments.find(experiment_id)
        options = self.options(record.id)
        curves: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for panel in panels(self.cube(record.id)):
            for row in accuracy_rows(panel, options):
                if levels is not None and row.level_pct not in levels:
                    continue
                points = curves.setdefault(row.model, {}).setdefault(row.method, [])
                points.append(
                    {
                        "benchmark": row.benchmark,
                        "level": row.level_pct,
                        "accuracy": row.accuracy,
                        "interval": (row.low, row.high),
                        "interval_method": row.interval_method,
                        "n_questions": row.n_questions,
                        "n_answered": row.n_answered,
                        "n_planned": row.n_planned,
                        "n_no_answer": row.n_no_answer,
                        "is_simulated": row.is_simulated,
                    }
                )
        return curves

    async def run_ab_test(
        self,
        experiment_id: str,
        control: str,
        treatment: str,
        metric_name: str = "accuracy",
        confidence_level: float = 0.95,
    ) -> ABTestResult:
        """Compare two models once, at the end; see ABTestFramework for tests that are declared."""
        return await asyncio.to_thread(
            self._ab_test, experiment_id, control, treatment, metric_name, confidence_level
        )

    def _ab_test(
        self, experiment_id: str, control: str, treatment: str, metric: str, confidence: float
    ) -> ABTestResult:
        record = self.database.experiments.find(experiment_id)
        names = self.model_names(record.id)
        cube = self.cube(record.id)
        protocol = Protocol(
            control=names.shown(control),
            treatment=names.shown(treatment),
            metric=metric,
            minimum_sample_size=1,
            confidence_level=confidence,
        )
        result = result_of(evaluate(cube, protocol))
        name = f"{protocol.control} vs {protocol.treatment}: {metric}"
        self._store(record.id, "ab_test", cube, asdict(result), name=name)
        return result

    def _may_end_early(self, experiment_id: str) -> bool:
        spec = restore_plan(self.database, experiment_id).spec
        return spec.statistical_analysis.early_stopping is not None

    def _given(self, experiment_id: str, results: Results) -> ScoreCube:
        if results is None:
            return self.cube(experiment_id)
        return results if isinstance(results, ScoreCube) else cube_of_rows(results)

    def _pairs(
        self, experiment_id: str, cube: ScoreCube, comparisons: Sequence[tuple[str, str]] | None
    ) -> list[Pair] | None:
        if comparisons is None:
            return None
        return [
            (self._place(experiment_id, cube, first), self._place(experiment_id, cube, second))
            for first, second in comparisons
        ]

    def _place(self, experiment_id: str, cube: ScoreCube, reference: str) -> int:
        """Return the position of a model in the scores, by what they or the experiment call it."""
        if reference in cube.models:
            return cube.models.index(reference)
        shown = self.model_names(experiment_id).shown(reference)
        if shown not in cube.models:
            known = ", ".join(cube.models)
            raise UsageError(f"there are no scores of {reference!r}; there are those of {known}")
        return cube.models.index(shown)

    def _store(
        self, experiment_id: str, kind: str, cube: ScoreCube, values: Any, name: str = ""
    ) -> None:
        record = AnalysisRecord(kind, name, cube.inputs_sha256, cube.seed, to_json(values))
        self.database.analyses.save(experiment_id, [record])


def _correction(name: str | None) -> Any:
    if name is None:
        return None
    try:
        return correction_named(name)
    except ValueError:
        known = "bonferroni, holm, fdr, fdr_by, max_t, none"
        raise UsageError(f"correction {name!r} is none of {known}") from None


def _pair_rows(
    cube: ScoreCube, options: AnalysisOptions, pairs: Sequence[Pair] | None
) -> list[ComparisonRow]:
    seen: set[str] = set()
    rows: list[ComparisonRow] = []
    for panel in panels(cube):
        rows += model_comparisons(
            panel, options, cube.seed, pairs, has_baseline_elsewhere=panel.benchmark in seen
        )
        seen.add(panel.benchmark)
    return adjusted(rows, options)


def _named_tests(
    cube: ScoreCube,
    options: AnalysisOptions,
    pairs: Sequence[Pair] | None,
    test_types: Sequence[str],
) -> Iterable[SignificanceTest]:
    for name in test_types:
        for panel in panels(cube):
            if is_omnibus(name):
                test = omnibus_test(name)(complete(question_means(panel)))
                place = (panel.benchmark, panel.method)
                yield from_omnibus(test, panel.models, place, options.alpha)
            else:
                yield from _pairwise(panel, options, pairs, name)


def _pairwise(
    panel: Panel, options: AnalysisOptions, pairs: Sequence[Pair] | None, name: str
) -> Iterable[SignificanceTest]:
    means, test = question_means(panel), pairwise_test(name)
    n_models = len(panel.models)
    wanted = [*combinations(range(n_models), 2)] if pairs is None else pairs
    found = [test(means[a], means[b], options.confidence_level) for a, b in wanted]
    method = "holm" if options.correction == "max_t" else str(options.correction)
    values = adjust([each.test.p_value for each in found], method)
    size = sum(each.test.p_value == each.test.p_value for each in found)
    for (a, b), each, value in zip(wanted, found, values, strict=True):
        yield from_named_test(
            each,
            (means[a], means[b]),
            (panel.models[a], panel.models[b]),
            (panel.benchmark, panel.method),
            float(value),
            method,
            size,
            options.alpha,
        )
