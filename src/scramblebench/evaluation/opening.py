"""A model's provider opened, and the model found there before anything is asked of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scramblebench.core.clock import Clock
from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.core.trials import Failure
from scramblebench.evaluation.limits import pause
from scramblebench.evaluation.retry import RetryPolicy
from scramblebench.providers import ModelIdentity, Provider, open_provider
from scramblebench.settings import ExperimentSpec, ModelSpec


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the engine needs of the outside: time, and the environment that holds the keys."""

    clock: Clock
    environment: Mapping[str, str]


async def identified(
    spec: ExperimentSpec, provider: Provider, clock: Clock, stop: asyncio.Event
) -> ModelIdentity:
    """Make sure that the model is there before anything is asked of it; raises ProviderError."""
    policy, timeout_s = RetryPolicy.of(spec), spec.execution.timeout_per_question
    n_failed = 0
    while True:
        try:
            async with asyncio.timeout(timeout_s):
                return await provider.identify()
        except TimeoutError:
            raise ProviderError(
                f"did not say within {timeout_s:g} s which model it serves", kind=ErrorKind.TIMEOUT
            ) from None
        except ProviderError as error:
            n_failed += 1
            failure = Failure(error.kind, str(error), error.status, error.retry_after_s)
            wait_s = policy.wait_s(failure, n_failed, "identify")
            is_refused = error.kind is ErrorKind.CONNECTION and not error.may_be_charged
            if wait_s is None or is_refused:
                raise
            await pause(clock, stop, wait_s)
            if stop.is_set():
                raise


def opened(spec: ModelSpec, surroundings: Surroundings) -> Provider:
    """Return the provider of a model; raises UsageError or ProviderError where it cannot be asked."""
    return open_provider(
        spec,
        clock=surroundings.clock,
        environment=surroundings.environment,
        base_dir=Path(),
    )
