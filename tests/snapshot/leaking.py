"""Run by test_secrets in a process full of secrets: prints what it could see, and every snapshot it made."""

import asyncio
import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from scramblebench.evaluation import EvaluationConfig, EvaluationRunner
from scramblebench.experiment_tracking import ReproducibilityValidator
from scramblebench.snapshot import capture

CONFIG: dict[str, Any] = {
    "models": [
        {"name": "m", "provider": "simulated", "base_url": None, "api_key_env": "LAB_API_KEY"}
    ],
    "benchmarks": {"b": {"paths": [str(Path("data.jsonl").resolve())]}},
    "scrambling": {"levels": [0, 50]},
}


def main() -> None:
    """Print one JSON object."""
    seen = [
        dict(os.environ),
        sys.argv,
        os.getcwd(),
        _output("git", "config", "--list"),
        _output("git", "branch", "--show-current"),
        [d.read_text("direct_url.json") for d in distributions()],
        [str(d.metadata["Version"]) for d in distributions()],
        *(
            path.read_text("utf-8")
            for path in (
                Path.home() / ".netrc",
                Path.home() / ".pip" / "pip.conf",
                Path("lab.yaml"),
            )
        ),
    ]
    failed = _run(fails_with=sys.argv[-1])
    validator = ReproducibilityValidator()
    snapshot = validator.capture_environment()
    validation = asyncio.run(validator.validate_reproducibility(_changed(snapshot), "strict"))
    json.dump(
        {
            "seen": seen,
            "failed": failed,
            "run": _run(),
            "snapshot": snapshot,
            "validation": validation,
        },
        sys.stdout,
        default=str,
    )


def _run(fails_with: str | None = None) -> list[Any]:
    """Run an experiment; return its documents and notes, with ``fails_with`` of one whose capture fails."""
    usual = capture.git_state

    def fail(*_: object) -> None:
        password = fails_with
        raise RuntimeError(f"cannot log in with {password}")

    capture.git_state = usual if fails_with is None else fail
    runner = EvaluationRunner(EvaluationConfig.from_dict(CONFIG))
    outcome = asyncio.run(runner.run())
    assert outcome.n_missing == 0
    capture.git_state = usual
    assert runner.experiment_id is not None
    documents = runner.database.documents.list(runner.experiment_id)
    notes = runner.database.monitor.notes(runner.experiment_id)
    return [[d.text for d in documents], [n.text for n in notes]]


def _changed(snapshot: dict[str, Any]) -> dict[str, Any]:
    return {**snapshot, "packages": {}, "git": {}, "variables": {}, "python": {}}


def _output(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
