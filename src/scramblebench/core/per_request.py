"""Values of which some are made for every request."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def per_request(cls: type[T]) -> type[T]:
    """Make a frozen dataclass with slots that the type checker alone keeps frozen.

    What keeps one frozen at run time sets each field through a call: with some sixteen values made for
    every request that is a fifteenth of the CPU of a run (docs/design/engine.md).
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
