"""Every page on a real run, on both databases: what it shows, its filters, its forms, hostile texts."""

import re
from dataclasses import replace
from html import unescape

import pytest

from scramblebench.core.states import ExperimentState
from scramblebench.dashboard.app import Application, make_app
from scramblebench.dashboard.network import CONTENT_SECURITY_POLICY
from scramblebench.settings import spec_from_mapping
from scramblebench.storage import Database, NewAlert, SampleRecord
from scramblebench.testing.experiments import (
    MODELS,
    START,
    make_answer,
    make_experiment,
    make_failure,
    make_questions,
    make_response,
)
from tests.dashboard.asgi import Answer, get, post
from tests.dashboard.conftest import N_TRIALS, POLICY, SPEC, World

PAYLOADS = [
    "<script>window.__xss=1</script>",
    '"><img src=x onerror=window.__xss=1>',
    "' onmouseover='window.__xss=1",
    "javascript:window.__xss=1",
    "</textarea></title></style></script><svg onload=window.__xss=1>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;script&gt;",
    "\u202eevil\u2066",
    "\0 and \ud800",
]


def pages(experiment_id: str) -> list[str]:
    one = f"/experiments/{experiment_id}"
    return [
        "/", "/queue", "/alerts", "/system", "/compare", f"/compare?a={experiment_id}",
        one, f"{one}/ladder", f"{one}/responses", f"{one}/statistics",
    ]  # fmt: skip


def words(answer: Answer) -> str:
    """Return what a reader sees, tags taken out."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_every_page_of_a_real_run_is_there(world: World) -> None:
    for experiment_id in (world.done, world.planned):
        for path in pages(experiment_id):
            answer = get(world.app, path)
            assert answer.status == 200, (path, words(answer))
            assert answer.header("content-security-policy") == CONTENT_SECURITY_POLICY
            assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", answer.text), path
            assert "<script>" not in answer.text
            assert re.findall(r'(?:src|href)="(https?:)?//', answer.text) == []
            assert "scramblebench-experiment " in answer.text, f"{path} names no command"


def test_every_page_says_what_to_do_where_there_is_nothing(empty_app: Application) -> None:
    for path in ("/", "/queue", "/alerts", "/system", "/compare"):
        answer = get(empty_app, path)
        assert answer.status == 200, path
        assert 'class="empty"' in answer.text
        assert "scramblebench-experiment" in answer.text
    assert get(empty_app, "/experiments/x").status == 503


def test_the_list_says_how_each_experiment_goes(world: World) -> None:
    shown = words(get(world.app, "/"))
    assert "Done study simulated completed 100 % 100 % 80 / 80 took" in shown
    assert "Planned study simulated planned 0 % 0 % 0 / 80 not queued yet" in shown
    assert "pilot" in shown
    assert "Planned study" not in words(get(world.app, "/?state=completed"))
    assert "Done study" not in words(get(world.app, "/?search=PLANNED"))
    assert "No experiment fits" in words(get(world.app, "/?search=nothing"))
    assert "Done study" in words(get(world.app, f"/?before={world.planned}"))
    assert get(world.app, "/?state=odd&before=odd&search=%00").status == 200


def test_an_experiment_is_found_by_name_and_prefix(world: World) -> None:
    for reference in ("Done%20study", world.done[:8]):
        answer = get(world.app, f"/experiments/{reference}/ladder?question=2")
        where = f"/experiments/{world.done}/ladder?question=2"
        assert (answer.status, answer.header("location")) == (303, where)
    missing = get(world.app, "/experiments/nobody")
    assert missing.status == 404
    assert "nobody" in words(missing)


def test_the_experiment_page_shows_progress_and_curves(world: World) -> None:
    answer = get(world.app, f"/experiments/{world.done}")
    shown = words(answer)
    assert "simulated" in shown
    assert "80 / 80" in shown
    assert "running → completed" in shown
    assert answer.text.count('class="chart"') == 2  # one per method
    assert "interim" not in shown
    assert 'data-events="/events?' in answer.text


def test_the_ladder_shows_every_level_and_the_flip(world: World) -> None:
    root = f"/experiments/{world.done}/ladder"
    answer = get(world.app, root)
    assert answer.text.count("<tr data-level>") == 6  # two methods, each with the baseline
    assert "<mark>" in answer.text
    found = get(world.app, f"{root}?model=0&right=0&wrong=2")
    assert "no question from here on fits" not in words(found)
    assert 'class="v flip" title' in found.text
    position = int(re.search(r"question=(\d+)\" aria-current", found.text)[1])  # type: ignore[index]
    assert f'name="question" min="1" max="8" value="{position}"' in found.text
    assert get(world.app, f"{root}?question=99&model=x&right=-1&wrong=1e3").status == 200


def test_ladder_steps_go_through_the_questions(world: World) -> None:
    root = f"/experiments/{world.done}/ladder"
    first, last = get(world.app, f"{root}?question=1"), get(world.app, f"{root}?question=8")
    assert "data-previous" not in first.text
    assert f'data-next href="{root}?question=2"' in first.text
    assert "data-next" not in last.text
    assert f'data-previous href="{root}?question=7"' in last.text


def test_responses_are_filtered_and_paged(world: World) -> None:
    root = f"/experiments/{world.done}/responses"
    every = get(world.app, root)
    assert every.text.count("<tr data-href") == 50
    following = re.search(r'href="([^"]+)" data-next', every.text)
    assert following is not None
    assert get(world.app, unescape(following[1])).text.count("<tr data-href") == N_TRIALS - 50
    counts = {
        verdict: get(world.app, f"{root}?model=0&verdict={verdict}").text.count("<tr data-href")
        for verdict in ("right", "wrong", "no_answer", "unscored")
    }
    assert sum(counts.values()) == N_TRIALS / 2
    assert min(counts["right"], counts["wrong"], counts["no_answer"]) > 0
    assert get(world.app, f"{root}?condition=0").text.count("<tr data-href") == 16
    assert "No response fits" in words(get(world.app, f"{root}?text=nobody%20said%20this"))
    odd = "?model=99&condition=x&verdict=odd&benchmark=%00&text=%27%3B--&from=99999999999999999999"
    assert get(world.app, root + odd).status == 200


def test_statistics_are_computed_on_request_and_then_shown(world: World) -> None:
    root = f"/experiments/{world.done}"
    if "No analysis is stored yet" in words(get(world.app, f"{root}/statistics")):
        answer = post(world.app, f"{root}/actions/analyze", {})
        assert answer.status == 303
        world.app.app.state.sources.computing._pool.submit(lambda: None).result(120)
    shown = words(get(world.app, f"{root}/statistics"))
    for title in ("In words", "Dependency coefficient", "Thresholds", "Cautions"):
        assert title in shown
    assert "Stale" not in shown
    compared = words(get(world.app, f"/compare?a={world.done}&m1=1&m2=0"))
    assert "Compute again" not in compared
    assert re.search(r"[+−]\d+\.\d \[ [+−]\d+\.\d , [+−]\d+\.\d \]", compared)


def test_two_experiments_are_compared_in_pairs(world: World) -> None:
    query = f"?a={world.done}&b={world.planned}"
    before = words(get(world.app, f"/compare{query}"))
    assert "character_substitution · reader (simulated)" in before
    if "Compute the paired differences" in before:
        assert post(world.app, f"/compare/actions/compute{query}", {}).status == 303
        world.app.app.state.sources.computing._pool.submit(lambda: None).result(120)
    after = words(get(world.app, f"/compare{query}"))
    assert "Compute the paired differences" not in after or "could not be computed" in after
    assert get(world.app, "/compare?a=nobody").status == 404


def test_buttons_change_states(world: World) -> None:
    database = world.database
    database.experiments.add(replace(make_experiment("buttons"), spec_json="{}"))
    root = "/experiments/buttons"
    assert ">Queue<" in get(world.app, root).text
    assert post(world.app, f"{root}/actions/queue", {}).status == 303
    assert database.experiments.get("buttons").state is ExperimentState.QUEUED
    assert post(world.app, f"{root}/actions/priority", {"priority": "7"}).status == 303
    entries = {e.experiment_id: e.priority for e in database.queue.entries()}
    assert entries["buttons"] == 7
    assert "priority of study" in get(world.app, "/queue").text
    assert post(world.app, f"{root}/actions/pause", {"reason": "lunch"}).status == 303
    assert ">Resume<" in get(world.app, root).text
    assert "lunch" in words(get(world.app, root))
    assert "(dashboard)" in database.experiments.events("buttons")[-1].actor
    assert post(world.app, f"{root}/actions/resume", {}).status == 303
    assert post(world.app, f"{root}/actions/cancel", {}).status == 303
    again = post(world.app, f"{root}/actions/pause", {})
    assert again.status == 409
    assert "for good" in words(again)
    assert post(world.app, f"{root}/actions/explode", {}).status == 422
    assert post(world.app, f"{root}/actions/priority", {"priority": "high"}).status == 422
    assert post(world.app, "/experiments/nobody/actions/pause", {}).status == 404


def test_tags_and_notes_are_kept(world: World) -> None:
    root = f"/experiments/{world.planned}"
    post(world.app, f"{root}/actions/tags", {"tags": " one, two ,one,"})
    assert world.database.experiments.get(world.planned).tags == ("one", "two")
    done = post(world.app, f"{root}/actions/note", {"author": "Ada", "text": "odd at 50"})
    assert "message=The+note+is+saved" in (done.header("location") or "")
    assert "odd at 50 Ada" in words(get(world.app, root))
    fields = {"author": "Bob", "text": "see this", "question": "2"}
    answer = post(world.app, f"{root}/actions/note", fields)
    assert (answer.header("location") or "").startswith(f"{root}/ladder?question=3&")
    assert "see this Bob" in words(get(world.app, f"{root}/ladder?question=3"))
    assert "see this" not in words(get(world.app, root))
    for wrong in ({"author": "", "text": "x"}, {**fields, "question": "99"}, {"text": "x"}):
        assert post(world.app, f"{root}/actions/note", wrong).status == 422


def test_alerts_are_acknowledged(world: World) -> None:
    monitor = world.database.monitor
    alert = monitor.raise_alert(
        NewAlert("cpu_percent", "warning", "CPU at 97 %", value=97), ["slack"]
    )
    assert "CPU at 97 %" in words(get(world.app, "/alerts"))
    answer = post(world.app, f"/alerts/{alert.no}/acknowledge", {"by": "Ada", "note": "known"})
    assert answer.status == 303
    assert "Ada," in words(get(world.app, "/alerts"))
    assert post(world.app, f"/alerts/{alert.no}/acknowledge", {"by": " "}).status == 422
    assert post(world.app, "/alerts/99999/acknowledge", {"by": "Ada"}).status == 404
    assert post(world.app, f"/alerts/{10**30}/acknowledge", {"by": "Ada"}).status == 404
    monitor.resolve_alert("cpu_percent")
    assert "No alert is open" in words(get(world.app, "/alerts"))
    assert "CPU at 97 %" in words(get(world.app, "/alerts"))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_texts_are_shown_and_nothing_else(database: Database, payload: str) -> None:
    fill_with(database, payload)
    app = make_app(database, database, POLICY)
    shown_in = 0
    for path in [
        *pages("e1"),
        "/experiments/e1/responses?text=&verdict=",
        "/?search=" + "%3Cscript",
    ]:
        answer = get(app, path)
        assert answer.status == 200, (path, answer.text[:300])
        raw = payload.replace("\0", "").replace("\ud800", "?")
        if any(sign in payload for sign in "<\"'"):
            assert raw not in answer.text, path
            shown_in += unescape(answer.text).count(raw)
        assert "<img src=x" not in answer.text
        assert "window.__xss=1>" not in answer.text
    assert shown_in > 0 or not any(sign in payload for sign in "<\"'")


@pytest.fixture
def database() -> Database:
    from scramblebench.storage import open_database

    made = open_database("sqlite://")
    made.migrate()
    return made


def fill_with(database: Database, text: str) -> None:
    """Store one text in every field that takes one."""
    storable = text.replace("\0", "").replace("\ud800", "")
    questions = [replace(q, domain=text, difficulty=text, source_id=text) for q in make_questions()]
    new = replace(
        make_experiment("e1", f"name {text}", questions),
        models=tuple(replace(m, label=f"{m.label} {text}", provider="simulated") for m in MODELS),
        spec_json=_spec_json(),
        description=text, research_question=text, hypothesis=text, researcher_name=text,
        institution=text, tags=(text,),
    )  # fmt: skip
    database.experiments.add(new)
    answers = [make_answer("e1", index, response=make_response(text)) for index in range(9)]
    silent = [
        replace(a, score=replace(a.score, answer=text, rule=text) if a.score else None)
        for a in answers
    ]
    database.trials.write([*silent, make_failure("e1", 12, message=text)])
    database.queue.enqueue("e1")
    database.experiments.change_state("e1", ExperimentState.PAUSED, reason=text, actor=text)
    database.experiments.change_state("e1", ExperimentState.QUEUED, reason=text, actor=text)
    database.monitor.add_note("e1", text, text)
    database.monitor.add_note("e1", text, text, question=0)
    new_alert = NewAlert("rule", "warning", text, "e1", storable)
    alert = database.monitor.raise_alert(new_alert, [storable or "x"])
    database.monitor.delivery_failed(database.monitor.due_deliveries()[0].no, text, 60)
    database.monitor.acknowledge_alert(alert.no, text, text)
    database.monitor.add_samples([SampleRecord("e1", "host:1:2", START, '{"answered":1}')])


def _spec_json() -> str:
    """Return the specification of ``make_experiment``'s models and benchmark."""
    facts = {"facts": {"generated": {"per_domain": 1, "domains": ["facts"]}}}
    return spec_from_mapping({**SPEC, "benchmarks": facts}).spec.to_json()
