"""Pages speak to nobody else, complain about nothing, and are light."""

from typing import Any

import pytest

from tests.browser.lab import Lab
from tests.browser.pages import PAGES
from tests.browser.watched import Watched

MAX_BYTES = 150_000
MAX_REQUESTS = 15


@pytest.mark.parametrize("name", PAGES)
def test_no_page_asks_anybody_else_or_breaks_its_own_policy(page: Watched, lab: Lab, name: str):
    seen = page.go(PAGES[name].format(study=lab.study))
    seen.wait_for_load_state("networkidle") if name in ("ladder", "responses") else None
    for summary in seen.locator("details:not([open]) > summary:visible").all()[:3]:
        summary.click()
    page.assert_quiet()
    assert page.requests


def test_a_foreign_request_would_be_noticed(page: Watched, lab: Lab):
    seen = page.go("/")
    page.assert_quiet()
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        seen.goto("http://evil.example/")
    with pytest.raises(AssertionError, match="evil"):
        page.assert_quiet()


def test_the_policy_is_enforced_by_the_browser(page: Watched, lab: Lab):
    seen = page.go("/")
    seen.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.__ran = 1';"
        "document.body.append(s)"
    )
    assert seen.evaluate("typeof window.__ran") == "undefined"
    assert seen.evaluate("window.__breaches") == ["script-src-elem: inline"]


@pytest.mark.parametrize("name", ["experiments", "experiment"])
def test_a_first_visit_is_light(browser: Any, lab: Lab, name: str):
    context = browser.new_context()
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    sizes: list[float] = []
    requests: list[str] = []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(lab.origin + PAGES[name].format(study=lab.study), wait_until="load")
    page.locator("#pulse").filter(has_text="live").or_(page.locator("#pulse.finished")).wait_for()
    assert 3 < len(requests) <= MAX_REQUESTS
    assert 10_000 < sum(sizes) <= MAX_BYTES
    context.close()
