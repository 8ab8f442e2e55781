"""Questions and their scrambling in the methods section."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from scramblebench.analysis.cube import method_name
from scramblebench.core.conditions import Condition
from scramblebench.core.questions import Question
from scramblebench.plan import BenchmarkSummary
from scramblebench.publication.numbers import count, level_key, percent
from scramblebench.publication.source import Publication
from scramblebench.publication.texts.gathering import Dose, is_imported
from scramblebench.publication.texts.prose import Block, Bullets, listed, paragraph, sentence
from scramblebench.scrambling import METHODS
from scramblebench.settings import BenchmarkSpec


def question_blocks(publication: Publication) -> Iterator[Block]:
    """Yield each benchmark: how many questions, from which files, of which kind."""
    plan = publication.plan
    by_name: dict[str, list[Question]] = {}
    for question in plan.questions:
        by_name.setdefault(question.benchmark, []).append(question)
    entries = [
        _benchmark(part, plan.spec.benchmarks[part.name], by_name.get(part.name, []))
        for part in plan.benchmarks
    ]
    yield Bullets(tuple(entries))


def _benchmark(part: BenchmarkSummary, spec: BenchmarkSpec, asked: Sequence[Question]) -> str:
    files = [f"{PurePath(name).name} (sha256 {digest})" for name, digest in part.files]
    contexts = [q.context for q in asked if q.context]
    n_options = Counter(len(q.choices) for q in asked)
    domains = Counter(q.domain for q in asked if q.domain)
    sentences = [
        f"{part.name}: {count(len(asked))} questions.",
        f"Read from {listed(files)}." if files else "",
        _sampling(spec),
        f"{count(n_options[0])} of them are open; chance is 0 there." if n_options[0] else "",
        *(
            f"{count(n)} have {options} options; chance is {100 / options:.1f} %."
            for options, n in sorted(n_options.items())
            if options
        ),
        f"{count(len(contexts))} ask about a passage, {count(len(set(contexts)))} different ones in all."
        if contexts
        else "",
        f"Domains: {', '.join(f'{name} ({count(n)})' for name, n in domains.items())}."
        if domains
        else "",
        *map(sentence, part.notes),
    ]
    return " ".join(text for text in sentences if text)


def _sampling(spec: BenchmarkSpec) -> str:
    if spec.generated is not None:
        made = spec.generated
        return (
            f"They were made by the generator of scramblebench: {count(made.per_domain)} for each domain, "
            f"{listed(made.difficulties)}."
        )
    if spec.sample_size is None:
        return ""
    strata = f", in the shares of each {spec.stratify_by}" if spec.stratify_by else ""
    return f"They are a random sample of at most {count(spec.sample_size)} (seed {spec.sample_seed}){strata}."


def scrambling_blocks(publication: Publication, found: Sequence[Dose]) -> Iterator[Block]:
    """Yield the methods with their levels, what they keep, and how far they really went."""
    scrambled = [c for c in publication.plan.conditions if not c.is_baseline]
    has_baseline = len(scrambled) < len(publication.plan.conditions)
    baseline = "Level 0 is the text as it is" + (
        ", and shared by all methods." if scrambled else "."
    )
    if not scrambled:
        yield paragraph(baseline if has_baseline else "", "Nothing was scrambled.")
        return
    if is_imported(publication):
        yield paragraph(
            "The texts were scrambled elsewhere; methods and levels are those that the files name, and how far "
            "they went is not known here.",
            baseline if has_baseline else "Level 0 was not asked.",
        )
        yield Bullets(tuple(_levels(name, own) for name, own in _by_method(scrambled).items()))
        return
    spec = publication.plan.spec.scrambling
    yield paragraph(
        f"Scrambled were: {listed(spec.fields)}. The seed is {spec.random_seed}; it decides every altered "
        "position, and the same seed gives the same texts on every machine.",
        "A level is the nominal percentage of the units that a method alters.",
        baseline if has_baseline else "Level 0 was not asked.",
    )
    yield Bullets(tuple(_method(name, own) for name, own in _by_method(scrambled).items()))
    if found:
        yield paragraph(
            f"Realised, as means over {count(found[0].n_questions)} questions (share of units altered; edit "
            "distance to the original, as a share of its length):"
        )
        yield Bullets(tuple(_doses(name, found) for name in dict.fromkeys(d.method for d in found)))


def _by_method(conditions: Sequence[Condition]) -> dict[str, list[Condition]]:
    found: dict[str, list[Condition]] = {}
    for condition in conditions:
        found.setdefault(method_name(condition), []).append(condition)
    return found


def _levels(name: str, conditions: Sequence[Condition]) -> str:
    levels = listed(level_key(level) for level in sorted({c.level_pct for c in conditions}))
    return f"{name}, level{'s' * (len(conditions) > 1)} {levels}."


def _method(name: str, conditions: Sequence[Condition]) -> str:
    method = METHODS.get(conditions[0].method)
    if method is None:
        return _levels(name, conditions)
    parameters = dict(conditions[0].parameters)
    kept = [*method.preserves]
    kept += ["numbers"] if parameters.get("preserve_numbers") != "false" else []
    kept += ["capitalised names"] if parameters.get("preserve_names") == "true" else []
    return f"{_levels(name, conditions)} {method.summary} The unit is: {method.unit}. Kept: {', '.join(kept)}."


def _doses(name: str, found: Sequence[Dose]) -> str:
    parts = [
        f"{level_key(d.level_pct)}: {percent(d.realised)} %, {percent(d.edit_distance)} %"
        for d in found
        if d.method == name
    ]
    return f"{name}, at level {'; '.join(parts)}."
