"""The names models go by at a provider."""

import re

from scramblebench.settings.models import ModelSpec, ProviderName

_VENDORS: tuple[tuple[str, str], ...] = (
    (r"gpt-oss", "openai"),
    (r"(gpt-|chatgpt-|o\d)", "openai"),
    (r"claude-", "anthropic"),
    (r"(gemini-|gemma-)", "google"),
    (r"(meta-)?llama-?\d", "meta-llama"),
    (r"(open-)?(mistral|mixtral|ministral|codestral|pixtral|devstral|magistral)", "mistralai"),
    (r"(qwen|qwq)", "qwen"),
    (r"deepseek-", "deepseek"),
    (r"grok-", "x-ai"),
    (r"command-", "cohere"),
    (r"phi-", "microsoft"),
    (r"nova-", "amazon"),
    (r"kimi-", "moonshotai"),
    (r"glm-", "z-ai"),
)


def resolve_name(spec: ModelSpec) -> str:
    """Return the name to send: on openrouter "gpt-3.5-turbo" is "openai/gpt-3.5-turbo".

    Names with a slash, names of unknown vendors and names at other providers stay as they are.
    """
    if spec.provider is not ProviderName.OPENROUTER or "/" in spec.name:
        return spec.name
    for pattern, vendor in _VENDORS:
        if re.match(pattern, spec.name, re.IGNORECASE):
            return f"{vendor}/{spec.name}"
    return spec.name
