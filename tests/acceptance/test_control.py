"""Money, limits, the queue and changes from another shell, as people type them."""

import fcntl
import json
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.acceptance.support import FakeProvider, Program
from tests.waiting import until

Start = Callable[..., FakeProvider]

STUDY = """\
models:
  - name: "gpt-3.5-turbo"
    provider: "openrouter"
    base_url: "{url}"
    price: {{prompt_usd_per_million: 1, completion_usd_per_million: 2}}
    {model}
benchmarks:
  bundled: {{generated: {{per_domain: {per_domain}}}}}
scrambling:
  levels: [0, 33, 67, 100]
execution:
  max_concurrent_requests: {concurrency}
  retry_wait_s: 0.01
  {execution}
"""


def write(
    folder: Path,
    provider: FakeProvider,
    *,
    name: str = "study.yaml",
    per_domain: int = 10,
    concurrency: int = 16,
    model: str = "",
    execution: str = "",
) -> str:
    path = folder / name
    path.write_text(
        STUDY.format(
            url=provider.url_openrouter,
            per_domain=per_domain,
            concurrency=concurrency,
            model=model,
            execution=execution,
        )
    )
    return str(path)


def status(program: Program, experiment: str = "@last") -> dict[str, Any]:
    return json.loads(program("status", experiment, "--json").stdout)


def charged_usd(provider: FakeProvider) -> float:
    return sum(entry.cost_microusd for entry in provider.ledger) / 1e6


def test_a_budget_pauses_and_more_money_goes_on(program: Program, start_provider: Start):
    provider = start_provider()
    config = write(program.folder, provider, execution="cost_limit: 0.004")
    ran = program("create", "Dear", config, "--run", code=4)
    assert "paused" in ran.stdout
    assert "budget: $0.0" in ran.stderr
    assert "--cost-limit" in ran.stderr
    assert 0 < charged_usd(provider) <= 0.004
    first = status(program)
    assert (first["status"], first["cost_limit"]) == ("paused", 0.004)
    assert first["total_cost"] == pytest.approx(charged_usd(provider))
    assert "budget" in first["waiting_reason"]
    assert "left of $0.0040" in program("status").stdout

    refused = program("resume", "@last", "--cost-limit", "1", code=2)
    assert "--reason" in refused.stderr
    program("resume", "@last", "--cost-limit", "1", "--reason", "the pilot was convincing")
    program("run")
    done = status(program)
    assert (done["status"], done["n_answered"]) == ("completed", 200)
    assert len(provider.ledger) == 200  # nothing was paid twice
    reasons = [event["reason"] for event in json.loads(program("show", "--json").stdout)["history"]]
    assert "cost_limit_microusd 4000 -> 1000000; the pilot was convincing" in reasons


def test_what_cannot_be_resumed_keeps_its_limit(program: Program, start_provider: Start):
    config = write(program.folder, start_provider(), per_domain=1, execution="cost_limit: 0.004")
    program("create", "Dear", config, "--priority", "1")
    more = ("--cost-limit", "5", "--reason", "why not")
    assert "queued already" in program("resume", "@last", *more, code=1).stderr
    assert status(program)["cost_limit"] == 0.004
    program("run", code=0)
    assert "completed" in program("resume", "@last", *more, code=1).stderr
    assert status(program)["cost_limit"] == 0.004


def test_the_days_budget_pauses_and_its_advice_helps(program: Program, start_provider: Start):
    provider = start_provider()
    config = write(program.folder, provider, execution="cost_limit_per_day: 0.004")
    ran = program("create", "Dear", config, "--run", code=4)
    assert "of today's $0.004 are spent or held" in ran.stderr
    assert "--cost-limit-per-day DOLLARS" in ran.stderr
    program("resume", "@last", "--cost-limit-per-day", "1", "--reason", "the pilot was convincing")
    program("run")
    done = status(program)
    assert (done["status"], done["cost_limit"]) == ("completed", None)
    assert len(provider.ledger) == 200


def test_a_limit_without_a_price_is_refused_when_created(program: Program, start_provider: Start):
    provider = start_provider()
    config = Path(write(program.folder, provider, execution="cost_limit: 1"))
    text = config.read_text().replace('"gpt-3.5-turbo"', '"own/model"')
    config.write_text("\n".join(line for line in text.splitlines() if "price:" not in line))
    refused = program("create", "Unpriced", str(config), code=2)
    assert "the price of 'own/model' is not known" in refused.stderr
    assert program("list", "--json").stdout.strip() == "[]"


def test_concurrency_is_changed_while_it_runs(program: Program, start_provider: Start):
    provider = start_provider("--latency-ms", "30")
    config = write(program.folder, provider, per_domain=60, concurrency=2)
    program("create", "Slow", config, "--priority", "1")
    process = program.start("run")
    until(lambda: len(provider.ledger) >= 10, "request")
    changed = program("set", "@last", "max_concurrent_requests=32")
    assert "max_concurrent_requests: 32" in changed.stdout
    began, n_before = time.monotonic(), len(provider.ledger)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    at_two = (1200 - n_before) * 0.03 / 2
    assert time.monotonic() - began < at_two * 0.8  # it did not go on two at a time
    assert "max_concurrent_requests none -> 32" in program("show").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["max_concurent_requests=3"], "did you mean max_concurrent_requests"),
        (["max_concurrent_requests=0"], "a whole number from 1"),
        (["cost_limit=much"], "an amount in US dollars"),
        (["cost_limit"], "is not NAME=VALUE"),
    ],
)
def test_limits_that_are_none_are_refused(
    program: Program, start_provider: Start, words: list[str], said: str
):
    program("create", "Set", write(program.folder, start_provider()))
    refused = program("set", "@last", *words, code=2)
    assert said in refused.stderr
    assert status(program)["max_concurrent_requests"] is None


def test_pause_and_resume_from_another_shell(program: Program, start_provider: Start):
    provider = start_provider("--latency-ms", "20")
    program("create", "Paused", write(program.folder, provider, per_domain=40), "--priority", "1")
    process = program.start("run")
    until(lambda: len(provider.ledger) >= 20, "request")
    program("pause", "@last", "--reason", "the cluster is needed")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    paused = status(program)
    assert (paused["status"], paused["n_in_flight"]) == ("paused", 0)
    assert paused["waiting_reason"] == "the cluster is needed"
    assert paused["n_answered"] == len(provider.ledger) < 800
    program("resume", "@last")
    program("run")
    assert len(provider.ledger) == status(program)["n_answered"] == 800


def test_what_is_paused_and_resumed_under_way_ends_as_it_ended(
    program: Program, start_provider: Start
):
    provider = start_provider("--latency-ms", "20")
    program("create", "Paused", write(program.folder, provider, per_domain=40), "--priority", "1")
    process = program.start("run", "--continuous", "--json")
    until(lambda: len(provider.ledger) >= 20, "request")
    program("pause", "@last")
    program("resume", "@last")
    until(lambda: status(program)["status"] == "completed", "end")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    (outcome,) = json.loads(out)
    assert (outcome["n_answered"], outcome["n_missing"]) == (800, 0), err


def test_queueing_again_keeps_what_was_said_before(program: Program, start_provider: Start):
    provider = start_provider()
    for name in ("base", "big"):
        program("create", name, write(program.folder, provider, per_domain=1))
    program("queue", "base")
    words = ("--require", "memory_gb=99999", "--require", "max_concurrent_requests=8")
    program("queue", "big", "--depends-on", "base", *words, "-p", "3")
    assert "priority 5" in program("queue", "big", "-p", "5").stdout
    assert "priority 5" in program("queue", "big").stdout
    assert "waits for base" in status(program, "big")["waiting_reason"]
    ran = program("run")
    assert "1 in the queue are not ready to run" in ran.stderr
    assert "99,999 GB" in status(program, "big")["waiting_reason"]
    program("queue", "big", "--afresh", "--require", "max_concurrent_requests=8")
    program("run", "--max-requests", "7")
    assert status(program, "big")["status"] == "queued"
    program("run", "--max-requests", "8")
    assert status(program, "big")["status"] == "completed"


def test_the_queue_says_what_everything_waits_for(program: Program, start_provider: Start):
    provider = start_provider()
    config = write(program.folder, provider, per_domain=1)
    for name in ("first", "second", "third", "huge"):
        program("create", name, config)
    assert "the queue is empty" in program("queue-status").stderr
    program("queue", "first", "--priority", "1")
    program("queue", "second", "--priority", "5", "--depends-on", "first")
    program("queue", "third", "--depends-on", "second")
    program("queue", "huge", "--priority", "9", "--require", "memory_gb=1000000")
    rows = json.loads(program("queue-status", "--json").stdout)["queue"]
    seen = {row["name"]: (row["position"], row["standing"]) for row in rows}
    assert seen == {
        "huge": (1, "waiting"),
        "second": (2, "waiting"),
        "first": (3, "ready"),
        "third": (4, "waiting"),
    }
    reasons = {row["name"]: row["waiting_reason"] for row in rows}
    assert "GB of memory" in reasons["huge"]
    assert reasons["second"].startswith("waits for first (")
    shown = program("queue-status")
    assert "waits for second" in shown.stdout
    assert "no runner is at work" in shown.stderr

    program("run")  # the huge one holds nobody up
    states = {row["name"]: row["status"] for row in json.loads(program("list", "--json").stdout)}
    assert states == {
        "first": "completed",
        "second": "completed",
        "third": "completed",
        "huge": "queued",
    }
    assert "huge" in program("queue-status").stdout


def test_what_waits_for_a_cancelled_one_is_blocked_and_says_so(
    program: Program, start_provider: Start
):
    config = write(program.folder, start_provider(), per_domain=1)
    program("create", "base", config, "--priority", "1")
    program("create", "follow-up", config)
    program("queue", "follow-up", "--depends-on", "base")
    program("cancel", "base")
    blocked = status(program, "follow-up")
    assert (blocked["status"], blocked["current_stage"]) == ("queued", "blocked")
    assert "blocked: base (" in blocked["waiting_reason"]
    refused = program("queue", "follow-up", "--depends-on", "base", code=1)
    assert "cancelled" in refused.stderr
    assert json.loads(program("queue-status", "--json").stdout)["blocked"] == 1


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        ("memory=4", "did you mean memory_gb"),
        ("memory_gb=much", "is not NAME=NUMBER"),
        ("memory_gb=-1", "is no amount"),
    ],
)
def test_requirements_that_are_none_are_refused(
    program: Program, start_provider: Start, requirement: str, said: str
):
    program("create", "Any", write(program.folder, start_provider(), per_domain=1))
    assert said in program("queue", "@last", "--require", requirement, code=2).stderr
    assert status(program)["status"] == "planned"


def test_a_cost_limit_may_come_with_the_queue(program: Program, start_provider: Start):
    provider = start_provider()
    program("create", "Dear", write(program.folder, provider))
    program("queue", "@last", "--require", "cost_limit=0.002")
    raised = program("queue", "@last", "--require", "cost_limit=1", code=2)
    assert "its cost limit is $0.002" in raised.stderr
    program("run", code=4)
    assert charged_usd(provider) <= 0.002


def test_calls_an_hour_of_nobody_are_refused(program: Program):
    assert "is no provider" in program("run", "--calls-per-hour", "foo=5", code=2).stderr


def test_what_is_never_answered_is_said_with_the_reason(program: Program, start_provider: Start):
    provider = start_provider("--fault", "400=0.2")
    ran = program("create", "Bad", write(program.folder, provider), "--run", code=3)
    assert "trials had no answer; the last: OpenRouter answered 400" in ran.stderr


def test_rates_are_kept_by_two_runners_together(program: Program, start_provider: Start):
    provider = start_provider()
    config = write(program.folder, provider, per_domain=1, model="requests_per_minute: 240")
    for name in ("one", "two"):
        program("create", name, config, "--priority", "1")
    processes = [program.start("run", "--max-concurrent", "1") for _ in range(2)]
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    times = sorted(entry.received_s for entry in provider.ledger)
    assert len(times) == 40
    # 40 requests at 4 a second, from whichever runner, take 39 quarters of a second
    assert times[-1] - times[0] >= 39 / 4 * 0.95


def test_a_key_that_is_wrong_stops_its_model_with_one_sentence(
    program: Program, start_provider: Start
):
    provider = start_provider("--api-key", "sk-or-v1-other")
    ran = program("create", "Keyless", write(program.folder, provider), "--run", code=3)
    (reason,) = [line for line in ran.stderr.splitlines() if "gpt-3.5-turbo:" in line]
    assert "401" in reason
    assert status(program)["status"] == "failed"
    assert json.loads(program("queue-status", "--json").stdout)["queue"] == []  # not tried again


def test_a_provider_that_is_down_is_tried_again_later(program: Program, start_provider: Start):
    provider = start_provider()
    config = Path(write(program.folder, provider, per_domain=1))
    config.write_text(config.read_text().replace(provider.url_openrouter, "http://127.0.0.1:9/v1"))
    program("create", "Down", str(config), "--run", code=3)
    failed = status(program)
    assert failed["status"] == "failed"
    assert "tried again at" in failed["waiting_reason"]
    (row,) = json.loads(program("queue-status", "--json").stdout)["queue"]
    assert (row["standing"], row["n_retries"]) == ("waiting", 1)


def test_a_runner_that_overslept_sends_nothing_more_and_says_so(
    program: Program, start_provider: Start
):
    provider = start_provider("--latency-ms", "30")
    program("create", "Asleep", write(program.folder, provider, per_domain=40), "--priority", "1")
    sleeper = program.start("run", "--lease", "2")
    until(lambda: len(provider.ledger) >= 20, "request")
    _stop_between_commits(sleeper, program.folder / "experiments.db-lock")
    try:
        until(lambda: _is_over(program), "end")
        program("run")
        n_sent = len(provider.ledger)
    finally:
        sleeper.send_signal(signal.SIGCONT)
    _, err = sleeper.communicate(timeout=60)
    assert sleeper.returncode == 75, err
    assert len(provider.ledger) == n_sent
    assert status(program)["status"] == "completed"


def _stop_between_commits(runner: subprocess.Popen[str], lock: Path) -> None:
    """Freeze a runner where it does not hold the file: nobody could write then, and nothing could be shown."""

    def is_free() -> bool:
        runner.send_signal(signal.SIGSTOP)
        until(lambda: psutil.Process(runner.pid).status() == psutil.STATUS_STOPPED, "standstill")
        with lock.open("a") as file, suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        runner.send_signal(signal.SIGCONT)
        return False

    until(is_free, "moment between two commits")


def _is_over(program: Program) -> bool:
    rows = json.loads(program("list", "--json").stdout)
    return bool(rows[0]["is_interrupted"])
