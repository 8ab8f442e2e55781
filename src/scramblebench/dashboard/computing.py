"""Statistics computed in a process of their own: a page never waits for them, and their memory is given back.

``python -m scramblebench.dashboard.computing analyze ID`` or ``across FIRST SECOND``; the database is
DATABASE_URL, and results are stored there.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from scramblebench.analysis import (
    declared_row,
    make_cube,
    make_report,
    options_of,
    read_sound_scores,
    save_report,
)
from scramblebench.analysis.across import Side, compare_experiments
from scramblebench.analysis.across_values import across_values
from scramblebench.analysis.plain import to_json
from scramblebench.analysis.provenance import read_provenance
from scramblebench.analysis.summary import summary
from scramblebench.core.canonical import content_hash
from scramblebench.core.errors import known_error
from scramblebench.evaluation import read_preregistration, restore_plan
from scramblebench.storage import AnalysisRecord, Database, open_database

ACROSS = "across"
"""The kind of a stored comparison; its name is the id of the other experiment."""
SUMMARY = "summary"
"""The kind of the sentences of a stored analysis."""
_NICE = 10


def analyze(database: Database, experiment_id: str) -> None:
    """Compute the analysis of an experiment and store it with its sentences."""
    record = database.experiments.get(experiment_id)
    plan = restore_plan(database, record.id)
    columns = read_sound_scores(database, record, plan)
    cube = make_cube(plan, columns)
    options = options_of(plan.spec.statistical_analysis)
    report = make_report(record.name, cube, options, declared=declared_row(plan, columns))
    registered = read_preregistration(database, record, plan)
    save_report(database.analyses, record.id, cube, report, registered)
    sentences = to_json({"rows": list(summary(report, registered))})
    inputs, seed = report.inputs_sha256, report.seed
    words = AnalysisRecord(SUMMARY, report.name, inputs, seed, sentences)
    database.analyses.save(record.id, [words])


def across(database: Database, first_id: str, second_id: str) -> None:
    """Compare two experiments and store the comparison with the first."""
    first, second = (_side(database, found) for found in (first_id, second_id))
    options = options_of(first.plan.spec.statistical_analysis)
    report = compare_experiments(first, second, options)
    values = across_values(report)
    inputs = content_hash([first.cube.inputs_sha256, second.cube.inputs_sha256])
    record = AnalysisRecord(ACROSS, second.id, inputs, report.seed, to_json(values))
    database.analyses.save(first.id, [record])


def _side(database: Database, experiment_id: str) -> Side:
    record = database.experiments.get(experiment_id)
    plan = restore_plan(database, record.id)
    return Side(
        id=record.id,
        name=record.name,
        plan=plan,
        cube=make_cube(plan, read_sound_scores(database, record, plan)),
        provenance=read_provenance(database, record.id, plan),
        registered=read_preregistration(database, record, plan),
    )


def main(arguments: Sequence[str]) -> int:
    """Compute what the arguments say; return the exit code, the reason on standard error."""
    with suppress(AttributeError, OSError):  # a runner on this machine comes first
        os.nice(_NICE)
    work = {"analyze": analyze, "across": across}
    try:
        name, *ids = arguments
        work[name](open_database(), *ids)
    except Exception as error:
        known = known_error(error)
        if known is None:
            raise
        print(known, file=sys.stderr)
        return known.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
