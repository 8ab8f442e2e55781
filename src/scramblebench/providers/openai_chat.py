"""The OpenAI chat protocol, as OpenAI, OpenRouter and many others speak it."""

from collections.abc import Mapping
from typing import Final

from scramblebench.core.clock import Clock
from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.core.money import Price, microusd
from scramblebench.core.trials import Response
from scramblebench.providers.base import ModelRequest
from scramblebench.providers.bodies import RequestBody
from scramblebench.providers.connection import Reply
from scramblebench.providers.fields import as_count, as_mapping, as_sequence, as_text
from scramblebench.providers.http import Endpoint, parse_json
from scramblebench.providers.prices import call_cost
from scramblebench.providers.wire_errors import read_error, reply_error, wire_error
from scramblebench.settings.models import CONFIGURED, ModelSpec

_PATH: Final = "/chat/completions"


class OpenAIChat:
    """One model behind ``/chat/completions``: what ``openai`` and ``openrouter`` share."""

    def __init__(
        self,
        spec: ModelSpec,
        endpoint: Endpoint,
        *,
        clock: Clock,
        name: str,
        price: Price | None,
        max_tokens_field: str,
        is_silence_free: bool = False,
    ) -> None:
        """``is_silence_free``: an answer without content is not charged."""
        self._is_silence_free = is_silence_free
        self._endpoint = endpoint
        self._clock = clock
        self._name = name
        self._price = price
        self._is_price_configured = spec.price is not None and spec.price.source == CONFIGURED
        self._body = RequestBody(spec, name, lambda seed: _parameters(spec, max_tokens_field, seed))

    async def complete(self, request: ModelRequest) -> Response:
        """Send one request and return the response."""
        body = self._body.of(request)
        started_s = self._clock.monotonic_s()
        reply = await self._endpoint.post(_PATH, body, request.idempotency_key)
        latency_s = self._clock.monotonic_s() - started_s
        if reply.status != 200:
            raise reply_error(self._endpoint, reply, self._clock.now(), self._remedy(reply.status))
        return self._read(reply, latency_s)

    def _remedy(self, status: int) -> str:
        if status == 404:
            return f"check the model's name {self._name!r} and base_url {self._endpoint.base_url}"
        return ""

    def _read(self, reply: Reply, latency_s: float) -> Response:
        fields = self._fields(reply)
        choices = as_sequence(fields.get("choices"))
        if not choices:
            raise self._error(ErrorKind.NO_CONTENT, "an answer without choices")
        choice = as_mapping(choices[0])
        self._check_choice(choice, reply)
        text, finish_reason = self._text(choice)
        usage = as_mapping(fields.get("usage"))
        prompt_tokens = as_count(usage.get("prompt_tokens"))
        completion_tokens = as_count(usage.get("completion_tokens"))
        served_model = as_text(fields.get("model"))
        cost_microusd, cost_source = self._cost(
            usage.get("cost"), prompt_tokens, completion_tokens, served_model
        )
        return Response(
            text=text,
            finish_reason=finish_reason,
            latency_s=latency_s,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            cost_microusd=cost_microusd,
            cost_source=cost_source,
            served_model=served_model,
            served_provider=as_text(fields.get("provider")),
            provider_response_id=as_text(fields.get("id")),
            is_truncated=finish_reason in ("length", "content_filter"),
            raw=reply.body,
        )

    def _fields(self, reply: Reply) -> Mapping[str, object]:
        try:
            fields = parse_json(reply.body)
        except ValueError as error:
            raise self._error(ErrorKind.BAD_RESPONSE, f"what is not JSON: {error}") from None
        if not isinstance(fields, dict):
            raise self._error(ErrorKind.BAD_RESPONSE, "JSON that is no object")
        known = as_mapping(fields)
        if known.get("error"):
            raise reply_error(self._endpoint, reply, self._clock.now())
        if not isinstance(known.get("choices"), list):
            raise self._error(ErrorKind.BAD_RESPONSE, "an object without choices")
        return known

    def _check_choice(self, choice: Mapping[str, object], reply: Reply) -> None:
        error = choice.get("error")
        if error or choice.get("finish_reason") == "error":
            raise wire_error(self._endpoint, read_error(error), reply, self._clock.now())

    def _text(self, choice: Mapping[str, object]) -> tuple[str, str | None]:
        message = as_mapping(choice.get("message"))
        finish_reason = as_text(choice.get("finish_reason"))
        text = _joined(message.get("content"))
        refusal = as_text(message.get("refusal"))
        if not text and refusal:
            return refusal, "refusal"
        if not text and finish_reason is None:
            raise self._error(ErrorKind.NO_CONTENT, "an empty answer without a finish_reason")
        if not text and finish_reason == "content_filter":
            raise self._error(ErrorKind.CONTENT_FILTER, "nothing: its content filter removed it")
        return text, finish_reason

    def _cost(
        self,
        stated_usd: object,
        prompt_tokens: int | None,
        completion_tokens: int | None,
        served_model: str | None,
    ) -> tuple[int | None, str | None]:
        stated = _stated_microusd(stated_usd)
        if stated is not None:
            return stated, "usage.cost"
        if not (self._is_price_configured or self._is_same_model(served_model)):
            return None, None
        return call_cost(self._price, prompt_tokens, completion_tokens)

    def _is_same_model(self, served: str | None) -> bool:
        """Whether the price of the model asked for holds: the same, or a dated form of its name."""
        return served is None or served.startswith(self._name.removesuffix(":free"))

    def _error(self, kind: ErrorKind, what: str) -> ProviderError:
        shown = self._endpoint.redaction.clean(what)
        return ProviderError(
            f"{self._endpoint.who} answered with {shown}",
            kind=kind,
            status=200,
            may_be_charged=not (kind is ErrorKind.NO_CONTENT and self._is_silence_free),
        )


def _parameters(spec: ModelSpec, max_tokens_field: str, seed: int | None) -> Mapping[str, object]:
    parameters: dict[str, object] = {
        max_tokens_field: spec.max_tokens,
        "temperature": spec.temperature,
        "stream": False,
    }
    if spec.top_p is not None:
        parameters["top_p"] = spec.top_p
    if spec.stop:
        parameters["stop"] = list(spec.stop)
    if seed is not None:
        parameters["seed"] = seed
    return parameters


def _joined(content: object) -> str:
    """Return a message's text, which some servers send in parts."""
    if isinstance(content, str):
        return content
    parts = (as_text(as_mapping(part).get("text")) for part in as_sequence(content))
    return "".join(part for part in parts if part)


_MAX_COST_MICROUSD = 10**12  # a million dollars for one call is no cost but a mistake


def _stated_microusd(amount: object) -> int | None:
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        return None
    try:
        cost = microusd(amount)
    except ValueError:
        return None
    return cost if cost <= _MAX_COST_MICROUSD else None
