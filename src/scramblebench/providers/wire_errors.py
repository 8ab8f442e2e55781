"""Errors as servers write them, read into an ErrorKind.

Sources: ollama/ollama@fb307609 (api/types.go, server/routes.go), OpenRouterTeam/docs@c26125a5.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Final

from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.providers.connection import Reply
from scramblebench.providers.fields import as_int, as_mapping, as_text
from scramblebench.providers.http import Endpoint, parse_json
from scramblebench.providers.retry_after import reset_s, retry_after_s, wait_s

_K = ErrorKind
_BY_STATUS: Final[Mapping[int, ErrorKind]] = {
    401: _K.AUTHENTICATION,
    402: _K.CREDITS,
    403: _K.AUTHENTICATION,
    404: _K.MODEL_MISSING,
    408: _K.TIMEOUT,
    429: _K.RATE_LIMIT,
    499: _K.CONNECTION,  # Ollama: "request canceled"
    503: _K.OVERLOADED,
    504: _K.TIMEOUT,
    524: _K.TIMEOUT,
    529: _K.OVERLOADED,
}
_BY_WORD: Final[Mapping[str, ErrorKind]] = {
    "authentication": _K.AUTHENTICATION,
    "capacity_exhausted": _K.RATE_LIMIT,
    "content_filter": _K.CONTENT_FILTER,
    "content_policy_violation": _K.CONTENT_FILTER,
    "context_length_exceeded": _K.CONTEXT_LENGTH,
    "exceed_context_size_error": _K.CONTEXT_LENGTH,
    "insufficient_quota": _K.CREDITS,
    "invalid_api_key": _K.AUTHENTICATION,
    "invalid_prompt": _K.INVALID_REQUEST,
    "max_tokens_exceeded": _K.INVALID_REQUEST,
    "model_not_found": _K.MODEL_MISSING,
    "not_found": _K.MODEL_MISSING,
    "payload_too_large": _K.INVALID_REQUEST,
    "payment_required": _K.CREDITS,
    "permission_denied": _K.AUTHENTICATION,
    "precondition_failed": _K.INVALID_REQUEST,
    "provider_overloaded": _K.OVERLOADED,
    "provider_unavailable": _K.SERVER,
    "rate_limit_exceeded": _K.RATE_LIMIT,
    "refusal": _K.CONTENT_FILTER,
    "server": _K.SERVER,
    "server_error": _K.SERVER,
    "string_too_long": _K.CONTEXT_LENGTH,
    "timeout": _K.TIMEOUT,
    "token_limit_exceeded": _K.CONTEXT_LENGTH,
    "unprocessable": _K.INVALID_REQUEST,
}
_TOO_LONG = re.compile(
    r"context (length|window|size)|maximum context|prompt is too long|"
    r"longer than the context|exceeds the available context",
    re.IGNORECASE,
)
_UNUSABLE_MODEL = re.compile(
    r"does not support (chat|generate|thinking)|model is required|invalid model name|"
    r"is not a valid model ID|model .* not found",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class WireError:
    """An error object of the OpenAI family, or Ollama's error text; parts that are absent are empty."""

    message: str = ""
    status: int | None = None
    words: tuple[str, ...] = ()
    metadata: Mapping[str, object] | None = None
    availability: Mapping[str, object] | None = None
    retry_after: object = None


def read_error(error: object, depth: int = 2) -> WireError:
    """Return what an ``error`` field says: text, object, or (Ollama) an object written into a text."""
    if isinstance(error, str):
        inner = _inner_error(error) if depth and error.lstrip().startswith("{") else None
        return read_error(inner, depth - 1) if inner is not None else WireError(message=error)
    fields = as_mapping(error)
    availability = as_mapping(fields.get("availability"))
    metadata = as_mapping(fields.get("metadata"))
    named = (
        availability.get("code"),
        metadata.get("error_type"),
        fields.get("error_type"),
        fields.get("code"),
        fields.get("type"),
    )
    code = _status_code(fields.get("code"))
    return WireError(
        message=as_text(fields.get("message")) or "",
        status=code if code is not None else _status_code(fields.get("http_status")),
        words=tuple(word for word in named if isinstance(word, str)),
        metadata=metadata,
        availability=availability,
        retry_after=availability.get("retry_after", fields.get("retry_after")),
    )


def _status_code(code: object) -> int | None:
    """Return an error's code where it is a status; some servers write it as a text."""
    if isinstance(code, str) and code.isascii() and code.isdigit():
        code = int(code[:4])
    number = as_int(code)
    return number if number is not None and 400 <= number <= 599 else None


def _inner_error(text: str) -> object:
    try:
        return as_mapping(parse_json(text.encode("utf-8", "replace"))).get("error")
    except ValueError:
        return None


def error_kind(error: WireError, status: int) -> ErrorKind:
    """Return the kind of an error; ``status`` stands in where the error names none."""
    code = error.status or (status if status >= 400 else 500)
    named = next((_BY_WORD[word] for word in error.words if word in _BY_WORD), None)
    if named is _K.SERVER and code >= 500:  # OpenAI's type server_error says less than a 503
        named = _BY_STATUS.get(code)
    kind = named or _BY_STATUS.get(code) or (_K.SERVER if code >= 500 else _K.INVALID_REQUEST)
    metadata = error.metadata or {}
    if kind is _K.AUTHENTICATION and any(
        sign in metadata for sign in ("reasons", "flagged_input", "patterns")
    ):
        return _K.CONTENT_FILTER
    if kind is _K.INVALID_REQUEST and _TOO_LONG.search(error.message):
        return _K.CONTEXT_LENGTH
    if kind is _K.INVALID_REQUEST and _UNUSABLE_MODEL.search(error.message):
        return _K.MODEL_MISSING
    return _as_available(kind, error.availability or {})


def _as_available(kind: ErrorKind, availability: Mapping[str, object]) -> ErrorKind:
    is_retryable = availability.get("retryable")
    if is_retryable is True and not kind.is_retryable:
        return _K.OVERLOADED
    if is_retryable is False and kind.is_retryable:
        return _K.INVALID_REQUEST
    return kind


def reply_error(endpoint: Endpoint, reply: Reply, now: datetime, remedy: str = "") -> ProviderError:
    """Return the error of a reply whose status or body says that there is no answer."""
    try:
        fields = as_mapping(parse_json(reply.body))
    except ValueError:
        fields = {}
    error = read_error(fields.get("error", fields.get("detail")))
    if not error.message and not error.words:
        error = replace(error, message=as_text(fields.get("message")) or _start(reply))
    return wire_error(endpoint, error, reply, now, remedy)


def wire_error(
    endpoint: Endpoint, error: WireError, reply: Reply, now: datetime, remedy: str = ""
) -> ProviderError:
    """Return a ProviderError for an error object that came with a reply."""
    status = error.status or reply.status
    said = error.message or " ".join(error.words) or _phrase(status)
    raw = as_text((error.metadata or {}).get("raw"))
    details = f"{said} ({raw})" if raw else said
    shown = endpoint.redaction.clean(details)
    advice = f"; {remedy}" if remedy else ""
    return ProviderError(
        f"{endpoint.who} answered {status}: {shown}{advice}",
        kind=error_kind(error, reply.status),
        status=status,
        retry_after_s=_retry_after_s(error, reply, now),
    )


def _retry_after_s(error: WireError, reply: Reply, now: datetime) -> float | None:
    header = retry_after_s(reply.headers, now)
    if header is not None:
        return header
    asked = wait_s(error.retry_after)
    if asked is not None:
        return asked
    return reset_s(as_mapping((error.metadata or {}).get("headers")).get("X-RateLimit-Reset"), now)


def _start(reply: Reply) -> str:
    return reply.body[:2000].decode("utf-8", "replace") or _phrase(reply.status)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"
