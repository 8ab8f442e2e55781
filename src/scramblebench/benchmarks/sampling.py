"""Choosing questions with a seed: stable under file order, and nested in the size."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question
from scramblebench.core.randomness import key_bytes

STRATA = ("domain", "difficulty")


def sample_questions(
    questions: Sequence[Question], size: int | None, seed: int, stratify_by: str | None = None
) -> tuple[Question, ...]:
    """Return ``size`` questions in an order that depends on their ids and the seed alone.

    A smaller sample is a prefix of a larger one. None returns all in their own order, a size above
    their number all in the sample's order. Stratified by "domain" or "difficulty", every stratum has
    its first question before any has its second, and then its share of the whole (Webster's
    divisors; largest remainders would not be nested). Raises UsageError on a negative size.
    """
    if size is None:
        return tuple(questions)
    if size < 0:
        raise UsageError(f"the sample size {size} is below 0")
    ordered = sorted(questions, key=lambda question: key_bytes("sample", seed, question.id))
    if stratify_by is not None:
        ordered = _interleaved(ordered, stratify_by)
    return tuple(ordered[:size])


def _interleaved(ordered: Sequence[Question], stratify_by: str) -> list[Question]:
    if stratify_by not in STRATA:
        raise UsageError(f"cannot stratify by {stratify_by!r}; choose {' or '.join(STRATA)}")
    strata: dict[str, list[Question]] = defaultdict(list)
    for question in ordered:
        strata[_stratum(question, stratify_by)].append(question)
    ranked = [
        ((0.0 if rank == 0 else (rank + 0.5) / len(members)), -len(members), name, question)
        for name, members in strata.items()
        for rank, question in enumerate(members)
    ]
    return [question for *_, question in sorted(ranked, key=lambda entry: entry[:3])]


def _stratum(question: Question, stratify_by: str) -> str:
    return question.domain if stratify_by == "domain" else question.difficulty


def few_shot_examples(
    questions: Sequence[Question], excluded_ids: Collection[str], count: int, seed: int
) -> tuple[Question, ...]:
    """Return ``count`` worked examples outside the excluded ids, spread over the domains.

    Raises UsageError where fewer are left.
    """
    pool = [question for question in questions if question.id not in excluded_ids]
    if count > len(pool):
        raise UsageError(
            f"{count} examples are asked for and {len(pool)} questions are left beside the sample; "
            "make sample_size or few_shot smaller"
        )
    return sample_questions(pool, count, seed, stratify_by="domain")
