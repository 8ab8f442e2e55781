"""The gate in front of every route: hosts, origins, writes, tokens, headers."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import BaseRoute, Mount, Route

from scramblebench.core.errors import UsageError
from scramblebench.dashboard.app import Application, make_app
from scramblebench.dashboard.network import (
    CONTENT_SECURITY_POLICY,
    MAX_BODY_BYTES,
    NetworkPolicy,
    make_policy,
    parse_host,
)
from scramblebench.storage import open_database
from tests.dashboard.asgi import HOST, Answer, call, get

TOKEN = "a-token-long-enough-1234"
FOREIGN_HOSTS = [
    "evil.com", "evil.com:8080", "127.0.0.1.evil.com", "127.0.0.1.evil.com:8080", "localhost.evil.com",
    "evil.com:80@127.0.0.1:8080", "127.0.0.1:8080@evil.com", "user@127.0.0.1:8080", "127.0.0.1", "localhost",
    "[::1]", "127.0.0.1:8081", "127.0.0.1:8079", "localhost:80", "127.0.0.1:", "127.0.0.1:08080x", "127.0.0.1:-1",
    "127.0.0.1:+8080", "127.0.0.1:99999", "127.0.0.1:0", "127.0.0.1:8080:8080", "localhost.:8080",
    "127.0.0.1.:8080", "::1", "::1:8080", "[::1]8080", "[::1:8080", "[::2]:8080", "[fe80::1%eth0]:8080",
    "0.0.0.0:8080", "127.1:8080", "2130706433:8080", "0x7f000001:8080", "017700000001:8080",
    "192.168.0.1:8080", "", " ", " 127.0.0.1:8080", "127.0.0.1:8080 ", "127.0.0.1 :8080", "127.0.0.1:8080,evil.com",
    "http://127.0.0.1:8080", "127.0.0.1:8080/", "local\u00e4host:8080", "*", "*.localhost:8080",
]  # fmt: skip
OWN_HOSTS = [
    "127.0.0.1:8080",
    "localhost:8080",
    "LOCALHOST:8080",
    "[::1]:8080",
    "[0:0:0:0:0:0:0:1]:8080",
]


@pytest.fixture
def app() -> Iterator[Application]:
    database = open_database("sqlite://")
    database.migrate()
    yield make_app(database, database, NetworkPolicy(csrf_token="ours"))
    database.close()


@pytest.fixture
def locked_app() -> Iterator[Application]:
    database = open_database("sqlite://")
    database.migrate()
    yield make_app(database, database, NetworkPolicy(token=TOKEN, csrf_token="ours"))
    database.close()


def addresses(app: Application) -> list[tuple[str, str]]:
    """Return (method, path) of every route there is, taken from the application itself."""
    found = [pair for route in app.app.router.routes for pair in _of_route(route)]
    assert len(found) >= 35
    assert {"/events", "/api/experiments", "/alerts", "/static/dashboard.css"} <= {
        path for _, path in found
    }
    return found


def _of_route(route: BaseRoute) -> list[tuple[str, str]]:
    if isinstance(route, Mount):
        return [("GET", f"{route.path}/dashboard.css")]
    inner = getattr(route, "original_router", None)
    if inner is not None:
        return [pair for one in inner.routes for pair in _of_route(one)]
    assert isinstance(route, Route) or hasattr(route, "methods"), route
    path = route.path  # type: ignore[attr-defined]
    for name in ("reference", "verb", "other", "no", "no:int"):
        path = path.replace(f"{{{name}}}", "1")
    methods = route.methods or {"GET"}  # type: ignore[attr-defined]
    return [(method, path) for method in sorted(methods)]


def sealed(answer: Answer) -> bool:
    return (
        answer.header("content-security-policy") == CONTENT_SECURITY_POLICY
        and answer.header("x-content-type-options") == "nosniff"
        and answer.header("referrer-policy") == "same-origin"
        and answer.header("access-control-allow-origin") is None
    )


def test_there_are_forty_foreign_hosts() -> None:
    assert len(set(FOREIGN_HOSTS)) >= 40


def test_no_route_answers_a_foreign_host(app: Application) -> None:
    for (method, path), host in itertools.product(addresses(app), FOREIGN_HOSTS):
        answer = call(app, path, method, [("host", host), ("x-scramblebench", "1")])
        assert answer.status == 400, (method, path, host)
        assert sealed(answer)


def test_no_route_answers_without_exactly_one_host(app: Application) -> None:
    for method, path in addresses(app):
        for hosts in ([], [HOST, HOST], [HOST, "evil.com"], ["evil.com", HOST]):
            assert call(app, path, method, [("host", h) for h in hosts]).status == 400


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_every_route_answers_its_own_hosts(app: Application, host: str) -> None:
    for method, path in addresses(app):
        if path == "/events":
            continue  # a stream that ends only with its reader
        answer = call(app, path, method, [("host", host), ("x-scramblebench", "1")])
        assert answer.status not in (400, 401, 403), (method, path, answer.text[:200])
        assert answer.status < 500, (method, path, answer.text[:200])
        assert sealed(answer), path


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "same-origin", None])
@pytest.mark.parametrize("origin", ["http://evil.com", "null", f"http://{HOST}", None])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("has_header", [True, False])
def test_only_our_own_pages_read_and_write(
    app: Application, site: str | None, origin: str | None, method: str, has_header: bool
) -> None:
    headers = [("host", HOST)]
    headers += [("sec-fetch-site", site)] if site else []
    headers += [("origin", origin)] if origin else []
    headers += [("x-scramblebench", "1")] if has_header else []
    is_write = method not in ("GET", "HEAD")
    is_ours = origin in (None, f"http://{HOST}") and site in (
        ("same-origin", None) if is_write else ("same-origin", "none", None)
    )
    is_let_through = is_ours and (has_header or not is_write)
    for path in ("/", "/experiments/x/actions/pause", "/api/experiments", "/alerts/1/acknowledge"):
        status = call(app, path, method, headers).status
        assert (status == 403) == (not is_let_through), path


def test_a_foreign_page_may_link_here_and_nothing_else(app: Application) -> None:
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    for dest, status in (("document", 200), ("iframe", 403), ("image", 403), ("script", 403)):
        headers = [("host", HOST), *link.items(), ("sec-fetch-dest", dest)]
        assert call(app, "/", headers=headers).status == status
    no_cors = [("host", HOST), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]
    assert call(app, "/", headers=[*no_cors, ("sec-fetch-dest", "document")]).status == 403


@pytest.mark.parametrize(
    "origin",
    ["http://127.0.0.1:8081", "http://127.0.0.1", "ftp://127.0.0.1:8080", f"http://{HOST}.evil.com",
     f"http://{HOST}/x", "http://[::1]:8080", "http://[", f"http://x@{HOST}", "", "evil"],
)  # fmt: skip
def test_nearly_our_origin_is_not_ours(app: Application, origin: str) -> None:
    headers = [("host", HOST), ("origin", origin), ("x-scramblebench", "1")]
    assert call(app, "/api/experiments", headers=headers).status == 403


def test_preflights_are_not_answered(app: Application) -> None:
    headers = [("host", HOST), ("access-control-request-method", "PUT")]
    for method in ("OPTIONS", "TRACE", "CONNECT", "PROPFIND"):
        answer = call(app, "/api/experiments", method, headers)
        assert answer.status == 405
        assert answer.header("access-control-allow-methods") is None


def test_a_form_proves_itself_by_its_token(app: Application) -> None:
    form = [("host", HOST), ("content-type", "application/x-www-form-urlencoded")]
    path = "/experiments/x/actions/pause"
    for body, is_let_through in (
        (b"csrf=ours", True), (b"csrf=other", False), (b"", False), (b"csrf=other&csrf=ours", True),
        (b"csrf=our", False), (b"\xff", False), (b"&".join([b"a=1"] * 200), False),
    ):  # fmt: skip
        assert (call(app, path, "POST", form, body).status == 403) is not is_let_through, body
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/json"):
        headers = [("host", HOST), ("content-type", kind)]
        assert call(app, path, "POST", headers, b"csrf=ours").status == 403


def test_bodies_have_a_limit(app: Application) -> None:
    headers = [("host", HOST), ("x-scramblebench", "1"), ("content-type", "application/json")]
    path = "/api/experiments/x/notes"
    declared = [*headers, ("content-length", str(MAX_BODY_BYTES + 1))]
    assert call(app, path, "POST", declared).status == 413
    for odd in ("-1", "1e3", "x", "9" * 400):
        assert call(app, path, "POST", [*headers, ("content-length", odd)]).status == 413
    chunks = [b"x" * 65_536] * 17
    assert call(app, path, "POST", headers, chunks=chunks).status == 413
    assert call(app, path, "POST", headers, chunks=[b"{", b"}"]).status == 404


def test_a_token_is_asked_for_on_every_route(locked_app: Application) -> None:
    for method, path in addresses(locked_app):
        answer = call(locked_app, path, method, [("host", HOST), ("x-scramblebench", "1")])
        assert answer.status == 401, (method, path)
        assert sealed(answer)
        assert TOKEN not in answer.text


def test_the_token_is_exchanged_for_a_cookie(locked_app: Application) -> None:
    answer = get(locked_app, f"/queue?a=1&token={TOKEN}&b=%26")
    assert (answer.status, answer.header("location")) == (303, "/queue?a=1&b=%26")
    cookie = answer.header("set-cookie") or ""
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert TOKEN not in cookie
    pair = cookie.partition(";")[0]
    assert get(locked_app, "/queue", cookie=pair).status == 200
    assert get(locked_app, "/queue", cookie=f"a=b; {pair}; c").status == 200
    name, _, value = pair.partition("=")
    for wrong in (
        f"{name}={TOKEN}",
        f"{name}={value[:-1]}",
        f"{name}=",
        f"other={value}",
        "\xe9=\xe9",
    ):
        assert get(locked_app, "/queue", cookie=wrong).status == 401


def test_an_exchange_leads_nowhere_else(locked_app: Application) -> None:
    for path in ("//evil.com", "/\\evil.com", "///evil.com"):
        answer = call(locked_app, f"/?token={TOKEN}", headers=[("host", HOST)])
        assert (answer.header("location") or "").startswith("/")
        found = _exchange(locked_app, path)
        assert not found.startswith(("//", "/\\")), found


def _exchange(app: Application, path: str) -> str:
    """Return where a request for a raw path is led; ``urlsplit`` would read a host in it."""
    return app._gate._exchanged(path, "").headers["location"]  # type: ignore[attr-defined]


def test_a_wrong_token_opens_nothing(locked_app: Application) -> None:
    for token in (TOKEN[:-1], TOKEN + "x", "", TOKEN.upper(), "\u00e9"):
        assert get(locked_app, f"/?token={token}").status == 401
        assert get(locked_app, "/", authorization=f"Bearer {token}").status == 401
    assert get(locked_app, "/", authorization=f"Basic {TOKEN}").status == 401


def test_programs_send_the_token_as_bearer(locked_app: Application) -> None:
    assert get(locked_app, "/api/experiments", authorization=f"Bearer {TOKEN}").status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_a_host_that_others_reach_needs_a_token(host: str) -> None:
    with pytest.raises(UsageError, match="--token auto"):
        make_policy(host, 8080)
    made = make_policy(host, 8080, "auto")
    assert made.token is not None
    assert len(made.token) >= 32


@pytest.mark.parametrize("token", ["short", "", "é" * 40])
def test_a_token_that_can_be_guessed_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="--token"):
        make_policy("127.0.0.1", 8080, token)


def test_a_wildcard_answers_addresses_and_this_machine_s_name_only() -> None:
    policy = make_policy("0.0.0.0", 8080, "auto", ["dash.example.org:443"])
    for host in ("192.168.1.5:8080", "[fe80::1]:8080", "localhost:8080", "dash.example.org:443"):
        assert policy.allows_host(host)
    for host in ("evil.com:8080", "dash.example.org:8080", "dash.example.org", "192.168.1.5:81"):
        assert not policy.allows_host(host)


def test_a_name_to_trust_must_be_one() -> None:
    with pytest.raises(UsageError, match="--trusted-host"):
        make_policy("127.0.0.1", 8080, None, ["http://x/"])


@given(st.text())
def test_any_text_is_a_host_or_none(text: str) -> None:
    found = parse_host(text)
    assert found is None or (found[0] and 0 < found[1] < 65_536)
