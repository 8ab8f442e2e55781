"""Create, queue, run: the commands that make an experiment happen."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Experiment, Json
from scramblebench.cli.output import note, say, say_json, short
from scramblebench.cli.preregistering import document_values, file_command, say_preregistered
from scramblebench.core.errors import UsageError

if TYPE_CHECKING:
    from scramblebench.experiment_tracking import ExperimentTracker


_priority_option = partial(typer.Option, "--priority", "-p", min=-(2**31), max=2**31 - 1)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(create)
    app.command()(queue)
    app.command()(run)


def create(
    name: Annotated[str, typer.Argument(help="Name of the experiment.", show_default=False)],
    config: Annotated[
        Path, typer.Argument(help="YAML file; `init` writes one.", show_default=False)
    ],
    description: Annotated[str, typer.Option("--description", "-d")] = "",
    research_question: Annotated[str, typer.Option("--research-question", "-q")] = "",
    researcher: Annotated[str, typer.Option("--researcher", "-r")] = "",
    hypothesis: Annotated[str | None, typer.Option("--hypothesis", "-h")] = None,
    institution: Annotated[str | None, typer.Option("--institution", "-i")] = None,
    tags: Annotated[str, typer.Option("--tags", help="Words, separated by commas.")] = "",
    is_preregistered: Annotated[
        bool,
        typer.Option(
            "--preregister",
            help="Freeze hypotheses, analyses and all of the plan before anything is asked.",
        ),
    ] = False,
    is_run: Annotated[bool, typer.Option("--run", help="Queue it and run it now.")] = False,
    priority: Annotated[
        int | None, _priority_option(help="Queue it too; higher runs first.")
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Check a configuration, load its questions and store the experiment."""
    from scramblebench.experiment_tracking import ExperimentTracker

    tracker = ExperimentTracker(database_url)
    experiment_id = tracker.sync.create_experiment(
        name=name,
        config=config,
        description=description,
        research_question=research_question,
        researcher_name=researcher,
        hypothesis=hypothesis,
        institution=institution,
        tags=[tag.strip() for tag in tags.split(",") if tag.strip()],
        preregister=is_preregistered,
    )
    if is_run or priority is not None:
        tracker.sync.queue_experiment(experiment_id, priority=priority)
    if not (is_run and as_json):
        _say_created(tracker, experiment_id, as_json)
    if is_run:
        from scramblebench.cli.running import run_until_stopped

        code = run_until_stopped(tracker, is_continuous=False, only=experiment_id, as_json=as_json)
        raise typer.Exit(code)
    if not as_json:
        words = ["run"] if priority is not None else ["queue", short(experiment_id)]
        say_next(*([file_command(experiment_id)] if is_preregistered else []), command(*words))


def queue(
    experiment: Experiment,
    priority: Annotated[
        int | None, _priority_option(help="Higher runs first; 1 where none was ever given.")
    ] = None,
    depends_on: Annotated[
        list[str] | None,
        typer.Option("--depends-on", help="Run after this experiment is completed; repeatable."),
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(
            "--require",
            metavar="NAME=NUMBER",
            help="Start when so much is left: api_calls_per_hour, memory_gb, "
            "max_concurrent_requests; cost_limit in US dollars. Repeatable.",
        ),
    ] = None,
    is_afresh: Annotated[
        bool,
        typer.Option("--afresh", help="Forget what it waited for and required before."),
    ] = False,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Put an experiment into the queue. What is not given stays as it was when it was queued before."""
    from scramblebench.experiment_tracking import ExperimentTracker

    tracker = ExperimentTracker(database_url)
    tracker.sync.queue_experiment(
        experiment,
        priority=priority,
        depends_on=depends_on or ([] if is_afresh else None),
        resource_requirements=_numbers(require or []) if require or is_afresh else None,
    )
    values = tracker.sync.get_experiment_status(experiment)
    if as_json:
        say_json(values)
        return
    priorities = {e.experiment_id: e.priority for e in tracker.database.queue.entries()}
    say(f"queued with priority {priorities[values['experiment_id']]}")
    say_next(command("run"))


def _numbers(pairs: list[str], example: str = "memory_gb=4") -> dict[str, float]:
    """Return ``NAME=NUMBER`` options by name; raises UsageError."""
    numbers: dict[str, float] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            numbers[name.strip()] = float(value)
        except ValueError:
            raise UsageError(f"{pair!r} is not NAME=NUMBER; write {example}") from None
    return numbers


def _calls_per_hour(pairs: list[str]) -> dict[str, float]:
    from scramblebench.settings import ProviderName

    numbers = _numbers(pairs, "openrouter=500")
    for name in numbers:
        if name not in set(ProviderName):
            raise UsageError(f"{name!r} is no provider; known are {', '.join(ProviderName)}")
    return numbers


def run(
    experiment: Annotated[
        str | None, typer.Argument(help="Only this experiment.", show_default=False)
    ] = None,
    is_continuous: Annotated[
        bool, typer.Option("--continuous", "-c", help="Wait for more when the queue is empty.")
    ] = False,
    max_concurrent: Annotated[
        int, typer.Option("--max-concurrent", "-m", min=1, help="Experiments at once.")
    ] = 3,
    lease_s: Annotated[
        float | None,
        typer.Option(
            "--lease",
            min=2,
            max=3600,
            show_default=False,
            help="Seconds that others wait before they take over from this runner: 60, of a worker 30.",
        ),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            "--executor",
            show_default=False,
            metavar="local|processes|ray|dask",
            help="Who asks: this process, or workers; default: what the configuration says.",
        ),
    ] = None,
    n_processes: Annotated[
        int | None,
        typer.Option(
            "--processes",
            min=0,
            max=10_000,
            show_default=False,
            help="How many workers; default: one for each core. 0 leaves all to `run --worker`.",
        ),
    ] = None,
    is_worker: Annotated[
        bool,
        typer.Option("--worker", help="Take a share of what others run, and claim nothing."),
    ] = False,
    is_until_closed: Annotated[bool, typer.Option("--until-closed", hidden=True)] = False,
    memory_gb: Annotated[
        float | None,
        typer.Option(
            "--memory-gb",
            min=0,
            help="Memory for experiments that require some; default: what is free.",
        ),
    ] = None,
    calls_per_hour: Annotated[
        list[str] | None,
        typer.Option(
            "--calls-per-hour",
            metavar="PROVIDER=NUMBER",
            help="What a provider allows, for experiments that require some; repeatable.",
        ),
    ] = None,
    most_requests: Annotated[
        int | None,
        typer.Option(
            "--max-requests",
            min=1,
            help="Requests at once, for experiments that require some; default: no limit.",
        ),
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Run what is queued. Trials that are answered are never asked again: run again to continue."""
    from scramblebench.cli.running import run_until_stopped
    from scramblebench.experiment_tracking import ExperimentTracker
    from scramblebench.monitoring.queue import free_memory_gb
    from scramblebench.queue import LEASE_S, Capacity

    tracker = ExperimentTracker(database_url, max_concurrent_experiments=max_concurrent)
    if is_worker:
        from scramblebench.cli.working import work_until_stopped

        _refuse_beside_worker(experiment, executor, n_processes)
        raise typer.Exit(
            work_until_stopped(
                tracker,
                is_continuous=is_continuous,
                is_until_closed=is_until_closed,
                lease_s=lease_s,
                as_json=as_json,
            )
        )
    capacity = Capacity(
        memory_gb=free_memory_gb() if memory_gb is None else memory_gb,
        max_concurrent_requests=most_requests,
        calls_per_hour=_calls_per_hour(calls_per_hour or []),
    )
    raise typer.Exit(
        run_until_stopped(
            tracker,
            is_continuous=is_continuous,
            only=experiment,
            as_json=as_json,
            capacity=capacity,
            lease_s=LEASE_S if lease_s is None else lease_s,
            executor=executor,
            n_processes=n_processes,
        )
    )


def _refuse_beside_worker(
    experiment: str | None, executor: str | None, n_processes: int | None
) -> None:
    """Raise UsageError for what a worker has no say in."""
    given = {"an experiment": experiment, "--executor": executor, "--processes": n_processes}
    for name, value in given.items():
        if value is not None:
            raise UsageError(
                f"a worker takes what others run; give {name} to their `run`, not to `run --worker`"
            )


def _say_created(tracker: "ExperimentTracker", experiment_id: str, as_json: bool) -> None:
    from scramblebench.cli.plans import say_notes, size_words
    from scramblebench.evaluation import restore_plan
    from scramblebench.settings.sections import PreregistrationSpec
    from scramblebench.storage import DocumentKind

    plan = restore_plan(tracker.database, experiment_id)
    kept = tracker.database.documents.list(experiment_id, DocumentKind.PREREGISTRATION)
    if as_json:
        frozen = {"preregistration": document_values(kept[0])} if kept else {}
        say_json({"experiment_id": experiment_id, "n_trials": len(plan), **frozen})
        return
    say(f"created {experiment_id}")
    say(f"  {size_words(plan)}")
    for document in kept:
        say_preregistered(document)
    if not kept and plan.spec.preregistration != PreregistrationSpec():
        note(
            "note: what `preregistration:` says is not frozen; `preregister` or --preregister does that"
        )
    say_notes(plan)
    name = tracker.database.experiments.get(experiment_id).name
    namesakes = [e for e in tracker.database.experiments.list(limit=1000) if e.name == name]
    if len(namesakes) > 1:
        note(f'note: {len(namesakes)} experiments are called "{name}"; the name means the newest')
