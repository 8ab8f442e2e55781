"""The files that ``analyze`` writes."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from scramblebench.core.trials import Response, trial_key

if TYPE_CHECKING:
    from scramblebench.analysis import Report
    from scramblebench.plan import Plan
    from scramblebench.storage import Database, ExperimentRecord

_SEED = re.compile(rb'"seed"\s*:\s*\d')
"""A seed that a file of responses says itself."""


def write_results(
    database: "Database",
    record: "ExperimentRecord",
    plan: "Plan",
    report: "Report",
    folder: Path,
    include_plots: bool,
    include_raw_data: bool,
) -> list[Path]:
    """Write statistics.json and what else is asked for; return the paths.

    statistics.json has the same bytes wherever the same scores are analysed with the same options.
    """
    from scramblebench.analysis import report_values

    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "statistics.json"]
    text = json.dumps(report_values(report), indent=2, sort_keys=True, ensure_ascii=False)
    written[0].write_text(text + "\n", "utf-8", "surrogatepass")
    if include_plots:
        from scramblebench.publication import draw_curves, draw_dependency

        level = report.options.confidence_level
        rows, thresholds = report.accuracy, report.thresholds
        written.append(draw_curves(rows, folder / "accuracy.png", record.name, level, thresholds))
        if any(row.estimate == row.estimate for row in report.dependency):
            path = folder / "dependency.png"
            written.append(draw_dependency(report.dependency, path, record.name, level))
    if include_raw_data:
        written.append(_write_responses(database, record.id, plan, folder / "responses.jsonl"))
    return written


def _seed(seed: int, response: Response, is_imported: bool) -> int | None:
    """Return a seed, None where an imported file did not say it: there 0 stands in its place."""
    is_known = seed or not is_imported or _SEED.search(response.raw or b"")
    return seed if is_known else None


def _latency_s(response: Response, is_imported: bool) -> float | None:
    """Return how long an answer took, None where an imported file did not say it."""
    return response.latency_s or (None if is_imported else 0.0)


def _write_responses(database: "Database", experiment_id: str, plan: "Plan", path: Path) -> Path:
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        for item in database.trials.responses(experiment_id):
            trial = plan.trial(item.trial_index)
            is_imported = plan.spec.models[trial.model_index].provider == "imported"
            prompt = None if is_imported else plan.prompt(trial)  # of imports, nobody knows it
            values = {
                "trial_index": item.trial_index,
                "trial_key": trial_key(trial),
                "model": plan.spec.models[trial.model_index].shown_name,
                "benchmark": trial.question.benchmark,
                "question_id": trial.question.id,
                "source_id": trial.question.source_id,
                "question": trial.question.text,
                "context": trial.question.context,
                "choices": list(trial.question.choices),
                "expected": list(trial.question.answers),
                "method": trial.condition.method,
                "level": trial.condition.level_pct,
                "seed": _seed(trial.condition.seed, item.response, is_imported),
                "parameters": dict(trial.condition.parameters),
                "repeat": trial.repeat,
                "realised_dose": prompt.scrambled.realised_dose if prompt else None,
                "prompt": prompt.user if prompt else None,
                "text": item.response.text,
                "finish_reason": item.response.finish_reason,
                "score": item.score.value if item.score else None,
                "answer": item.score.answer if item.score else None,
                "answer_status": item.score.status if item.score else None,
                "scorer": item.score.scorer if item.score else None,
                "n_attempts": item.n_attempts,
                "latency_s": _latency_s(item.response, is_imported),
                "prompt_tokens": item.response.prompt_tokens,
                "completion_tokens": item.response.completion_tokens,
                "cost_microusd": item.response.cost_microusd,
                "served_model": item.response.served_model,
                "model_digest": item.response.model_digest,
                "is_simulated": plan.spec.models[trial.model_index].provider == "simulated",
            }
            file.write(json.dumps(values, ensure_ascii=False) + "\n")
    return path
