"""A GGUF model in this process, made to answer the same whatever was asked before.

llama.cpp keeps the state of the last prompt and computes only what differs. That saves most of the
work with few-shot prompts, but where a prompt is split decides how it is rounded: with the library's
own reuse, answers at temperature 0 depend on the order of the questions; without reuse they do not, at
the full price. So we choose the split. All messages but the last, and what the chat template puts
around them, are the prefix. It is computed once, in fixed company (``_MARK``), and every question
continues from its end and reuses nothing else. Two questions that start with different characters make
the library cut its state back to the prefix by itself; else ``_MARK`` is asked in between. The library
counts the reused tokens in every answer: where the count is not the prefix's length, the state is
thrown away, and an answer that reused more is computed again from nothing.
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
        self._prefix: tuple[Message, ...] | None = None
        self._n_prefix_tokens = 0
        self._last_start = ""

    def ask(self, messages: Sequence[Message], parameters: Parameters) -> Answer:
        """Return the library's answer, an object with ``choices`` or with ``error``."""
        start = messages[-1].content.lstrip()[:1]
        if not self._has_prefix(tuple(messages[:-1]), start):
            return self._chat(messages, parameters, is_reusing=False)
        self._last_start = start
        answer = self._chat(messages, parameters, is_reusing=True)
        n_reused = reused_tokens(answer)
        if n_reused != self._n_prefix_tokens:
            self._prefix = None
        if n_reused is not None and n_reused > self._n_prefix_tokens:
            return self._chat(messages, parameters, is_reusing=False)
        return answer

    def _has_prefix(self, prefix: tuple[Message, ...], start: str) -> bool:
        """Have the library continue from the end of the prefix; return whether it will.

        ``start`` is the first character of what follows: where it is another than the last time's,
        the library cuts its state back to the prefix by itself.
        """
        if self._prefix == prefix:
            if self._n_prefix_tokens == 0:
                return False
            is_other_start = "" not in (start, self._last_start) and start != self._last_start
            if is_other_start or self._mark(prefix, _MARK) == self._n_prefix_tokens:
                return True
        return self._compute_prefix(prefix)

    def _compute_prefix(self, prefix: tuple[Message, ...]) -> bool:
        self._mark(prefix, _MARK, is_reusing=False)
        n_tokens = self._mark(prefix, _OTHER_MARK)
        is_cut = bool(n_tokens) and self._mark(prefix, _MARK) == n_tokens
        self._prefix = prefix
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
