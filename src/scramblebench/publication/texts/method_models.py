"""Models in the methods section: who served what, and how it decoded."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from scramblebench.publication.numbers import count
from scramblebench.publication.source import ModelFacts, Publication, Served
from scramblebench.publication.texts.prose import Block, Bullets, listed, paragraph
from scramblebench.settings import ModelSpec, ProviderName

_PROVIDERS = {
    ProviderName.OLLAMA: "served by Ollama",
    ProviderName.OPENROUTER: "asked through OpenRouter",
    ProviderName.OPENAI: "asked at an endpoint that speaks the OpenAI chat protocol",
    ProviderName.LOCAL: "run from a GGUF file inside the process",
    ProviderName.REPLAY: "not asked: its responses were replayed from a file",
}


def model_blocks(publication: Publication) -> Iterator[Block]:
    """Yield each model with what served it and how it decoded; imported ones together."""
    imported = [f for f in publication.models if f.spec.provider is ProviderName.IMPORTED]
    others = [facts for facts in publication.models if facts not in imported]
    if imported:
        n = sum(facts.n_answered for facts in imported)
        yield paragraph(
            f"The {count(n)} responses of {_models(len(imported))} were imported from files, not asked for by "
            f"scramblebench: {listed(facts.name for facts in imported)}.",
            "Names are those of the files. Which weights answered, who served them, their prompts and how they "
            "decoded are not known here, except as the source of the files describes them.",
        )
    if others:
        yield Bullets(tuple(_entry(facts, publication.is_anonymous) for facts in others))


def _models(n: int) -> str:
    return f"{n} model{'s' * (n != 1)}"


def _entry(facts: ModelFacts, is_anonymous: bool) -> str:
    spec = facts.spec
    named = f"{facts.name} (requested as {spec.name})" if spec.label else facts.name
    if facts.is_simulated:
        s = spec.simulation
        return (
            f"{named} was simulated: no model was asked. Ability {s.ability:g}, difficulty sd "
            f"{s.difficulty_sd:g}, decay {s.decay:g}, lapses {s.lapse_rate:g}, no answer {s.no_answer_rate:g}."
        )
    host = urlsplit(spec.base_url).hostname if spec.base_url and not is_anonymous else None
    at = f" at {host}" if host else ""
    return " ".join(
        [f"{named} was {_PROVIDERS[spec.provider]}{at}.", _served(facts.served), _decoding(spec)]
    )


def _served(served: tuple[Served, ...]) -> str:
    known = [one for one in served if one.model or one.digest]
    if not known:
        return "The responses do not say what served them."
    return f"The responses name as their source {listed(map(_source, known))}."


def _source(one: Served) -> str:
    provider = f" by {one.provider}" if one.provider else ""
    digest = f", digest {one.digest}" if one.digest else ", without a digest of its weights"
    return f"{one.model or 'a model without a name'}{provider}{digest} ({count(one.n_responses)} responses)"


def _decoding(spec: ModelSpec) -> str:
    if spec.provider is ProviderName.REPLAY:
        return "How they were decoded is for their source to say."
    told = [
        f"temperature {spec.temperature:g}",
        f"at most {count(spec.max_tokens)} tokens",
        f"top-p {spec.top_p:g}" if spec.top_p is not None else "",
        f"context window {count(spec.num_ctx)} tokens" if spec.num_ctx else "",
        f"stop at {listed(map(repr, spec.stop))}" if spec.stop else "",
        f"seed {spec.seed}, to which repeats add their number" if spec.seed is not None else "",
    ]
    unset = [
        name
        for name, value in (
            ("top-p", spec.top_p),
            ("seed", spec.seed),
            ("context window", spec.num_ctx),
        )
        if value is None
    ]
    rest = f"; not set, so that the provider’s defaults hold: {', '.join(unset)}" if unset else ""
    return f"Decoding: {', '.join(part for part in told if part)}{rest}."
