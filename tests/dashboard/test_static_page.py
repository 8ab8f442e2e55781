"""One experiment in a file: complete, closed to the outside, escaped."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scramblebench.cli.app import run_command_line as main
from scramblebench.core.clock import SystemClock
from scramblebench.dashboard.static_page import static_page
from scramblebench.storage import open_database
from tests.dashboard.conftest import World
from tests.dashboard.test_pages import PAYLOADS, fill_with


class _Addresses(HTMLParser):
    """Everything a browser would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "img", "iframe", "object", "embed", "form", "base"):
            self.found.append((tag, str(attrs)))
        self.found += [
            (tag, name) for name, _ in attrs if name in ("src", "style") or name[:2] == "on"
        ]


def fetched(html: str) -> list[tuple[str, str]]:
    parser = _Addresses()
    parser.feed(html)
    return parser.found


def test_a_page_of_a_real_run_asks_nobody(world: World) -> None:
    record = world.database.experiments.get(world.done)
    html = static_page(world.database, record, SystemClock())
    assert fetched(html) == []
    assert "url(" not in html
    assert "default-src 'none'" in html
    assert html.count('class="chart"') >= 2
    shown = unescape(re.sub(r"<[^>]+>", " ", html))
    for words in ("Done study", "80 / 80", "simulated", "Accuracy by level", "reasoner"):
        assert words in " ".join(shown.split())


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_texts_stay_texts(payload: str) -> None:
    database = open_database("sqlite://")
    database.migrate()
    fill_with(database, payload)
    html = static_page(database, database.experiments.get("e1"), SystemClock())
    assert fetched(html) == []
    if "<" in payload:
        assert payload not in html
        assert payload in unescape(html)
    html.encode()


def test_the_command_writes_it_once(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "page.html"
    arguments = ["export", world.done[:8], "--html", str(file), "--database-url", world.url]
    assert main(arguments) == 0
    assert file.stat().st_mode & 0o077 == 0
    first = file.read_text("utf-8")
    assert "Done study" in first
    assert main(arguments) == 2
    assert "--force" in capsys.readouterr().err
    assert main([*arguments, "--force"]) == 0
    assert main(["export", world.done, "--database-url", world.url]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
