"""A chat call and its answer, before they take the form of one of the APIs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from scramblebench.testing.fake_provider.answers import (
    AnswerFunction,
    ChatMessage,
    prompt_token_count,
    token_count,
)

PROMPT_MICROUSD = 1  # per token: one dollar a million
COMPLETION_MICROUSD = 2


@dataclass(frozen=True, slots=True)
class ChatCall:
    """What a client asked; ``digest`` is the sha256 of the request's body."""

    model: str
    messages: Sequence[ChatMessage]
    max_tokens: int | None
    digest: str
    options: Mapping[str, Any]

    @property
    def last_text(self) -> str:
        """The text of the last message; empty where there is none."""
        return self.messages[-1]["content"] if self.messages else ""


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What the fake model says, and what that counts for."""

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int

    @property
    def cost_microusd(self) -> int:
        """The price in whole micro-dollars, where the API charges."""
        return self.prompt_tokens * PROMPT_MICROUSD + self.completion_tokens * COMPLETION_MICROUSD


def read_messages(value: object) -> Sequence[ChatMessage] | None:
    """Return a request's messages, or None where they are no list of roles and texts."""
    if not isinstance(value, list):
        return None
    messages = cast("list[Any]", value)
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            return None
        if not isinstance(message.get("content"), str):
            return None
    return messages


def answered(call: ChatCall, answer: AnswerFunction) -> ChatAnswer:
    """Return the model's answer, cut at ``max_tokens``."""
    return cut_answer(
        ChatAnswer(answer(call.messages, call.model), "stop", prompt_token_count(call.messages), 0),
        call.max_tokens,
    )


def cut_answer(answer: ChatAnswer, max_tokens: int | None) -> ChatAnswer:
    """Return the answer within a number of tokens, saying so where it had to be cut."""
    n_tokens = token_count(answer.text)
    if max_tokens is None or max_tokens < 0 or n_tokens <= max_tokens:
        return ChatAnswer(answer.text, answer.finish_reason, answer.prompt_tokens, n_tokens)
    return ChatAnswer(answer.text[: 4 * max_tokens], "length", answer.prompt_tokens, max_tokens)
