"""What of an analysis is confirmatory: it was declared before the first response, and it is made as declared."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from scramblebench.analysis.cube import method_name
from scramblebench.analysis.options import AnalysisOptions, correction, options_of
from scramblebench.analysis.rows import (
    AccuracyRow,
    ComparisonRow,
    ContrastRow,
    DeclaredRow,
    DependencyRow,
    ThresholdRow,
    TrendRow,
)
from scramblebench.core.conditions import Condition
from scramblebench.evaluation import Registered
from scramblebench.plan.preregistration import FORMAT, correction_of
from scramblebench.settings.sections import StatisticsSpec

AnyRow: TypeAlias = (
    AccuracyRow
    | ComparisonRow
    | ContrastRow
    | DeclaredRow
    | DependencyRow
    | ThresholdRow
    | TrendRow
)
Standing: TypeAlias = Literal["confirmatory", "exploratory", ""]
"""What a row is; "" where nothing was preregistered."""

_ANALYSES = {
    "level": "levels",
    "accuracy": "single_levels",
    "mean_accuracy": "mean_accuracy",
    "dependency": "dependency_differences",
}
_CONTROLS = {
    "difference_in_differences": "control_benchmark",
    "relative_performance_gain": "floor_method",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What rows are held against; ``curves`` are the levels in percent by method, ``pairs`` of model names."""

    primary: frozenset[str]
    pairs: frozenset[frozenset[str]]
    models: frozenset[str]
    benchmarks: frozenset[str]
    curves: Mapping[str, frozenset[float]]
    options: AnalysisOptions
    may_end_early: bool


@lru_cache(maxsize=16)
def declared_of(text: str) -> Declared:
    """Return what a frozen text declares; raises ValueError where it is not one that we can read."""
    try:
        values: Mapping[str, Any] = json.loads(text)
        if values["format"] != FORMAT:
            raise ValueError(f"its format is {values['format']!r}, not {FORMAT!r}")
        statistics = StatisticsSpec.model_validate_json(json.dumps(values["statistics"]))
        return Declared(
            primary=frozenset(values["primary"]),
            pairs=frozenset(frozenset(pair) for pair in values["pairs"]),
            models=frozenset(model["label"] for model in values["models"]),
            benchmarks=frozenset(values["benchmarks"]),
            curves=_curves(values["conditions"]),
            options=options_of(statistics),
            may_end_early=statistics.early_stopping is not None,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it lacks {error}") from error


def _curves(conditions: Sequence[Mapping[str, Any]]) -> Mapping[str, frozenset[float]]:
    """Return the levels by method; the baseline begins each method's curve."""
    asked = [
        Condition(c["method"], c["level_pct"], c["seed"], tuple(sorted(c["parameters"].items())))
        for c in conditions
    ]
    baseline = {c.level_pct for c in asked if c.is_baseline}
    methods = dict.fromkeys(method_name(c) for c in asked if not c.is_baseline) or ["baseline"]
    return {
        method: frozenset(baseline | {c.level_pct for c in asked if method_name(c) == method})
        for method in methods
    }


def standing(registered: Registered | None, options: AnalysisOptions, row: AnyRow) -> Standing:
    """Return whether a row of an analysis by some options is confirmatory."""
    if registered is None:
        return ""
    return "exploratory" if outside(registered, options, row) else "confirmatory"


def outside(registered: Registered, options: AnalysisOptions, row: AnyRow) -> str:
    """Return why a row is exploratory, in a few words; "" where it is confirmatory."""
    if not registered.is_valid:
        return "the preregistration does not hold"
    declared = declared_of(registered.text)
    if isinstance(row, DeclaredRow):
        is_same = options.confidence_level == declared.options.confidence_level
        return "" if declared.may_end_early and is_same else "not as declared"
    if declared.may_end_early:
        return "answers decided how many questions were asked"
    if registered.is_interim:
        return "a look before the planned end"
    analysis = _analysis(row)
    if analysis not in declared.primary:
        return f"{analysis or 'domains'} not declared"
    return _not_planned(declared, row) or _changed(declared, options, row, analysis)


def _analysis(row: AnyRow) -> str:
    """Return what an analysis is called under ``primary``, "" where nothing there is it."""
    match row:
        case AccuracyRow():
            return "levels" if row.domain is None else ""
        case ComparisonRow():
            return _ANALYSES[row.kind]
        case DependencyRow():
            return "dependency"
        case ThresholdRow():
            return "thresholds"
        case TrendRow():
            return "trends"
        case ContrastRow():
            return "contrasts"
        case DeclaredRow():
            return ""


def _not_planned(declared: Declared, row: AnyRow) -> str:
    """Return which model, benchmark, method, level or pair of a row was not declared."""
    if isinstance(row, DeclaredRow):
        return ""
    models = [row.first, row.second] if isinstance(row, ComparisonRow) else [row.model]
    if isinstance(row, ComparisonRow) and row.kind == "level":
        models = models[:1]
    if not declared.models.issuperset(models):
        return "model not declared"
    if row.benchmark not in declared.benchmarks or row.method not in declared.curves:
        return "curve not declared"
    level = row.level_pct if isinstance(row, AccuracyRow | ComparisonRow | ContrastRow) else None
    if level is not None and level not in declared.curves[row.method]:
        return "level not declared"
    if len(models) == 2 and declared.pairs and frozenset(models) not in declared.pairs:
        return "pair not declared"
    return ""


def _changed(declared: Declared, used: AnalysisOptions, row: AnyRow, analysis: str) -> str:
    """Return which option that a row depends on is another than was declared."""
    frozen = declared.options
    if used.confidence_level != frozen.confidence_level:
        return "another confidence level"
    if isinstance(row, ComparisonRow):
        return _changed_test(frozen, used, row, analysis)
    if isinstance(row, ContrastRow):
        return "" if row.control == getattr(frozen, _CONTROLS[row.kind]) else "another control"
    if isinstance(row, ThresholdRow):
        if row.definition not in {definition.text for definition in frozen.thresholds}:
            return "another definition"
        return "" if used.n_resamples == frozen.n_resamples else "another number of resamples"
    return ""


def _changed_test(
    frozen: AnalysisOptions, used: AnalysisOptions, row: ComparisonRow, analysis: str
) -> str:
    if _correction(frozen, analysis) != _correction(used, analysis):
        return "another correction"
    if analysis == "levels" and used.is_family_whole != frozen.is_family_whole:
        return "another family"
    if row.n_first_only is not None and used.is_exact != frozen.is_exact:
        return "another test"
    margin = "dependency_margin" if row.kind == "dependency" else "accuracy_margin"
    return "another margin" if getattr(used, margin) != getattr(frozen, margin) else ""


def _correction(options: AnalysisOptions, analysis: str) -> str:
    family = "experiment" if options.is_family_whole else "model"
    return correction(correction_of(analysis, options.correction.value, family)).value


def deviations(registered: Registered, options: AnalysisOptions) -> tuple[str, ...]:
    """Return which options of an analysis are others than declared: ``correction bh in place of holm``."""
    frozen = declared_of(registered.text).options
    changed = [
        ("confidence level", frozen.confidence_level, options.confidence_level),
        ("correction", frozen.correction.value, options.correction.value),
        ("family", _family(frozen), _family(options)),
        ("paired test", _test(frozen), _test(options)),
        ("resamples", frozen.n_resamples, options.n_resamples),
        ("margin of accuracy", frozen.accuracy_margin, options.accuracy_margin),
        ("margin of dependency", frozen.dependency_margin, options.dependency_margin),
        ("thresholds", _thresholds(frozen), _thresholds(options)),
        ("control benchmark", frozen.control_benchmark, options.control_benchmark),
        ("floor method", frozen.floor_method, options.floor_method),
    ]
    return tuple(
        f"{name} {now or 'none'} in place of {before or 'none'}"
        for name, before, now in changed
        if before != now
    )


def _family(options: AnalysisOptions) -> str:
    return "experiment" if options.is_family_whole else "model"


def _test(options: AnalysisOptions) -> str:
    return "exact" if options.is_exact else "mid_p"


def _thresholds(options: AnalysisOptions) -> str:
    return ", ".join(definition.text for definition in options.thresholds)
