"""Analyze: what came out."""

from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import console, note, say, say_json, say_table, share, short

if TYPE_CHECKING:
    from scramblebench.analysis import AccuracyRow
    from scramblebench.storage import ExperimentRecord


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(analyze)


def analyze(
    experiment: Annotated[str, typer.Argument(help="Id, name or @last.")] = "@last",
    output_dir: Annotated[
        Path | None, typer.Option("--output-dir", "-o", help="Write results here too.")
    ] = None,
    include_plots: Annotated[
        bool, typer.Option("--include-plots", help="Draw the curves as PNG.")
    ] = False,
    include_raw_data: Annotated[
        bool, typer.Option("--include-raw-data", help="Write every response as JSON Lines.")
    ] = False,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Print accuracy by model, benchmark, method and level, with intervals and what is missing."""
    from scramblebench.analysis import accuracy_rows, read_sound_scores
    from scramblebench.evaluation import restore_plan
    from scramblebench.storage import open_database

    database = open_database(database_url)
    record = database.experiments.find(experiment)
    plan = restore_plan(database, record.id)
    confidence = plan.spec.statistical_analysis.confidence_level
    rows = accuracy_rows(plan, read_sound_scores(database, record, plan), confidence)
    values = {
        "experiment_id": record.id,
        "name": record.name,
        "status": str(record.state),
        "confidence_level": confidence,
        "accuracy": [_row_values(row) for row in rows],
    }
    wants_files = output_dir is not None or include_plots or include_raw_data
    if wants_files:
        from scramblebench.cli.files import write_results

        folder = output_dir or Path(f"analysis_{short(record.id)}")
        written = write_results(
            database, record, plan, rows, values, folder, include_plots, include_raw_data
        )
        for path in written:
            note(f"wrote {path}")
    if as_json:
        say_json(values)
        return
    _say_curves(rows, confidence)
    _say_warnings(rows)
    note(f"database: {database.shown_url}")
    _say_what_follows(record, include_plots, include_raw_data)


def _say_what_follows(
    record: "ExperimentRecord", include_plots: bool, include_raw_data: bool
) -> None:
    name = short(record.id)
    following = [command("show", name)]
    if record.n_answered == 0:
        following.insert(0, command("run"))
    elif not include_plots:
        following.append(command("analyze", name, "--include-plots"))
    if not include_raw_data:
        following.append(
            f"{command('analyze', name, '--include-raw-data')}    (every prompt and response)"
        )
    say_next(*following, f"{command('init', 'my_study.yaml')}    (your own models and questions)")


def _row_values(row: "AccuracyRow") -> dict[str, Any]:
    return {**asdict(row), "n_missing": row.n_missing}


def _say_curves(rows: "tuple[AccuracyRow, ...]", confidence: float) -> None:
    from scramblebench.cli.curve import drawn, scale, width_for

    width = width_for(console().width)
    curves: dict[tuple[str, str, str], list[AccuracyRow]] = {}
    for row in rows:
        curves.setdefault((row.shown_model, row.benchmark, row.method), []).append(row)
    heading = f">{confidence * 100:g} % int."
    for (model, benchmark, method), points in curves.items():
        say_table(
            [">level", scale(width), ">accuracy", heading, ">answered", ">no answer"],
            [
                [
                    f"{p.level_pct:g}",
                    drawn(p.low, p.accuracy, p.high, width),
                    share(p.accuracy),
                    _interval_words(p),
                    f"{p.n_answered:,}/{p.n_planned:,}",
                    f"{p.n_no_answer:,}",
                ]
                for p in points
            ],
            title=f"{model} · {benchmark} · {method}",
        )


def _interval_words(row: "AccuracyRow") -> str:
    return "–" if isnan(row.low) else f"{share(row.low)}–{share(row.high)}"


def _say_warnings(rows: "tuple[AccuracyRow, ...]") -> None:
    missing = sum(row.n_missing for row in rows)
    if missing:
        say(f"interim: {missing:,} planned trials have no response; they are missing, not wrong")
    if any(row.is_simulated for row in rows):
        say("simulated models are a dry run: their numbers are not measurements")
