"""Letters and option texts in the ways models state them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.questions import Question
from scramblebench.core.trials import AnswerStatus
from scramblebench.scoring import score
from scramblebench.scoring.options import LETTERS


def choose(correct: int, *choices: str) -> Question:
    return Question("id", "made up", "Which?", (choices[correct],), choices, correct)


COLOURS = ("blue", "dark red", "green", "red", "None of the above")
CITIES = ("Paris", "Rome", "a car", "Vitamin C")
NUMBERS = ("36", "15", "17", "5", "7.50")
VERDICTS = ("Yes", "No")

CHOSEN = [
    # (options, response, letter, rule)
    (COLOURS, "B", "B", "lone_letter"),
    (COLOURS, "b", "B", "lone_letter"),
    (COLOURS, " (B)", "B", "lone_letter"),
    (COLOURS, "[B]", "B", "lone_letter"),
    (COLOURS, "B.", "B", "lone_letter"),
    (COLOURS, "B)", "B", "lone_letter"),
    (COLOURS, "**B**", "B", "lone_letter"),
    (COLOURS, "`B`", "B", "lone_letter"),
    (COLOURS, "A", "A", "lone_letter"),
    (COLOURS, "Ｂ", "B", "lone_letter"),
    (COLOURS, "Option B", "B", "lone_letter"),
    (COLOURS, "$\\boxed{B}$", "B", "boxed"),
    (COLOURS, "\\boxed{\\text{B}}", "B", "boxed"),
    (COLOURS, "\\boxed{\\textbf{(B) }5(\\sqrt{3} + 1)}", "B", "boxed"),
    (COLOURS, "so $x = \\boxed{\\mathrm{red}}$", "D", "boxed"),
    (COLOURS, "The answer is (B).", "B", "answer_is"),
    (COLOURS, "the answer is B", "B", "answer_is"),
    (COLOURS, "the answer is b.", "B", "answer_is"),
    (COLOURS, "The answer is **(B)**.", "B", "answer_is"),
    (COLOURS, "The correct answer is option B.", "B", "answer_is"),
    (COLOURS, "The answer is therefore (B) dark red.", "B", "answer_is"),
    (COLOURS, "Answer: b", "B", "answer_is"),
    (COLOURS, "Answer: (B) dark red", "B", "answer_is"),
    (COLOURS, "**Answer:** B) dark red", "B", "answer_is"),
    (COLOURS, "Answer:\nB", "B", "answer_is"),
    (COLOURS, "**Final Answer**\n\n(B)", "B", "answer_is"),
    (COLOURS, "The answer is A because the sky is.", "A", "answer_is"),
    (COLOURS, "The correct choice is (C) green.", "C", "answer_is"),
    (COLOURS, "The closest answer choice to this is (C), so that is our answer.", "C", "answer_is"),
    (COLOURS, "The answer is dark red.", "B", "answer_is"),
    (COLOURS, 'The answer is "dark red".', "B", "answer_is"),
    (COLOURS, "The answer is red, not blue.", "D", "answer_is"),
    (COLOURS, "The answer is none of these.", "E", "answer_is"),
    (COLOURS, "The answer is none of the given options.", "E", "answer_is"),
    (COLOURS, "None of the above.", "E", "option_text"),
    (COLOURS, "答案是B。", "B", "answer_is"),
    (COLOURS, "答案：B", "B", "answer_is"),
    (COLOURS, "Die Antwort ist B.", "B", "answer_is"),
    (COLOURS, "La réponse est (B).", "B", "answer_is"),
    (
        COLOURS,
        "Answer: Let us think about green first. It is wrong. So, (B).",
        "B",
        "bracketed_letter",
    ),
    (COLOURS, "<answer>B</answer>", "B", "answer_tag"),
    (COLOURS, "<think>The answer is A?</think>\nB", "B", "lone_letter"),
    (COLOURS, "The answer is A. No, wait. The answer is B.", "B", "answer_is"),
    (COLOURS, "A is wrong, B is wrong, so the answer is C", "C", "answer_is"),
    (COLOURS, "B is the correct answer.", "B", "is_correct"),
    (COLOURS, "Option (B) is correct, since A is not.", "B", "is_correct"),
    (COLOURS, "B) dark red", "B", "leading_letter"),
    (COLOURS, "B: dark red", "B", "leading_letter"),
    (COLOURS, "B, dark red", "B", "leading_letter"),
    (COLOURS, "A. Because the sky has that colour.", "A", "leading_letter"),
    (COLOURS, "(B) Because blood dries.", "B", "leading_letter"),
    (COLOURS, "Blood dries, so it darkens.\n\nB", "B", "lone_letter"),
    (COLOURS, "Blood dries, so it darkens.\n\n**(B) dark red**", "B", "leading_letter"),
    (COLOURS, "It dries. This leads us to choice (B), I believe.", "B", "bracketed_letter"),
    (COLOURS, "(A) is too bright. (C) too. We are left with (B).", "B", "bracketed_letter"),
    (COLOURS, "I would go with B here", "B", "bare_letter"),
    (COLOURS, "I pick A", "A", "bare_letter"),
    (COLOURS, "dark red", "B", "option_text"),
    (COLOURS, "Dark Red.", "B", "option_text"),
    (COLOURS, "It is dark red.", "B", "option_text"),
    (COLOURS, "It is red, of course.", "D", "option_text"),
    (COLOURS, "Blue and green are out. It must be red.", "D", "option_text"),
    (COLOURS, "I'm sorry, I misread that. The answer is (B).", "B", "answer_is"),
    (COLOURS, "I cannot be sure, but the answer is B.", "B", "answer_is"),
    (COLOURS, "B\n\nQuestion: Which is next?\nAnswer: C", "B", "lone_letter"),
    (CITIES, "A car", "C", "option_text"),
    (CITIES, "Answer: A car", "C", "answer_is"),
    (CITIES, "The answer is a car.", "C", "answer_is"),
    (CITIES, "A famous one: Rome.", "B", "option_text"),
    (CITIES, "I like Rome best.", "B", "option_text"),
    (CITIES, "Oranges have Vitamin C", "D", "option_text"),
    (CITIES, "Answer: A Paris", "A", "answer_is"),
    (NUMBERS, "36", "A", "option_text"),
    (NUMBERS, "The answer is 5.", "D", "answer_is"),
    (NUMBERS, "The answer is $7.5", "E", "answer_is"),
    (NUMBERS, "The answer is 12 + 5 = 17", "C", "answer_is"),
    (NUMBERS, "\\boxed{36}", "A", "boxed"),
    (
        NUMBERS,
        "The answer is not in the choices, but it is closest to (B) 15.",
        "B",
        "bracketed_letter",
    ),
    (NUMBERS, "So x = 16.2. The closest choice is (B) 15.", "B", "answer_is"),
    (VERDICTS, "Yes", "A", "option_text"),
    (VERDICTS, "No, you do not.", "B", "option_text"),
    (VERDICTS, "There is no way back, so the answer is Yes.", "A", "answer_is"),
    (("C", "A", "B"), "A", "A", "lone_letter"),
    (("C", "A", "B"), "(A) C", "A", "option_text"),
    (COLOURS, "A) red", "A", "leading_letter"),
    (COLOURS, "Answer: A) red", "A", "answer_is"),
    (("C. elegans", "E. coli", "A. thaliana"), "C. elegans", "A", "option_text"),
]


@pytest.mark.parametrize(("options", "response", "letter", "rule"), CHOSEN)
def test_chosen(options: tuple[str, ...], response: str, letter: str, rule: str) -> None:
    correct = LETTERS.index(letter)
    result = score(choose(correct, *options), response)
    assert (result.answer, result.rule, result.value) == (letter, rule, 1.0)
    assert result.status is AnswerStatus.ANSWERED
    assert score(choose(correct - 1, *options), response).value == 0


UNREAD = [
    (COLOURS, "A or B", "contradictory"),
    (COLOURS, "The answer is A or B.", "contradictory"),
    (COLOURS, "The answer is either (A) or (C).", "contradictory"),
    (COLOURS, "(A) (B) (C)", "contradictory"),
    (COLOURS, "blue or green", "contradictory"),
    (COLOURS, "A good question.", "none"),
    (COLOURS, "I think so.", "none"),
    (COLOURS, "The answer is F.", "none"),
    (COLOURS, "Z", "none"),
    (COLOURS, "The answer is not B.", "none"),
    (COLOURS, "infrared", "none"),
    (COLOURS, "...", "none"),
    (NUMBERS, "The answer is 1736.", "none"),
    (NUMBERS, "The answer is 25 - 17 = 8. It is not listed.", "none"),
    (NUMBERS, "The answer is 36, I thought. The answer is not in the choices.", "none"),
    (NUMBERS, "15 boys ran 17 km and 36 girls did not.", "contradictory"),
]


@pytest.mark.parametrize(("options", "response", "rule"), UNREAD)
def test_unparsable(options: tuple[str, ...], response: str, rule: str) -> None:
    result = score(choose(0, *options), response)
    assert (result.status, result.rule) == (AnswerStatus.UNPARSABLE, rule)
    assert (result.value, result.answer) == (0.0, None)


@pytest.mark.parametrize(
    "response",
    [
        "I'm sorry, but I can't help with that.",
        "As an AI language model, I cannot answer.",
        "This question is written in a code language and cannot be answered.",
        "The question is not understandable. Please provide a corrected version.",
        "I cannot tell whether it is blue.",
    ],
)
def test_refusals_are_counted_apart(response: str) -> None:
    result = score(choose(0, *COLOURS), response)
    assert (result.status, result.value, result.answer) == (AnswerStatus.REFUSAL, 0.0, None)


def test_an_option_that_sounds_like_a_refusal_can_be_chosen() -> None:
    question = choose(1, "22", "It cannot be determined")
    assert score(question, "It cannot be determined.").value == 1
    assert score(question, "Answer: (B) It cannot be determined").value == 1


def test_equal_options_are_the_same_answer() -> None:
    question = choose(0, "20 min", "22 min", "20 min.")
    assert [score(question, letter).value for letter in "ABC"] == [1.0, 0.0, 1.0]
    assert score(question, "The answer is A or C").value == 1


def test_bracketed_letter_references_have_their_options_in_the_text() -> None:
    question = Question("id", "bbh", "Options:\n(A) 1\n(B) 2", ("(B)",))
    assert score(question, "So the answer is (B).").value == 1
    assert score(question, "(A)").value == 0
    assert score(question, "(A)").scorer == "multiple_choice@1"


@given(n=st.integers(2, 26), data=st.data())
def test_every_letter_of_2_to_26_options(n: int, data: st.DataObject) -> None:
    texts = [f"option text {number}" for number in range(n)]
    correct, said = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))
    form = data.draw(
        st.sampled_from(
            [
                "{}",
                "({})",
                "{}.",
                "The answer is ({}).",
                "**{}**",
                "\\boxed{{{}}}",
                "Answer: {}",
                "{}) x",
            ]
        )
    )
    result = score(choose(correct, *texts), form.format(LETTERS[said]))
    assert (result.answer, result.value) == (LETTERS[said], float(said == correct))
    by_text = score(choose(correct, *texts), f"The answer is {texts[said]}.")
    assert (by_text.answer, by_text.value) == (LETTERS[said], float(said == correct))
