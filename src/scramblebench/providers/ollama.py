"""``ollama``: models on an Ollama server, through its native API."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from scramblebench.core.clock import Clock
from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.core.trials import Response
from scramblebench.providers.addresses import checked_base_url, ollama_base_url
from scramblebench.providers.base import ModelIdentity, ModelRequest
from scramblebench.providers.bodies import RequestBody
from scramblebench.providers.catalogs import Entry, nearest
from scramblebench.providers.connection import Reply
from scramblebench.providers.fields import as_count, as_mapping, as_sequence, as_text
from scramblebench.providers.http import Endpoint, parse_json
from scramblebench.providers.keys import read_key
from scramblebench.providers.prices import call_cost, find_price
from scramblebench.providers.prompt_cuts import is_prompt_cut
from scramblebench.providers.wire_errors import reply_error
from scramblebench.settings.models import ModelSpec

_CHAT: Final = "/api/chat"
KEY_VARIABLE: Final = "OLLAMA_API_KEY"  # only Ollama's cloud asks for one
_REPEATS_THAT_STOP: Final = 30  # of one token: then Ollama stops without a final chunk
_LONGEST_REPEATED: Final = 40


class OllamaProvider:
    """A model of an Ollama server."""

    def __init__(self, spec: ModelSpec, *, clock: Clock, environment: Mapping[str, str]) -> None:
        base_url = _base_url(spec, environment)
        key = read_key(spec.api_key_env or KEY_VARIABLE, environment)
        self._name = spec.name
        self._window = spec.num_ctx
        self._clock = clock
        self._price = find_price(spec)
        self._endpoint = Endpoint("Ollama", base_url, headers=key.headers, redaction=key.redaction)
        self._body = RequestBody(spec, spec.name, lambda seed: _parameters(spec, seed))
        self._digest: str | None = None

    async def identify(self) -> ModelIdentity:
        """Return digest, quantization, window and size of the model, and the server's version."""
        tags, version = await asyncio.gather(self._fields("/api/tags"), self._version())
        entry = self._find([as_mapping(model) for model in as_sequence(tags.get("models"))])
        shown = await self._show()
        details = {**as_mapping(entry.get("details")), **as_mapping(shown.get("details"))}
        self._digest = as_text(entry.get("digest"))
        return ModelIdentity(
            served_name=as_text(entry.get("name")) or self._name,
            digest=self._digest,
            quantization=as_text(details.get("quantization_level")),
            context_length=self._context_length(as_mapping(shown.get("model_info"))),
            parameter_size=as_text(details.get("parameter_size")),
            provider_version=version,
        )

    async def complete(self, request: ModelRequest) -> Response:
        """Send one request and return the response."""
        body = self._body.of(request)
        started_s = self._clock.monotonic_s()
        reply = await self._post(_CHAT, body, request.idempotency_key)
        latency_s = self._clock.monotonic_s() - started_s
        if reply.status != 200:
            raise self._reply_error(reply)
        return self._read(reply, request, latency_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._endpoint.close()

    def _read(self, reply: Reply, request: ModelRequest, latency_s: float) -> Response:
        fields = self._parsed(reply)
        message = as_mapping(fields.get("message"))
        text = as_text(message.get("content"))
        if text is None:
            raise self._error(ErrorKind.BAD_RESPONSE, "an object without a message")
        finish_reason = as_text(fields.get("done_reason"))
        is_looping = self._check_done(fields, text)
        prompt_tokens = as_count(fields.get("prompt_eval_count"))
        completion_tokens = as_count(fields.get("eval_count"))
        cost_microusd, cost_source = call_cost(self._price, prompt_tokens, completion_tokens)
        return Response(
            text=text,
            finish_reason="repetition" if is_looping else finish_reason,
            latency_s=latency_s,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            cost_microusd=cost_microusd,
            cost_source=cost_source,
            served_model=as_text(fields.get("model")),
            served_provider="ollama",
            model_digest=self._digest,
            is_truncated=is_looping or finish_reason == "length",
            is_prompt_cut=is_prompt_cut(request.messages, prompt_tokens, self._window),
            raw=reply.body,
        )

    def _check_done(self, fields: Mapping[str, object], text: str) -> bool:
        """Return whether Ollama stopped a model that repeats itself; raise where there is no answer."""
        if fields.get("done") is True:
            if fields.get("done_reason") in ("load", "unload"):
                raise self._error(ErrorKind.NO_CONTENT, "no text: it only loaded the model")
            return False
        if not text:
            raise self._error(ErrorKind.NO_CONTENT, "an unfinished answer without text")
        if not ends_in_repetition(text):
            raise self._error(ErrorKind.BAD_RESPONSE, "an unfinished answer: its runner went away")
        return True

    def _parsed(self, reply: Reply) -> Mapping[str, object]:
        try:
            fields = parse_json(reply.body)
        except ValueError as error:
            raise self._error(ErrorKind.BAD_RESPONSE, f"what is not JSON: {error}") from None
        known = as_mapping(fields)
        if known.get("error"):
            raise self._reply_error(reply)
        if not isinstance(fields, dict):
            raise self._error(ErrorKind.BAD_RESPONSE, "JSON that is no object")
        return known

    async def _fields(self, path: str) -> Mapping[str, object]:
        try:
            reply = await self._endpoint.get(path)
        except ProviderError as error:
            raise self._with_advice(error) from None
        if reply.status != 200:
            raise self._reply_error(reply)
        return self._parsed(reply)

    async def _version(self) -> str | None:
        return as_text((await self._fields("/api/version")).get("version"))

    async def _show(self) -> Mapping[str, object]:
        body = orjson.dumps({"model": self._name})
        reply = await self._post("/api/show", body, None)
        if reply.status != 200:
            raise self._reply_error(reply)
        return self._parsed(reply)

    async def _post(self, path: str, body: bytes, idempotency_key: str | None) -> Reply:
        try:
            return await self._endpoint.post(path, body, idempotency_key)
        except ProviderError as error:
            raise self._with_advice(error) from None

    def _with_advice(self, error: ProviderError) -> ProviderError:
        if error.kind is not ErrorKind.CONNECTION:
            return error
        advice = f"{error}; is Ollama running? start it with: ollama serve (or set base_url)"
        return ProviderError(advice, kind=error.kind)

    def _find(self, models: Sequence[Entry]) -> Entry:
        by_name = {as_text(entry.get("name")) or "": entry for entry in models}
        entry = by_name.get(self._name) or by_name.get(f"{self._name}:latest")
        if entry is None:
            raise ProviderError(
                f"Ollama has no model {self._name!r}; run: ollama pull {self._name}"
                f"{nearest(self._name, list(by_name))}",
                kind=ErrorKind.MODEL_MISSING,
            )
        return entry

    def _context_length(self, info: Mapping[str, object]) -> int | None:
        """Return the window in force: the model's, or a smaller one that was asked for."""
        architecture = as_text(info.get("general.architecture"))
        own = as_count(info.get(f"{architecture}.context_length"))
        known = [size for size in (own, self._window) if size is not None]
        return min(known, default=None)

    def _reply_error(self, reply: Reply) -> ProviderError:
        remedy = f"run: ollama pull {self._name}" if reply.status == 404 else ""
        return reply_error(self._endpoint, reply, self._clock.now(), remedy)

    def _error(self, kind: ErrorKind, what: str) -> ProviderError:
        shown = self._endpoint.redaction.clean(what)
        return ProviderError(f"Ollama answered with {shown}", kind=kind, status=200)


def ends_in_repetition(text: str) -> bool:
    """Whether a text ends in one short piece, repeated as often as Ollama puts up with."""
    tail = text.rstrip()
    longest = min(_LONGEST_REPEATED, len(tail) // (_REPEATS_THAT_STOP - 1))
    return any(
        tail.endswith(tail[-size:] * (_REPEATS_THAT_STOP - 1)) for size in range(1, longest + 1)
    )


def _base_url(spec: ModelSpec, environment: Mapping[str, str]) -> str:
    if spec.base_url is not None:
        return checked_base_url(spec.base_url).removesuffix("/api")
    return ollama_base_url(environment.get("OLLAMA_HOST", ""))


def _parameters(spec: ModelSpec, seed: int | None) -> Mapping[str, object]:
    options: dict[str, object] = {
        "num_predict": spec.max_tokens,
        "temperature": spec.temperature,
    }
    optional = {"seed": seed, "num_ctx": spec.num_ctx, "top_p": spec.top_p}
    options.update({name: value for name, value in optional.items() if value is not None})
    if spec.stop:
        options["stop"] = list(spec.stop)
    parameters: dict[str, object] = {
        "stream": False,
        # a prompt or an answer that outgrows the window is to be an error, not cut in silence
        "truncate": False,
        "shift": False,
        "options": options,
    }
    if spec.keep_alive is not None:
        parameters["keep_alive"] = _keep_alive(spec.keep_alive)
    return parameters


def _keep_alive(text: str) -> object:
    """Return a number of seconds as a number: Ollama reads texts only with a unit, as "5m"."""
    try:
        return int(text)
    except ValueError:
        return text
