"""Power: what a configured design can detect, before anything is asked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import note, say_json

if TYPE_CHECKING:
    from scramblebench.analysis.pilot import Pilot

_EXAMPLES = """\
Examples:

  power study.yaml

  power study.yaml --drop 3 --power 0.9

  power study.yaml --questions 500 --pilot "First try"
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=_EXAMPLES)(power)


def power(
    config: Annotated[Path, typer.Argument(help="YAML file.", show_default=False)],
    n_questions: Annotated[
        int | None,
        typer.Option(
            "--questions",
            min=2,
            help="As if so many of each benchmark were asked.",
            show_default="as configured",
        ),
    ] = None,
    drop: Annotated[
        float,
        typer.Option("--drop", min=0.1, max=100, help="Points of accuracy that you want to find."),
    ] = 5.0,
    wanted_power: Annotated[
        float, typer.Option("--power", min=0.5, max=0.999, help="Probability of finding it.")
    ] = 0.8,
    n_runs: Annotated[
        int,
        typer.Option("--runs", min=100, max=100_000, help="Simulated studies per coefficient."),
    ] = 1000,
    pilot: Annotated[
        str | None,
        typer.Option(
            "--pilot",
            help="Plan with the answers of a stored experiment: id, name or @last.",
            show_default="published values",
        ),
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Say which drops, differences of models and of coefficients a design can detect. Asks nothing.

    Drops and differences: McNemar's test at a stated discordance, corrected for all comparisons of the
    family. Dependency coefficients: by simulation. Every assumption is printed.
    """  # fmt: skip
    from scramblebench.analysis.planning import PowerQuestion, power_report
    from scramblebench.cli.power_words import power_values, say_power
    from scramblebench.plan import make_plan
    from scramblebench.settings import load_spec

    plan = make_plan(load_spec(config))
    question = PowerQuestion(
        power=wanted_power, wanted=drop / 100, n_questions=n_questions, n_runs=n_runs
    )
    found = power_report(plan, question, _pilot(pilot, database_url), advance=note)
    if as_json:
        say_json(power_values(found))
        return
    say_power(found)
    following = [command("estimate", str(config), "--budget", "20")]
    if pilot is None:
        following.append(
            f"{command('power', str(config), '--pilot', '@last')}    (plan with answers you have)"
        )
    say_next(*following, command("create", "My study", str(config), "--run"))


def _pilot(reference: str | None, database_url: str | None) -> "Pilot | None":
    """Return the answers of the experiment that is named, None where none is."""
    if reference is None:
        return None
    from scramblebench.analysis import make_cube, read_sound_scores
    from scramblebench.analysis.pilot import Pilot
    from scramblebench.evaluation import restore_plan
    from scramblebench.storage import open_database

    database = open_database(database_url)
    record = database.experiments.find(reference)
    stored = restore_plan(database, record.id)
    cube = make_cube(stored, read_sound_scores(database, record, stored))
    simulated = " (SIMULATED)" if any(cube.simulated) else ""
    return Pilot(f"{record.name}{simulated}", cube)
