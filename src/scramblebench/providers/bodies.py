"""Request bodies: all that never changes is put into JSON once."""

from collections.abc import Callable, Mapping

import orjson

from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.providers.base import ModelRequest
from scramblebench.settings.models import ModelSpec


class RequestBody:
    """JSON bodies ``{"model": name, "messages": [...], <parameters>}`` of one model.

    ``parameters`` is called once per repeat, with the seed of that repeat (None where the model has
    no seed), and must not be empty.
    """

    def __init__(
        self,
        spec: ModelSpec,
        name: str,
        parameters: Callable[[int | None], Mapping[str, object]],
    ) -> None:
        self._seed = spec.seed
        self._parameters = parameters
        self._head = b'{"model":' + orjson.dumps(name) + b',"messages":'
        self._tails: dict[int, bytes] = {}

    def of(self, request: ModelRequest) -> bytes:
        """Return the body of a request; raises ProviderError where its text is no Unicode."""
        tail = self._tails.get(request.repeat)
        if tail is None:
            tail = self._tails[request.repeat] = self._tail(request.repeat)
        try:
            return b"".join((self._head, orjson.dumps(request.messages), tail))
        except TypeError as error:
            raise unsendable(error) from None

    def _tail(self, repeat: int) -> bytes:
        seed = None if self._seed is None else self._seed + repeat
        return b"," + orjson.dumps(self._parameters(seed))[1:]


def unsendable(error: Exception) -> ProviderError:
    """Return the error of a prompt that holds what UTF-8 cannot carry: half of a surrogate pair."""
    return ProviderError(
        f"the prompt cannot be sent: {error}; it holds half of a character (a lone surrogate)",
        kind=ErrorKind.INVALID_REQUEST,
    )
