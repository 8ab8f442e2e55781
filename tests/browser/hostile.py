"""A database in which every text that people, models and files may choose is hostile."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scramblebench.core.trials import trial_key
from scramblebench.evaluation import Description, store_experiment
from scramblebench.plan import Plan, make_plan
from scramblebench.settings import spec_from_mapping
from scramblebench.storage import Database, NewAlert, SampleRecord
from tests.browser.lab import Lab
from tests.browser.payloads import PAYLOADS

_HELD_BACK = 1
"""Answers that the files lack: their failures name the file, which is hostile as well."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """``big`` has every payload as a question and as an answer; each of ``small`` has one in all its names."""

    big: str
    small: Sequence[str]


def fill(lab: Lab) -> Hostile:
    """Store, run and analyse; return what there is."""
    big = _big(lab)
    small = [_small(lab, n) for n in range(len(PAYLOADS))]
    _said(lab.database, big)
    return Hostile(big, small)


def _about(n: int) -> Description:
    """Return texts of which each is a payload."""
    texts = [PAYLOADS[(n + step) % len(PAYLOADS)] for step in range(7)]
    return Description(texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], (texts[6],))


def _questions(folder: Path, name: str, texts: Sequence[str]) -> str:
    """Write a benchmark file; return its name."""
    lines = [
        {"id": f"q{n}-{text}", "question": f"{text} {n}", "answer": f"{text}"}
        for n, text in enumerate(texts)
    ]
    path = folder / name
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return str(path)


def _values(folder: Path, benchmark: str, file: str, models: Sequence[dict[str, Any]]) -> Any:
    values = {
        "models": list(models),
        "benchmarks": {benchmark: {"paths": [file]}},
        "scrambling": {"levels": [0, 50], "methods": ["character"], "random_seed": 1},
        "statistical_analysis": {"n_resamples": 999},
        "execution": {"retry_attempts": 1},
    }
    return spec_from_mapping(values, folder)


def _replayed(folder: Path, n: int, label: str) -> dict[str, Any]:
    name = f"{n}<img src=x onerror=window.__xss=1>.jsonl"
    (folder / name).touch()
    return {"name": f"m{n}{label}"[:200], "label": label, "provider": "replay", "path": name}


def _big(lab: Lab) -> str:
    """Store an experiment of two models that answer with payloads, run and analyse it; return its id."""
    folder = lab.folder
    file = _questions(folder, "all.jsonl", PAYLOADS)
    models = [_replayed(folder, n, PAYLOADS[10 + n]) for n in range(2)]
    plan = make_plan(_values(folder, PAYLOADS[16], file, models))
    for model in models:
        _write_answers(folder / model["path"], plan)
    found = store_experiment(lab.database, plan, PAYLOADS[31], _about(0))
    lab.database.queue.enqueue(found)
    lab.call("run", found, codes=(0, 1, 3))
    lab.call("analyze", found)
    return found


def _write_answers(path: Path, plan: Plan) -> None:
    """Write right answers at level 0, and others at level 50."""
    with path.open("w", encoding="utf-8") as file:
        for index in range(plan.grid.n_questions * plan.grid.n_conditions - _HELD_BACK):
            trial = plan.trial(index)
            number = index // plan.grid.n_conditions + (0 if trial.condition.is_baseline else 7)
            text = PAYLOADS[number % len(PAYLOADS)]
            line = {"trial_key": trial_key(trial), "text": text, "served_model": text}
            file.write(json.dumps(line) + "\n")


def _small(lab: Lab, n: int) -> str:
    """Store and queue an experiment that is named by a payload throughout; return its id."""
    text = PAYLOADS[n]
    file = _questions(lab.folder, f"{n}.jsonl", [text])
    model = {"name": text, "label": text, "provider": "simulated"}
    found = store_experiment(
        lab.database, make_plan(_values(lab.folder, text, file, [model])), text, _about(n)
    )
    if n % 2:
        lab.database.queue.enqueue(found)
    return found


def _said(database: Database, big: str) -> None:
    """Add notes, alerts, tags, and a machine, all of them hostile."""
    now = datetime.now(UTC)
    database.experiments.change_tags(big, PAYLOADS[:50])
    for n, text in enumerate(PAYLOADS):
        database.monitor.add_note(big, text, text)
        database.monitor.add_note(big, text, text, n)
        alert = NewAlert(f"rule-{n}", "warning", text, big, subject=text, value=1, threshold=0)
        no = database.monitor.raise_alert(alert, targets=[text]).no
        if n % 3 == 0:
            database.monitor.acknowledge_alert(no, text, text)
        if n % 5 == 0:
            database.monitor.resolve_alert(f"rule-{n}", big, text)
    for text in PAYLOADS[:8]:
        runner = f"{text}:1:a"
        database.queue.heartbeat(runner, text, 1)
        values = json.dumps({"cpu_percent": 50, text: 1, "waiting": text})
        database.monitor.add_samples([SampleRecord(None, runner, now, values)])
