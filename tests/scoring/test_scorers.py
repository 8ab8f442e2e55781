"""Names, versions and the choice of a scorer."""

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question
from scramblebench.scoring import SCORERS, choose_scorer, parse_scorer


def test_every_scorer_says_what_it_does() -> None:
    assert set(SCORERS) == {
        "contains",
        "exact_match",
        "multiple_choice",
        "number",
        "regex",
        "token_f1",
    }
    for name, info in SCORERS.items():
        assert info.name == name
        assert info.version >= 1
        assert info.summary


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        ("number", "number@1"),
        (" number@1 ", "number@1"),
        ("regex:a@b:(c)", "regex@1:a@b:(c)"),
        ("regex@1:x", "regex@1:x"),
    ],
)
def test_labels(spec: str, label: str) -> None:
    assert parse_scorer(spec).label == label
    assert parse_scorer(label).label == label


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("numbers", "did you mean number?"),
        ("multiple-choice", "did you mean multiple_choice?"),
        ("Exact_Match", "did you mean exact_match?"),
        ("f1", "did you mean token_f1?"),
        ("llm judge", "known scorers are contains, exact_match"),
        ("", "known scorers are"),
        ("number@2", "number@1"),
        ("number:3", "takes no parameter"),
    ],
)
def test_unknown_scorers_are_refused_with_a_remedy(spec: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_scorer(spec)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("answers", "choices", "scorer"),
    [
        (("Paris",), (), "exact_match"),
        (("Paris",), ("Paris", "Rome"), "multiple_choice"),
        (("72",), (), "number"),
        (("60", "sixty"), (), "number"),
        (("51.0",), (), "number"),
        (("He has 3 cats.\n#### 3",), (), "number"),
        (("7", "a week"), (), "exact_match"),
        (("yes",), (), "exact_match"),
        (("(B)",), (), "multiple_choice"),
        (("B",), (), "exact_match"),
        (("05/01/2021",), (), "exact_match"),
        (("H2O",), (), "exact_match"),
    ],
)
def test_choice_by_question(
    answers: tuple[str, ...], choices: tuple[str, ...], scorer: str
) -> None:
    question = Question("id", "made up", "What?", answers, choices, 0 if choices else None)
    assert choose_scorer(question) == scorer
