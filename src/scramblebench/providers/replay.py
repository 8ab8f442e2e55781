"""``replay``: answers that were stored before; nothing is sent and nothing is guessed.

The file is JSON Lines, one object a response::

    {"trial_key": "<64 hex digits>", "text": "The answer is 4.", "finish_reason": "stop",
     "prompt_tokens": 31, "completion_tokens": 6, "served_model": "llama3:8b"}

``trial_key`` and ``text`` are needed, the rest may be left out; other fields are ignored. Where lines
name a ``model``, only those of the model's own name or label are taken: what ``analyze
--include-raw-data`` writes can be replayed as it is, one model or several.
"""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path

from scramblebench.core.errors import ErrorKind, Place, ProviderError, UsageError
from scramblebench.core.trials import Response
from scramblebench.providers.base import ModelIdentity, ModelRequest
from scramblebench.providers.fields import as_count, as_mapping, as_text
from scramblebench.providers.http import parse_json
from scramblebench.settings.models import ModelSpec


class ReplayProvider:
    """A file of responses in place of a model; read at the first call."""

    def __init__(self, spec: ModelSpec, *, base_dir: Path) -> None:
        if spec.path is None:
            raise UsageError(
                f"model {spec.name!r}: provider replay needs path: a file of responses"
            )
        self._path = base_dir / spec.path
        if not self._path.is_file():
            raise UsageError(f"model {spec.name!r}: {self._path} is not a file of responses")
        self._name = spec.name
        self._names = {spec.name, spec.shown_name}
        self._digest: str | None = None
        self._responses: Mapping[str, Response] | None = None

    async def identify(self) -> ModelIdentity:
        """Return the model's name with the sha256 of the file."""
        self._load()
        return ModelIdentity(self._name, digest=self._digest)

    async def complete(self, request: ModelRequest) -> Response:
        """Return the stored response of the trial."""
        response = self._load().get(request.trial_key)
        if response is None:
            raise _invalid(f"no stored response for trial {request.trial_key[:12]} in {self._path}")
        return response

    async def close(self) -> None:
        """Forget the responses."""
        self._responses = None

    def _load(self) -> Mapping[str, Response]:
        if self._responses is None:
            self._responses = self._read()
        return self._responses

    def _read(self) -> Mapping[str, Response]:
        digest = hashlib.sha256()
        responses: dict[str, Response] = {}
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                digest.update(line)
                stored = (
                    _stored(line, Place(self._path, number), self._names) if line.strip() else None
                )
                if stored is not None:
                    key, response = stored
                    if key in responses and responses[key] != response:
                        raise _invalid(f"{self._path}:{number}: trial {key[:12]} has two responses")
                    responses[key] = response
        self._digest = digest.hexdigest()
        return responses


def _stored(line: bytes, place: Place, names: Collection[str]) -> tuple[str, Response] | None:
    """Return the key and response of a line, None where it is another model's."""
    try:
        fields = as_mapping(parse_json(line))
    except ValueError as error:
        raise _invalid(f"{place}: not JSON: {error}") from None
    if (as_text(fields.get("model")) or next(iter(names))) not in names:
        return None
    key, text = as_text(fields.get("trial_key")), as_text(fields.get("text"))
    if key is None or text is None:
        raise _invalid(f"{place}: a response needs trial_key and text")
    finish_reason = as_text(fields.get("finish_reason"))
    return key, Response(
        text=text,
        finish_reason=finish_reason,
        prompt_tokens=as_count(fields.get("prompt_tokens")),
        completion_tokens=as_count(fields.get("completion_tokens")),
        cost_microusd=0,
        cost_source="replayed",
        served_model=as_text(fields.get("served_model")),
        served_provider="replay",
        model_digest=as_text(fields.get("model_digest")),
        is_truncated=finish_reason == "length",
        is_prompt_cut=fields.get("is_prompt_cut") is True,
    )


def _invalid(message: str) -> ProviderError:
    return ProviderError(message, kind=ErrorKind.INVALID_REQUEST)
