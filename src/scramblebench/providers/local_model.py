"""A GGUF model in this process, made to answer the same whatever was asked before.

llama.cpp keeps the state of the last prompt and computes only what differs. That is 8 times faster
with few-shot prompts, but where a prompt is split decides how it is rounded: with the library's own
reuse, answers at temperature 0 depend on the order of the questions. Without reuse they do not, at
the full price. So we choose the split: all messages but the last, and what the chat template puts
around them, are the prefix. It is computed once in a fixed company (``_MARK``) and every question
continues from its end, to which the state is cut back before each (by asking ``_MARK`` again, which
generates nothing to speak of). The library counts the reused tokens in every answer, and where the
count is not the prefix's length the state is thrown away. Nothing of a question's own text is reused.
"""

import secrets
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from scramblebench.providers.base import Message
from scramblebench.providers.fields import as_count, as_mapping

_MARK: Final = "~"
_OTHER_MARK: Final = "^"

Parameters = Mapping[str, object]
Answer = Mapping[str, object]


class LocalModel:
    """A loaded model with one slot and one thread; for use from one thread only."""

    def __init__(self, path: Path, n_ctx: int) -> None:
        self._server = _load(path, n_ctx)
        self._prefix: Sequence[Message] | None = None
        self._n_prefix_tokens = 0

    def ask(self, messages: Sequence[Message], parameters: Parameters) -> Answer:
        """Return the library's answer, an object with ``choices`` or with ``error``."""
        if not self._has_prefix(messages[:-1]):
            return self._chat(messages, parameters, is_reusing=False)
        answer = self._chat(messages, parameters, is_reusing=True)
        n_reused = reused_tokens(answer)
        if n_reused != self._n_prefix_tokens:
            self._prefix = None
        if n_reused is not None and n_reused > self._n_prefix_tokens:
            return self._chat(messages, parameters, is_reusing=False)
        return answer

    def _has_prefix(self, prefix: Sequence[Message]) -> bool:
        """Bring the state to the end of the prefix; return whether it stands there."""
        if self._prefix == prefix and (
            self._n_prefix_tokens == 0 or self._mark(prefix, _MARK) == self._n_prefix_tokens
        ):
            return self._n_prefix_tokens > 0
        self._mark(prefix, _MARK, is_reusing=False)
        n_tokens = self._mark(prefix, _OTHER_MARK)
        is_cut = bool(n_tokens) and self._mark(prefix, _MARK) == n_tokens
        self._prefix = tuple(prefix)
        self._n_prefix_tokens = n_tokens if n_tokens and is_cut else 0
        return is_cut

    def _mark(self, prefix: Sequence[Message], mark: str, *, is_reusing: bool = True) -> int | None:
        messages = (*prefix, Message("user", mark))
        nothing = {"max_tokens": 0, "temperature": 0}
        return reused_tokens(self._chat(messages, nothing, is_reusing=is_reusing))

    def _chat(
        self, messages: Sequence[Message], parameters: Parameters, *, is_reusing: bool
    ) -> Answer:
        body: dict[str, object] = {
            "messages": [{"role": each.role, "content": each.content} for each in messages],
            "cache_prompt": is_reusing,
            **parameters,
        }
        return as_mapping(self._server.handle_chat_completions(body))


def reused_tokens(answer: Answer) -> int | None:
    """Return how many tokens of the prompt were not computed anew; None where it is not said."""
    details = as_mapping(as_mapping(answer.get("usage")).get("prompt_tokens_details"))
    return as_count(details.get("cached_tokens"))


def _load(path: Path, n_ctx: int) -> Any:
    xllamacpp: Any = import_module("xllamacpp")  # the optional extra "local"; it has no types
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = n_ctx
    parameters.n_parallel = 1  # slots that work at once change each other's rounding
    parameters.cpuparams.n_threads = 1  # two spinning threads on busy cores are many times slower
    parameters.cpuparams_batch.n_threads = 1
    parameters.verbosity = -1
    parameters.cache_ram_mib = 0  # no states of earlier prompts come back
    parameters.n_ctx_checkpoints = 0
    parameters.warmup = False
    parameters.ui = False
    parameters.api_keys = [
        secrets.token_hex(32)
    ]  # the library listens on a loopback port: for nobody
    return xllamacpp.Server(parameters)
