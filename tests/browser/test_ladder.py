"""The ladder: one question through all levels, found by where a model falls."""

from typing import Any

import pytest

from tests.browser.chromium import FULL, expect
from tests.browser.lab import Lab
from tests.browser.watched import Watched

FILTERS = [("0 (baseline)", "character_substitution 50", 0), ("0 (baseline)", "word_shuffle 17", 1)]
"""Right at, wrong at, and the number of the model."""


def verdicts(lab: Lab, experiment: str, model: int) -> dict[str, dict[int, bool | None]]:
    """Return by condition and question whether a model was right, from the stored scores."""
    database = lab.database
    conditions = [
        f"{c.method} {c.level_pct:g}" if not c.is_baseline else "0 (baseline)"
        for c in database.experiments.conditions(experiment)
    ]
    n_conditions = len(conditions)
    n_questions = len(database.experiments.questions(experiment, 0, 10_000))
    first = model * n_questions * n_conditions
    found: dict[str, dict[int, bool | None]] = {name: {} for name in conditions}
    for item in database.trials.responses(experiment, first, first + n_questions * n_conditions):
        question, condition = divmod(item.trial_index - first, n_conditions)
        is_answered = item.score is not None and item.score.answer is not None
        is_right = item.score is not None and item.score.value >= 1
        found[conditions[condition]][question] = is_right if is_right or is_answered else None
    return found


def shown(page: Any) -> int:
    """Return the number of the question that is shown."""
    return int(page.locator("input[name=question][type=number]").input_value())


@pytest.mark.parametrize(("right", "wrong", "model"), FILTERS if FULL else FILTERS[:1])
def test_a_filter_shows_the_questions_that_fit_and_no_other(
    page: Watched, lab: Lab, right: str, wrong: str, model: int
):
    of_model = verdicts(lab, lab.study, model)
    fits = [
        question + 1
        for question, is_right in of_model[right].items()
        if is_right and of_model[wrong][question] is False
    ]
    assert 1 < len(fits) < 24
    seen = page.go(f"/experiments/{lab.study}/ladder")
    seen.get_by_label("Model").select_option(index=model)
    seen.get_by_label("right at").select_option(label=right)
    seen.get_by_label("wrong at").select_option(label=wrong)
    expect(seen.locator(".matches a")).to_have_text([str(number) for number in fits])

    walked = [shown(seen)]
    for number in fits[1:]:
        seen.get_by_role("link", name="next →").click()
        expect(seen.locator("input[name=question][type=number]")).to_have_value(str(number))
        walked.append(shown(seen))
    assert walked == fits
    expect(seen.locator(".step.off")).to_have_text("next →")
    seen.get_by_role("link", name="← previous").click()
    expect(seen.locator("input[name=question][type=number]")).to_have_value(str(fits[-2]))
    page.assert_quiet()


def test_the_first_level_that_is_no_longer_right_is_marked(page: Watched, lab: Lab):
    of_models = [verdicts(lab, lab.study, model) for model in range(3)]
    order = [name for name in of_models[0] if not name.startswith("word_shuffle")]
    n_flips = 0
    for question in range(12 if FULL else 4):
        seen = page.go(f"/experiments/{lab.study}/ladder?question={question + 1}")
        ladder = seen.locator("table.ladder").first
        for model, found in enumerate(of_models):
            marked = [
                row.locator("td.cell").nth(model).locator(".v.flip").count()
                for row in ladder.locator("tbody tr").all()
            ]
            assert marked == _flip([found[name][question] for name in order])
            n_flips += sum(marked)
    assert n_flips


def _flip(of_levels: list[bool | None]) -> list[int]:
    """Return 1 where the first answer that is not right follows a right one, else 0."""
    marks, was_right = [0] * len(of_levels), False
    for place, is_right in enumerate(of_levels):
        if was_right and not is_right:
            marks[place] = 1
            break
        was_right = was_right or bool(is_right)
    return marks


def test_what_was_changed_in_the_text_is_marked(page: Watched, lab: Lab):
    seen = page.go(f"/experiments/{lab.study}/ladder?question=1")
    rows = seen.locator("table.ladder").first.locator("tbody tr")
    assert rows.nth(0).locator("mark").count() == 0
    assert rows.nth(4).locator("mark").count() > 3


def test_a_note_on_a_question_stands_there_and_nowhere_else(page: Watched, lab: Lab):
    seen = page.go(f"/experiments/{lab.study}/ladder?question=1")
    expect(seen.locator("article.note")).to_have_count(1)
    expect(seen.locator("article.note")).to_contain_text("two answers could count")
    seen = page.go(f"/experiments/{lab.study}/ladder?question=2")
    seen.get_by_label("Name").fill("Ada")
    seen.get_by_label("Note").fill("Typo in the source")
    seen.get_by_role("button", name="Add note").click()
    expect(seen.locator("article.note")).to_contain_text("Typo in the source")
    assert shown(seen) == 2
    (note,) = [n for n in lab.database.monitor.notes(lab.study) if n.question == 1]
    assert (note.author, note.text) == ("Ada", "Typo in the source")
