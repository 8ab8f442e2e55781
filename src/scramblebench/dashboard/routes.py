"""The addresses of pages and forms."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from scramblebench.core.errors import UsageError
from scramblebench.dashboard import actions
from scramblebench.dashboard.live import LiveView
from scramblebench.dashboard.pages import ladder, responses
from scramblebench.dashboard.pages.alerts import ALERTS
from scramblebench.dashboard.pages.compare import ACROSS, COMPARE
from scramblebench.dashboard.pages.experiment import EXPERIMENT
from scramblebench.dashboard.pages.experiments import EXPERIMENTS
from scramblebench.dashboard.pages.queue import QUEUE
from scramblebench.dashboard.pages.statistics import STATISTICS
from scramblebench.dashboard.pages.system import SYSTEM
from scramblebench.dashboard.rendering import MESSAGE, page, with_query
from scramblebench.dashboard.sources import Sources, sources_of
from scramblebench.storage import ExperimentRecord

VIEWS: Mapping[str, LiveView] = {
    view.name: view
    for view in (EXPERIMENTS, EXPERIMENT, QUEUE, ALERTS, SYSTEM, STATISTICS, COMPARE)
}
Read = Callable[[Sources, ExperimentRecord, Mapping[str, str]], dict[str, Any]]
_MOST_REFERENCE = 300


def _query(request: Request) -> dict[str, str]:
    return dict(request.query_params)


def _live(view: LiveView) -> Callable[[Request], Response]:
    """Return the answer of a page that stands on no experiment of its own."""

    def answer(request: Request) -> Response:
        query = _query(request)
        context = view.whole(sources_of(request), query)
        return page(request, f"{view.name}.html", {**context, "events": view.events_url(query)})

    return answer


def _found(request: Request) -> ExperimentRecord | Response:
    """Return the experiment of the address, or a redirect to the address of its full id."""
    reference = request.path_params["reference"][:_MOST_REFERENCE]
    record = sources_of(request).reading.experiments.find(reference)
    if record.id == reference:
        return record
    tail = request.url.path.removeprefix("/experiments/").partition("/")[2]
    path = f"/experiments/{record.id}" + (f"/{tail}" if tail else "")
    return RedirectResponse(with_query(path, _query(request)), 303)


def _live_of_experiment(view: LiveView) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        found = _found(request)
        if isinstance(found, Response):
            return found
        query = {**_query(request), "id": found.id}
        context = view.whole(sources_of(request), query)
        return page(request, f"{view.name}.html", {**context, "events": view.events_url(query)})

    return answer


def _of_experiment(template: str, read: Read) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        found = _found(request)
        if isinstance(found, Response):
            return found
        return page(request, template, read(sources_of(request), found, _query(request)))

    return answer


async def _act(request: Request) -> Response:
    """Do what a form of an experiment asks for, and go back to the page."""
    fields = await _fields(request)
    experiment_id, verb = request.path_params["reference"], request.path_params["verb"]
    done = await run_in_threadpool(_do, sources_of(request), experiment_id, verb, fields)
    back = f"/experiments/{experiment_id}"
    if verb == "analyze":
        back += "/statistics"
    elif verb == "note" and fields.get("question"):
        back = with_query(f"{back}/ladder", {"question": int(fields["question"]) + 1})
    elif fields.get("back") == "/queue":
        back = "/queue"
    joint = "&" if "?" in back else "?"
    return RedirectResponse(back + joint + with_query("", {MESSAGE: done}).lstrip("?"), 303)


def _do(sources: Sources, experiment_id: str, verb: str, fields: Mapping[str, str]) -> str:
    """Do one thing to an experiment; return what was done."""
    sources.reading.experiments.get(experiment_id)
    match verb:
        case "pause" | "resume" | "cancel":
            state = actions.change_state(sources, experiment_id, verb, fields.get("reason", ""))
            return f"The experiment is {state}."
        case "queue":
            actions.enqueue(sources, experiment_id)
            return "The experiment is queued."
        case "priority":
            actions.enqueue(sources, experiment_id, actions.whole_number(fields, "priority"))
            return "The priority is set."
        case "tags":
            actions.set_tags(sources, experiment_id, fields.get("tags", "").split(","))
            return "The tags are saved."
        case "note":
            question = actions.whole_number(fields, "question")
            if question is not None and question < 0:
                raise UsageError("questions count from 0")
            author, text = fields.get("author", ""), fields.get("text", "")
            actions.add_note(sources, experiment_id, author, text, question)
            return "The note is saved."
        case "analyze":
            actions.compute(sources, "analyze", experiment_id)
            return ""
        case _:
            raise UsageError(f"there is no action {verb[:40]!r}")


async def _fields(request: Request) -> dict[str, str]:
    body = await request.body()
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise UsageError("the form cannot be read") from None


async def _acknowledge(request: Request) -> Response:
    fields = await _fields(request)
    no = min(request.path_params["no"], actions.MOST_NO)
    by, note = fields.get("by", ""), fields.get("note", "")
    await run_in_threadpool(actions.acknowledge, sources_of(request), no, by, note)
    return RedirectResponse(with_query("/alerts", {MESSAGE: "The alert is acknowledged."}), 303)


def _compute(request: Request) -> Response:
    """Compute what a comparison lacks, and go back to it."""
    sources, query = sources_of(request), _query(request)
    first = sources.reading.experiments.find(query.get("a", "")).id
    second = sources.reading.experiments.find(query["b"]).id if query.get("b") else None
    key = ("analyze", first) if second is None else (ACROSS, first, second)
    actions.compute(sources, *key)
    return RedirectResponse(with_query("/compare", {"a": first, "b": second}), 303)


def page_routes() -> list[Route]:
    """Return the routes of all pages and forms."""
    one = "/experiments/{reference}"
    pages = [
        Route("/", _live(EXPERIMENTS)),
        Route("/queue", _live(QUEUE)),
        Route("/alerts", _live(ALERTS)),
        Route("/system", _live(SYSTEM)),
        Route("/compare", _live(COMPARE)),
        Route(one, _live_of_experiment(EXPERIMENT)),
        Route(f"{one}/statistics", _live_of_experiment(STATISTICS)),
        Route(f"{one}/ladder", _of_experiment("ladder.html", ladder.read)),
        Route(f"{one}/responses", _of_experiment("responses.html", responses.read)),
    ]
    forms = [
        Route(f"{one}/actions/{{verb}}", _act, methods=["POST"]),
        Route("/alerts/{no:int}/acknowledge", _acknowledge, methods=["POST"]),
        Route("/compare/actions/compute", _compute, methods=["POST"]),
    ]
    return pages + forms
