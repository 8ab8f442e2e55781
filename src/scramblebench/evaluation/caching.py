"""The response cache's key: all that decides an answer, and nothing else."""

from scramblebench.core.canonical import content_hash
from scramblebench.providers import ModelRequest, resolve_name
from scramblebench.settings import ModelSpec, ProviderName

_NEVER = frozenset({ProviderName.SIMULATED, ProviderName.REPLAY})
_OPERATIONAL = frozenset(
    {
        "label",
        "name",
        "api_key_env",
        "requests_per_minute",
        "tokens_per_minute",
        "max_concurrent_requests",
        "price",
        "keep_alive",
        "system_prompt",
        "simulation",
    }
)


class CacheKeys:
    """Keys of one model's requests.

    A key stands for provider, address, model, digest, every parameter with the seed, the messages and
    the repeat: repeats and seeds never share an answer. A digest that is not known is part of the key as
    not known: the same name at the same address is then taken to be the same model.
    """

    def __init__(self, spec: ModelSpec, digest: str | None) -> None:
        self.is_usable = spec.provider not in _NEVER
        self._model = content_hash(
            {
                **spec.model_dump(mode="json", exclude=set(_OPERATIONAL)),
                "name": resolve_name(spec),
                "digest": digest,
            }
        )

    def key(self, request: ModelRequest) -> bytes:
        """Return the key of a request, 32 bytes."""
        messages = [[message.role, message.content] for message in request.messages]
        content = {"model": self._model, "messages": messages, "repeat": request.repeat}
        return bytes.fromhex(content_hash(content))
