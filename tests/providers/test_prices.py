"""Prices: the user's, none for what runs here, the installed list, and unknown."""

import socket
from decimal import Decimal

import pytest

from scramblebench.core.money import FREE
from scramblebench.providers import find_price
from scramblebench.settings.models import ModelSpec, PriceSpec, ProviderName


def price_of(name, provider, **changes):
    return find_price(ModelSpec(name=name, provider=ProviderName(provider), **changes))


def test_the_users_price_comes_first():
    spec = PriceSpec(prompt_usd_per_million=Decimal("0.3"), completion_usd_per_million=Decimal(2))
    price = price_of("llama3:8b", "ollama", price=spec)
    assert price.prompt_usd == Decimal("0.0000003")
    assert price.completion_usd == Decimal("0.000002")
    assert price.source == "configured"


@pytest.mark.parametrize("provider", ["ollama", "local", "simulated", "replay"])
def test_what_runs_here_is_free(provider):
    assert price_of("any", provider) is FREE


@pytest.mark.parametrize(
    ("name", "provider"), [("gpt-3.5-turbo", "openrouter"), ("gpt-3.5-turbo", "openai")]
)
def test_listed_prices_name_their_source(name, provider):
    price = price_of(name, provider)
    assert Decimal("1e-8") < price.prompt_usd < price.completion_usd < Decimal("1e-4")
    assert price.source.startswith("genai-prices ")
    assert "gpt-3.5-turbo" in price.source


@pytest.mark.parametrize(
    ("name", "provider", "base_url"),
    [
        ("acme/unheard-of", "openrouter", None),
        ("unheard-of", "openai", None),
        ("gpt-4o", "openai", "http://127.0.0.1:8000/v1"),
        ("gpt-4o", "openai", "https://models.example.org/v1"),
    ],
)
def test_unknown_is_not_zero(name, provider, base_url):
    assert price_of(name, provider, base_url=base_url) is None


def test_a_free_variant_is_free():
    price = price_of("meta-llama/llama-3.2-3b-instruct:free", "openrouter")
    assert price.is_free


def test_prices_are_found_without_a_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert price_of("gpt-4o-mini", "openai") is not None
