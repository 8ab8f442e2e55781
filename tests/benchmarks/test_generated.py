"""The bundled benchmark: golds derived again from the texts alone, over many variants."""

import re
from collections import Counter
from functools import cache
from itertools import pairwise, permutations

import pytest

from scramblebench.benchmarks import (
    DEMO_DOMAINS,
    DIFFICULTIES,
    GENERATED_DOMAINS,
    BenchmarkSource,
    GeneratedSpec,
    generate_questions,
    load_benchmark,
)
from scramblebench.core.questions import Question, question_id

VARIANTS = (*range(-2, 17), 10**20)


@cache
def variant(number: int) -> tuple[Question, ...]:
    return generate_questions(GeneratedSpec(variant=number), "bundled")


@cache
def of_kind(*kinds: str) -> tuple[Question, ...]:
    return tuple(q for n in VARIANTS for q in variant(n) if q.source_id.split("/")[3] in kinds)


def numbers(text: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", text)]


@pytest.mark.parametrize("number", VARIANTS)
def test_ids_texts_and_counts(number: int) -> None:
    questions = variant(number)
    assert len({q.id for q in questions}) == len({q.source_id for q in questions}) == len(questions)
    assert len({(q.text, q.context) for q in questions}) == len(questions)
    cells = Counter((q.domain, q.difficulty) for q in questions)
    assert cells == {(d, level): 10 for d in GENERATED_DOMAINS for level in DIFFICULTIES}
    for question in questions:
        assert question.id == question_id(question)
        assert question.answers
        assert len(set(question.choices)) == len(question.choices)
        if question.choices:
            assert question.answers == (question.choices[question.correct_choice or 0],)
            assert question.correct_choice is not None


def test_a_variant_is_always_the_same() -> None:
    first, last = variant(1)[0], variant(1)[-1]
    assert generate_questions(GeneratedSpec(variant=1), "bundled") == variant(1)
    assert (first.text, first.answers) == FIRST_OF_VARIANT_1
    assert last.id == LAST_ID_OF_VARIANT_1


FIRST_OF_VARIANT_1 = ("How much is 7 and 8 together?", ("15", "fifteen"))
LAST_ID_OF_VARIANT_1 = "52b8c58da79dc281b2d1314c485b8c5a335859c2b207a12fb96a8a6bfa888da5"


def test_a_part_does_not_depend_on_the_other_parts() -> None:
    spec = GeneratedSpec(domains=("logic",), difficulties=("hard",), per_domain=10)
    whole = [q for q in variant(1) if (q.domain, q.difficulty) == ("logic", "hard")]
    assert list(generate_questions(spec, "bundled")) == whole


def test_variants_differ() -> None:
    texts = [{q.text for q in variant(n) if q.domain in ("arithmetic", "logic")} for n in (1, 2)]
    assert len(texts[0] & texts[1]) < len(texts[0]) / 4


def test_right_choices_are_balanced() -> None:
    places: dict[int, Counter[int]] = {}
    for number in VARIANTS:
        for q in variant(number):
            if q.choices:
                places.setdefault(len(q.choices), Counter())[q.correct_choice or 0] += 1
    for n, counts in places.items():
        expected = counts.total() / n
        assert all(abs(counts[place] - expected) < 0.15 * expected for place in range(n)), (
            n,
            counts,
        )


def test_yes_and_no_take_turns() -> None:
    for kind in ("island", "liars"):
        counts = Counter(q.answers[0] for q in of_kind(kind))
        assert abs(counts["yes"] - counts["no"]) <= len(VARIANTS)


def evaluate(question: Question) -> int:
    """Solve a word problem from its text alone."""
    kind, n, text = question.source_id.split("/")[3], numbers(question.text), question.text
    match kind:
        case "sum" | "gain":
            return n[0] + n[1]
        case "difference":
            return n[1] - n[0] if text.startswith("Take") else n[0] - n[1]
        case "loss":
            return n[0] - n[1]
        case "boxes":
            return n[0] * n[1] - n[2]
        case "shop":
            return n[2] - n[0] * n[1]
        case "share":
            quotient, remainder = divmod(n[0] + n[1], n[2])
            assert remainder == 0
            return quotient
        case "percent":
            off, remainder = divmod(n[0] * n[1], 100)
            assert remainder == 0
            return n[0] - off - n[2]
        case "trains":
            return n[4] - n[0] * n[1] - n[2] * n[3]
        case _:
            return (n[0] * n[1] - n[2]) * n[3]


@pytest.mark.parametrize("number", VARIANTS)
def test_arithmetic_golds(number: int) -> None:
    for question in variant(number):
        if question.domain == "arithmetic":
            assert question.answers[0] == str(evaluate(question)), question.text
            assert int(question.answers[0]) >= 0


def test_orders_have_one_solution() -> None:
    for question in of_kind("order", "pair"):
        claims = re.findall(r"(\w+) is (\w+) than (\w+)\.", question.text)
        names = sorted({name for a, _, b in claims for name in (a, b)})
        orders = [
            order
            for order in permutations(names)
            if all(order.index(a) < order.index(b) for a, _, b in claims)
        ]
        assert len(orders) == 1
        asked = re.search(r"Who is (?:the )?(\w+?)(?:er|est)\b", question.text)
        assert asked
        is_top = claims[0][1] == asked[1] + "er"
        assert question.answers[0] == orders[0][0 if is_top else -1], question.text


def test_rows_have_one_solution() -> None:
    ordinals = {"second": 1, "third": 2, "fourth": 3}
    for question in of_kind("row"):
        pairs = set(re.findall(r"(\w+) stands directly left of (\w+)\.", question.text))
        names = sorted({name for pair in pairs for name in pair})
        rows = [row for row in permutations(names) if pairs <= set(pairwise(row))]
        assert len(rows) == 1
        asked = re.search(r"Who is (\w+) from", question.text)
        assert asked
        assert question.answers[0] == rows[0][ordinals[asked[1]]]


def test_liars() -> None:
    for question in of_kind("liars"):
        start, *claims = question.text.split(". ")[1:]
        is_true = {start.split()[0]: start.endswith("truth")}
        for claim in claims[:-1]:
            speaker, subject, *_, last = claim.replace(" says that", "").split()
            is_true[speaker] = is_true[subject] == (last == "truth")
        asked = claims[-1].split()[1]
        assert question.answers == ("yes" if is_true[asked] else "no",), question.text


def test_island() -> None:
    for question in of_kind("island"):
        colors = dict(re.findall(r"every (\w+) is (\w+) all over", question.text))
        animal, asked = re.findall(r"has a (\w+) from|Is it (\w+)\?", question.text)
        right = colors[animal[0]] == asked[1]
        assert question.answers == ("yes" if right else "no",)


SENTENCES = {
    "job": r"{} is a (\w+)\.",
    "town": r"{} lives in the town of (\w+)\.",
    "pet": r"{} has a (\w+)\.",
    "food": r"{} likes (\w+)\.",
    "color": r"The house of {} is (\w+)\.",
}


def test_reading_answers_stand_once_in_the_passage() -> None:
    for question in of_kind("portrait", "group"):
        if question.domain != "reading":
            continue
        name = re.findall(r"\b[A-Z]\w+", question.text)[1]
        word = next(word for word in SENTENCES if word in question.text)
        told = re.findall(SENTENCES[word].format(name), question.context)
        assert tuple(told) == question.answers, question


def test_two_step_reading() -> None:
    for question in of_kind("steps"):
        people = {
            name: {
                key: re.search(SENTENCES[key].format(name), question.context)[1]  # type: ignore[index]
                for key in ("job", "town", "pet")
            }
            for name in set(re.findall(r"(\w+) is a", question.context))
        }
        clue = re.search(r"the (\w+) (?:live|have)|has a (\w+)\?|town of (\w+)\?", question.text)
        assert clue
        known = next(group for group in clue.groups() if group)
        (person,) = [person for person in people.values() if known in person.values()]
        asked = next(
            key
            for key in ("In which town", "What pet", "What is the job", "Which pet")
            if question.text.startswith(key)
        )
        assert question.answers == (person[asked.split()[-1]],)


def test_journeys() -> None:
    for question in of_kind("journey"):
        places = re.findall(r"(?:came to|then to|saw|at the end) a (\w+)", question.context)
        side, place = question.text.removesuffix("?").split()[-3::2]
        assert question.answers == (places[places.index(place) + (1 if side == "after" else -1)],)


def test_letters_alphabet_and_backwards() -> None:
    for question in of_kind("letters"):
        character, word = re.findall(r'"(\w+)"', question.text)
        assert question.answers[0] == str(word.count(character))
    for question in of_kind("alphabet"):
        words = question.text.split(": ")[1].removesuffix("?").split(", ")
        assert question.answers == ((min if "first" in question.text else max)(words),)
    for question in of_kind("backwards"):
        assert question.answers == (re.findall(r'"(\w+)"', question.text)[0][::-1],)


def test_the_answer_is_never_given_away_by_an_open_question() -> None:
    for number in VARIANTS:
        for q in variant(number):
            if not q.choices:
                words = re.findall(r"\w+", q.text.lower())
                assert not any(
                    answer.lower() in words
                    for answer in q.answers
                    if not answer.isdigit() and len(answer) > 1
                ), q


def test_demo_part_and_loading() -> None:
    spec = GeneratedSpec(domains=DEMO_DOMAINS, difficulties=("easy",), per_domain=20)
    benchmark = load_benchmark(BenchmarkSource("demo", generated=spec))
    assert len(benchmark.questions) == 20 * len(DEMO_DOMAINS)
    assert benchmark.files == ()
    assert "variant 1" in benchmark.notes[0]
