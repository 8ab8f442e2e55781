"""The keyboard: search, rows, levels, pages, help."""

from typing import Any

from tests.browser.chromium import expect
from tests.browser.lab import Lab
from tests.browser.watched import Watched


def chosen(page: Any) -> str:
    """Return the first cell of the row that is chosen."""
    row = page.locator("tr.here")
    expect(row).to_have_count(1)
    return row.locator("th").inner_text()


def test_slash_goes_to_the_search_and_escape_leaves_it(page: Watched, lab: Lab):
    seen = page.go("/")
    seen.keyboard.press("/")
    expect(seen.get_by_label("Search")).to_be_focused()
    seen.keyboard.type("j")
    expect(seen.get_by_label("Search")).to_have_value("j")
    assert seen.locator("tr.here").count() == 0
    seen.keyboard.press("Escape")
    expect(seen.get_by_label("Search")).not_to_be_focused()


def test_j_k_and_enter_choose_and_open_a_row(page: Watched, lab: Lab):
    seen = page.go("/")
    names = seen.locator("#live-rows tbody th a").all_inner_texts()
    places = []
    for key in ("j", "j", "j", "k"):
        seen.keyboard.press(key)
        places.append(next(n for n, name in enumerate(names) if name in chosen(seen)))
    assert places == [0, 1, 2, 1]
    seen.keyboard.press("Enter")
    expect(seen.locator("h1")).to_have_text(names[1])


def test_a_chosen_row_stays_chosen_while_the_list_lives(page: Watched, lab: Lab):
    seen = page.go("/")
    seen.keyboard.press("j")
    before = seen.locator("tr", has_text="Overnight").inner_text()
    expect(seen.locator("tr", has_text="Overnight")).not_to_have_text(before)
    seen.wait_for_function(
        "text => document.querySelector('#live-rows').innerText.indexOf(text) < 0", arg=before
    )
    chosen(seen)


def test_brackets_change_the_level(page: Watched, lab: Lab):
    seen = page.go(f"/experiments/{lab.study}/responses")
    level = seen.locator("select[name=condition]")
    for key, value in (("]", "0"), ("]", "1"), ("[", "0")):
        seen.keyboard.press(key)
        expect(level).to_have_value(value)
        seen.wait_for_url(f"**condition={value}*")


def test_comma_and_full_stop_turn_pages_and_questions(page: Watched, lab: Lab):
    seen = page.go(f"/experiments/{lab.study}/ladder?question=2")
    for key, number in ((".", "3"), (",", "2"), (",", "1")):
        seen.keyboard.press(key)
        expect(seen.locator("input[name=question][type=number]")).to_have_value(number)
    seen = page.go(f"/experiments/{lab.study}/responses")
    seen.keyboard.press(".")
    seen.wait_for_url("**from=*")


def test_question_mark_shows_the_keys(page: Watched, lab: Lab):
    seen = page.go("/queue")
    seen.keyboard.press("?")
    expect(seen.locator("#help")).to_be_visible()
    seen.keyboard.press("Escape")
    expect(seen.locator("#help")).to_be_hidden()


def test_everything_on_a_page_can_be_reached_by_tab_and_is_seen_there(page: Watched, lab: Lab):
    seen = page.go(f"/experiments/{lab.study}")
    seen.keyboard.press("Tab")
    expect(seen.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(seen.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    seen.keyboard.press("Tab")
    expect(seen.get_by_role("link", name="ScrambleBench")).to_be_focused()
    outline = seen.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_the_theme_is_changed_and_remembered(page: Watched, lab: Lab):
    ground = "getComputedStyle(document.body).backgroundColor"
    seen = page.go("/")
    light = seen.evaluate(ground)
    seen.get_by_role("button", name="Dark").click()
    dark = seen.evaluate(ground)
    assert dark != light
    assert page.go("/queue").evaluate(ground) == dark
