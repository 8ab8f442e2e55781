"""Experiments of simulated models: one that is finished, a second to compare, and ones that take their time."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.browser.processes import call

LEVELS = (0, 17, 33, 50, 100)
NAME = "Surface or substance: logic puzzles"


def simulated(name: str, latency_s: float = 0, **rule: float) -> dict[str, Any]:
    """Return a simulated model."""
    return {
        "name": name,
        "provider": "simulated",
        "simulation": {"latency_s": latency_s, **rule},
    }


def config(latency_s: float = 0, per_domain: int = 8, **changes: Any) -> dict[str, Any]:
    """Return a study of three models that fall differently."""
    return {
        "experiment_name": "study",
        "models": [
            simulated("llama3:8b", latency_s, ability=2.5, decay=0.6, no_answer_rate=0.03),
            simulated("gemma3:7b", latency_s, ability=1, decay=3, no_answer_rate=0.02),
            {**simulated("gpt-4o", latency_s, ability=3, decay=1.4), "label": "GPT-4o"},
        ],
        "benchmarks": {"logic": {"generated": {"per_domain": per_domain}}},
        "scrambling": {
            "levels": list(LEVELS),
            "methods": ["character", "word"],
            "random_seed": 1,
        },
        "statistical_analysis": {"n_resamples": 999},
        "tracking": {"sample_every_s": 0.5},
        **changes,
    }


def unhurried(n_per_minute: int) -> dict[str, Any]:
    """Return a study of two models, each of which answers so often."""
    values = config(latency_s=60 / n_per_minute)
    execution = {"max_concurrent_requests": 1}
    return {
        **values,
        "models": values["models"][:2],
        "scrambling": {**values["scrambling"], "methods": ["character"]},
        "execution": execution,
    }


def create(
    folder: Path, database_url: str, name: str, values: Mapping[str, Any], *more: str
) -> str:
    """Store an experiment as a user would; return its id."""
    path = folder / f"{len(list(folder.glob('*.yaml')))}.yaml"
    path.write_text(json.dumps(values), "utf-8")
    words = ("create", name, str(path), "--database-url", database_url, "--json", *more)
    return json.loads(call(folder, *words))["experiment_id"]
