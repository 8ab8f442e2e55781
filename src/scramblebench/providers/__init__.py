"""Doors to models: Ollama, OpenRouter, OpenAI-compatible, in-process, simulated and replayed.

Importing this room is cheap; what a provider needs is imported when it is opened.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scramblebench.core.clock import Clock
from scramblebench.core.errors import UsageError
from scramblebench.core.money import Price
from scramblebench.providers.base import Message, ModelIdentity, ModelRequest, Provider

if TYPE_CHECKING:
    from scramblebench.settings.models import ModelSpec

__all__ = [
    "Message",
    "ModelIdentity",
    "ModelRequest",
    "Provider",
    "find_price",
    "open_provider",
    "resolve_name",
]


def open_provider(
    spec: "ModelSpec", *, clock: Clock, environment: Mapping[str, str], base_dir: Path
) -> Provider:
    """Return the door to a model; nothing is sent or loaded yet.

    Keys and ``OLLAMA_HOST`` come from ``environment``; paths count from ``base_dir``. Raises UsageError
    where the specification cannot be used here, and its MissingDependency where an extra is missing.
    """
    match spec.provider.value:
        case "ollama":
            from scramblebench.providers.ollama import OllamaProvider

            return OllamaProvider(spec, clock=clock, environment=environment)
        case "openrouter":
            from scramblebench.providers.openrouter import OpenRouterProvider

            return OpenRouterProvider(spec, clock=clock, environment=environment)
        case "openai":
            from scramblebench.providers.openai import OpenAIProvider

            return OpenAIProvider(spec, clock=clock, environment=environment)
        case "local":
            from scramblebench.providers.local import LocalProvider

            return LocalProvider(spec, clock=clock, base_dir=base_dir)
        case "simulated":
            from scramblebench.providers.simulated import SimulatedProvider

            return SimulatedProvider(spec, clock=clock)
        case "replay":
            from scramblebench.providers.replay import ReplayProvider

            return ReplayProvider(spec, base_dir=base_dir)
        case "imported":
            raise UsageError("its responses were imported, so there is nobody to ask")


def find_price(spec: "ModelSpec") -> Price | None:
    """Return the model's price and where it was found; None where nobody knows: never zero then."""
    from scramblebench.providers.prices import find_price as find

    return find(spec)


def resolve_name(spec: "ModelSpec") -> str:
    """Return the name to send: on openrouter "gpt-3.5-turbo" is "openai/gpt-3.5-turbo"."""
    from scramblebench.providers.names import resolve_name as resolve

    return resolve(spec)
