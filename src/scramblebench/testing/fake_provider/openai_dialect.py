"""OpenAI's own API: as OpenRouter's, but other errors, and it never says what an answer cost."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from scramblebench.testing.fake_provider.chats import ChatAnswer, ChatCall
from scramblebench.testing.fake_provider.dialects import Body, Catalog, Refusal
from scramblebench.testing.fake_provider.openrouter_dialect import OpenRouterDialect

_CREATED: Final = 1_787_338_102
_INVALID: Final = "invalid_request_error"
_ERRORS: Final[Mapping[int, tuple[str, str, str | None]]] = {
    400: ("We could not parse the JSON body of your request.", _INVALID, None),
    401: ("Incorrect API key provided: sk-fa***.", _INVALID, "invalid_api_key"),
    402: ("You exceeded your current quota.", "insufficient_quota", "insufficient_quota"),
    403: ("Country, region, or territory not supported", "request_forbidden", None),
    404: ("The model `missing` does not exist.", _INVALID, "model_not_found"),
    429: ("Rate limit reached for requests.", "requests", "rate_limit_exceeded"),
    500: ("The server had an error while processing your request.", "server_error", None),
    503: ("That model is currently overloaded with other requests.", "server_error", None),
}
"""Message, type and code by status."""


class OpenAIDialect:
    """OpenAI: charged as OpenRouter's double charges, but only the ledger knows."""

    name = "openai"
    chat_path = "/v1/chat/completions"
    is_charging = True

    def __init__(self, catalog: Catalog, api_key: str | None) -> None:
        self._catalog = catalog
        self._like = OpenRouterDialect(catalog, api_key)

    def read_call(self, fields: Mapping[str, Any], digest: str) -> ChatCall | Refusal:
        """Return the call; an unknown model is 404, a prompt longer than the window 400."""
        model = fields.get("model")
        if isinstance(model, str) and model not in self._catalog.names:
            return 404, self.error_body(404, f"The model `{model}` does not exist.")
        call = self._like.read_call(fields, digest)
        if isinstance(call, ChatCall):
            return call
        status, body = call
        error = body["error"]
        refusal = self.error_body(status, error["message"])
        if "metadata" in error:
            refusal["error"]["code"] = error["metadata"]["error_type"]
        return status, refusal

    def refuse_key(self, headers: Mapping[str, str]) -> Refusal | None:
        """Return 401 where a key is set and the request does not carry it."""
        return (401, self.error_body(401)) if self._like.refuse_key(headers) else None

    def answer_body(self, call: ChatCall, answer: ChatAnswer) -> Body:
        """Return a chat completion with usage and without a cost."""
        body = self._like.answer_body(call, answer)
        del body["provider"], body["usage"]["cost"], body["usage"]["is_byok"]
        del body["choices"][0]["native_finish_reason"], body["choices"][0]["message"]["reasoning"]
        body.update(id=f"chatcmpl-{call.digest[:24]}", service_tier="default")
        return body

    def error_body(self, status: int, message: str | None = None) -> Body:
        """Return ``{"error": {"message", "type", "param", "code"}}``."""
        said, kind, code = _ERRORS.get(status, ("Upstream error.", "server_error", None))
        return {"error": {"message": message or said, "type": kind, "param": None, "code": code}}

    def spoil(self, body: Body, fault: str) -> Body:
        """Return the body after a fault."""
        if fault == "200-error":
            return self.error_body(500)
        spoilt = self._like.spoil(body, fault)
        spoilt.get("usage", {}).pop("cost", None)
        return spoilt

    def pages(self) -> Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Refusal]]:
        """Return the list of models."""
        return {("GET", "/v1/models"): lambda _: (200, self._models())}

    def _models(self) -> Body:
        models = [
            {"id": name, "object": "model", "created": _CREATED, "owned_by": "system"}
            for name in self._catalog.names
        ]
        return {"object": "list", "data": models}
