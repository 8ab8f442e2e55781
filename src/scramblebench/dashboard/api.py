"""The JSON API: what pages show and do, for programs. Writes send the header ``X-ScrambleBench: 1``."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse

from scramblebench.core.errors import DatabaseMissing, UsageError
from scramblebench.core.states import ExperimentState
from scramblebench.dashboard import actions, api_models, api_values
from scramblebench.dashboard.pages import ladder, responses, statistics
from scramblebench.dashboard.pages.compare import ACROSS
from scramblebench.dashboard.pages.plans import condition_label, model_labels
from scramblebench.dashboard.pages.queue import runner_lines
from scramblebench.dashboard.pages.system import HOURS, histories
from scramblebench.dashboard.sources import MOST_ROWS, PAGE_ROWS, Sources, sources_of
from scramblebench.evaluation import restore_plan
from scramblebench.monitoring.history import experiment_history
from scramblebench.monitoring.progress import experiment_progress
from scramblebench.monitoring.queue import read_places
from scramblebench.monitoring.status import status_of
from scramblebench.storage import ExperimentRecord, QuestionFilter, Verdict

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"description": "Not a name of this dashboard"},
    401: {"description": "A token is needed"},
    403: {"description": "Sent by another page, or a write without the header"},
    404: {"model": api_models.Problem, "description": "No such experiment or alert"},
    409: {"model": api_models.Problem, "description": "The state does not allow it"},
    413: {"description": "The body is too long"},
    503: {"model": api_models.Problem, "description": "The database cannot be read or written now"},
}
router = APIRouter(prefix="/api", responses=_PROBLEMS)
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="Rows at most")]
Position = Annotated[int, Query(ge=0, le=actions.MOST_NO)]
OptionalPosition = Annotated[int | None, Query(ge=0, le=actions.MOST_NO)]
Text = Annotated[str, Query(max_length=200)]


def _experiment(request: Request, reference: api_models.Reference) -> ExperimentRecord:
    return sources_of(request).reading.experiments.find(reference[:300])


Here = Annotated[Sources, Depends(sources_of)]
Experiment = Annotated[ExperimentRecord, Depends(_experiment)]


@router.get("", include_in_schema=False)
def description() -> RedirectResponse:
    """Lead to the description of the API."""
    return RedirectResponse("/api/openapi.json")


@router.get("/experiments")
def list_experiments(
    sources: Here,
    state: ExperimentState | None = None,
    search: Text = "",
    before: Text = "",
    limit: Limit = PAGE_ROWS,
) -> api_models.ExperimentPage:
    """List experiments, newest first."""
    try:
        found = sources.reading.experiments.list(
            state, limit=limit + 1, before_id=before or None, search=search
        )
        places = {entry.experiment_id: place for entry, place in read_places(sources.reading)}
    except DatabaseMissing:
        return api_models.ExperimentPage(experiments=[], next=None)
    shown = [api_values.summary(record, places.get(record.id)) for record in found[:limit]]
    more = shown[-1].experiment_id if len(found) > limit else None
    return api_models.ExperimentPage(experiments=shown, next=more)


@router.get("/experiments/{reference}")
def status(sources: Here, record: Experiment) -> dict[str, Any]:
    """Return the status as ``status --json`` gives it."""
    return api_values.finite(status_of(sources.reading, record, sources.clock))


@router.get("/experiments/{reference}/progress")
def progress(sources: Here, record: Experiment) -> api_models.Progress:
    """Return progress and interim accuracy by model and condition."""
    return api_values.progress(experiment_progress(sources.reading, record, sources.clock))


@router.get("/experiments/{reference}/history")
def history(sources: Here, record: Experiment) -> api_models.HistorySeries:
    """Return accuracy, response times, cost and rates over time."""
    conditions = sources.reading.experiments.conditions(record.id)
    found = experiment_history(sources.reading, record.id)
    return api_values.history(found, map(condition_label, conditions))


@router.get("/experiments/{reference}/responses")
def list_responses(
    sources: Here,
    record: Experiment,
    model: OptionalPosition = None,
    condition: OptionalPosition = None,
    benchmark: Text = "",
    verdict: Verdict | None = None,
    text: Text = "",
    first: Annotated[int, Query(alias="from", ge=0, le=actions.MOST_NO)] = 0,
    limit: Limit = PAGE_ROWS,
) -> api_models.ResponseItems:
    """Return responses in order of trial index; models and conditions by position, from 0."""
    plan = restore_plan(sources.reading, record.id)
    asked = {
        "model": model, "condition": condition, "benchmark": benchmark, "verdict": verdict,
        "text": text, "from": first,
    }  # fmt: skip
    _check_position("model", model, len(plan.spec.models))
    _check_position("condition", condition, len(plan.conditions))
    query = {name: str(value) for name, value in asked.items() if value is not None}
    wanted = responses.response_filter(plan, query)
    found = sources.reading.browse.responses(record.id, wanted, limit)
    lines = responses.lines(sources, record, plan, found)
    grid = plan.grid
    methods = [plan.conditions[grid.cell(line.index).condition].method for line in lines]
    return api_models.ResponseItems(
        responses=[api_values.response(*pair) for pair in zip(lines, methods, strict=True)],
        next=found.next_index,
        n_examined=found.n_examined,
    )


def _check_position(name: str, position: int | None, size: int) -> None:
    if position is not None and position >= size:
        raise UsageError(f"{name}: {position} is not between 0 and {size - 1}")


@router.get("/experiments/{reference}/ladder")
def one_ladder(
    sources: Here,
    record: Experiment,
    question: OptionalPosition = None,
    model: Position = 0,
    right: OptionalPosition = None,
    wrong: OptionalPosition = None,
) -> api_models.LadderPage:
    """Return one question through all levels and models; ``right`` and ``wrong`` are conditions.

    Without a question, the first that the model got right under the one and wrong under the other.
    """
    plan = restore_plan(sources.reading, record.id)
    _check_position("model", model, len(plan.spec.models))
    for name, position in (("right", right), ("wrong", wrong)):
        _check_position(name, position, len(plan.conditions))
    _check_position("question", question, len(plan.questions))
    query = {"model": str(model)}
    for name, position in (("right", right), ("wrong", wrong)):
        if position is not None:
            query[name] = str(position)
    if question is not None:
        query["question"] = str(question + 1)
    found = ladder.read(sources, record, query)
    if found["question"] is None:
        raise UsageError("the experiment has no questions")
    labels = model_labels(plan)
    return api_models.LadderPage(
        question=found["position"],
        n_questions=found["n_questions"],
        question_id=found["question"].id,
        benchmark=api_values.carried(found["question"].benchmark),
        text=api_values.carried(found["question"].text),
        expected=api_values.carried(found["expected"]),
        previous=found["before"],
        next=found["after"],
        rungs=[rung for part in found["ladders"] for rung in api_values.rungs(part, labels)],
    )


@router.get("/experiments/{reference}/questions")
def find_questions(
    sources: Here,
    record: Experiment,
    model: Position = 0,
    right: OptionalPosition = None,
    wrong: OptionalPosition = None,
    first: Annotated[int, Query(alias="from", ge=0, le=actions.MOST_NO)] = 0,
    limit: Limit = PAGE_ROWS,
) -> dict[str, Any]:
    """Return the positions of questions that a model got right under one condition and wrong under another."""
    plan = restore_plan(sources.reading, record.id)
    _check_position("model", model, len(plan.spec.models))
    for name, position in (("right", right), ("wrong", wrong)):
        _check_position(name, position, len(plan.conditions))
    wanted = QuestionFilter(plan.grid.lane(model).start, len(plan.conditions), right, wrong)
    found = sources.reading.browse.questions(record.id, wanted, first, limit)
    return {"questions": list(found.positions), "next": found.next_position}


@router.get("/experiments/{reference}/statistics")
def stored_statistics(sources: Here, record: Experiment) -> api_models.Statistics:
    """Return the stored analysis; ``POST`` computes one."""
    found = statistics.stored_report(sources.reading, record)
    registered = found["registered"]
    found["preregistration"] = registered.values() if registered else None
    return api_models.Statistics.model_validate(api_values.finite(found))


@router.get("/experiments/{reference}/notes")
def list_notes(sources: Here, record: Experiment) -> list[api_models.Note]:
    """Return the notes of an experiment, oldest first."""
    return [api_values.note(note) for note in sources.reading.monitor.notes(record.id)]


@router.post("/experiments/{reference}/pause")
def pause(
    sources: Here, record: Experiment, payload: api_models.ReasonPayload
) -> api_models.StateChanged:
    """Pause an experiment; requests in flight are finished."""
    return _changed(sources, record, "pause", payload)


@router.post("/experiments/{reference}/resume")
def resume(
    sources: Here, record: Experiment, payload: api_models.ReasonPayload
) -> api_models.StateChanged:
    """Queue a paused experiment again."""
    return _changed(sources, record, "resume", payload)


@router.post("/experiments/{reference}/cancel")
def cancel(
    sources: Here, record: Experiment, payload: api_models.ReasonPayload
) -> api_models.StateChanged:
    """Cancel an experiment for good; its responses are kept."""
    return _changed(sources, record, "cancel", payload)


def _changed(
    sources: Sources, record: ExperimentRecord, verb: str, payload: api_models.ReasonPayload
) -> api_models.StateChanged:
    state = actions.change_state(sources, record.id, verb, payload.reason)
    return api_models.StateChanged(experiment_id=record.id, status=state)


@router.post("/experiments/{reference}/queue")
def enqueue(
    sources: Here, record: Experiment, payload: api_models.QueuePayload
) -> api_models.StateChanged:
    """Queue an experiment, or change its priority."""
    actions.enqueue(sources, record.id, payload.priority)
    state = sources.writing.experiments.get(record.id).state
    return api_models.StateChanged(experiment_id=record.id, status=str(state))


@router.put("/experiments/{reference}/tags")
def set_tags(
    sources: Here, record: Experiment, payload: api_models.TagsPayload
) -> api_models.TagsChanged:
    """Set the tags of an experiment."""
    tags = actions.set_tags(sources, record.id, payload.tags)
    return api_models.TagsChanged(tags=[api_values.carried(tag) for tag in tags])


@router.post("/experiments/{reference}/notes", status_code=201)
def add_note(sources: Here, record: Experiment, payload: api_models.NotePayload) -> api_models.Note:
    """Write a note about an experiment or one of its questions."""
    stored = actions.add_note(sources, record.id, payload.author, payload.text, payload.question)
    return api_values.note(stored)


@router.post("/experiments/{reference}/statistics", status_code=202)
def analyze(sources: Here, record: Experiment) -> api_models.Started:
    """Compute the analysis of an experiment in the background."""
    actions.compute(sources, "analyze", record.id)
    return api_models.Started(is_started=True)


@router.post("/experiments/{reference}/comparison/{other}", status_code=202)
def compare(sources: Here, record: Experiment, other: api_models.Reference) -> api_models.Started:
    """Compare two experiments in the background."""
    second = sources.reading.experiments.find(other[:300])
    if second.id == record.id:
        raise UsageError("both are the same experiment")
    actions.compute(sources, ACROSS, record.id, second.id)
    return api_models.Started(is_started=True)


@router.get("/alerts")
def list_alerts(
    sources: Here,
    is_open: bool | None = None,
    experiment: Text = "",
    before: OptionalPosition = None,
    limit: Limit = PAGE_ROWS,
) -> list[api_models.AlertItem]:
    """List alerts, newest first; of one experiment or all, open or over or both."""
    try:
        only = sources.reading.experiments.find(experiment).id if experiment else None
        found = sources.reading.monitor.alerts(only, is_open=is_open, limit=limit, before_no=before)
    except DatabaseMissing:
        return []
    return [api_values.alert(alert) for alert in found]


@router.post("/alerts/{no}/acknowledge")
def acknowledge(
    sources: Here,
    no: Annotated[int, Path(ge=0, le=actions.MOST_NO)],
    payload: api_models.AcknowledgePayload,
) -> api_models.AlertItem:
    """Note that somebody has seen an alert."""
    return api_values.alert(actions.acknowledge(sources, no, payload.by, payload.note))


@router.get("/queue")
def list_queue(sources: Here) -> list[api_models.QueueItem]:
    """Return what runs and what waits, in order, with the reason."""
    try:
        found = read_places(sources.reading)[:MOST_ROWS]
    except DatabaseMissing:
        return []
    get = sources.reading.experiments.get
    return [api_values.queue_item(entry, place, get(entry.experiment_id)) for entry, place in found]


@router.get("/runners")
def list_runners(sources: Here) -> list[api_models.RunnerItem]:
    """Return the runners of the last day."""
    try:
        return [api_values.runner(found) for found in runner_lines(sources)]
    except DatabaseMissing:
        return []


@router.get("/system/history")
def system_history(
    sources: Here, hours: Annotated[int, Query(ge=1, le=HOURS[-1])] = HOURS[0]
) -> list[api_models.MachineSeries]:
    """Return CPU, memory, disk and network of each machine over the last hours."""
    try:
        return [api_values.machine(found) for found in histories(sources, hours)]
    except DatabaseMissing:
        return []
