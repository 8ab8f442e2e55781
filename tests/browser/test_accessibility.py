"""Accessibility (axe: WCAG 2.2 A and AA) and width: every page, light and dark, on a desk and on a phone."""

from itertools import product
from typing import Any

import pytest

from tests.browser.chromium import FULL
from tests.browser.lab import Lab
from tests.browser.pages import PAGES
from tests.browser.watched import Watched, watched
from tests.waiting import until

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE, DESK = 390, 1280
_EVERY = list(product(PAGES, ("light", "dark"), (DESK, PHONE)))
_SAMPLE = [each for each in _EVERY if each[1:] in (("light", DESK), ("dark", PHONE))]
SAMPLE = _EVERY if FULL else _SAMPLE


def broken(page: Any) -> list[str]:
    """Return what axe finds, a line each."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    results = axe.Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert results.response["passes"], "axe looked at nothing"
    return [
        f"{violation['id']}: {node['html'][:120]} ({node['failureSummary'][:200]})"
        for violation in results.response["violations"]
        for node in violation["nodes"][:4]
    ]


def overflow_px(page: Any) -> int:
    """Return by how much a page is wider than its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


@pytest.mark.parametrize(("name", "scheme", "width"), SAMPLE)
def test_a_page_is_accessible_and_fits(browser: Any, lab: Lab, name: str, scheme: str, width: int):
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, reduced_motion="reduce"
    )
    try:
        seen = watched(context, lab.origin).go(PAGES[name].format(study=lab.study))
        assert overflow_px(seen) <= 0
        if name == "responses":
            seen.locator("details > summary").nth(1).click()
        assert broken(seen) == []
        assert overflow_px(seen) <= 0
    finally:
        context.close()


@pytest.mark.parametrize("path", [
    "/experiments/{running}", "/experiments/nothing", "/?search=nothing-like-it",
    "/experiments/{planned}", "/experiments/{planned}/statistics", "/compare",
    "/experiments/{planned}/responses",
])  # fmt: skip
def test_what_is_empty_or_goes_on_is_accessible(page: Watched, lab: Lab, path: str):
    planned = lab.database.experiments.find("Planned for later").id
    seen = page.go(path.format(running=lab.running, planned=planned))
    assert broken(seen) == []
    seen.set_viewport_size({"width": PHONE, "height": 844})
    until(lambda: overflow_px(seen) <= 0, "room for everything")


def test_axe_would_find_something(page: Watched, lab: Lab):
    seen = page.go("/")
    seen.evaluate(
        "document.querySelector('#search').parentElement.replaceWith(document.createElement('input'))"
    )
    assert any(line.startswith("label:") for line in broken(seen))
