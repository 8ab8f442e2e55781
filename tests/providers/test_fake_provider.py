"""The fake server is faithful, repeatable, and keeps its book."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.testing.fake_provider import (
    FakeProviderServer,
    Fault,
    hashed_answer,
    parse_fault,
    read_ledger,
)

MESSAGES = [{"role": "user", "content": "What is 2 + 2?"}]
CHAT = {"model": "openai/gpt-4", "messages": MESSAGES}
REPOSITORY = Path(__file__).parents[2]
SHARED = Path(os.environ.get("SCRAMBLEBENCH_SHARED", REPOSITORY.parent / "shared"))


def exchange(*requests, **server_changes):
    """Send (method, path, JSON) requests one after the other; return statuses, JSON and ledger."""

    async def run():
        answers = []
        async with (
            FakeProviderServer(**server_changes) as server,
            aiohttp.ClientSession() as session,
        ):
            for method, path, body in requests:
                async with session.request(method, server.url + path, json=body) as response:
                    text = await response.text()
                    answers.append((response.status, json.loads(text) if text[:1] == "{" else text))
            return answers, list(server.ledger.entries)

    return asyncio.run(run())


def chat(body=CHAT, **server_changes):
    return exchange(("POST", "/api/v1/chat/completions", body), **server_changes)[0][0]


@pytest.fixture(scope="module")
def conforms():
    """Return a check of a body against the official schema of a path and status."""
    jsonschema = pytest.importorskip("jsonschema")
    path = SHARED / "providers" / "openrouter_openapi_cut.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not there (set SCRAMBLEBENCH_SHARED)")
    api = json.loads(path.read_text())

    def check(body, route, method, status):
        responses = api["paths"][route][method]["responses"]
        schema = responses[str(status)]["content"]["application/json"]["schema"]
        whole = {**schema, "components": api["components"]}
        jsonschema.Draft202012Validator(whole).validate(body)

    return check


def test_a_schema_that_does_not_hold_is_noticed(conforms):
    with pytest.raises(Exception, match="choices"):
        conforms({"id": "x"}, "/chat/completions", "post", 200)


@pytest.mark.parametrize(
    "fault", [None, "length", "missing-usage", "empty-choices", "null-content"]
)
def test_openrouter_answers_conform(conforms, fault):
    status, body = chat(faults=[Fault(fault)] if fault else [])
    assert status == 200
    conforms(body, "/chat/completions", "post", 200)


@pytest.mark.parametrize(
    "status", [400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 524, 529]
)
def test_openrouter_errors_conform(conforms, status):
    answered, body = chat(faults=[Fault(str(status))])
    assert answered == status
    conforms(body, "/chat/completions", "post", status)


@pytest.mark.parametrize("route", ["/models", "/key", "/credits"])
def test_openrouter_pages_conform(conforms, route):
    ((status, body),), _ = exchange(("GET", f"/api/v1{route}", None))
    assert status == 200
    conforms(body, route, "get", 200)


def test_ollama_answers_as_its_source_says():
    body = {"model": "llama3:8b", "messages": MESSAGES, "stream": False}
    answers, _ = exchange(
        ("POST", "/api/chat", body),
        ("POST", "/api/chat", {**body, "model": "none"}),
        ("POST", "/api/chat", {**body, "model": ""}),
        ("POST", "/api/chat", {**body, "messages": []}),
        ("POST", "/api/chat", {**body, "options": {"temperature": "hot"}}),
        ("GET", "/", None),
        ("GET", "/api/version", None),
        ("GET", "/nowhere", None),
        ("POST", "/api/show", {"model": "none"}),
    )
    answer = answers[0][1]
    assert answer["done"] is True
    assert answer["done_reason"] == "stop"
    assert "load_duration" not in answer  # zero is left out
    assert answer["message"]["content"].startswith("The answer is")
    assert answers[1] == (404, {"error": "model 'none' not found"})
    assert answers[2] == (400, {"error": "model is required"})
    assert answers[3][1]["done_reason"] == "load"
    assert answers[4] == (400, {"error": 'option "temperature" must be of type float32'})
    assert answers[5] == (200, "Ollama is running")
    assert answers[6][0] == 200
    assert answers[7][0] == 404
    assert answers[8][0] == 404


def test_ollama_cuts_in_silence_unless_told_not_to():
    long = {
        "model": "llama3:8b",
        "messages": [{"role": "user", "content": "word " * 2000}],
        "stream": False,
        "options": {"num_ctx": 512},
    }
    answers, _ = exchange(
        ("POST", "/api/chat", long), ("POST", "/api/chat", {**long, "truncate": False})
    )
    assert answers[0][1]["prompt_eval_count"] == 260
    assert answers[1][0] == 400
    assert json.loads(answers[1][1]["error"])["error"]["n_ctx"] == 512


def test_answers_are_a_function_of_the_content():
    assert chat() == chat()
    other = {**CHAT, "messages": [{"role": "user", "content": "What is 2 + 3?"}]}
    assert chat() != chat(other)
    choices = [{"role": "user", "content": "Which?\nA) one\nB) two"}]
    assert hashed_answer(choices, "m") in ("The answer is A.", "The answer is B.")


def test_an_answer_function_of_ones_own():
    _, body = chat(answer=lambda messages, model: f"{model}: {messages[-1]['content'][:4]}")
    assert body["choices"][0]["message"]["content"] == "openai/gpt-4: What"


def test_faults_have_their_share_and_are_the_same_each_time():
    requests = [
        (
            "POST",
            "/api/v1/chat/completions",
            {**CHAT, "messages": [{**MESSAGES[0], "content": str(n)}]},
        )
        for n in range(300)
    ]
    changes = {"faults": [Fault("429", share=0.2), Fault("500", share=0.1)], "seed": 3}
    _, ledger = exchange(*requests, **changes)
    _, again = exchange(*requests, **changes)
    assert ledger == again
    faults = [entry.fault for entry in ledger]
    assert 35 <= faults.count("429") <= 90
    assert 10 <= faults.count("500") <= 45


def test_a_fault_for_some_requests_only():
    fault = Fault("503", when=lambda model, text: "+ 2" in text, limit=1)
    request = ("POST", "/api/v1/chat/completions", CHAT)
    answers, _ = exchange(request, request, faults=[fault])
    assert [status for status, _ in answers] == [503, 200]


@pytest.mark.parametrize("text", ["nonsense", "429=2", "42", "600", "drop-before=x"])
def test_faults_that_are_none(text):
    with pytest.raises(ValueError):
        parse_fault(text)


def test_faults_as_they_are_written():
    assert parse_fault("429:2.5=0.05") == Fault("429:2.5", share=0.05)
    assert parse_fault("hang") == Fault("hang")


def test_the_ledger_on_disk_is_the_ledger_in_memory(tmp_path):
    request = ("POST", "/api/v1/chat/completions", CHAT)
    _, in_memory = exchange(request, request)
    exchange(request, request, ledger_path=tmp_path / "ledger.jsonl")
    on_disk = read_ledger(tmp_path / "ledger.jsonl")
    assert on_disk == in_memory
    assert [entry.sequence for entry in on_disk] == [1, 2]
    assert on_disk[0].cost_microusd > 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 60), max_size=8))
def test_a_request_may_come_in_any_pieces(sizes):
    body = json.dumps(CHAT).encode()
    head = f"POST /api/v1/chat/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    async def run():
        async with FakeProviderServer() as server:
            port = int(server.url.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            data = head + body
            for size in sizes:
                writer.write(data[:size])
                await writer.drain()
                await asyncio.sleep(0)
                data = data[size:]
            writer.write(data)
            status = await reader.readline()
            writer.close()
            return status

    assert asyncio.run(run()) == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("ending", ["signal", "end of input"])
def test_as_a_process(ending, tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    command = [sys.executable, "-m", "scramblebench.testing.fake_provider", "--ledger", str(ledger)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([*command, "--fault", "500=0.0"], **pipes) as process:
        urls = json.loads(process.stdout.readline())

        async def ask():
            async with (
                aiohttp.ClientSession() as session,
                session.post(urls["url_openrouter"] + "/chat/completions", json=CHAT) as response,
            ):
                return response.status

        assert asyncio.run(ask()) == 200
        if ending == "signal":
            process.send_signal(signal.SIGTERM)
        else:
            process.stdin.close()
        assert process.wait(timeout=30) == 0
    assert len(read_ledger(ledger)) == 1
