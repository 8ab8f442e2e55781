"""The address of a page holds what it shows: filters, page and selection come back from a link."""

from typing import Any

from tests.browser.chromium import expect
from tests.browser.lab import Lab
from tests.browser.watched import Watched
from tests.waiting import until


def test_filters_are_in_the_address_and_come_back_from_it(page: Watched, lab: Lab):
    seen = page.go(f"/experiments/{lab.study}/responses")
    seen.get_by_label("Model").select_option(index=2)
    seen.wait_for_url("**/responses?model=1")
    seen.get_by_label("Verdict").select_option("wrong")
    seen.wait_for_url("**/responses?model=1&verdict=wrong")
    expect(seen.locator("table.responses .v").first).to_contain_text("wrong")
    rows = seen.locator("table.responses tbody tr").all_inner_texts()

    again = seen.context.new_page()
    again.goto(seen.url)
    expect(again.get_by_label("Model")).to_have_value("1")
    expect(again.get_by_label("Verdict")).to_have_value("wrong")
    texts = again.locator("table.responses tbody tr").all_inner_texts()
    assert [text.split()[0] for text in texts] == [text.split()[0] for text in rows]
    assert all("gemma3:7b" in text and "wrong" in text for text in texts)


def test_back_and_forward_go_through_filters(page: Watched, lab: Lab):
    seen = page.go(f"/experiments/{lab.study}/responses?verdict=right")
    seen.get_by_label("Verdict").select_option("wrong")
    seen.wait_for_url("**/responses?verdict=wrong")
    seen.go_back()
    seen.wait_for_url("**/responses?verdict=right")
    expect(seen.get_by_label("Verdict")).to_have_value("right")
    expect(seen.locator("table.responses .v").first).to_contain_text("right")


def test_the_second_page_has_an_address_of_its_own(page: Watched, lab: Lab):
    seen = page.go(f"/experiments/{lab.study}/responses?model=0")
    first = seen.locator("table.responses tbody tr th").all_inner_texts()
    seen.get_by_role("link", name="Next page").click()
    expect(seen.locator("table.responses tbody tr th").first).not_to_have_text(first[0])
    second = seen.locator("table.responses tbody tr th").all_inner_texts()
    assert not set(first) & set(second)
    assert "model=0" in seen.url
    seen.reload()
    assert seen.locator("table.responses tbody tr th").all_inner_texts() == second


def test_a_link_to_one_question_through_a_filter(page: Watched, lab: Lab):
    path = f"/experiments/{lab.study}/ladder?model=1&right=0&wrong=4"
    number = page.go(path).locator(".matches a").nth(1).inner_text()
    seen = page.go(f"{path}&question={number}")
    expect(seen.locator(".matches a[aria-current]")).to_have_text(number)
    expect(seen.get_by_label("wrong at")).to_have_value("4")
    expect(seen.get_by_label("Model")).to_have_value("1")


def test_the_beginning_of_an_id_and_a_name_lead_to_the_full_address(page: Watched, lab: Lab):
    seen = page.go(f"/experiments/{lab.study[:8]}/ladder?question=3")
    assert seen.url == f"{lab.origin}/experiments/{lab.study}/ladder?question=3"
    seen = page.go("/experiments/Planned%20for%20later")
    expect(seen.locator("h1")).to_have_text("Planned for later")


def test_search_is_in_the_address_while_it_is_typed(page: Watched, lab: Lab):
    seen = page.go("/")
    seen.get_by_label("Search").fill("overnight")
    seen.wait_for_url("**/?search=overnight")
    expect(seen.locator("#live-rows tbody tr")).to_have_count(1)
    seen.reload()
    expect(seen.get_by_label("Search")).to_have_value("overnight")
    expect(seen.locator("#live-rows tbody tr")).to_have_count(1)


def test_what_is_chosen_while_an_answer_is_on_its_way_is_not_lost(page: Watched, lab: Lab):
    seen = page.go(f"/experiments/{lab.study}/responses")
    held: list[Any] = []
    seen.route("**/responses?*", lambda route: route.continue_() if held else held.append(route))
    seen.get_by_label("Model").select_option(index=1)
    until(lambda: seen.wait_for_timeout(50) or held, "request")  # which is not answered yet
    seen.get_by_label("Verdict").select_option("wrong")
    held[0].continue_()
    seen.wait_for_url("**/responses?model=0&verdict=wrong")
    expect(seen.get_by_label("Model")).to_have_value("0")
    expect(seen.get_by_label("Verdict")).to_have_value("wrong")
