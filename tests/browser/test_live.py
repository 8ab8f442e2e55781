"""A run as its page shows it: nothing is loaded again, and what is pressed is done."""

from typing import Any

from tests.browser import studies
from tests.browser.chromium import expect
from tests.browser.lab import Lab
from tests.browser.watched import Watched
from tests.waiting import until

RULE = {"metric": "api_calls_per_minute", "threshold": 60, "window_s": 1}
N_TRIALS = 400


def answered(page: Any) -> int:
    """Return the number of answers that the page shows."""
    text = page.locator("#live-summary .lead > span.n").inner_text()
    return int(text.partition("/")[0].replace(",", ""))


def more(page: Any, n_before: int) -> int:
    """Wait until the page shows more answers; return how many."""
    return until(lambda: found if (found := answered(page)) > n_before else 0, "progress")


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_run_is_watched_stopped_and_continued_on_one_page(page: Watched, lab: Lab):
    values = studies.unhurried(1500) | {"monitoring": {"rules": [RULE]}}
    experiment = lab.create("Watched", values)
    seen = page.go(f"/experiments/{experiment}")
    seen.evaluate("window.isTheSame = true")
    expect(seen.locator("#pulse")).to_have_text("live")
    assert answered(seen) == 0

    press(seen, "Queue")
    expect(seen.locator("#live-summary .state")).to_have_text("running")
    n_shown = 0
    for _ in range(3):
        n_shown = more(seen, n_shown)
    assert n_shown <= lab.n_answered(experiment)
    expect(seen.locator("#live-curves")).to_contain_text("interim")
    expect(seen.locator("#pulse")).to_have_text("live")

    press(seen, "Pause")
    expect(seen.locator("#live-summary .state")).to_have_text("paused")
    assert str(lab.database.experiments.get(experiment).state) == "paused"
    n_kept = until(lambda: settled(lab, experiment), "rest")
    assert n_kept < N_TRIALS
    until(lambda: answered(seen) == n_kept, "last answer on the page")

    press(seen, "Resume")
    expect(seen.locator("#live-summary .state")).to_have_text("running", timeout=30_000)
    until(lambda: answered(seen) > n_kept, "further answer")
    expect(seen.locator("#live-summary .state")).to_have_text("completed", timeout=60_000)
    expect(seen.locator("#pulse")).to_have_text("finished")
    assert answered(seen) == lab.n_answered(experiment) == N_TRIALS
    events = [str(event.after) for event in lab.database.experiments.events(experiment)]
    assert events[-4:] == ["paused", "queued", "running", "completed"]
    assert seen.evaluate("window.isTheSame")
    page.assert_quiet()


def settled(lab: Lab, experiment: str) -> int | None:
    """Return the number of answers once nothing is in flight any more."""
    entries = {e.experiment_id: e for e in lab.database.queue.entries()}
    entry = entries.get(experiment)
    return lab.n_answered(experiment) if entry is None or entry.runner_id is None else None


def test_an_alert_is_acknowledged_with_name_and_note(page: Watched, lab: Lab):
    no = lab.raise_alert("disk_percent", "The disk is nearly full")
    seen = page.go("/alerts")
    row = seen.locator("#live-open tr", has_text="The disk is nearly full")
    row.get_by_label("Your name").fill("Ada")
    row.get_by_label("Note").fill("a bigger one is ordered")
    row.get_by_role("button", name="Acknowledge").click()
    expect(seen.locator("p.message")).to_have_text("The alert is acknowledged.")
    expect(row).to_contain_text("Ada")
    expect(row).to_contain_text("a bigger one is ordered")
    expect(row.get_by_role("button")).to_have_count(0)
    (stored,) = [a for a in lab.database.monitor.alerts(is_open=True) if a.no == no]
    assert (stored.acknowledged_by, stored.note) == ("Ada", "a bigger one is ordered")
    page.assert_quiet()


def test_an_alert_appears_while_the_page_is_open(page: Watched, lab: Lab):
    seen = page.go("/alerts")
    expect(seen.locator("#pulse")).to_have_text("live")
    lab.raise_alert("memory_percent", "Memory is short")
    expect(seen.locator("#live-open")).to_contain_text("Memory is short")


def test_what_is_being_typed_survives_what_comes_in(page: Watched, lab: Lab):
    lab.raise_alert("cpu_percent", "The CPU is busy")
    seen = page.go("/alerts")
    note = seen.locator("#live-open tr", has_text="The CPU is busy").get_by_label("Note")
    note.fill("half a sent")
    beside = seen.context.new_page()
    beside.goto(f"{lab.origin}/alerts")
    lab.raise_alert("disk_percent", "Another one meanwhile")
    expect(beside.locator("#live-open")).to_contain_text("Another one meanwhile")
    lab.raise_alert("cost_per_hour", "And a third")  # the first has surely been received by both
    expect(beside.locator("#live-open")).to_contain_text("And a third")
    expect(note).to_have_value("half a sent")
    expect(note).to_be_focused()


def test_tags_and_a_note_are_kept(page: Watched, lab: Lab):
    seen = page.go(f"/experiments/{lab.other}")
    seen.get_by_label("Tags").fill("camera-ready, checked")
    press(seen, "Save")
    expect(seen.locator("p.message")).to_have_text("The tags are saved.")
    seen.get_by_label("Name").fill("Grace")
    seen.get_by_label("Note").fill("Line one\nline two")
    press(seen, "Add note")
    expect(seen.locator("article.note")).to_contain_text("Line one\nline two")
    assert lab.database.experiments.get(lab.other).tags == ("camera-ready", "checked")
    (note,) = lab.database.monitor.notes(lab.other)
    assert (note.author, note.text) == ("Grace", "Line one\nline two")
    expect(page.go("/").locator("tr", has_text="camera-ready")).to_have_count(1)
    page.assert_quiet()
