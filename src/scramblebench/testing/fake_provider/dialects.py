"""What the two APIs have in common: routes, a chat call read, bodies for answers and errors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from scramblebench.testing.fake_provider.chats import ChatAnswer, ChatCall

Body = dict[str, Any]
Refusal = tuple[int, Body]
"""A status and an error body: why a call is not answered."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The models a server has, with the context window of each in tokens."""

    names: Sequence[str]
    window: int


class Dialect(Protocol):
    """One API's wire format. Bodies are made anew at each call and may be changed by the caller."""

    name: str
    chat_path: str
    is_charging: bool

    def read_call(self, fields: Mapping[str, Any], digest: str) -> ChatCall | Refusal:
        """Return the call that a request's JSON makes, or why it cannot be answered."""
        ...

    def refuse_key(self, headers: Mapping[str, str]) -> Refusal | None:
        """Return the error of a request without the right key; None where all is well."""
        ...

    def answer_body(self, call: ChatCall, answer: ChatAnswer) -> Body:
        """Return the body of an answer."""
        ...

    def error_body(self, status: int, message: str | None = None) -> Body:
        """Return the documented body of an error with this status."""
        ...

    def spoil(self, body: Body, fault: str) -> Body:
        """Return an answer's body as a fault that concerns its fields leaves it."""
        ...

    def pages(self) -> Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Refusal]]:
        """Return what else is served: (method, path) to a function of the request's JSON."""
        ...
