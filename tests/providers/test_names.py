"""Names as OpenRouter knows them."""

import pytest

from scramblebench.providers import resolve_name
from scramblebench.settings.models import ModelSpec, ProviderName


@pytest.mark.parametrize(
    ("name", "resolved"),
    [
        ("gpt-3.5-turbo", "openai/gpt-3.5-turbo"),
        ("o3-mini", "openai/o3-mini"),
        ("claude-3-haiku", "anthropic/claude-3-haiku"),
        ("gemini-1.5-pro", "google/gemini-1.5-pro"),
        ("llama-3-8b-instruct", "meta-llama/llama-3-8b-instruct"),
        ("mixtral-8x7b-instruct", "mistralai/mixtral-8x7b-instruct"),
        ("mistral-large", "mistralai/mistral-large"),
        ("qwen-2.5-72b-instruct", "qwen/qwen-2.5-72b-instruct"),
        ("deepseek-chat", "deepseek/deepseek-chat"),
        ("openai/gpt-4", "openai/gpt-4"),
        ("acme/fake-1.0", "acme/fake-1.0"),
        ("unheard-of", "unheard-of"),
        ("olmo-2", "olmo-2"),
    ],
)
def test_openrouter(name, resolved):
    assert resolve_name(ModelSpec(name=name, provider=ProviderName.OPENROUTER)) == resolved


@pytest.mark.parametrize("provider", sorted(set(ProviderName) - {ProviderName.OPENROUTER}))
def test_elsewhere_names_stay(provider):
    assert resolve_name(ModelSpec(name="gpt-3.5-turbo", provider=provider)) == "gpt-3.5-turbo"
