"""Prompts and scoring in the methods section: what was sent, and how answers were judged."""

from collections.abc import Iterator

from scramblebench.analysis.cube import method_name
from scramblebench.core.conditions import Condition
from scramblebench.plan import Cell, Prompt
from scramblebench.publication.numbers import count, level_key
from scramblebench.publication.source import ModelFacts, Publication
from scramblebench.publication.texts.gathering import Seen, is_imported
from scramblebench.publication.texts.prose import Block, Bullets, Literal, listed, paragraph
from scramblebench.scoring import SCORERS
from scramblebench.settings import ProviderName

_USUAL = (
    "The prompt is the context, where there is one, an empty line, the question, and the options, where there "
    "are any, each on a line of its own with its letter."
)


def prompt_blocks(publication: Publication) -> Iterator[Block]:
    """Yield the template, the system prompt, the examples, and one whole prompt of each kind."""
    if is_imported(publication):
        yield paragraph("The prompts of imported responses are not known here.")
        return
    for name, spec in publication.plan.spec.benchmarks.items():
        n_shown = spec.few_shot if isinstance(spec.few_shot, int) else len(spec.few_shot)
        yield paragraph(
            f"{name}:",
            "The prompt is made by this template:" if spec.prompt_template else _USUAL,
        )
        if spec.prompt_template:
            yield Literal(spec.prompt_template)
        yield paragraph(
            f"Before it, {count(n_shown)} solved examples were shown, unscrambled."
            if n_shown
            else "No solved example was shown."
        )
        yield from _examples(publication, name)


def _examples(publication: Publication, benchmark: str) -> Iterator[Block]:
    """Yield a prompt for each scorer of a benchmark and each system prompt that its models had."""
    plan = publication.plan
    kinds: dict[str, int] = {}
    for position, question in enumerate(plan.questions):
        if question.benchmark == benchmark:
            kinds.setdefault(plan.scorer(question), position)
    for scorer, position in kinds.items():
        asked = [n for n, f in enumerate(publication.models) if _is_asked(f)]
        systems: dict[str, list[str]] = {}
        for number in asked:
            prompt = _prompt(publication, number, position, 0)
            systems.setdefault(prompt.system, []).append(publication.models[number].name)
        where = f" for questions judged by {scorer}" if len(kinds) > 1 else ""
        for system, names in systems.items():
            who = f" of {listed(names)}" if len(systems) > 1 else ""
            yield from _system(system, f"{who}{where}")
        last = plan.grid.n_conditions - 1
        for condition in dict.fromkeys((0, last)) if asked else ():
            yield paragraph(f"For example, {_condition(plan.conditions[condition])}{where}:")
            yield Literal(_prompt(publication, asked[0], position, condition).user)


def _is_asked(facts: ModelFacts) -> bool:
    return facts.spec.provider is not ProviderName.IMPORTED


def _system(text: str, whose: str) -> Iterator[Block]:
    if not text:
        yield paragraph(f"No system prompt was sent{whose}.")
        return
    yield paragraph(f"The system prompt{whose}:")
    yield Literal(text)


def _condition(condition: Condition) -> str:
    if condition.is_baseline:
        return "at level 0"
    return f"by {method_name(condition)} at level {level_key(condition.level_pct)}"


def _prompt(publication: Publication, model: int, question: int, condition: int) -> Prompt:
    plan = publication.plan
    return plan.prompt(plan.trial(plan.grid.index(Cell(model, 0, question, condition))))


def scoring_blocks(seen: Seen) -> Iterator[Block]:
    """Yield the scorers that judged, with their versions, and what counts as no answer."""
    yield Bullets(tuple(_scorer(name, n) for name, n in sorted(seen.scorers.items())))
    yield paragraph(
        "Scores are 0 to 1. A response without an answer scores 0 and is counted apart.",
        f"{count(seen.n_unscored)} responses could not be judged and are missing."
        if seen.n_unscored
        else "",
    )


def _scorer(label: str, n: int) -> str:
    name, _, rest = label.partition("@")
    if name == "imported":
        return f"{label}: the judgement that the files hold; it was not made again ({count(n)} responses)."
    info = SCORERS.get(name)
    if info is None or rest.partition(":")[0] != str(info.version):
        return f"{label}, which this release does not have ({count(n)} responses)."
    return f"{label}: {info.summary} ({count(n)} responses)."
