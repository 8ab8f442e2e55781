"""A/B tests of two models: declared before they are looked at, answered as often as one asks."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Experiment, Json
from scramblebench.cli.output import say, say_json, say_table, share, short

if TYPE_CHECKING:
    from scramblebench.experiment_tracking import ABTestResult

_EXAMPLES = """\
Examples:

  abtest create @last llama3:8b gemma3:7b --name llama_vs_gemma --min-questions 200

  abtest create @last llama3:8b gemma3:7b --metric accuracy@50 --mode sequential

  abtest status llama_vs_gemma
"""


class Mode(StrEnum):
    """When a test may be looked at; the values are those of ``analysis.ab.MODES``."""

    FIXED = "fixed"
    SEQUENTIAL = "sequential"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    room = typer.Typer(
        help="Compare two models on the same questions by rules that are fixed before.",
        no_args_is_help=True,
        epilog=_EXAMPLES,
    )
    room.command(epilog=_EXAMPLES)(create)
    room.command()(status)
    room.command(name="list")(list_tests)
    app.add_typer(room, name="abtest")


def create(
    experiment: Experiment,
    control: Annotated[str, typer.Argument(help="The model now in use.", show_default=False)],
    treatment: Annotated[str, typer.Argument(help="The model to judge.", show_default=False)],
    name: Annotated[str, typer.Option("--name", help="Default: CONTROL vs TREATMENT.")] = "",
    metric: Annotated[
        str,
        typer.Option(
            help="accuracy (all levels), accuracy@LEVEL, or drop@LEVEL from the baseline."
        ),
    ] = "accuracy",
    n_min: Annotated[
        int, typer.Option("--min-questions", min=1, help="Nothing is decided before so many.")
    ] = 200,
    margin: Annotated[
        float, typer.Option(help="Points within which they count as equivalent.")
    ] = 2.0,
    detectable: Annotated[
        float, typer.Option("--detect", help="Points that the test is to find.")
    ] = 5.0,
    confidence: Annotated[float, typer.Option("--confidence", help="Percent.")] = 95.0,
    mode: Annotated[
        Mode,
        typer.Option(help="fixed: one look at the end; sequential: looks at any time."),
    ] = Mode.FIXED,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Declare a test; nothing of it can be changed afterwards."""
    from scramblebench.experiment_tracking import ABTestFramework, StatisticalAnalyzer
    from scramblebench.storage import open_database

    framework = ABTestFramework(StatisticalAnalyzer(open_database(database_url)))
    called = name or f"{control} vs {treatment}"
    test_id = framework.sync.create_ab_test(
        experiment,
        called,
        control,
        treatment,
        metric,
        n_min,
        margin=margin / 100,
        detectable_difference=detectable / 100,
        confidence_level=confidence / 100,
        mode=str(mode),
    )
    if as_json:
        say_json({"test_id": test_id, "name": called})
        return
    say(f"declared {test_id}  {called}")
    say_next(command("abtest", "status", short(test_id)))


def status(
    test: Annotated[str, typer.Argument(help="Id, the beginning of it, or name.")],
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Say what a test shows now: better, worse, equivalent, or not yet known."""
    from scramblebench.experiment_tracking import ABTestFramework, StatisticalAnalyzer
    from scramblebench.storage import open_database

    framework = ABTestFramework(StatisticalAnalyzer(open_database(database_url)))
    if as_json:
        say_json(framework.sync.get_ab_test_recommendations(test))
        return
    _say_result(framework.sync.get_ab_test_result(test))


def _say_result(found: "ABTestResult") -> None:
    low, high = (limit * 100 for limit in found.confidence_interval)
    is_known = found.difference == found.difference
    difference = f"{found.difference * 100:+.1f} points [{low:+.1f}, {high:+.1f}]"
    looks = "at every look" if found.mode == "sequential" else "at one look, at the end"
    p_value = "p < 0.001" if found.p_value < 0.001 else f"p = {share(found.p_value)}"
    say(f"{found.control} (control) and {found.treatment} (treatment), {found.metric_name}")
    for label, text in (
        ("questions", f"{found.sample_size:,} complete on both sides, of {found.n_questions:,}"),
        ("means", f"{share(found.control_mean)} and {share(found.treatment_mean)}"),
        ("difference", difference if is_known else "not looked at yet"),
        ("lift", f"{found.lift:+.1%}" if is_known and found.lift == found.lift else "–"),
        ("test", f"{p_value}, {found.confidence_level:.0%} {looks}"),
    ):
        say(f"  {label:<12}{text}")
    say(found.recommendation)
    for step in found.next_steps:
        say(f"  {step}")


def list_tests(
    experiment: Annotated[
        str | None, typer.Argument(help="Only those of this experiment.", show_default=False)
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """List the tests that were declared, oldest first."""
    import json

    from scramblebench.storage import open_database

    database = open_database(database_url)
    wanted = database.experiments.find(experiment).id if experiment else None
    found = [
        {
            "test_id": test.id,
            "name": test.name,
            "experiment_id": test.experiment_id,
            "created_at": test.created_at.isoformat(),
            **json.loads(test.protocol_json),
        }
        for test in database.analyses.ab_tests(wanted)
    ]
    if as_json:
        say_json(found)
        return
    if not found:
        say("no A/B tests here yet")
        say_next(command("abtest", "create", "@last", "CONTROL", "TREATMENT"))
        return
    say_table(
        ["id", "experiment", "control", "treatment", "metric", "mode", "name"],
        [
            [
                short(test["test_id"]),
                short(test["experiment_id"]),
                test["control"],
                test["treatment"],
                test["metric"],
                test["mode"],
                test["name"],
            ]
            for test in found
        ],
    )
