"""A dashboard that goes away and comes back: the page says so and goes on."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.browser.chromium import FULL, expect
from tests.browser.lab import empty_lab
from tests.browser.processes import call, end, first_json, started
from tests.browser.studies import config

N_RESTARTS = 3 if FULL else 1


def test_a_page_outlives_its_server(browser: Any, tmp_path: Path):
    with empty_lab(tmp_path) as lab:
        experiment = lab.create("Before", config(per_domain=4))
        words = ("monitor", "--database-url", lab.database_url, "--json", "--port")
        port = 0
        context = browser.new_context()
        page = context.new_page()
        for n in range(N_RESTARTS + 1):
            with started(tmp_path, *words, str(port)) as server:
                address = first_json(server)["url"]
                port = urlsplit(address).port or 0
                if n == 0:
                    page.goto(address)
                    page.evaluate("window.isTheSame = true")
                expect(page.locator("#pulse")).to_have_text("live", timeout=30_000)
                lab.create(f"Number {n}", config(per_domain=4))
                expect(page.locator("#live-rows")).to_contain_text(f"Number {n}")
                if n == N_RESTARTS:
                    break
                end(server)
            expect(page.locator("#pulse")).to_contain_text("stale", timeout=30_000)
            if n == 0:  # meanwhile, from a shell
                call(tmp_path, "cancel", experiment, "--database-url", lab.database_url)
        expect(page.locator("#live-rows")).to_contain_text("cancelled")
        assert page.evaluate("window.isTheSame")
        context.close()


def test_a_button_of_a_page_from_before_a_restart_still_works(browser: Any, tmp_path: Path):
    with empty_lab(tmp_path) as lab:
        experiment = lab.create("Old page", config(per_domain=4))
        words = ("monitor", "--database-url", lab.database_url, "--json", "--port")
        context = browser.new_context()
        page = context.new_page()
        with started(tmp_path, *words, "0") as server:
            address = first_json(server)["url"]
            page.goto(f"{address}experiments/{experiment}")
            end(server)
        with started(tmp_path, *words, str(urlsplit(address).port)) as server:
            first_json(server)
            page.get_by_role("button", name="Queue", exact=True).click()
            expect(page.locator("#live-summary .state")).to_have_text("queued")
        assert str(lab.database.experiments.get(experiment).state) == "queued"
        context.close()
