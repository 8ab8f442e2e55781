"""Compare: two experiments held against each other."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import note, say_json, short

if TYPE_CHECKING:
    from scramblebench.analysis.across import AcrossReport, Side
    from scramblebench.storage import Database

_EXAMPLES = """\
Examples:

  compare "First study" "Second study"

  compare 3f2a 9c1e --models llama3:8b=llama3:8b-q8 --correction fdr

  compare before @last --exact -o comparison
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=_EXAMPLES)(compare)


def compare(
    first: Annotated[
        str, typer.Argument(metavar="A", help="Id, name or @last.", show_default=False)
    ],
    second: Annotated[
        str, typer.Argument(metavar="B", help="Id, name or @last.", show_default=False)
    ],
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--models",
            metavar="A_NAME=B_NAME",
            help="Hold this model of A against that one of B; repeatable. Default: by name.",
        ),
    ] = None,
    correction: Annotated[
        str | None, typer.Option("--correction", help="bonferroni, holm, fdr, fdr_by or none.")
    ] = None,
    is_exact: Annotated[
        bool, typer.Option("--exact", help="Exact tests in place of mid-p and chi-squared.")
    ] = False,
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", "-o", help="Write comparison.json and comparison.csv here."),
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Compare two experiments, model by model: accuracy by level and dependency, A minus B.

    Questions that both asked are compared in pairs; without a common one, as independent samples, and that
    is said. Options of the tests are A's, unless given here.
    """
    from scramblebench.analysis.across_values import across_values
    from scramblebench.cli.comparison_report import say_comparison
    from scramblebench.storage import open_database

    database = open_database(database_url)
    report = _compared(database, first, second, models or [], correction, is_exact)
    values = across_values(report)
    if output_dir is not None:
        for path in _write(values, output_dir):
            note(f"wrote {path}")
    if as_json:
        say_json(values)
        return
    say_comparison(report, values["cautions"])
    note(f"database: {database.shown_url}")
    _say_what_follows(short(report.first.id), short(report.second.id), output_dir)


def _say_what_follows(first: str, second: str, output_dir: Path | None) -> None:
    files = [] if output_dir else [command("compare", first, second, "-o", "comparison")]
    say_next(command("analyze", first), command("analyze", second), *files)


def _compared(
    database: "Database",
    first: str,
    second: str,
    models: list[str],
    correction: str | None,
    is_exact: bool,
) -> "AcrossReport":
    from dataclasses import replace

    from scramblebench.analysis import options_of
    from scramblebench.analysis.across import compare_experiments
    from scramblebench.cli.analysis import changed_options
    from scramblebench.core.errors import UsageError

    changes = changed_options(correction, None, is_exact, None, None)
    records = [database.experiments.find(reference) for reference in (first, second)]
    if records[0].id == records[1].id:
        raise UsageError(
            f"{first} and {second} are the same experiment; its own models are compared by: "
            f"{command('analyze', short(records[0].id), '--full')}"
        )
    sides = [_side(database, record.id, record.name) for record in records]
    options = replace(options_of(sides[0].plan.spec.statistical_analysis), **changes)
    return compare_experiments(sides[0], sides[1], options, models)


def _side(database: "Database", experiment_id: str, name: str) -> "Side":
    from scramblebench.analysis import make_cube, read_sound_scores
    from scramblebench.analysis.across import Side
    from scramblebench.analysis.provenance import read_provenance
    from scramblebench.evaluation import read_preregistration, restore_plan

    plan = restore_plan(database, experiment_id)
    record = database.experiments.get(experiment_id)
    cube = make_cube(plan, read_sound_scores(database, record, plan))
    return Side(
        id=experiment_id,
        name=name,
        plan=plan,
        cube=cube,
        provenance=read_provenance(database, experiment_id, plan),
        registered=read_preregistration(database, record, plan),
    )


def _write(values: dict[str, Any], folder: Path) -> list[Path]:
    """Write the comparison as JSON and its rows as CSV; return the paths."""
    import csv

    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "comparison.json", folder / "comparison.csv"]
    text = json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False)
    written[0].write_text(text + "\n", "utf-8", "surrogatepass")
    rows: list[dict[str, Any]] = values["comparisons"]
    with written[1].open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else [])
        writer.writeheader()
        for row in rows:
            writer.writerow({**row, "warnings": "; ".join(row["warnings"])})
    return written
