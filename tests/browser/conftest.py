"""A browser and a dashboard for all tests here.

They end with the last test of this folder: an event loop of Playwright's that went on would be in the way
of others' ``asyncio.run``.
"""

from collections.abc import Generator
from typing import Any

import pytest

from tests.browser.lab import Lab, laboratory

WIDE = {"width": 1280, "height": 900}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark all tests of this folder."""
    if "browser" in item.path.parts:
        item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Generator[Any]:
    """The system's browser."""
    from tests.browser.chromium import chromium

    with chromium() as found:
        yield found


@pytest.fixture(scope="package")
def lab(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Generator[Lab]:
    """A dashboard and a runner at work; not started where no browser looks at it."""
    with laboratory(tmp_path_factory.mktemp("lab")) as found:
        yield found


@pytest.fixture
def page(browser: Any, lab: Lab) -> Generator[Any]:
    """A watched page of the lab's dashboard, 1280 px wide and light."""
    from tests.browser.watched import watched

    context = browser.new_context(viewport=WIDE, color_scheme="light")
    yield watched(context, lab.origin)
    context.close()
