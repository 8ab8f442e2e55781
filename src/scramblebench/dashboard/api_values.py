"""What the API says, from records: plain values, NaN and infinity as None."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from math import isfinite
from typing import Any

from scramblebench.core.money import usd
from scramblebench.dashboard import api_models as models
from scramblebench.dashboard.pages.ladder import Ladder
from scramblebench.dashboard.pages.responses import ResponseLine
from scramblebench.dashboard.words import is_simulated
from scramblebench.monitoring.history import ExperimentHistory, MachineHistory
from scramblebench.monitoring.progress import ConditionProgress, ExperimentProgress, ModelProgress
from scramblebench.monitoring.runners import RunnerProgress
from scramblebench.monitoring.status import summary_of
from scramblebench.monitoring.tallies import ResponseTimes
from scramblebench.queue import Place
from scramblebench.storage import AlertRecord, ExperimentRecord, NoteRecord, QueueRecord


def finite(value: Any) -> Any:
    """Return plain values without NaN and infinity, and texts that JSON carries."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, str):
        return carried(value)
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def carried(text: str) -> str:
    """Return a text with each lone surrogate replaced: UTF-8 has no form for it."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def iso(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601."""
    return None if moment is None else moment.isoformat()


def summary(record: ExperimentRecord, place: Place | None) -> models.ExperimentSummary:
    """Return one line of a list."""
    values = {**summary_of(record, place), "is_simulated": is_simulated(record)}
    return models.ExperimentSummary.model_validate(finite(values))


def progress(found: ExperimentProgress) -> models.Progress:
    """Return an experiment by model and condition."""
    return models.Progress(
        experiment_id=found.record.id,
        at=found.at.isoformat(),
        is_live=found.is_live,
        models=[_model(model) for model in found.models],
    )


def _model(model: ModelProgress) -> models.ModelTotals:
    return models.ModelTotals(
        index=model.index,
        label=carried(model.label),
        provider=carried(model.provider),
        is_simulated=model.is_simulated,
        n_answered=model.tally.n_answered,
        n_planned=model.tally.n_planned,
        answers_per_minute=finite(model.per_minute),
        tokens_per_second=finite(model.tokens_per_s),
        cost_usd=usd(model.tally.cost_microusd),
        response_times=_times(model.response_times),
        failures=[
            models.FailureCount(
                kind=carried(f.kind), count=f.count, last_message=carried(f.last_message)
            )
            for f in model.failures
        ],
        conditions=[_condition(cell) for cell in model.conditions],
    )


def _times(times: ResponseTimes) -> models.ResponseTimes:
    return models.ResponseTimes(
        p50=finite(times.p50_s), p95=finite(times.p95_s), p99=finite(times.p99_s)
    )


def _condition(cell: ConditionProgress) -> models.LevelTotals:
    score = cell.tally.score
    return models.LevelTotals(
        method=carried(cell.condition.method),
        level=cell.condition.level_pct,
        parameters=finite(dict(cell.condition.parameters)),
        n_answered=cell.tally.n_answered,
        n_planned=cell.tally.n_planned,
        n_no_answer=cell.tally.n_no_answer,
        n_failures=cell.tally.n_failures,
        accuracy=finite(score.estimate),
        low=finite(score.low),
        high=finite(score.high),
        is_interim=cell.tally.n_missing > 0,
    )


def history(found: ExperimentHistory, labels: Iterable[str]) -> models.HistorySeries:
    """Return an experiment over time; ``labels`` name its conditions in order."""
    names = list(labels)
    known = sorted(position for position in found.accuracy if position < len(names))
    values = asdict(found)
    values.pop("n_by_condition")
    values["accuracy"] = [found.accuracy[position] for position in known]
    values["accuracy_labels"] = [names[position] for position in known]
    return models.HistorySeries.model_validate(finite(values))


def machine(found: MachineHistory) -> models.MachineSeries:
    """Return a machine over time."""
    return models.MachineSeries.model_validate(finite(asdict(found)))


def response(line: ResponseLine, method: str) -> models.ResponseItem:
    """Return one response with what it answers."""
    item = line.judged.record
    assert item is not None
    return models.ResponseItem(
        trial_index=line.index,
        model=carried(line.model),
        method=method,
        level=line.level_pct,
        repeat=line.repeat,
        question=line.position,
        question_id=line.question.id,
        verdict=line.judged.verdict,
        score=finite(item.score.value) if item.score else None,
        answer=finite(line.judged.answer),
        expected=carried(line.expected),
        text=carried(item.response.text),
        latency_s=item.response.latency_s,
        prompt_tokens=item.response.prompt_tokens,
        completion_tokens=item.response.completion_tokens,
        cost_microusd=item.response.cost_microusd,
        n_attempts=item.n_attempts,
        responded_at=item.responded_at.isoformat(),
    )


def rungs(ladder: Ladder, labels: list[str]) -> list[models.LadderRung]:
    """Return one method's levels of a question."""
    return [
        models.LadderRung(
            method=carried(ladder.method),
            level=rung.level_pct,
            text=carried("".join(s.text for s in rung.segments)) if rung.segments else None,
            realised_dose=finite(rung.dose),
            cells=[
                models.LadderCell(
                    model=carried(label),
                    verdict=cell.verdict,
                    is_flip=cell.is_flip,
                    answer=finite(cell.repeats[0].answer),
                    text=carried(first.response.text)
                    if (first := cell.repeats[0].record)
                    else None,
                    score=finite(cell.mean),
                )
                for label, cell in zip(labels, rung.cells, strict=True)
            ],
        )
        for rung in ladder.rungs
    ]


def note(found: NoteRecord) -> models.Note:
    """Return a note."""
    return models.Note(
        no=found.no,
        author=carried(found.author),
        text=carried(found.text),
        question=found.question,
        written_at=found.written_at.isoformat(),
    )


def alert(found: AlertRecord) -> models.AlertItem:
    """Return an alert."""
    values = {
        **asdict(found),
        "is_open": found.is_open,
        "raised_at": iso(found.raised_at),
        "resolved_at": iso(found.resolved_at),
        "acknowledged_at": iso(found.acknowledged_at),
    }
    return models.AlertItem.model_validate(finite(values))


def queue_item(entry: QueueRecord, place: Place, record: ExperimentRecord) -> models.QueueItem:
    """Return an entry of the queue."""
    return models.QueueItem(
        experiment_id=entry.experiment_id,
        name=carried(record.name),
        priority=entry.priority,
        standing=str(place.standing),
        position=place.position,
        waiting_reason=finite(place.reason),
        n_answered=record.n_answered,
        n_planned=record.n_trials,
        runner=entry.runner_id if place.position is None else None,
        n_retries=entry.n_retries,
        queued_at=entry.enqueued_at.isoformat(),
    )


def runner(found: RunnerProgress) -> models.RunnerItem:
    """Return a runner."""
    return models.RunnerItem(
        id=found.id,
        host=found.host,
        pid=found.pid,
        is_alive=found.is_alive,
        started_at=found.started_at.isoformat(),
        heartbeat_at=found.heartbeat_at.isoformat(),
        experiments=list(found.experiment_ids),
    )
