"""What the engine and a provider say to each other."""

from dataclasses import dataclass
from typing import Literal, Protocol

from scramblebench.core.per_request import per_request
from scramblebench.core.questions import Question
from scramblebench.core.trials import Response


@per_request
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@per_request
class ModelRequest:
    """What is asked of a model, once.

    Providers that speak to a model send ``messages`` and nothing else of it; ``question``, ``dose``
    (realised share altered, 0 to 1) and ``repeat`` (from 0) are what the simulated and the replaying
    provider answer from. ``trial_key`` is made for the replaying one only; "" for all others.
    """

    messages: tuple[Message, ...]
    idempotency_key: str
    trial_key: str
    question: Question
    dose: float = 0.0
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What stands behind a model's name right now; None where the provider does not say."""

    served_name: str
    digest: str | None = None
    quantization: str | None = None
    context_length: int | None = None
    parameter_size: str | None = None
    provider_version: str | None = None
    is_simulated: bool = False


class Provider(Protocol):
    """A door to one model.

    A provider is made by ``open_provider``, belongs to one event loop, and serves any number of
    ``complete`` calls at once. It neither retries nor limits rates: one call sends at most one
    request. It never raises anything but ProviderError (and CancelledError): whatever bytes come
    back, however many, they become a Response or an error of a kind.
    """

    async def identify(self) -> ModelIdentity:
        """Return what is served under the name.

        Raises ProviderError, whose message says what to do (``ollama pull llama3:8b``), where the
        server is not there, the key is wrong or the model is missing.
        """
        ...

    async def complete(self, request: ModelRequest) -> Response:
        """Send one request and return the response.

        Raises ProviderError of the right kind for everything that is not an answer, an HTTP 200
        with an error body included.
        """
        ...

    async def close(self) -> None:
        """Give back connections, threads and memory; later calls are errors."""
        ...
