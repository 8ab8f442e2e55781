"""A finished experiment of three simulated models, and one of its kind without answers."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scramblebench.evaluation import (
    Description,
    EvaluationConfig,
    EvaluationRunner,
    store_experiment,
)
from scramblebench.plan import make_plan
from scramblebench.settings import spec_from_mapping
from scramblebench.storage import Database, open_database

LEVELS = (0, 33, 67, 100)


def config(**changes: Any) -> dict[str, Any]:
    """Return a study of llama3:8b (strong), gemma3:7b (weak) and gpt-4o, labelled GPT (as llama3:8b)."""
    return {
        "experiment_name": "study",
        "models": [
            simulated("llama3:8b", ability=3, decay=0.4),
            simulated("gemma3:7b", ability=1, decay=3),
            {**simulated("gpt-4o", ability=3, decay=0.4), "label": "GPT"},
        ],
        "benchmarks": {"b": {"generated": {"per_domain": 12}}},
        "scrambling": {"levels": list(LEVELS), "methods": ["character"], "random_seed": 1},
        "statistical_analysis": {"n_resamples": 999},
        **changes,
    }


def simulated(name: str, **rule: float) -> dict[str, Any]:
    """Return a simulated model."""
    return {"name": name, "provider": "simulated", "simulation": rule}


def new_database(folder: Path) -> Database:
    """Return an empty database in a folder."""
    database = open_database(f"sqlite:///{folder}/study.db")
    database.migrate()
    return database


def run(database: Database, values: Mapping[str, Any]) -> str:
    """Run an experiment to its end; return its id."""
    asyncio.run(EvaluationRunner(EvaluationConfig.from_dict(dict(values)), database).run())
    return database.experiments.find("@last").id


def planned(database: Database, values: Mapping[str, Any]) -> str:
    """Store an experiment that nobody ran; return its id."""
    plan = make_plan(spec_from_mapping(dict(values)))
    return store_experiment(database, plan, "", Description(name="planned"))
