"""Without JavaScript everything can be read and done: tables, charts, filters, buttons."""

from collections.abc import Generator
from typing import Any

import pytest

from tests.browser.chromium import expect
from tests.browser.conftest import WIDE
from tests.browser.lab import Lab
from tests.browser.pages import PAGES
from tests.browser.studies import config


@pytest.fixture
def plain(browser: Any) -> Generator[Any]:
    """A page of a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False, viewport=WIDE)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable(plain: Any, lab: Lab, name: str):
    plain.goto(lab.origin + PAGES[name].format(study=lab.study))
    expect(plain.locator("h1")).to_be_visible()
    expect(plain.locator("main table tbody tr").first).to_be_visible()
    expect(plain.locator("#pulse")).to_be_hidden()


def test_numbers_and_curves_are_there(plain: Any, lab: Lab):
    plain.goto(f"{lab.origin}/experiments/{lab.study}")
    expect(plain.locator("#live-summary")).to_contain_text("1,080 / 1,080")
    expect(plain.locator("svg.chart").first).to_be_visible()
    expect(plain.locator("noscript p")).to_contain_text("need JavaScript")


def test_filters_and_buttons_work(plain: Any, lab: Lab):
    experiment = lab.create("Without scripts", config(per_domain=4))
    plain.goto(f"{lab.origin}/?search=without")
    plain.get_by_role("link", name="Without scripts").click()
    plain.get_by_label("Tags").fill("plain")
    plain.get_by_role("button", name="Save").click()
    expect(plain.locator("p.message")).to_have_text("The tags are saved.")
    plain.get_by_role("button", name="Cancel").click()
    expect(plain.locator("#live-summary .state")).to_have_text("cancelled")
    record = lab.database.experiments.get(experiment)
    assert (record.tags, str(record.state)) == (("plain",), "cancelled")
