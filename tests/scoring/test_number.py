"""Numbers as models write them; "4" is never found in "14"."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.questions import Question
from scramblebench.core.trials import AnswerStatus
from scramblebench.scoring import score
from scramblebench.scoring.quantities import read_whole


def asked(*answers: str) -> Question:
    return Question("id", "made up", "How many?", answers)


RIGHT = [
    # (reference, response, rule)
    ("72", "72", "whole"),
    ("72", " 72.", "whole"),
    ("72", "72 clips", "whole"),
    ("72", "**72**", "whole"),
    ("72", "$72$", "whole"),
    ("72", "= 72", "whole"),
    ("72", "72.0", "whole"),
    ("72", "７２", "whole"),
    ("72", "48/2 = <<48/2=24>>24 in May.\n48+24 = <<48+24=72>>72.\n#### 72", "hash_marks"),
    ("72", "She sold 24 in May. #### 72", "hash_marks"),
    ("#### 72", "72", "whole"),
    ("72", "The answer is 72.", "answer_is"),
    ("72", "The answer is: 72", "answer_is"),
    ("72", "The final answer is $72$.", "answer_is"),
    ("72", "The answer is $\\boxed{72}$.", "boxed"),
    ("72", "Thus \\[ x = \\boxed{72}. \\]", "boxed"),
    ("72", "\\boxed{72\\text{ clips}}", "boxed"),
    ("0.75", "\\boxed{\\frac{3}{4}}", "boxed"),
    ("0.75", "$\\dfrac34$", "whole"),
    ("1.5", "\\boxed{1\\frac{1}{2}}", "boxed"),
    ("72", "Final Answer:\n\n72", "answer_is"),
    ("72", "**Final Answer**\n72 clips", "answer_is"),
    ("72", "**Answer:** 72 clips, sold over 2 months", "answer_is"),
    ("72", "Answer: 48 + 24 = 72", "answer_is"),
    ("72", "Answer: She sold 48/2 = 24 in May. So 48 + 24 = 72 in all.", "last_number"),
    ("72", "Answer: 72 clips. She sold 48 in April and 24 in May.", "answer_is"),
    ("72", "To answer this: she sold 24 in May. In total it is 72.", "last_number"),
    ("8", "The answer is 5 + 3 = 8 apples.", "answer_is"),
    ("72", "<answer>72</answer>", "answer_tag"),
    ("72", "<think>maybe 14, the answer is 14</think>72", "whole"),
    ("72", "The answer is 70. Wait, that is wrong. The answer is 72.", "answer_is"),
    ("72", "Let me think. 2 + 2 = 4. So she sold 72", "last_number"),
    ("72", "She sold **72** clips in 2 months.", "bold"),
    ("72", "1. Start with 48.\n2. Add 24 to get 72.\n3. Done!", "last_number"),
    ("72", "So 72 it is, as shown in step 3.", "last_number"),
    ("72", "die Antwort ist 72", "answer_is"),
    ("72", "La respuesta es 72.", "answer_is"),
    ("72", "La réponse est 72.", "answer_is"),
    ("72", "答案是72。", "answer_is"),
    ("18", "She makes $18 per day.", "last_number"),
    ("18", "$18.00", "whole"),
    ("18", "18 dollars", "whole"),
    ("18", "USD 18", "whole"),
    ("18", "Rs. 18", "whole"),
    ("18", "€18", "whole"),
    ("1,450,000", "1450000", "whole"),
    ("1450000", "$1,450,000", "whole"),
    ("1450000", "1.45 million", "whole"),
    ("1450000", "1 450 000", "whole"),
    ("1450000", "1{,}450{,}000", "whole"),
    ("100000", "1,00,000", "whole"),
    ("5", "5 million", "whole"),
    ("1234.56", "1.234,56", "whole"),
    ("3.5", "3,5", "whole"),
    ("-10", "-10", "whole"),
    ("-10", "−10", "whole"),
    ("-10", "The answer is -$10.", "answer_is"),
    ("-10", "The temperature is minus 10? No: x = -10", "last_number"),
    ("-10", "negative 10", "whole"),
    ("5", "10-5 leaves 5", "last_number"),
    ("5", "in 3–5", "last_number"),
    ("3/4", "0.75", "whole"),
    ("0.75", "3/4", "whole"),
    ("0.75", "¾", "whole"),
    ("2.5", "2½", "whole"),
    ("2.5", "2 1/2 hours", "whole"),
    ("1/3", "0.333", "whole"),
    ("0.33", "1/3", "whole"),
    ("3.14", "3.14159", "whole"),
    ("72", "71.99999999", "whole"),
    ("50", "50%", "whole"),
    ("50%", "50", "whole"),
    ("50%", "0.5", "whole"),
    ("0.5", "50 percent", "whole"),
    ("12", "12\\%", "whole"),
    ("150000", "1.5e5", "whole"),
    ("150000", "1.5 × 10^5", "whole"),
    ("150000", "1.5\\times 10^{5}", "whole"),
    ("150000", "1.5 × 10⁵", "whole"),
    ("0.00015", "1.5x10^-4", "whole"),
    ("8", "eight", "whole"),
    ("8", "Eight.", "whole"),
    ("8", "eight legs", "whole"),
    ("8", "A spider has eight legs.", "number_word"),
    ("24", "twenty-four", "whole"),
    ("105", "one hundred and five", "whole"),
    ("eight", "8", "whole"),
    ("1", "one", "whole"),
    ("5", "5 m²", "whole"),
    ("5", "H2O boils; the answer is 5", "answer_is"),
    ("60", "I'm sorry for the confusion. There are 60 minutes in an hour.", "last_number"),
    ("60", "As an AI I cannot count, but the answer is 60.", "answer_is"),
    ("60", "I'm not sure. Perhaps 60.", "last_number"),
    ("6", "The answer is not 5 but 6.", "last_number"),
    ("51.0", "51", "whole"),
    ("4", "A: 4\n\nQ: How many wheels has a bike?\nA: 2", "answer_is"),
]


@pytest.mark.parametrize(("reference", "response", "rule"), RIGHT)
def test_right(reference: str, response: str, rule: str) -> None:
    result = score(asked(reference), response)
    assert (result.value, result.rule, result.scorer) == (1.0, rule, "number@1")
    assert result.status is AnswerStatus.ANSWERED


WRONG = [
    ("4", "14"),
    ("4", "41"),
    ("4", "4.5"),
    ("4", "1/4"),
    ("4", "-4"),
    ("4", "4 and then 5"),
    ("4", "1,004"),
    ("4", "0.4"),
    ("4", "4e2"),
    ("14", "4"),
    ("14", "14.3"),
    ("14", "fourteen hundred"),
    ("72", "The answer is 7.2"),
    ("50%", "0.5%"),
    ("3.14159", "3.14"),
    ("3.5", "3.52"),
    ("51.0", "51.02"),
    ("1000", "1,00"),
    ("8", "eighty"),
    ("6", "The answer is 6 + 2 = 8"),
    ("12", "\\boxed{13} and 12"),
]


@pytest.mark.parametrize(("reference", "response"), WRONG)
def test_wrong(reference: str, response: str) -> None:
    result = score(asked(reference), response, "number")
    assert (result.value, result.status) == (0.0, AnswerStatus.ANSWERED)


NO_ANSWER = [
    ("", AnswerStatus.EMPTY),
    (" \n\t", AnswerStatus.EMPTY),
    ("\u200b", AnswerStatus.EMPTY),
    ("<think>the answer is 72</think>\n", AnswerStatus.EMPTY),
    ("Paris", AnswerStatus.UNPARSABLE),
    ("one of the best", AnswerStatus.UNPARSABLE),
    ("The 4th of July", AnswerStatus.UNPARSABLE),
    ("The answer is not given in the 3 choices.", AnswerStatus.UNPARSABLE),
    ("1/0", AnswerStatus.UNPARSABLE),
    ("1e999999999", AnswerStatus.UNPARSABLE),
    ("I'm sorry, but I cannot answer that.", AnswerStatus.REFUSAL),
    ("I cannot determine how many of the 3 apples are left.", AnswerStatus.REFUSAL),
    ("As an AI language model, I have no 2 opinions.", AnswerStatus.REFUSAL),
    ("Es tut mir leid, das kann ich nicht beantworten.", AnswerStatus.REFUSAL),
    ("Je suis désolé, je ne peux pas répondre.", AnswerStatus.REFUSAL),
    ("Lo siento, no puedo responder.", AnswerStatus.REFUSAL),
    ("抱歉，我无法回答这个问题。", AnswerStatus.REFUSAL),
    ("This question is garbled. Please provide a clear one.", AnswerStatus.REFUSAL),
]


@pytest.mark.parametrize(("response", "status"), NO_ANSWER)
def test_no_answer_is_not_a_wrong_answer(response: str, status: AnswerStatus) -> None:
    result = score(asked("72"), response)
    assert (result.value, result.status, result.answer) == (0.0, status, None)


def test_a_cut_response_has_no_answer_where_its_number_may_go_on() -> None:
    cut = score(asked("14"), "So the total is 14", is_truncated=True)
    assert (cut.status, cut.answer) == (AnswerStatus.TRUNCATED, None)
    assert score(asked("14"), "So the total is 14", is_truncated=False).value == 1
    assert score(asked("14"), "14", is_truncated=True).value == 1
    assert score(asked("14"), "14 apples. Another", is_truncated=True).value == 1
    assert score(asked("14"), "", is_truncated=True).status is AnswerStatus.TRUNCATED


@pytest.mark.parametrize(
    "text", ["7 Up", "1990s", "World War 2", "4th", "H2O", "no", "", "10 Downing Street", "1-2"]
)
def test_names_with_digits_are_not_numbers(text: str) -> None:
    assert read_whole(text) is None


@given(st.integers(-(10**12), 10**12))
def test_every_integer_reads_as_itself(number: int) -> None:
    for written in (str(number), f"{number:,}", f"{number}.", f"${number:,}", f"{number:,}.00"):
        assert score(asked(str(number)), f"The answer is {written}").value == 1
        assert score(asked(str(number)), written).value == 1


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4
    )
)
def test_every_decimal_is_read_exactly(number: object) -> None:
    quantity = read_whole(str(number))
    assert quantity is not None
    assert quantity.value == Fraction(str(number))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_different_integers_never_match(first: int, second: int) -> None:
    assert score(asked(str(first)), f"It is {second}.").value == (first == second)
