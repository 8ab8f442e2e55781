"""The network policy at the real server: who is refused, and what is never served."""

import http.client
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.lab import Lab
from tests.browser.processes import COMMAND, environment


def answer(lab: Lab, method: str, path: str, **headers: str) -> tuple[int, str]:
    """Return the status and text of a request with just these headers."""
    address = urlsplit(lab.origin)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        found = connection.getresponse()
        return found.status, found.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "path", ["/", "/api/experiments", "/events?view=queue", "/static/icon.svg"]
)
@pytest.mark.parametrize("host", ["evil.com", "evil.com:{port}", "127.0.0.1.evil.com:{port}"])
def test_a_foreign_host_is_refused(lab: Lab, path: str, host: str):
    port = urlsplit(lab.origin).port
    assert answer(lab, "GET", path, Host=host.format(port=port))[0] == 400
    assert answer(lab, "GET", "/static/icon.svg", Host=f"127.0.0.1:{port}")[0] == 200


@pytest.mark.parametrize("headers", [
    {"Sec_Fetch_Site": "cross-site", "Origin": "http://evil.com"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Origin": "http://evil.com"},
    {"Origin": "null"},
])  # fmt: skip
def test_a_form_of_another_page_changes_nothing(lab: Lab, headers: dict[str, str]):
    own = {"Host": urlsplit(lab.origin).netloc, "Content_Length": "0", **headers}
    own["Content_Type"] = "application/x-www-form-urlencoded"
    before = lab.database.experiments.get(lab.running).state
    status, _ = answer(lab, "POST", f"/experiments/{lab.running}/actions/cancel", **own)
    assert status == 403
    assert lab.database.experiments.get(lab.running).state is before


def test_open_to_others_only_with_a_token(tmp_path: Path):
    done = subprocess.run(
        [*COMMAND, "monitor", "--host", "0.0.0.0", "--port", "0"],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--token" in done.stderr
    assert done.stdout == ""
