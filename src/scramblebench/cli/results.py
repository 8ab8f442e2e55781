"""Analyze: what came out, as tables and sentences."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import note, say_json, short

if TYPE_CHECKING:
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
        bool, typer.Option("--include-plots", help="Draw curves and coefficients.")
    ] = False,
    include_raw_data: Annotated[
        bool, typer.Option("--include-raw-data", help="Write every response as JSON Lines.")
    ] = False,
    correction: Annotated[
        str | None,
        typer.Option("--correction", help="bonferroni, holm, fdr, fdr_by, max_t or none."),
    ] = None,
    family: Annotated[
        str | None,
        typer.Option(help="Levels are corrected within each `model` or in the whole `experiment`."),
    ] = None,
    is_exact: Annotated[
        bool, typer.Option("--exact", help="McNemar's exact test in place of its mid-p version.")
    ] = False,
    floor_method: Annotated[
        str | None,
        typer.Option("--floor", help="The method that leaves nothing to read: a measured floor."),
    ] = None,
    control_benchmark: Annotated[
        str | None,
        typer.Option("--control", help="The benchmark whose drops others are compared with."),
    ] = None,
    is_full: Annotated[
        bool, typer.Option("--full", help="Print every comparison, not only the first of many.")
    ] = False,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Print curves, dependency, thresholds and comparisons, with intervals, corrections and cautions.

    Options change how this analysis is made; the configuration says what was fixed beforehand.
    """
    from scramblebench.analysis import marked_values
    from scramblebench.cli.analysis import analyzed, changed_options
    from scramblebench.cli.report import say_report
    from scramblebench.storage import open_database

    database = open_database(database_url)
    record = database.experiments.find(experiment)
    options = changed_options(correction, family, is_exact, floor_method, control_benchmark)
    plan, report, registered = analyzed(database, record, options)
    values = {
        "experiment_id": record.id,
        "status": str(record.state),
        "preregistration": registered.values() if registered else None,
        **marked_values(report, registered),
    }
    if output_dir is not None or include_plots or include_raw_data:
        from scramblebench.cli.files import write_results

        folder = output_dir or Path(f"analysis_{short(record.id)}")
        written = write_results(
            database, record, plan, report, folder, include_plots, include_raw_data, registered
        )
        for path in written:
            note(f"wrote {path}")
    if as_json:
        say_json(values)
        return
    say_report(report, registered, is_full=is_full)
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
