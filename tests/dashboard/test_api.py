"""The JSON API: what it gives of a real run, what it does, and that no input makes it fail."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.python.asgi import HOST
from schemathesis.specs.openapi.checks import response_schema_conformance

from scramblebench.core.errors import StorageError
from scramblebench.core.states import ExperimentState
from scramblebench.dashboard.app import Application, make_app
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.storage import NewAlert, StorageUnavailable, open_database
from scramblebench.testing.experiments import make_experiment
from tests.dashboard.asgi import get, send_json
from tests.dashboard.conftest import N_CONDITIONS, N_QUESTIONS, N_TRIALS, POLICY, SPEC, World


def read(app: Application, path: str) -> Any:
    answer = get(app, path)
    assert answer.status == 200, (path, answer.text[:300])
    return json.loads(answer.body)


def test_lists_and_status(world: World) -> None:
    found = read(world.app, "/api/experiments?limit=1")
    assert len(found["experiments"]) == 1
    following = read(world.app, f"/api/experiments?limit=500&before={found['next']}")
    ids = [e["experiment_id"] for e in following["experiments"]]
    assert found["experiments"][0]["experiment_id"] not in ids
    one = read(world.app, f"/api/experiments/{world.done[:8]}")
    assert (one["status"], one["n_answered"], one["is_simulated"]) == ("completed", N_TRIALS, True)
    assert read(world.app, f"/api/experiments/{world.planned}")["success_rate"] is None


def test_progress_and_history(world: World) -> None:
    found = read(world.app, f"/api/experiments/{world.done}/progress")
    assert [len(model["conditions"]) for model in found["models"]] == [N_CONDITIONS] * 2
    assert found["models"][0]["conditions"][0]["n_answered"] == N_QUESTIONS
    history = read(world.app, f"/api/experiments/{world.done}/history")
    assert (
        len({len(v) for k, v in history.items() if k not in ("accuracy", "accuracy_labels")}) == 1
    )
    assert len(history["accuracy"]) == len(history["accuracy_labels"])


def test_responses_and_ladder(world: World) -> None:
    root = f"/api/experiments/{world.done}"
    first = read(world.app, f"{root}/responses?limit=30")
    rest = read(world.app, f"{root}/responses?limit=100&from={first['next']}")
    indices = [r["trial_index"] for r in (*first["responses"], *rest["responses"])]
    assert indices == list(range(N_TRIALS))
    assert rest["next"] is None
    fits = read(world.app, f"{root}/questions?model=0&right=0&wrong=2")["questions"]
    page = read(world.app, f"{root}/ladder?model=0&right=0&wrong=2")
    assert page["question"] == fits[0]
    cells = {r["level"]: r["cells"][0] for r in page["rungs"] if r["method"].startswith("char")}
    assert (cells[0]["verdict"], cells[0]["is_flip"]) == ("right", False)
    assert cells[100]["verdict"] in ("wrong", "no_answer")
    assert sum(cell["is_flip"] for cell in cells.values()) == 1
    for wrong in (
        "responses?model=2",
        "responses?condition=5",
        "ladder?question=8",
        "ladder?right=5",
    ):
        assert get(world.app, f"{root}/{wrong}").status == 422


def test_what_people_do(world: World) -> None:
    database = world.database
    if not any(e.id == "api" for e in database.experiments.list()):
        database.experiments.add(make_experiment("api", "by api"))
    root = "/api/experiments/api"
    assert send_json(world.app, f"{root}/queue", b'{"priority": 3}').status == 200
    paused = send_json(world.app, f"{root}/pause", b'{"reason": "why not"}')
    assert json.loads(paused.body) == {"experiment_id": "api", "status": "paused"}
    assert database.experiments.get("api").reason == "why not"
    assert send_json(world.app, f"{root}/pause", b"{}").status == 409
    assert send_json(world.app, f"{root}/resume", b"{}").status == 200
    assert send_json(world.app, f"{root}/tags", b'{"tags": ["x", "y"]}', "PUT").status == 200
    note = send_json(world.app, f"{root}/notes", b'{"author": "A", "text": "t", "question": 1}')
    assert (note.status, json.loads(note.body)["question"]) == (201, 1)
    assert [n["text"] for n in read(world.app, f"{root}/notes")] == ["t"]
    assert send_json(world.app, f"{root}/cancel", b"{}").status == 200
    assert database.experiments.get("api").state is ExperimentState.CANCELLED
    assert send_json(world.app, f"{root}/notes", b'{"author": "A"}').status == 422
    assert send_json(world.app, f"{root}/notes", b'{"author":"A","text":"t","x":1}').status == 422


def test_queue_runners_and_alerts(world: World) -> None:
    if not any(e.id == "waits" for e in world.database.experiments.list()):
        world.database.experiments.add(make_experiment("waits", "waits"))
    world.database.queue.enqueue("waits", 2)
    (entry,) = [e for e in read(world.app, "/api/queue") if e["experiment_id"] == "waits"]
    assert (entry["priority"], entry["standing"]) == (2, "ready")
    assert isinstance(read(world.app, "/api/runners"), list)
    assert isinstance(read(world.app, "/api/system/history?hours=6"), list)
    alert = world.database.monitor.raise_alert(NewAlert("rule", "warning", "hot", value=1e400))
    (found,) = [a for a in read(world.app, "/api/alerts?is_open=true") if a["no"] == alert.no]
    assert found["value"] is None
    seen = send_json(world.app, f"/api/alerts/{alert.no}/acknowledge", b'{"by": "Ada"}')
    assert json.loads(seen.body)["acknowledged_by"] == "Ada"
    world.database.monitor.resolve_alert("rule")


def test_unknown_ids_and_long_requests(world: World) -> None:
    for path in ("", "/progress", "/history", "/responses", "/ladder", "/statistics", "/notes"):
        answer = get(world.app, f"/api/experiments/nobody{path}")
        assert answer.status == 404
        assert "nobody" in json.loads(answer.body)["error"]
    assert send_json(world.app, "/api/alerts/987654/acknowledge", b'{"by": "A"}').status == 404
    assert get(world.app, "/api/experiments?limit=1001").status == 422
    assert get(world.app, "/api/nothing").status == 404
    too_long = send_json(world.app, f"/api/experiments/{world.done}/notes", b"x" * (1 << 20) + b"y")
    assert too_long.status == 413


class _Broken:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        raise self.error


@pytest.mark.parametrize(
    "error", [StorageUnavailable("the server is away"), StorageError("damaged")]
)
def test_a_database_that_is_away_is_said_in_a_sentence(error: StorageError) -> None:
    broken: Any = _Broken(error)
    app = make_app(broken, broken, POLICY)
    for path in (
        "/api/experiments",
        "/api/queue",
        "/api/alerts",
        "/api/runners",
        "/api/experiments/x",
    ):
        answer = get(app, path)
        assert (answer.status, json.loads(answer.body)) == (503, {"error": str(error)})
    for path in ("/", "/queue", "/alerts", "/system", "/compare", "/experiments/x"):
        answer = get(app, path)
        assert answer.status == 503
        assert str(error) in answer.text


def test_nothing_is_there_before_the_first_experiment(empty_app: Application) -> None:
    assert read(empty_app, "/api/experiments") == {"experiments": [], "next": None}
    for path in ("queue", "alerts", "runners", "system/history"):
        assert read(empty_app, f"/api/{path}") == []


def test_the_description_names_every_route(world: World) -> None:
    described = read(world.app, "/api/openapi.json")["paths"]
    assert len(described) >= 18
    assert all(path.startswith("/api/") for path in described)


# --- any input --------------------------------------------------------------------------------------


def test_no_input_makes_it_fail(tmp_path: Path) -> None:
    """Sampled inputs of every operation, half of them about an experiment that is there."""
    url = f"sqlite:///{tmp_path}/api.db"
    tracker = ExperimentTracker(url)
    done = tracker.sync.create_experiment("a", SPEC)
    tracker.sync.queue_experiment(done)
    tracker.sync.run_experiments()
    tracker.database.monitor.raise_alert(NewAlert("r", "warning", "m", done))
    reading = open_database(url, read_only=True)
    app = make_app(reading, tracker.database, replace(POLICY, trusted=frozenset({(HOST, 80)})))
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 20
    for operation in operations:
        _check(operation, done)


def _check(operation: Any, known: str) -> None:
    @given(case=operation.as_strategy(), is_known=st.booleans())
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: Any, is_known: bool) -> None:
        if "reference" in case.path_parameters and is_known:
            case.path_parameters["reference"] = known
        case.headers = {**dict(case.headers or {}), "X-ScrambleBench": "1"}
        response = case.call()
        case.validate_response(response, checks=[not_a_server_error, response_schema_conformance])

    check()
