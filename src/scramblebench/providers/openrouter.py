"""``openrouter``: one key, many vendors' models."""

from collections.abc import Mapping
from typing import Final

from scramblebench.core.clock import Clock
from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.core.trials import Response
from scramblebench.providers.addresses import checked_base_url, is_loopback
from scramblebench.providers.base import ModelIdentity, ModelRequest
from scramblebench.providers.catalogs import ABSENT, check_listed, listed_models, served_context
from scramblebench.providers.fields import as_mapping
from scramblebench.providers.http import Endpoint, parse_json
from scramblebench.providers.keys import read_key
from scramblebench.providers.names import resolve_name
from scramblebench.providers.openai_chat import OpenAIChat
from scramblebench.providers.prices import find_price
from scramblebench.providers.wire_errors import reply_error
from scramblebench.settings.models import ModelSpec

BASE_URL: Final = "https://openrouter.ai/api/v1"
KEY_VARIABLE: Final = "OPENROUTER_API_KEY"
_TITLE: Final = {"X-Title": "ScrambleBench"}


class OpenRouterProvider:
    """A model at OpenRouter; a double of it on this machine needs no key."""

    def __init__(self, spec: ModelSpec, *, clock: Clock, environment: Mapping[str, str]) -> None:
        base_url = checked_base_url(spec.base_url or BASE_URL)
        self._name = resolve_name(spec)
        self._clock = clock
        self._is_key_needed = not is_loopback(base_url)
        self._key = read_key(spec.api_key_env or KEY_VARIABLE, environment)
        self._endpoint = Endpoint(
            "OpenRouter",
            base_url,
            headers={**_TITLE, **self._key.headers},
            redaction=self._key.redaction,
        )
        self._chat = OpenAIChat(
            spec,
            self._endpoint,
            clock=clock,
            name=self._name,
            price=find_price(spec),
            max_tokens_field="max_tokens",
            is_silence_free=True,  # "zero completion insurance"
        )

    async def identify(self) -> ModelIdentity:
        """Return what OpenRouter lists under the name, after asking whether the key is good."""
        self._check_key()
        if self._key.value:
            await self._check_account()
        models = await listed_models(self._endpoint, self._clock.now())
        if models is None:
            return ModelIdentity(self._name)
        entry = check_listed(self._name, models, who=self._endpoint.who)
        return ModelIdentity(self._name, context_length=served_context(entry))

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

    async def _check_account(self) -> None:
        reply = await self._endpoint.get("/key")
        if reply.status in ABSENT:
            return
        if reply.status != 200:
            is_refused = reply.status in (401, 402, 403)
            hint = f"check the key in {self._key.variable}" if is_refused else ""
            raise reply_error(self._endpoint, reply, self._clock.now(), hint)
        try:
            account = as_mapping(as_mapping(parse_json(reply.body)).get("data"))
        except ValueError:
            return  # says nothing about the key; the first answer will
        remaining = account.get("limit_remaining")
        is_free = self._name.endswith(":free")
        if isinstance(remaining, int | float) and remaining <= 0 and not is_free:
            raise ProviderError(
                f"the limit of the key in {self._key.variable} is used up; "
                "raise it at https://openrouter.ai/settings/keys",
                kind=ErrorKind.CREDITS,
            )
