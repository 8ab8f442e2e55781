"""F14: TLS that cannot be trusted: nothing is sent, least of all the key."""

import json
import os
import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from scramblebench.core.states import ExperimentState
from scramblebench.storage import open_database
from tests.faults.matrix import SQLITE, Skipped, fault
from tests.faults.services import Provider
from tests.faults.stage import Stage, study

KINDS = ("valid", "expired", "wrong-host", "self-signed", "stalled")
_ROOT = Path(__file__).parents[2]


@fault(
    "F14", "TLS: expired, wrong host, self-signed, stalled (and valid, for comparison)",
    per_commit=len(KINDS), full=len(KINDS), databases=(SQLITE,), completes=False,
)  # fmt: skip
def untrusted(stage: Stage, run_number: int) -> None:
    if find_spec("trustme") is None:
        raise Skipped("trustme is not installed")
    kind = KINDS[run_number % len(KINDS)]
    port = _serve(stage, kind)
    stage.create(study(5), base_url=f"https://localhost:{port}/api/v1")
    is_valid = kind == "valid"
    stage.expect(stage.start(partial(_trust, stage.folder / "ca.pem")), 0 if is_valid else 3)
    sent = (stage.folder / "raw").read_bytes()
    key = os.environ["OPENROUTER_API_KEY"].encode()
    if not sent:
        stage.complain("run", "nobody connected")
    if key in sent or b"HTTP/1.1" in sent or b"Authorization" in sent:
        stage.complain("F14", "the key or a request went out in the clear")
    was_heard = (stage.folder / "decrypted").exists()
    if was_heard is not is_valid:
        stage.complain("F14", f"{kind}: the server heard {'a' if was_heard else 'no'} request")
    _check_reason(stage, kind)
    stage.judge(is_complete=False)


def _serve(stage: Stage, kind: str) -> int:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.tls_server", kind, str(stage.folder)],
        cwd=_ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    ports = json.loads(process.stdout.readline())
    stage.provider = Provider(ports["plain_url"], stage.folder / "tls.jsonl", process)
    stage.on_close(stage.provider.stop)
    return int(ports["port"])


def _trust(authority: Path) -> None:
    """Let this process trust the certificates of an authority, as if the system did."""
    from scramblebench.providers.connections import tls_context

    tls_context().load_verify_locations(authority)


def _check_reason(stage: Stage, kind: str) -> None:
    words = {"valid": "", "stalled": "no connection"}.get(kind, "TLS certificate")
    database = open_database(stage.database_url)
    (record,) = database.experiments.list()
    database.close()
    state = ExperimentState.COMPLETED if kind == "valid" else ExperimentState.FAILED
    if record.state is not state or words not in (record.reason or ""):
        stage.complain("F14", f"{kind}: it is {record.state}: {record.reason}")
