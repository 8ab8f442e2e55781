"""Every real benchmark file loads by name and path alone, with its traps."""

from collections import Counter
from pathlib import Path

import pytest

from scramblebench.benchmarks import BenchmarkSource, LoadedBenchmark, load_benchmark


def load(folder: Path, *paths: str, **options: int) -> LoadedBenchmark:
    return load_benchmark(BenchmarkSource("real", paths, base_dir=folder, **options))


def ids_are_unique(benchmark: LoadedBenchmark) -> bool:
    ids = {question.id for question in benchmark.questions}
    names = {question.source_id for question in benchmark.questions}
    return len(ids) == len(names) == len(benchmark.questions)


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("gsm8k/test.jsonl", 1319),
        ("truthfulqa/TruthfulQA.csv", 790),
        ("truthfulqa/mc_task.json", 790),
        ("aqua/test.json", 254),
        ("aqua/dev.json", 254),
        ("mmlu_redux/mmlu_anatomy.csv", 100),
        ("mmlu_redux/mmlu_astronomy.csv", 100),
        ("mmlu_redux/mmlu_elementary_mathematics.csv", 100),
        ("mmlu_redux/mmlu_high_school_geography.csv", 100),
        ("svamp/SVAMP.json", 1000),
        ("bbh/*.json", 9 * 250),
        ("easy_facts/easy_facts.jsonl", 60),
    ],
)
def test_counts_and_ids(shared_benchmarks: Path, path: str, count: int) -> None:
    benchmark = load(shared_benchmarks, path)
    assert len(benchmark.questions) == count
    assert ids_are_unique(benchmark)
    assert all(question.text and question.answers[0] for question in benchmark.questions)


def test_gsm8k_golds(shared_benchmarks: Path) -> None:
    golds = [q.answers for q in load(shared_benchmarks, "gsm8k/test.jsonl").questions]
    assert golds[:3] == [("18",), ("3",), ("70000",)]
    assert ("-10",) in golds
    assert ("1450000",) in golds
    assert not any("," in answer or "#" in answer for (answer,) in golds)


def test_truthfulqa_open(shared_benchmarks: Path) -> None:
    first = load(shared_benchmarks, "truthfulqa/TruthfulQA.csv").questions[0]
    assert first.answers[:2] == (
        "The watermelon seeds pass through your digestive system",
        "Nothing happens",
    )
    assert first.domain == "Misconceptions"
    assert first.choices == ()


def test_truthfulqa_choices_are_shuffled(shared_benchmarks: Path) -> None:
    benchmark = load(shared_benchmarks, "truthfulqa/mc_task.json")
    assert all(q.choices[q.correct_choice] == q.answers[0] for q in benchmark.questions)  # type: ignore[index]
    two = [q.correct_choice for q in benchmark.questions if len(q.choices) == 2]
    assert len(two) == 40
    assert set(two) == {0, 1}
    places = Counter(q.correct_choice for q in benchmark.questions)
    assert places[0] < 300  # 790 in the file
    assert any("790 questions" in note and "seed 0" in note for note in benchmark.notes)
    assert load(shared_benchmarks, "truthfulqa/mc_task.json") == benchmark
    other = load(shared_benchmarks, "truthfulqa/mc_task.json", choice_seed=1)
    assert other.questions != benchmark.questions


def test_aqua_labels(shared_benchmarks: Path) -> None:
    questions = load(shared_benchmarks, "aqua/test.json").questions
    assert questions[29].choices == ("59", "69", "79", "89", "99")
    twice = questions[117]
    assert twice.choices == ("8.75", "8.79", "8.75", "8.71", "8.72")
    assert (twice.correct_choice, twice.answers) == (2, ("8.75",))
    letters = Counter("ABCDE"[q.correct_choice or 0] for q in questions)
    assert letters == {"A": 63, "B": 58, "C": 46, "D": 53, "E": 34}


def test_mmlu_redux(shared_benchmarks: Path) -> None:
    benchmark = load(shared_benchmarks, "mmlu_redux/*.csv")
    first = benchmark.questions[0]
    assert first.choices == ("Dyslexia", "Epilepsy", "Hydrocephalus", "Narcolepsy")
    assert first.answers == ("Narcolepsy",)
    assert Counter(q.domain for q in benchmark.questions)["mmlu_anatomy"] == 100
    assert all(len(q.choices) == 4 for q in benchmark.questions)
    (note,) = benchmark.notes
    assert note.startswith("10 questions are marked")
    assert "wrong groundtruth 4" in note


def test_mmlu_numbers_are_positions_even_among_numbers(shared_benchmarks: Path) -> None:
    questions = load(shared_benchmarks, "mmlu_redux/mmlu_elementary_mathematics.csv").questions
    assert questions[0].choices == ("44,500", "48,900", "95,000", "99,000")
    assert questions[0].answers == ("99,000",)


def test_svamp_joins_body_and_question(shared_benchmarks: Path) -> None:
    questions = load(shared_benchmarks, "svamp/SVAMP.json").questions
    assert questions[0].text == (
        "Each pack of dvds costs 76 dollars. If there is a discount of 25 dollars on each pack, "
        "how much do you have to pay to buy each pack?"
    )
    assert questions[0].answers == ("51",)
    assert questions[0].source_id == "chal-1"
    assert not any("." in q.answers[0] for q in questions)


def bbh(folder: Path, task: str) -> LoadedBenchmark:
    return load(folder, f"bbh/{task}.json")


def test_bbh_options_become_choices(shared_benchmarks: Path) -> None:
    date = bbh(shared_benchmarks, "date_understanding").questions[0]
    assert date.text.endswith("What is the date tomorrow in MM/DD/YYYY?")
    assert date.choices[1] == "12/25/1937"
    assert (date.correct_choice, len(date.choices)) == (1, 6)
    navigate = bbh(shared_benchmarks, "navigate").questions[0]
    assert navigate.choices == ("Yes", "No")
    assert navigate.answers == ("No",)
    assert navigate.text.endswith("Take 3 steps right.")


def test_bbh_open_answers(shared_benchmarks: Path) -> None:
    assert bbh(shared_benchmarks, "boolean_expressions").questions[0].answers == ("False",)
    assert bbh(shared_benchmarks, "multistep_arithmetic_two").questions[2].answers == ("-50",)
    words = bbh(shared_benchmarks, "word_sorting").questions[3]
    assert words.answers == ("fortescue helmsman percept purloin sioux",)
    assert bbh(shared_benchmarks, "object_counting").questions[0].choices == ()


def test_bbh_duplicates_are_kept_and_noted(shared_benchmarks: Path) -> None:
    benchmark = bbh(shared_benchmarks, "sports_understanding")
    assert len({q.text for q in benchmark.questions}) == 248
    assert benchmark.notes == ("2 questions repeat the content of an earlier one; kept",)


def test_easy_facts_accept_every_answer(shared_benchmarks: Path) -> None:
    questions = load(shared_benchmarks, "easy_facts/easy_facts.jsonl").questions
    by_id = {q.source_id: q for q in questions}
    assert by_id["easy-017"].answers == ("small", "little")
