"""How the data came about, in sentences that the datasheet and Croissant share."""

from scramblebench.plan import BenchmarkSummary
from scramblebench.publication.metadata.anonymity import veil
from scramblebench.publication.metadata.clean import line
from scramblebench.publication.metadata.description import (
    NOT_RECORDED,
    Description,
    conditions_words,
)
from scramblebench.publication.source import ModelFacts, Publication
from scramblebench.settings import ProviderName

_WAYS = {
    ProviderName.IMPORTED: "were imported from files",
    ProviderName.REPLAY: "were replayed from a file",
    ProviderName.SIMULATED: "were simulated: nobody was asked",
    ProviderName.LOCAL: "came from a model inside the program that asked",
}


def how_collected(publication: Publication) -> str:
    """Return where the responses of which models came from."""
    ways: dict[str, list[str]] = {}
    for facts in publication.models:
        provider = facts.spec.provider
        way = _WAYS.get(provider, f"came through the interface of {provider.value}")
        ways.setdefault(way, []).append(line(facts.spec.shown_name))
    sentences = [f"The responses of {', '.join(names)} {way}." for way, names in ways.items()]
    return " ".join((*sentences, f"The questions were asked {conditions_words(publication)}."))


def raw_data(publication: Publication) -> str:
    """Return what the questions are and where they came from."""
    hide = veil(publication)
    parts = [line(hide(_benchmark(part))) for part in publication.plan.benchmarks]
    return f"{'; '.join(parts)}. Licences of the questions: {NOT_RECORDED}."


def _benchmark(part: BenchmarkSummary) -> str:
    files = [f"{name}, sha256 {digest}" for name, digest in part.files]
    detail = "; ".join((*files, *part.notes))
    name = f"{part.name}: {part.n_questions:,} questions"
    return f"{name} ({detail})" if detail else name


def missing_words(publication: Publication) -> str:
    """Return how many responses are missing, and why as far as that is known."""
    record = publication.record
    missing = record.n_trials - record.n_answered
    if not missing:
        return f"None: all {record.n_trials:,} planned responses are there."
    kinds: dict[str, int] = {}
    for facts in publication.models:
        for kind, count in facts.failures.items():
            kinds[kind] = kinds.get(kind, 0) + count
    failed = ", ".join(f"{kind.replace('_', ' ')} {n:,}" for kind, n in sorted(kinds.items()))
    why = f" Failed attempts by kind: {failed}." if failed else " No failed attempt is recorded."
    return f"{missing:,} of {record.n_trials:,} planned responses are missing.{why}"


def scrambling_words(publication: Publication) -> str:
    """Return how the questions were altered and what repeats it."""
    scrambled = [c for c in publication.plan.conditions if not c.is_baseline]
    if not scrambled:
        return "The questions were not altered."
    if all(is_imported(facts) for facts in publication.models):
        return (
            f"The questions were scrambled before the responses were imported; how exactly is {NOT_RECORDED} "
            f"beyond the names and levels: {conditions_words(publication)}."
        )
    seeds = ", ".join(str(seed) for seed in sorted({c.seed for c in scrambled}))
    return (
        f"The questions were asked {conditions_words(publication)}; ScrambleBench scrambled them with seed "
        f"{seeds}. The same seed gives the same text."
    )


def annotation(publication: Publication, about: Description) -> str:
    """Return who judged the responses."""
    judges = ", ".join(about.scorers) or NOT_RECORDED
    if all(is_imported(facts) for facts in publication.models):
        return f"The scores are those of the imported files ({judges})."
    return f"Every response is scored by a program ({judges}); no person judged them."


def is_imported(facts: ModelFacts) -> bool:
    """Whether a model's responses were taken from files, so that how it was asked is not known."""
    return facts.spec.provider is ProviderName.IMPORTED
