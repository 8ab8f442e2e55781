"""Short free-text answers, verdicts, dates and lists of words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.questions import Question
from scramblebench.core.trials import AnswerStatus
from scramblebench.scoring import score


def asked(*answers: str) -> Question:
    return Question("id", "made up", "What?", answers)


SORTED = "barn damp dot guru it&t thrill"
RIGHT = [
    # (accepted answers, response, rule)
    (("Paris",), "Paris", "whole"),
    (("Paris",), " paris.\n", "whole"),
    (("Paris",), "**Paris**", "whole"),
    (("Paris",), '"Paris"!', "whole"),
    (("Paris",), "Ｐａｒｉｓ", "whole"),
    (("Paris",), "The capital is Paris.", "whole"),
    (("Paris",), "Paris is the capital of France.", "whole"),
    (("Paris",), "The answer is Paris.", "answer_is"),
    (("Paris",), "The answer is Paris, the capital of France.", "answer_is"),
    (("Paris",), "Answer:\nParis", "answer_is"),
    (("Paris",), "A: Paris", "whole"),
    (("Paris",), "Answer: Paris. It lies on the Seine.", "answer_is"),
    (("Paris",), "Answer: France has had several capitals over time. Now it is Paris.", "whole"),
    (("Paris",), "#### Paris", "hash_marks"),
    (("Paris",), "\\boxed{\\text{Paris}}", "boxed"),
    (("Paris",), "The capital is Paris\n\nQ: And of Italy?\nA: Rome", "whole"),
    (("Paris",), "Rome? No. " + "It is not in Italy. " * 20 + "\nSo it is Paris.", "last_sentence"),
    (("Paris",), "It is Paris. " + "The city lies on the Seine. " * 20, "first_sentence"),
    (("Paris",), "I'm sorry for the delay. Paris.", "whole"),
    (("Paris",), "I cannot be sure. Paris, I guess.", "whole"),
    (("Paris",), "It's not Lyon, it's Paris.", "whole"),
    (("the Beatles",), "Beatles", "whole"),
    (("Beatles",), "The Beatles", "whole"),
    (("A",), "a", "whole"),
    (("U.S.",), "US", "whole"),
    (("US",), "U.S.", "whole"),
    (("J. K. Rowling",), "The answer is J. K. Rowling.", "answer_is"),
    (("sad", "unhappy"), "Sad or unhappy", "whole"),
    (("H2O", "H₂O"), "H₂O", "whole"),
    (("H2O",), "The symbol is H₂O.", "whole"),
    (("C++",), "C++", "whole"),
    (("São Paulo",), "sa\u0303o paulo", "whole"),
    (("straße",), "STRASSE", "whole"),
    (("東京",), "東京。", "whole"),
    (("Pacific",), "The Pacific Ocean", "whole"),
    (("twenty-four hours",), "Twenty four hours", "whole"),
    (("] ) }",), "] ) }", "whole"),
    (("yes",), "Yes", "whole"),
    (("No", "No, it is not"), "No, never.", "whole"),
    (("yes",), "True.", "leading_word"),
    (("yes",), "Yes, it is.", "leading_word"),
    (("No",), "There is one way. So the answer is No.", "answer_is"),
    (("No",), "False", "leading_word"),
    (("no",), "That is not correct.", "only_word"),
    (("True",), "not not ( True ) ... So it is not false.", "only_word"),
    (("yes",), "I first thought no. Yes.", "last_word"),
    (("05/01/2021",), "05/01/2021", "whole"),
    (("05/01/2021",), "The date is May 1, 2021.", "last_date"),
    (("05/01/2021",), "The answer is 2021-05-01.", "answer_is"),
    (("05/01/2021",), "Today is 1 April 2021, so it is the 1st of May 2021", "last_date"),
    (("14 March 2020",), "3/14/2020", "last_date"),
    ((SORTED,), "barn, damp, dot, guru, it&t, thrill", "whole"),
    ((SORTED,), "barn damp dot guru it&t and thrill", "whole"),
    ((SORTED,), "1. barn\n2. damp\n3. dot\n4. guru\n5. it&t\n6. thrill", "whole"),
    (
        (SORTED,),
        "The sorted answer is:\n- barn\n- damp\n- dot\n- guru\n- it&t\n- thrill",
        "answer_is",
    ),
    ((SORTED,), "Sorted: barn damp dot guru it&t thrill", "whole"),
]


@pytest.mark.parametrize(("answers", "response", "rule"), RIGHT)
def test_right(answers: tuple[str, ...], response: str, rule: str) -> None:
    result = score(asked(*answers), response, "exact_match")
    assert (result.value, result.rule, result.scorer) == (1.0, rule, "exact_match@1")
    assert result.status is AnswerStatus.ANSWERED


WRONG = [
    (("Paris",), "London"),
    (("cat",), "category"),
    (("cat",), "concatenate"),
    (("ice",), "nice"),
    (("4",), "14"),
    (("4",), "4.5"),
    (("-4",), "4"),
    (("valid",), "invalid"),
    (("Paris",), "It is not Paris."),
    (("Paris",), "Rome, not Paris"),
    (("Paris",), "Paris or Rome"),
    (("Paris",), "The answer is Rome. Paris is in France."),
    (("C++",), "C"),
    (("No", "No, it is not"), "I have no comment"),
    (("yes",), "No"),
    (("no",), "I know that. Yes."),
    (("yes",), "not true"),
    (("05/01/2021",), "01/05/2021"),
    ((SORTED,), "damp barn dot guru it&t thrill"),
]


@pytest.mark.parametrize(("answers", "response"), WRONG)
def test_wrong(answers: tuple[str, ...], response: str) -> None:
    result = score(asked(*answers), response, "exact_match")
    assert (result.value, result.status) == (0.0, AnswerStatus.ANSWERED)


NO_ANSWER = [
    (("Paris",), "", AnswerStatus.EMPTY),
    (("Paris",), "...", AnswerStatus.UNPARSABLE),
    (("yes",), "It is plausible and yes or no.", AnswerStatus.UNPARSABLE),
    (("yes",), "Maybe", AnswerStatus.UNPARSABLE),
    (("05/01/2021",), "next week", AnswerStatus.UNPARSABLE),
    (("Paris",), "I'm sorry, but I cannot tell you about Paris.", AnswerStatus.REFUSAL),
    (("Paris",), "I can't help with that. Please ask something else.", AnswerStatus.REFUSAL),
    (("Paris",), "I don't know.", AnswerStatus.REFUSAL),
    (("Paris",), "Ich kann diese Frage leider nicht beantworten.", AnswerStatus.REFUSAL),
]


@pytest.mark.parametrize(("answers", "response", "status"), NO_ANSWER)
def test_no_answer_is_not_a_wrong_answer(
    answers: tuple[str, ...], response: str, status: AnswerStatus
) -> None:
    result = score(asked(*answers), response)
    assert (result.value, result.status, result.answer) == (0.0, status, None)


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=20))
def test_an_accepted_answer_is_right_as_it_is(answer: str) -> None:
    assert score(asked(answer), answer, "exact_match").value == 1
    assert score(asked(answer), f"\n {answer}. ", "exact_match").value == 1


@given(st.from_regex(r"[b-z]{3,12}", fullmatch=True), st.from_regex(r"[b-z]{1,5}", fullmatch=True))
def test_no_match_inside_a_longer_word(word: str, more: str) -> None:
    assert score(asked(f"x{word}"), f"It was x{word}{more} then.", "exact_match").value == 0
    assert score(asked(f"x{word}"), f"It was x{word}{more} then.", "contains").value == 0
