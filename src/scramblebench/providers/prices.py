"""What a model costs: the user's own figure, else the price list that is installed."""

from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version

from scramblebench.core.clock import SystemClock
from scramblebench.core.money import FREE, MICRO, Price
from scramblebench.providers.addresses import is_loopback
from scramblebench.providers.names import resolve_name
from scramblebench.settings.models import ModelSpec, ProviderName

_RUNS_HERE = frozenset(
    {ProviderName.OLLAMA, ProviderName.LOCAL, ProviderName.SIMULATED, ProviderName.REPLAY}
)


def find_price(spec: ModelSpec) -> Price | None:
    """Return the model's price and where it was found; None where nobody knows: never zero then.

    The price list comes with the installed package genai-prices; nothing is fetched. Where a price
    rises with the prompt's length, the price of the shortest prompts is taken.
    """
    if spec.price is not None:
        return Price(
            spec.price.prompt_usd_per_million / MICRO,
            spec.price.completion_usd_per_million / MICRO,
            spec.price.source,
        )
    if spec.provider in _RUNS_HERE:
        return FREE
    if spec.provider is ProviderName.IMPORTED:
        return None  # what it cost, only the files can say
    if spec.provider is ProviderName.OPENROUTER:
        name = resolve_name(spec)
        if name.endswith(":free"):
            return Price(Decimal(0), Decimal(0), "openrouter: a ':free' variant")
        return _listed_price(name, "openrouter", None)
    if spec.base_url is None:
        return _listed_price(spec.name, "openai", None)
    if is_loopback(spec.base_url):
        return None  # no list has it, and looking it up takes as long as a hundred requests
    return _listed_price(spec.name, None, spec.base_url)


def call_cost(
    price: Price | None, prompt_tokens: int | None, completion_tokens: int | None
) -> tuple[int | None, str | None]:
    """Return the cost of a call in micro-dollars and its source; None, None where it is unknown."""
    if price is None:
        return None, None
    if price.is_free:
        return 0, price.source
    if prompt_tokens is None or completion_tokens is None:
        return None, None
    return price.cost_microusd(prompt_tokens, completion_tokens), price.source


@lru_cache(maxsize=512)
def _listed_price(name: str, vendor: str | None, url: str | None) -> Price | None:
    from genai_prices import data_snapshot  # slow to import: only where a price is asked for

    try:
        _, model = data_snapshot.get_snapshot().find_provider_model(name, None, vendor, url)
    except LookupError:
        return None
    prices = model.get_prices(SystemClock().now())
    prompt, completion = _per_million(prices.input_mtok), _per_million(prices.output_mtok)
    if prompt is None or completion is None:
        return None
    source = f"genai-prices {version('genai-prices')}: {model.id}"
    return Price(prompt / MICRO, completion / MICRO, source)


def _per_million(price: object) -> Decimal | None:
    base = getattr(price, "base", price)  # a price in tiers has a base
    return base if isinstance(base, Decimal) else None
