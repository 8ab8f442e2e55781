"""What must be known before two experiments are held against each other: one sentence each."""

from collections.abc import Iterator

from scramblebench.analysis.across import AcrossReport, Side, may_end_early
from scramblebench.analysis.matching import CurvePair
from scramblebench.settings import ModelSpec, ProviderName

_ASKED_WITH = ("temperature", "max_tokens", "top_p", "stop", "seed", "system_prompt", "num_ctx")
_WORDED_BY = ("prompt_template", "system_prompt", "few_shot", "scorer")
_MOST_CURVES = 12
_JUDGED = "judged by the files: "
"""How the notes of an imported benchmark begin that name its judges."""


def across_cautions(report: AcrossReport) -> Iterator[str]:
    """Yield the cautions of a comparison, the gravest first."""
    sides = (("A", report.first), ("B", report.second))
    if any(any(side.cube.simulated) for _, side in sides):
        yield "simulated models are a dry run: their numbers are not measurements"
    for letter, side in sides:
        yield from _interim(letter, side)
        for fault in side.registered.faults if side.registered else ():
            yield f"the preregistration of {letter} does not hold: {fault}"
    if report.standing:
        yield "a preregistration is of one experiment: comparisons of two are exploratory"
    if may_end_early(report.first.plan) or may_end_early(report.second.plan):
        yield (
            "an experiment may end early by a declared question: tests for a fixed number of questions "
            "have no p-value here"
        )
    yield from dict.fromkeys(w for curve in report.curves[:_MOST_CURVES] for w in _questions(curve))
    for curve in report.curves[:_MOST_CURVES]:
        yield from _curve(curve)
    yield from _scorers(report)
    for pair in report.pairs:
        yield from _models(report, pair)
    yield from _wording(report)
    one, two = report.first.cube.n_repeats, report.second.cube.n_repeats
    if one != two:
        yield f"A asks each question {one} times, B {two}: the means of more repeats vary less"


def _interim(letter: str, side: Side) -> Iterator[str]:
    n_missing = len(side.plan) - int(side.cube.n_answered.sum())
    if n_missing:
        yield (
            f"{letter} is interim: {n_missing:,} of {len(side.plan):,} planned trials have no response; "
            "they are missing, not wrong"
        )


def _questions(curve: CurvePair) -> Iterator[str]:
    sizes = (curve.first.n_questions, curve.second.n_questions)
    if not curve.n_shared:
        yield (
            f"{curve.benchmark}: no question is in both ({sizes[0]:,} and {sizes[1]:,}): compared as "
            "independent samples, so that differences of the questions count as differences of the models"
        )
    elif curve.n_shared < max(sizes):
        yield (
            f"{curve.benchmark}: {curve.n_shared:,} questions are in both and compared; A has "
            f"{sizes[0]:,}, B {sizes[1]:,}"
        )


def _curve(curve: CurvePair) -> Iterator[str]:
    place = f"{curve.benchmark}, {curve.method}"
    changed = [
        f"{level:g}"
        for level, is_same in zip(curve.levels_pct, curve.same_text, strict=True)
        if not is_same
    ]
    if changed:
        yield (
            f"{place}: at level {', '.join(changed)} the scrambled texts differ (another seed or other "
            "parameters): part of the difference may be theirs"
        )
    if curve.left_out_pct:
        levels = ", ".join(f"{level:g}" for level in curve.left_out_pct)
        yield f"{place}: level {levels} is only in one of the two and left out"


def _scorers(report: AcrossReport) -> Iterator[str]:
    for one, two in dict.fromkeys((c.first.benchmark, c.second.benchmark) for c in report.curves):
        first, second = _judges(report.first, one), _judges(report.second, two)
        if first and second and (not first & second or _versions(first, second)):
            yield (
                f"{one}: answers were judged differently: A by {', '.join(sorted(first))}, B by "
                f"{', '.join(sorted(second))}; part of the difference may be theirs"
            )


def _judges(side: Side, benchmark: str) -> frozenset[str]:
    """Return the scorers of a benchmark; of an import, what judged in its files."""
    notes = [n for part in side.plan.benchmarks if part.name == benchmark for n in part.notes]
    judges = [n.partition(_JUDGED)[2] for n in notes if n.startswith(_JUDGED)]
    return frozenset(judges) or side.provenance.scorers.get(benchmark, frozenset())


def _versions(first: frozenset[str], second: frozenset[str]) -> bool:
    """Return whether a scorer of one side is there in another version on the other."""
    names = {scorer.partition("@")[0] for scorer in first ^ second}
    known = {scorer.partition("@")[0] for scorer in first} & {
        scorer.partition("@")[0] for scorer in second
    }
    return bool(names & known)


def _models(report: AcrossReport, pair: tuple[str, str]) -> Iterator[str]:
    one, two = (_spec(side, name) for side, name in zip(_sides(report), pair, strict=True))
    imported = [spec.provider is ProviderName.IMPORTED for spec in (one, two)]
    if any(imported):
        if not all(imported):
            letters = ("A", "B") if imported[0] else ("B", "A")
            yield (
                f"{pair[0]}: {letters[0]} was imported, {letters[1]} asked here: prompts and settings of "
                "imports are not known, and may differ"
            )
        return
    if pair[0] != pair[1]:
        yield f"{pair[0]} (A) and {pair[1]} (B) are different models, compared as asked"
        return
    digests = [side.provenance.digests.get(pair[0], frozenset()) for side in _sides(report)]
    if all(digests) and digests[0] != digests[1]:
        shown = [", ".join(sorted(d[:12] for d in found)) for found in digests]
        yield f"{pair[0]}: not the same model file: digest {shown[0]} in A, {shown[1]} in B"
    if one.provider != two.provider:
        yield f"{pair[0]}: served by {one.provider} in A, by {two.provider} in B"
    changed = [
        f"{key} {_said(getattr(one, key))} and {_said(getattr(two, key))}"
        for key in _ASKED_WITH
        if getattr(one, key) != getattr(two, key)
    ]
    if changed:
        yield f"{pair[0]}: asked with other settings in A and B: {'; '.join(changed)}"


def _wording(report: AcrossReport) -> Iterator[str]:
    first, second = (side.plan.spec for side in _sides(report))
    for one, two in dict.fromkeys((c.first.benchmark, c.second.benchmark) for c in report.curves):
        specs = first.benchmarks[one], second.benchmarks[two]
        changed = [key for key in _WORDED_BY if getattr(specs[0], key) != getattr(specs[1], key)]
        if changed:
            yield f"{one}: {', '.join(changed)} differ between A and B"
    if first.scrambling.fields != second.scrambling.fields:
        yield "A and B scramble other parts of the question (scrambling.fields)"


def _sides(report: AcrossReport) -> tuple[Side, Side]:
    return report.first, report.second


def _spec(side: Side, name: str) -> ModelSpec:
    return next(model for model in side.plan.spec.models if model.shown_name == name)


def _said(value: object) -> str:
    text = "none" if value is None else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 30 else f"{text[:29]}…"
