"""A damaged database gives no statistics."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from scramblebench.analysis import read_sound_scores, soundness
from scramblebench.core.errors import StorageError
from scramblebench.evaluation import EvaluationConfig, EvaluationRunner, restore_plan
from scramblebench.storage import Database, open_database

CONFIG = {
    "models": [{"name": "m", "provider": "simulated"}],
    "benchmarks": {"b": {"generated": {"per_domain": 2}}},
    "scrambling": {"levels": [0, 50], "methods": ["word_shuffle"], "random_seed": 1},
}


def read(database: Database) -> int:
    record = database.experiments.find("@last")
    plan = restore_plan(database, record.id)
    return len(read_sound_scores(database, record, plan).trial_index)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A finished run of 20 trials."""
    found = tmp_path / "experiments.db"
    database = open_database(f"sqlite:///{found}")
    database.migrate()
    asyncio.run(EvaluationRunner(EvaluationConfig.from_dict(CONFIG), database).run())
    assert read(database) == 20
    database.close()
    return found


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE experiment_benchmarks SET n_questions = 9", "trials were planned"),
        ("UPDATE scores SET value = 1 - value WHERE trial_index = 4", "do not add up"),
        ("UPDATE scores SET value = 1e300 WHERE trial_index = 4", "do not add up"),
        ("UPDATE scores SET trial_index = 2000 WHERE trial_index = 19", "belongs to no trial"),
        ("UPDATE scores SET trial_index = -1 WHERE trial_index = 19", "belongs to no trial"),
        ("UPDATE counters SET n_answered = 1", "do not add up"),
        ("UPDATE counters SET condition_index = 9 WHERE condition_index = 1", "no condition"),
        ("UPDATE experiment_conditions SET parameters_json = '[[\"a\"'", "is damaged"),
        ("UPDATE experiments SET spec_json = substr(spec_json, 9)", "configuration is damaged"),
        ("UPDATE experiments SET spec_json = replace(spec_json, '0.95', '95')", "confidence_level"),
        ("UPDATE experiment_conditions SET level_pct = 51 WHERE level_pct = 50", "a condition"),
    ],
)
def test_what_does_not_agree_is_refused(path: Path, damage: str, words: str):
    with sqlite3.connect(path) as raw:
        assert raw.execute(damage).rowcount > 0
    database = open_database(f"sqlite:///{path}")
    with pytest.raises(StorageError, match=words):
        read(database)
    database.close()


@pytest.mark.parametrize("block", [1, 7, 20, 50_000])
def test_scores_are_checked_in_passing(path: Path, block: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(soundness, "_BLOCK", block)
    database = open_database(f"sqlite:///{path}")
    record = database.experiments.find("@last")
    plan = restore_plan(database, record.id)

    def n_passed() -> int:
        responses = database.trials.responses(record.id)
        return len(list(soundness.with_sound_scores(database, record, plan, responses)))

    assert n_passed() == 20
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE scores SET value = 1 - value WHERE trial_index = 13")
    with pytest.raises(StorageError, match="do not add up"):
        n_passed()
    database.close()


def test_answers_that_come_in_meanwhile_are_no_damage(path: Path, monkeypatch: pytest.MonkeyPatch):
    database = open_database(f"sqlite:///{path}")
    read_scores: Callable[..., object] = database.trials.read_scores

    def slowly(*words: str) -> object:
        with sqlite3.connect(path) as raw:
            raw.execute(
                "UPDATE counters SET n_answered = n_answered + 1, score_sum = score_sum + 1"
            )
        return read_scores(*words)

    monkeypatch.setattr(database.trials, "read_scores", slowly)
    assert read(database) == 20
    database.close()
