"""Ollama's native API, as its source has it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from scramblebench.testing.fake_provider.answers import prompt_token_count
from scramblebench.testing.fake_provider.chats import ChatAnswer, ChatCall, read_messages
from scramblebench.testing.fake_provider.dialects import Body, Catalog, Refusal

VERSION: Final = "0.12.6"
DEFAULT_NUM_CTX: Final = 4096
_CREATED_AT: Final = "2026-08-21T18:48:22.123456789Z"
_NS_PER_TOKEN: Final = 1_000_000
_NUM_KEEP: Final = 4
_MESSAGES: Final = {
    400: "invalid character 'x' looking for beginning of value",
    401: "unauthorized",
    403: "remote inference is disabled",
    404: "model 'missing' not found",
    429: "you've reached your hourly usage limit",
    499: "request canceled",
    500: "model runner has unexpectedly stopped, this may be due to resource limitations or an "
    "internal error, check ollama server logs for details",
    502: "error connecting to remote model",
    503: "server busy, please try again.  maximum pending requests exceeded",
}


class OllamaDialect:
    """Ollama: nothing is charged, a prompt too long is cut in silence unless asked otherwise."""

    name = "ollama"
    chat_path = "/api/chat"
    is_charging = False

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def read_call(self, fields: Mapping[str, Any], digest: str) -> ChatCall | Refusal:
        """Return the call; a prompt longer than ``num_ctx`` is refused only with truncate false."""
        model = fields.get("model")
        messages = read_messages(fields.get("messages"))
        if not model or not isinstance(model, str):
            return 400, {"error": "model is required"}
        if not self._has(model):
            return 404, {"error": f"model '{model}' not found"}
        if messages is None:
            return 400, {"error": "json: cannot unmarshal messages into Go struct field"}
        if fields.get("stream", True):
            return 400, {"error": "this double answers only with stream set to false"}
        options = fields.get("options") or {}
        if not isinstance(options.get("temperature", 0.0), int | float):
            return 400, {"error": 'option "temperature" must be of type float32'}
        window = self._window(options)
        n_tokens = prompt_token_count(messages)
        if n_tokens > window and fields.get("truncate") is False:
            return 400, {"error": _too_long(n_tokens, window)}
        return ChatCall(model, messages, options.get("num_predict", -1), digest, options)

    def refuse_key(self, headers: Mapping[str, str]) -> Refusal | None:  # noqa: ARG002 - Dialect
        """Return None: Ollama has no keys."""
        return None

    def answer_body(self, call: ChatCall, answer: ChatAnswer) -> Body:
        """Return the answer; counts of zero are left out, as Go's omitempty does."""
        window = self._window(call.options)
        if answer.prompt_tokens > window:
            answer = replace(answer, prompt_tokens=_NUM_KEEP + window // 2)
        counts = {
            "total_duration": (answer.prompt_tokens + answer.completion_tokens) * _NS_PER_TOKEN,
            "load_duration": 0,
            "prompt_eval_count": answer.prompt_tokens,
            "prompt_eval_duration": answer.prompt_tokens * _NS_PER_TOKEN,
            "eval_count": answer.completion_tokens,
            "eval_duration": answer.completion_tokens * _NS_PER_TOKEN,
        }
        return {
            "model": call.model,
            "created_at": _CREATED_AT,
            "message": {"role": "assistant", "content": answer.text},
            "done": True,
            "done_reason": answer.finish_reason if call.messages else "load",
            **{name: count for name, count in counts.items() if count},
        }

    def error_body(self, status: int, message: str | None = None) -> Body:
        """Return ``{"error": text}``."""
        body: Body = {"error": message or _MESSAGES.get(status, "internal server error")}
        if status == 401:
            body["signin_url"] = "https://ollama.com/connect"
        return body

    def spoil(self, body: Body, fault: str) -> Body:
        """Return the body after a fault."""
        if fault == "200-error":
            return self.error_body(500)
        if fault == "empty-choices":
            del body["message"]
        elif fault in ("null-content", "partial", "content-filter"):
            body.update(done=False)
            body["message"]["content"] = "partial" if fault == "partial" else ""
            del body["done_reason"]
        elif fault == "missing-usage":
            body.pop("prompt_eval_count", None)
            body.pop("eval_count", None)
        elif fault == "negative-usage":
            body.update(prompt_eval_count=-5, eval_count=-1)
        elif fault == "wrong-model":
            body["model"] = "another-model:1b"
        return body

    def pages(self) -> Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Refusal]]:
        """Return version, list and description of models."""
        return {
            ("GET", "/api/version"): lambda _: (200, {"version": VERSION}),
            ("GET", "/api/tags"): lambda _: (200, {"models": self._tags()}),
            ("GET", "/api/ps"): lambda _: (200, {"models": []}),
            ("POST", "/api/show"): self._show,
        }

    def _has(self, model: str) -> bool:
        return model in self._catalog.names or f"{model}:latest" in self._catalog.names

    def _window(self, options: Mapping[str, Any]) -> int:
        return min(int(options.get("num_ctx", DEFAULT_NUM_CTX)), self._catalog.window)

    def _tags(self) -> list[Body]:
        return [
            {
                "name": name,
                "model": name,
                "modified_at": _CREATED_AT,
                "size": 4683075271,
                "digest": hashlib.sha256(name.encode()).hexdigest(),
                "details": self._details(),
            }
            for name in self._catalog.names
            if "/" not in name
        ]

    def _details(self) -> Body:
        return {
            "parent_model": "",
            "format": "gguf",
            "family": "llama",
            "families": ["llama"],
            "parameter_size": "8.0B",
            "quantization_level": "Q4_0",
        }

    def _show(self, fields: Mapping[str, Any]) -> Refusal:
        model = fields.get("model")
        if not isinstance(model, str) or not self._has(model):
            return 404, {"error": f"model '{model}' not found"}
        info = {
            "general.architecture": "llama",
            "general.parameter_count": 8030261248,
            "llama.context_length": self._catalog.window,
        }
        return 200, {"details": self._details(), "model_info": info, "capabilities": ["completion"]}


def _too_long(n_tokens: int, window: int) -> str:
    """Return the inner server's error body, which Ollama passes on as a text."""
    message = (
        f"request ({n_tokens} tokens) exceeds the available context size ({window} tokens), "
        "try increasing it"
    )
    error = {
        "code": 400,
        "message": message,
        "type": "exceed_context_size_error",
        "n_prompt_tokens": n_tokens,
        "n_ctx": window,
    }
    return json.dumps({"error": error})
