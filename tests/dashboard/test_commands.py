"""What the pages offer to type can be typed, and what they draw has something to draw."""

import re
import shlex
import subprocess
from html import unescape
from pathlib import Path
from shutil import which

import pytest
from typer.main import get_command

from scramblebench.cli.app import app as cli
from scramblebench.core.clock import SystemClock
from scramblebench.dashboard.app import Application
from scramblebench.dashboard.rendering import HERE, PROGRAM, STATIC
from scramblebench.dashboard.static_page import static_page
from tests.dashboard.asgi import Answer, get
from tests.dashboard.conftest import World
from tests.dashboard.test_pages import pages, words

CODE = re.compile(rf"<code>({PROGRAM} [^<]+)</code>")
LITERAL = re.compile(r'command\(((?:"[^"]*"|[\w.| \[\]:*]+|, )+)\)')


def check(line: str) -> None:
    """Parse a command as its program does; raises what the program would complain of."""
    name, *arguments = shlex.split(unescape(line))
    arguments = ["1" if word == "NO" else word for word in arguments]
    context = get_command(cli).make_context(name, list(arguments))
    group = context.command
    while hasattr(group, "resolve_command"):
        word, group, arguments = group.resolve_command(context, arguments)
        context = group.make_context(word, list(arguments), parent=context)


def check_page(answer: Answer) -> None:
    lines = CODE.findall(answer.text)
    assert lines
    for line in lines:
        check(line)


def test_every_command_on_a_page_can_be_typed(world: World) -> None:
    for experiment_id in (world.done, world.planned):
        for path in [*pages(experiment_id), f"/compare?a={experiment_id}&b={world.planned}"]:
            check_page(get(world.app, path))
    for path in ("/?q=nothing-has-this-name", "/experiments/nothing"):
        check_page(get(world.app, path))


def test_every_command_where_there_is_nothing_can_be_typed(empty_app: Application) -> None:
    for path in ("/", "/queue", "/alerts", "/system", "/compare", "/experiments/x"):
        check_page(get(empty_app, path))


def test_every_command_in_a_template_exists() -> None:
    found = 0
    for path in (HERE / "templates").rglob("*.html"):
        for literal in LITERAL.findall(path.read_text("utf-8")):
            if words_of := re.findall(r'"([^"]*)"', literal):
                context = get_command(cli).make_context(PROGRAM, words_of)
                name, command, _ = get_command(cli).resolve_command(context, list(words_of))
                assert command is not None, (path, name)
                found += 1
    assert found > 20


def test_what_is_completed_is_not_running(world: World) -> None:
    shown = words(get(world.app, f"/experiments/{world.done}"))
    assert "ran for" in shown
    assert "running for" not in shown


def test_an_exported_page_without_samples_says_so(world: World) -> None:
    record = world.database.experiments.get(world.planned)
    html = static_page(world.database, record, SystemClock())
    assert "Over time" in html
    assert "Fewer than two samples" in html
    assert "running for" not in html


@pytest.mark.skipif(which("node") is None, reason="needs node")
@pytest.mark.parametrize(
    ("series", "drawn"),
    [
        ("[]", "false"),
        ("[{values: [null, 0.2]}, {values: [null, 3]}]", "false"),
        ("[{values: [null, null]}, {values: [1, null, 2]}]", "true"),
    ],
)
def test_a_graph_needs_two_values_of_one_series(series: str, drawn: str) -> None:
    script = Path(STATIC / "dashboard.js").read_text("utf-8")
    (function,) = re.findall(r"^function hasLine\(.*$", script, re.MULTILINE)
    done = subprocess.run(
        ["node", "-e", f"{function} console.log(hasLine({series}))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == drawn
