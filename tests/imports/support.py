"""What the tests of imports share: rows, an import of them, and accuracies by hand."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scramblebench.imports import Imported, ImportOptions, find_sources, import_responses
from scramblebench.storage import Database, open_database

DATA = Path(__file__).parent / "data"
Cell = tuple[str, str, float]
"""Model, method, level."""


def row(**fields: Any) -> dict[str, Any]:
    """Return one response in our own names, right at the baseline; ``None`` leaves a field out."""
    usual = {
        "dataset": "set", "item": "q1", "model": "m", "condition": "original", "level": 0,
        "gold": "B", "response": "It is B.", "pred": "B", "correct": True,
    }  # fmt: skip
    return {key: value for key, value in {**usual, **fields}.items() if value is not None}


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write JSON Lines."""
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), "utf-8")
    return path


def new_database(folder: Path) -> Database:
    """Return a database in a folder."""
    return open_database(f"sqlite:///{folder}/imports.db")


def take_in(database: Database, *files: Path | str, **options: Any) -> Imported:
    """Import files with options by name."""
    return import_responses(
        database, find_sources([str(file) for file in files]), ImportOptions(**options)
    )


def cells(database: Database, imported: Imported) -> dict[Cell, tuple[float, int, int]]:
    """Return accuracy, responses and responses without an answer, counted from the stored scores."""
    columns = database.trials.read_scores(imported.outcome.experiment_id)
    plan = imported.plan
    places = plan.grid.cells(columns.trial_index)
    found: dict[Cell, tuple[float, int, int]] = {}
    for m, model in enumerate(plan.spec.models):
        for c, condition in enumerate(plan.conditions):
            is_own = (places[:, 0] == m) & (places[:, 3] == c)
            values, n = columns.value[is_own], int(is_own.sum())
            n_none = n - int(np.count_nonzero(columns.has_answer[is_own]))
            accuracy = float(values.sum() / n) if n else float("nan")
            found[model.name, condition.method, condition.level_pct] = (accuracy, n, n_none)
    return found
