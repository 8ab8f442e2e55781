"""Sixty hostile texts in every place that takes a text: none runs, and each is shown as it is."""

from collections.abc import Generator, Iterable
from typing import Any
from urllib.parse import quote

import pytest

from tests.browser.chromium import FULL
from tests.browser.conftest import WIDE
from tests.browser.hostile import Hostile, fill
from tests.browser.lab import Lab, empty_lab
from tests.browser.payloads import PAYLOADS
from tests.browser.processes import served
from tests.browser.watched import Watched, watched

STEP = 1 if FULL else 12
_SETTLED = """async () => {
  await Promise.allSettled([...document.images].map(image => image.decode()));
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));
}"""
_INJECTED = """() => [...document.querySelectorAll('*')].filter(element =>
  [...element.attributes].some(a => /^(on|hx-on|data-hx-on)/i.test(a.name) || /^\\s*javascript:/i.test(a.value) && a.name !== 'value' && a.name !== 'title' && !a.name.startsWith('aria-') && !a.name.startsWith('data-'))
  || element.matches('iframe, object, embed, base, video, math, meta[http-equiv=refresh], svg script, svg image, svg use')
  || element.matches('script:not([src^="/static/"])')).map(element => element.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def hostile(
    browser: Any, tmp_path_factory: pytest.TempPathFactory
) -> Generator[tuple[Lab, Hostile, str]]:
    """A dashboard over a database full of them."""
    with empty_lab(tmp_path_factory.mktemp("hostile")) as lab:
        found = fill(lab)
        with served(lab.folder, lab.database_url) as origin:
            yield lab, found, origin


@pytest.fixture
def visitor(browser: Any, hostile: tuple[Lab, Hostile, str]) -> Generator[Watched]:
    context = browser.new_context(viewport=WIDE)
    yield watched(context, hostile[2])
    context.close()


def visit(visitor: Watched, paths: Iterable[str]) -> str:
    """Look at pages; return all texts that they show, one after the other."""
    texts: list[str] = []
    for path in paths:
        page = visitor.go(path)
        page.evaluate(_SETTLED)
        assert page.evaluate(_INJECTED) == [], path
        visitor.errors = [e for e in visitor.errors if "Failed to load resource" not in e]
        visitor.assert_quiet()
        texts.append(page.locator("body").evaluate("body => body.textContent"))
    return "\n".join(texts)


def plain(text: str) -> str:
    """Return a text as far as storing and showing keeps it: control characters apart."""
    return "".join(c for c in text if c.isprintable())


def assert_all_are_shown(texts: str, payloads: Iterable[str] = PAYLOADS) -> None:
    shown = plain(texts)
    lost = [text for text in payloads if plain(text) not in shown]
    assert lost == []


def test_answers_and_questions(visitor: Watched, hostile: tuple[Lab, Hostile, str]):
    root = f"/experiments/{hostile[1].big}"
    pages = [f"{root}/responses?from={n}" for n in range(0, 240, 50)]
    assert_all_are_shown(visit(visitor, pages))
    ladders = [f"{root}/ladder?question={n + 1}" for n in range(0, len(PAYLOADS), STEP)]
    assert_all_are_shown(visit(visitor, ladders), PAYLOADS[::STEP])


def test_names_labels_tags_and_descriptions(visitor: Watched, hostile: tuple[Lab, Hostile, str]):
    page = visitor.go("/")
    texts = visit(visitor, ["/"])
    older = page.get_by_role("link", name="Older")
    while older.count():
        texts += visit(visitor, [older.get_attribute("href")])
    assert_all_are_shown(texts)
    own = [
        f"/experiments/{one}{part}" for one in hostile[1].small[::STEP] for part in ("", "/ladder")
    ]
    assert_all_are_shown(visit(visitor, own), PAYLOADS[::STEP])


def test_notes_alerts_machines_and_the_queue(visitor: Watched, hostile: tuple[Lab, Hostile, str]):
    big = hostile[1].big
    assert_all_are_shown(visit(visitor, [f"/experiments/{big}"]))
    assert_all_are_shown(visit(visitor, ["/alerts", "/alerts?before=30"]))
    assert_all_are_shown(visit(visitor, ["/queue"]), PAYLOADS[1::2])
    assert_all_are_shown(visit(visitor, ["/system"]), PAYLOADS[:8])


def test_statistics_and_comparisons(visitor: Watched, hostile: tuple[Lab, Hostile, str]):
    big, small = hostile[1].big, hostile[1].small[3]
    texts = visit(visitor, [f"/experiments/{big}/statistics", f"/compare?a={big}"])
    assert_all_are_shown(texts, [PAYLOADS[10], PAYLOADS[11]])
    visit(visitor, [f"/compare?a={big}&b={small}", f"/compare?a={big}&b={big}"])


def test_what_comes_in_live(visitor: Watched, hostile: tuple[Lab, Hostile, str]):
    lab, found, _ = hostile
    page = visitor.go(f"/experiments/{found.small[0]}")
    page.locator("#pulse.live").wait_for()
    reason = f"{PAYLOADS[10]} {PAYLOADS[16]}"
    lab.database.queue.enqueue(found.small[0])
    page.locator(".state.queued").first.wait_for()
    lab.call("pause", found.small[0])
    page.locator(".state.paused").first.wait_for()
    lab.call("resume", found.small[0], "--reason", reason)
    page.get_by_text(reason).first.wait_for()
    page.evaluate(_SETTLED)
    assert page.evaluate(_INJECTED) == []
    visitor.assert_quiet()


def test_addresses(visitor: Watched, hostile: tuple[Lab, Hostile, str]):
    for text in PAYLOADS[:: 3 if FULL else 30]:
        said = quote(text, safe="")
        visit(visitor, [
            f"/?search={said}", f"/?done={said}&message={said}", f"/experiments/{said}",
            f"/experiments/{hostile[1].big}/responses?text={said}", f"/compare?a={said}&b={said}",
            f"/queue?x={said}",
        ])  # fmt: skip


def test_what_the_api_says_is_no_page(visitor: Watched, hostile: tuple[Lab, Hostile, str]):
    root = f"/api/experiments/{hostile[1].big}"
    for path in (
        "/api/experiments",
        root,
        f"{root}/responses",
        f"{root}/ladder?question=1",
        "/api/alerts",
    ):
        answer = visitor.page.goto(visitor.origin + path)
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.headers["x-content-type-options"] == "nosniff"
        visitor.errors = [error for error in visitor.errors if "/favicon.ico" not in error]
        visitor.assert_quiet()


def test_the_file_that_opens_from_disk(browser: Any, hostile: tuple[Lab, Hostile, str]):
    lab, found, _ = hostile
    context = browser.new_context()
    try:
        for n, one in enumerate([found.big, *found.small[::6]] if FULL else [found.big]):
            path = lab.folder / f"{n}.html"
            lab.call("export", one, "--html", str(path))
            visitor = watched(context, path.as_uri())
            visitor.page.goto(path.as_uri(), wait_until="load")
            visitor.page.evaluate(_SETTLED)
            assert visitor.page.evaluate(_INJECTED) == []
            assert [r.url for r in visitor.requests] == [path.as_uri()]
            visitor.requests.clear()
            visitor.assert_quiet()
            text = visitor.page.locator("body").evaluate("body => body.textContent")
            assert_all_are_shown(text, PAYLOADS if n == 0 else [PAYLOADS[(n - 1) * 6]])
            visitor.page.close()
    finally:
        context.close()


def test_a_text_that_ran_would_be_noticed(visitor: Watched):
    page = visitor.go("/")
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.__xss=1>')"
    )
    page.evaluate(_SETTLED)
    assert len(page.evaluate(_INJECTED)) == 1
    with pytest.raises(AssertionError):
        visitor.assert_quiet()
