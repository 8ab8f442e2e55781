"""How a question is asked: the method and the level of scrambling."""

from dataclasses import dataclass
from functools import cached_property

from scramblebench.core.canonical import content_hash

BASELINE_METHOD = "baseline"


@dataclass(frozen=True)
class Condition:
    """A method of scrambling, a level and what else decides the text.

    ``level_pct`` is the nominal share altered, 0 to 100. ``seed`` and ``parameters`` are the
    method's. Level 0 is the baseline: it is the same for every method, asked once and shared.
    """

    method: str
    level_pct: float
    seed: int = 0
    parameters: tuple[tuple[str, str], ...] = ()

    @cached_property
    def id(self) -> str:
        """sha256 of the content, 64 hex digits."""
        return content_hash(
            {
                "method": self.method,
                "level_pct": float(self.level_pct),
                "seed": self.seed,
                "parameters": dict(self.parameters),
            }
        )

    @property
    def is_baseline(self) -> bool:
        """Whether the text is asked as it is."""
        return self.level_pct == 0


BASELINE = Condition(BASELINE_METHOD, 0.0)
