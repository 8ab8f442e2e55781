"""Replicate, verify, reproduce, trace: packages and what stands behind their numbers."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import note, say, say_json, say_table, share, short
from scramblebench.core.errors import UsageError

if TYPE_CHECKING:
    from scramblebench.publication.package.checking import Part

_MOST_SHOWN = 20
_REPLICATE = """\
Examples:

  replicate @last -o replication --title "Reading or remembering?" --author "Dr. Smith" --author "Dr. Jones"

  replicate @last --anonymous      (for double-blind review; says what it leaves out)
"""
_TRACE = """\
Examples:

  trace accuracy/llama3:8b/gsm8k/letter_shuffle/50

  trace tab:summary/llama3:8b/50 --package replication
"""

Package = Annotated[
    Path, typer.Argument(help="A package: its folder or its zip file.", show_default=False)
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=_REPLICATE)(replicate)
    app.command()(verify)
    app.command(epilog=_TRACE)(trace)
    reproduce = typer.Typer(
        name="reproduce", help="Make what is in a package again, and compare.", no_args_is_help=True,
        rich_markup_mode=None,
    )  # fmt: skip
    reproduce.command()(check)
    reproduce.command()(rescore)
    reproduce.command()(rerun)
    app.add_typer(reproduce)


def replicate(
    experiment: Annotated[str, typer.Argument(help="Id, name or @last.")] = "@last",
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", "-o", help="Default: replication_<id>.", show_default=False),
    ] = None,
    title: Annotated[str, typer.Option(help="Default: the experiment's name.")] = "",
    author: Annotated[
        list[str] | None,
        typer.Option(help="A name; repeatable. Default: the researcher.", show_default=False),
    ] = None,
    abstract: Annotated[str, typer.Option(help="For the citation and the catalogues.")] = "",
    include_data: Annotated[
        bool,
        typer.Option(
            "--include-data/--no-data",
            help="Questions and responses, without which nobody can check the package.",
        ),
    ] = True,
    include_figures: Annotated[
        bool, typer.Option("--figures/--no-figures", help="Draw figures.")
    ] = True,
    is_anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Without names of people, institutions, machines.")
    ] = False,
    allow_simulated: Annotated[
        bool, typer.Option("--allow-simulated", help="Package a dry run, labelled as one.")
    ] = False,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Write a package that verifies itself: data, tables, figures, texts, metadata, the program; folder and zip."""
    from scramblebench.experiment_tracking import AcademicExporter
    from scramblebench.storage import open_database

    database = open_database(database_url)
    record = database.experiments.find(experiment)
    folder = output_dir or Path(f"replication_{short(record.id)}")
    exporter = AcademicExporter(database, allow_simulated=allow_simulated)
    data = exporter.sync.create_publication_package(
        record.id, folder, title, author or (), abstract, include_figures, include_data,
        is_anonymous=is_anonymous, with_archive=True, advance=note,
    )  # fmt: skip
    if as_json:
        say_json(
            {**asdict(data), "folder": str(data.folder), "archive": str(data.archive),
             "tables": {name: str(path) for name, path in data.tables.items()},
             "figures": [str(path) for path in data.figures]}
        )  # fmt: skip
        return
    for words in data.removed:
        note(f"left out: {words}")
    say(f"{data.folder}: {len(data.files)} files")
    say(f"{data.archive}: sha256 {data.archive_sha256}")
    say_next(
        f"{data.folder}/verify.sh",
        command("reproduce", "check", str(data.folder)),
        command("trace", "experiment", "--package", str(data.folder)),
    )


def verify(package: Package, as_json: Json = False) -> None:
    """Say whether every file of a package is the one that was packaged; hostile archives are refused."""
    from scramblebench.publication.package.archive import opened
    from scramblebench.publication.package.manifest import check_manifest, read_manifest

    with opened(package) as folder:
        faults, n = check_manifest(folder), len(read_manifest(folder))
    if as_json:
        say_json({"is_intact": not faults, "n_files": n, **asdict(faults)})
    else:
        for kind, names in (
            ("changed", faults.changed), ("missing", faults.missing), ("added", faults.unknown),
        ):  # fmt: skip
            for name in names:
                say(f"{kind}: {name}")
        if not faults:
            say(f"all {n:,} files are as they were packaged")
    if faults:
        raise typer.Exit(1)


def check(package: Package, as_json: Json = False) -> None:
    """Make every prompt, score, number, table and figure of a package again, offline, and compare."""
    from scramblebench.publication.package.archive import opened
    from scramblebench.publication.package.checking import check_package

    with opened(package) as folder:
        parts = check_package(folder, note)
    is_equal = all(part.is_equal for part in parts)
    if as_json:
        values = [{**asdict(part), "n_equal": part.n_equal} for part in parts]
        say_json({"is_equal": is_equal, "parts": values})
    else:
        _say_parts(parts)
        say("everything is equal" if is_equal else "not everything is equal: see above")
    if not is_equal:
        raise typer.Exit(1)


def _say_parts(parts: Sequence["Part"]) -> None:
    say_table(
        ("compared", ">equal", ">of", "note"),
        [(part.name, f"{part.n_equal:,}", f"{part.n:,}", part.note) for part in parts],
    )
    for part in parts:
        for difference in part.differences[:_MOST_SHOWN]:
            say(
                f"{part.name}: {difference.where}: {difference.stated} is stated, {difference.found} found"
            )
        if len(part.differences) > _MOST_SHOWN:
            say(f"{part.name}: and {len(part.differences) - _MOST_SHOWN:,} more (--json has all)")


def rescore(
    package: Package,
    scorer: Annotated[
        str, typer.Option(help="exact_match, number, contains, ...; see docs/configuration.md.")
    ],
    as_json: Json = False,
) -> None:
    """Judge the stored responses of a package by another scorer: how much hangs on who judges."""
    from scramblebench.publication.package.archive import opened
    from scramblebench.publication.package.rescoring import rescore_package

    with opened(package) as folder:
        cells = rescore_package(folder, scorer)
    if as_json:
        say_json([asdict(cell) for cell in cells])
        return
    say_table(
        ("model", "benchmark", "method", ">level", ">responses", ">stated", f">{scorer}", ">changed"),
        [
            (c.model, c.benchmark, c.method, f"{c.level_pct:g}", f"{c.n:,}", share(c.stated),
             share(c.found), f"{c.n_changed:,}")
            for c in cells
        ],
    )  # fmt: skip
    n, changed = sum(c.n for c in cells), sum(c.n_changed for c in cells)
    say(f"{n - changed:,} of {n:,} scores are the same by {scorer}")


def rerun(
    package: Package,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Questions to ask; default: all.", show_default=False)
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(min=0, help="Most it may cost, in US dollars.", show_default=False),
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Ask only this one; repeatable.", show_default=False)
    ] = None,
    tolerance: Annotated[
        str, typer.Option(help="strict, moderate or loose: half, one or 2.5 times the margin.")
    ] = "moderate",
    seed: Annotated[int, typer.Option(help="Draws the sample.")] = 0,
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", "-o", help="Default: output/ in the package's folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask the models of a package again, within a budget, and say whether the accuracies are reproduced."""
    import asyncio

    from scramblebench.cli.live import LiveView
    from scramblebench.publication.package.archive import opened
    from scramblebench.publication.package.rerunning import Rerun, Verdict, rerun_package

    async def ask(folder: Path, database: Path) -> list[Rerun]:
        view = LiveView()
        showing = asyncio.create_task(view.show())
        try:
            return await rerun_package(
                folder, database, sample=sample, models=model or (), tolerance=tolerance, seed=seed,
                budget_usd=None if budget is None else Decimal(str(budget)),
                on_start=lambda progress: view.add("rerun", progress),
            )  # fmt: skip
        finally:
            showing.cancel()

    with opened(package) as folder:
        target = output_dir or (folder if folder == package else Path.cwd()) / "output"
        database = _unused(target)
        found = asyncio.run(ask(folder, database))
    if as_json:
        say_json([asdict(one) for one in found])
    else:
        say_table(
            ("model", "verdict", "why", ">questions", ">same scores"),
            [
                (one.model, one.verdict, one.reason, f"{one.n_questions:,}", share(one.same_scores))
                for one in found
            ],
        )
        note(f"responses: sqlite:///{database}")
    if any(one.verdict is Verdict.NOT_REPRODUCED for one in found):
        raise typer.Exit(1)


def _unused(folder: Path) -> Path:
    """Return the name of a database that is not there yet."""
    numbered = (folder / f"rerun-{number}.db" for number in count(1))
    return next(path for path in numbered if not path.exists())


def trace(
    number: Annotated[str, typer.Argument(help="An id of results.json, or tab:TABLE/words.")],
    experiment: Annotated[str, typer.Argument(help="Id, name or @last.")] = "@last",
    package: Annotated[
        Path | None, typer.Option(help="Look into this package, not into the database.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Most responses to show.")] = _MOST_SHOWN,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Show what stands behind a number: its row, how it was computed, the responses it rests on."""
    from contextlib import nullcontext

    from scramblebench.cli.tracing import traced
    from scramblebench.publication.package.archive import opened

    if package is not None and experiment != "@last":
        raise UsageError("--package has one experiment; leave the other away")
    with nullcontext() if package is None else opened(package) as folder:
        values = traced(number, experiment, folder, limit, database_url)
    if as_json:
        say_json(values)
        return
    say(f"{values['id']} = {values['value']}")
    say_table(("", ""), [(name, str(value)) for name, value in values["row"].items()])
    versions = ", ".join(f"{name} {version}" for name, version in values["versions"].items())
    say(f"computed by {values['computed_by']} ({versions}), seed {values['seed']}")
    say(f"inputs sha256 {values['inputs_sha256']}")
    say(f"{values['n_trials']:,} trials, {values['n_missing']:,} of them without a response:")
    say_table(
        (">trial", "model", "question", ">level", "method", ">score", "answer"),
        [
            (str(r["trial_index"]), r["model"], r["source_id"], f"{r['level']:g}", r["method"],
             "–" if r["score"] is None else f"{r['score']:g}", r["answer"] or "–")
            for r in values["responses"]
        ],
    )  # fmt: skip
    if len(values["responses"]) < values["n_trials"] - values["n_missing"]:
        note(f"the first {len(values['responses'])} responses; more with --limit")
