"""OpenRouter's API, which OpenAI-compatible clients can use as well."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from scramblebench.testing.fake_provider.answers import prompt_token_count
from scramblebench.testing.fake_provider.chats import ChatAnswer, ChatCall, read_messages
from scramblebench.testing.fake_provider.dialects import Body, Catalog, Refusal

_CREATED: Final = 1_787_338_102
_USER: Final = "user_2fake"
_MESSAGES: Final = {
    400: "Invalid request parameters",
    401: "Missing Authentication header",
    402: "Insufficient credits. Add more using https://openrouter.ai/credits",
    403: "Only management keys can perform this operation",
    404: "Resource not found",
    408: "Operation timed out. Please try again later.",
    413: "Request payload too large",
    422: "Invalid argument",
    429: "Rate limit exceeded",
    500: "Internal Server Error",
    502: "Provider returned error",
    503: "Service temporarily unavailable",
    524: "Request timed out. Please try again later.",
    529: "Provider returned error",
}


class OpenRouterDialect:
    """OpenRouter: one dollar a million prompt tokens, two a million completion tokens."""

    name = "openrouter"
    chat_path = "/api/v1/chat/completions"
    is_charging = True

    def __init__(self, catalog: Catalog, api_key: str | None) -> None:
        self._catalog = catalog
        self._api_key = api_key

    def read_call(self, fields: Mapping[str, Any], digest: str) -> ChatCall | Refusal:
        """Return the call; a prompt longer than the window is refused."""
        model = fields.get("model")
        messages = read_messages(fields.get("messages"))
        if messages is None or not messages:
            return 400, self.error_body(400, "Input required: specify messages")
        if not isinstance(model, str) or model not in self._catalog.names:
            return 400, self.error_body(400, f"{model} is not a valid model ID")
        if fields.get("stream"):
            return 400, self.error_body(400, "this double answers only with stream set to false")
        max_tokens = fields.get("max_completion_tokens", fields.get("max_tokens"))
        n_tokens = prompt_token_count(messages) + (max_tokens or 0)
        if n_tokens > self._catalog.window:
            return 400, self._too_long(n_tokens)
        return ChatCall(model, messages, max_tokens, digest, fields)

    def refuse_key(self, headers: Mapping[str, str]) -> Refusal | None:
        """Return 401 where a key is set and the request does not carry it."""
        sent = headers.get("authorization")
        if self._api_key is None or sent == f"Bearer {self._api_key}":
            return None
        return 401, self.error_body(401, "User not found." if sent else None)

    def answer_body(self, call: ChatCall, answer: ChatAnswer) -> Body:
        """Return a chat completion with usage and cost."""
        return {
            "id": f"gen-{call.digest[:24]}",
            "provider": "FakeProvider",
            "model": call.model,
            "object": "chat.completion",
            "created": _CREATED,
            "choices": [
                {
                    "index": 0,
                    "finish_reason": answer.finish_reason,
                    "native_finish_reason": answer.finish_reason,
                    "logprobs": None,
                    "message": {
                        "role": "assistant",
                        "content": answer.text,
                        "refusal": None,
                        "reasoning": None,
                    },
                }
            ],
            "system_fingerprint": "fp_fake",
            "usage": {
                "prompt_tokens": answer.prompt_tokens,
                "completion_tokens": answer.completion_tokens,
                "total_tokens": answer.prompt_tokens + answer.completion_tokens,
                "cost": answer.cost_microusd / 1_000_000,
                "is_byok": False,
                "prompt_tokens_details": {"cached_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
        }

    def error_body(self, status: int, message: str | None = None) -> Body:
        """Return ``{"error": {"code", "message"}, "user_id"}``."""
        said = message or _MESSAGES.get(status, "Provider returned error")
        return {"error": {"code": status, "message": said}, "user_id": _USER}

    def spoil(self, body: Body, fault: str) -> Body:
        """Return the body after a fault."""
        if fault == "200-error":
            return self.error_body(500)
        choice = body["choices"][0]
        if fault == "empty-choices":
            body["choices"] = []
        elif fault == "null-content":
            choice.update(finish_reason=None, native_finish_reason=None)
            choice["message"]["content"] = None
        elif fault == "content-filter":
            choice.update(finish_reason="content_filter")
            choice["message"]["content"] = None
        elif fault == "partial":
            choice.update(finish_reason="error", error=_DISCONNECTED)
            choice["message"]["content"] = "partial output..."
        elif fault == "missing-usage":
            del body["usage"]
        elif fault == "negative-usage":
            body["usage"].update(prompt_tokens=-5, completion_tokens=-1, cost=-0.5)
        elif fault == "wrong-model":
            body["model"] = "acme/another-model"
        return body

    def pages(self) -> Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Refusal]]:
        """Return the list of models, the key and the credits."""
        return {
            ("GET", "/api/v1/models"): lambda _: (200, self._models()),
            ("GET", "/api/v1/key"): lambda _: (200, {"data": dict(_KEY)}),
            ("GET", "/api/v1/credits"): lambda _: (
                200,
                {"data": {"total_credits": 100.5, "total_usage": 25.75}},
            ),
        }

    def _too_long(self, n_tokens: int) -> Body:
        body = self.error_body(
            400,
            f"This endpoint's maximum context length is {self._catalog.window} tokens. "
            f"However, you requested about {n_tokens} tokens.",
        )
        body["error"]["metadata"] = {"error_type": "context_length_exceeded"}
        return body

    def _models(self) -> Body:
        models = [self._model(name) for name in self._catalog.names]
        return {"data": models, "total_count": len(models), "links": {"next": None}}

    def _model(self, name: str) -> Body:
        window = self._catalog.window
        return {
            "id": name,
            "canonical_slug": name,
            "name": name,
            "created": _CREATED,
            "description": "A fake model.",
            "context_length": window,
            "architecture": {
                "modality": "text->text",
                "input_modalities": ["text"],
                "output_modalities": ["text"],
                "tokenizer": "GPT",
                "instruct_type": "chatml",
            },
            "pricing": {
                "prompt": "0.000001",
                "completion": "0.000002",
                "request": "0",
                "image": "0",
            },
            "top_provider": {
                "context_length": window,
                "max_completion_tokens": 4096,
                "is_moderated": False,
            },
            "per_request_limits": None,
            "supported_parameters": ["temperature", "top_p", "max_tokens", "seed", "stop"],
            "default_parameters": None,
            "supported_voices": None,
            "links": {"details": f"/api/v1/models/{name}/endpoints"},
            "expiration_date": None,
        }


_DISCONNECTED: Final = {
    "code": 502,
    "message": "Provider disconnected mid-stream",
    "metadata": {"error_type": "provider_unavailable"},
}
_KEY: Final[Mapping[str, Any]] = {
    "label": "sk-or-v1-fak...key",
    "limit": 100,
    "limit_remaining": 74.5,
    "limit_reset": "monthly",
    "usage": 25.5,
    "usage_daily": 25.5,
    "usage_weekly": 25.5,
    "usage_monthly": 25.5,
    "byok_usage": 0,
    "byok_usage_daily": 0,
    "byok_usage_weekly": 0,
    "byok_usage_monthly": 0,
    "creator_user_id": _USER,
    "include_byok_in_limit": False,
    "is_free_tier": False,
    "is_management_key": False,
    "is_provisioning_key": False,
    "rate_limit": {"interval": "1h", "note": "This field is deprecated.", "requests": 1000},
}
