"""``openai``: OpenAI itself, or any server that speaks its chat protocol."""

from collections.abc import Mapping

from scramblebench.core.clock import Clock
from scramblebench.core.trials import Response
from scramblebench.providers.addresses import checked_base_url, is_loopback
from scramblebench.providers.base import ModelIdentity, ModelRequest
from scramblebench.providers.catalogs import check_listed, listed_models, served_context
from scramblebench.providers.fields import as_text
from scramblebench.providers.http import Endpoint
from scramblebench.providers.keys import read_key
from scramblebench.providers.openai_chat import OpenAIChat
from scramblebench.providers.prices import find_price
from scramblebench.settings.models import ModelSpec

BASE_URL = "https://api.openai.com/v1"
KEY_VARIABLE = "OPENAI_API_KEY"


class OpenAIProvider:
    """A model at an OpenAI-compatible endpoint; on this machine it needs no key."""

    def __init__(self, spec: ModelSpec, *, clock: Clock, environment: Mapping[str, str]) -> None:
        base_url = checked_base_url(spec.base_url or BASE_URL)
        self._name = spec.name
        self._clock = clock
        self._is_key_needed = not is_loopback(base_url)
        self._key = read_key(spec.api_key_env or KEY_VARIABLE, environment)
        self._endpoint = Endpoint(
            "OpenAI" if spec.base_url is None else "the server",
            base_url,
            headers=self._key.headers,
            redaction=self._key.redaction,
        )
        self._chat = OpenAIChat(
            spec,
            self._endpoint,
            clock=clock,
            name=spec.name,
            price=find_price(spec),
            # OpenAI's own newer models refuse max_tokens; other servers know only that
            max_tokens_field="max_completion_tokens" if spec.base_url is None else "max_tokens",
        )

    async def identify(self) -> ModelIdentity:
        """Return what the server's list of models says; a server without a list is believed."""
        self._check_key()
        models = await listed_models(self._endpoint, self._clock.now())
        if models is None:
            return ModelIdentity(self._name)
        if len(models) == 1:  # such servers answer to any name
            entry = models[0]
        else:
            entry = check_listed(self._name, models, who=self._endpoint.who)
        served_name = as_text(entry.get("id")) or self._name
        return ModelIdentity(served_name, context_length=served_context(entry))

    async def complete(self, request: ModelRequest) -> Response:
        """Send one request and return the response."""
        self._check_key()
        return await self._chat.complete(request)

    async def close(self) -> None:
        """Close all connections."""
        await self._endpoint.close()

    def _check_key(self) -> None:
        if self._is_key_needed:
            self._key.check(self._endpoint.who)
