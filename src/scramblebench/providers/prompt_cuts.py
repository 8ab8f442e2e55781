"""Whether a server cut a prompt without saying so.

Ollama answers 200 when a prompt is longer than its window, having dropped the oldest messages or the
middle of the text. We ask it not to (``truncate: false``), but older servers do not know that option.
What remains is arithmetic with two bounds that hold for the tokenizers in use:

- at most one token a UTF-8 byte, and ``_TEMPLATE_TOKENS`` a message for the chat template;
- at least one token a run of characters between white space, since no token spans such a gap, and no
  token of text is longer than ``_LONGEST_TOKEN`` characters.

A prompt is cut for certain if the lower bound exceeds the window. It is called cut, too, if it might
exceed the window and fewer tokens were read than the lower bound. A prompt that fits for certain is
never called cut: older servers leave cached tokens out of the count. Small cuts, of less than the gap
between the bounds, are not seen.
"""

from collections.abc import Sequence
from typing import Final

from scramblebench.providers.base import Message

DEFAULT_WINDOW: Final = 4096  # Ollama's num_ctx where neither request nor server sets one
_TEMPLATE_TOKENS: Final = 16
_LONGEST_TOKEN: Final = 24


def is_prompt_cut(
    messages: Sequence[Message], prompt_tokens: int | None, window: int | None
) -> bool:
    """Whether ``prompt_tokens`` read, in a window of ``window`` tokens, show that text was left out."""
    size = window if window is not None else DEFAULT_WINDOW
    if most_tokens(messages) <= size:
        return False
    fewest = fewest_tokens(messages)
    if window is not None and fewest > window:
        return True
    return prompt_tokens is not None and prompt_tokens < fewest


def most_tokens(messages: Sequence[Message]) -> int:
    """Return more tokens than the messages can have."""
    n_bytes = sum(len(message.content.encode("utf-8", "replace")) for message in messages)
    return n_bytes + _TEMPLATE_TOKENS * (len(messages) + 1)


def fewest_tokens(messages: Sequence[Message]) -> int:
    """Return fewer tokens than the messages can have."""
    runs = (run for message in messages for run in message.content.split())
    return sum(-(-len(run) // _LONGEST_TOKEN) for run in runs)
