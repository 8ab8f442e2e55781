"""The most that a request can cost, known before it is sent."""

from collections.abc import Sequence

from scramblebench.core.money import Price
from scramblebench.providers import Message

_TOKENS_AROUND = 16
"""Most tokens that a chat template puts around a message, and once more around all."""


def most_microusd(price: Price | None, messages: Sequence[Message], max_tokens: int) -> int | None:
    """Return the most a request can cost in micro-dollars; None where the price is not known.

    No tokenizer makes more tokens of a text than it has bytes in UTF-8, and no answer is longer than
    ``max_tokens``: so this bounds the cost whatever the tokenizer is, at about four times what English
    prompts really cost.
    """
    if price is None:
        return None
    if price.is_free:
        return 0
    n_bytes = sum(
        len(m.content) if m.content.isascii() else len(m.content.encode("utf-8", "surrogatepass"))
        for m in messages
    )
    return price.cost_microusd(n_bytes + _TOKENS_AROUND * (len(messages) + 1), max_tokens)
