"""A browser of the system's, driven by Playwright: nothing is downloaded and no name is looked up."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

FULL = os.environ.get("SCRAMBLEBENCH_BROWSER") == "full"
"""Whether the whole matrix is wanted (``make browser``), not a commit's sample."""

_sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
Browser, Page, Request, expect = (
    _sync_api.Browser,
    _sync_api.Page,
    _sync_api.Request,
    _sync_api.expect,
)
expect.set_options(timeout=15_000)

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@contextmanager
def chromium() -> Generator[Any]:
    """Run the system's browser; skips where there is none."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(_NAMES)} is on the path")
    with _sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()
