"""What analyze and compare share: options, the report, its progress."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scramblebench.analysis import (
    AnalysisOptions,
    Report,
    declared_row,
    make_cube,
    make_report,
    options_of,
    read_sound_scores,
    save_report,
)
from scramblebench.analysis.options import correction as correction_named
from scramblebench.cli.output import note
from scramblebench.core.errors import DatabaseMissing, StorageError, UsageError
from scramblebench.evaluation import Registered, read_preregistration, restore_plan
from scramblebench.plan import Plan
from scramblebench.storage import Database, ExperimentRecord

_LONG = 200_000
"""Trials from which on progress is said."""


def changed_options(
    correction: str | None,
    family: str | None,
    is_exact: bool,
    floor_method: str | None,
    control_benchmark: str | None,
) -> Mapping[str, Any]:
    """Return what the command line changes of the options; raises UsageError for unknown words."""
    changes: dict[str, Any] = {}
    if correction is not None:
        try:
            changes["correction"] = correction_named(correction)
        except ValueError:
            known = "bonferroni, holm, fdr, fdr_by, max_t, none"
            raise UsageError(f"--correction: {correction!r} is none of {known}") from None
    if family is not None:
        if family not in ("model", "experiment"):
            raise UsageError(f"--family: {family!r} is neither model nor experiment")
        changes["is_family_whole"] = family == "experiment"
    if is_exact:
        changes["is_exact"] = True
    if floor_method is not None:
        changes["floor_method"] = floor_method
    if control_benchmark is not None:
        changes["control_benchmark"] = control_benchmark
    return changes


def analyzed(
    database: Database, record: ExperimentRecord, changes: Mapping[str, Any]
) -> tuple[Plan, Report, Registered | None]:
    """Return plan, report and preregistration of an experiment; the report is stored where that is possible."""
    plan = restore_plan(database, record.id)
    columns = read_sound_scores(database, record, plan)
    cube = make_cube(plan, columns)
    options: AnalysisOptions = replace(options_of(plan.spec.statistical_analysis), **changes)
    advance = note if len(plan) >= _LONG else _say_nothing
    report = make_report(
        record.name, cube, options, declared=declared_row(plan, columns), advance=advance
    )
    registered = read_preregistration(database, record, plan)
    try:
        save_report(database.analyses, record.id, cube, report, registered)
    except DatabaseMissing:
        raise
    except StorageError as error:
        note(f"the results were not stored: {error}")
    return plan, report, registered


def _say_nothing(_words: str) -> None:
    """Say nothing: the analysis takes no time to speak of."""
