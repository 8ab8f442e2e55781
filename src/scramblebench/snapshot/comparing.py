"""The verdict on two environments: what differs, what that means, and how much of them agrees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scramblebench.snapshot.capture import Snapshot
from scramblebench.snapshot.checks import Check, all_checks
from scramblebench.snapshot.rules import (
    GROUPS,
    UNKNOWN,
    Standing,
    Tolerance,
    read_tolerance,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two environments compared; reproducible where no difference is an issue.

    ``confidence`` is the share of checks that agree, 0 to 1, weighted by group as the documentation
    says, whatever the tolerance: no probability that a number comes out the same. ``details`` has every
    difference, what could not be checked, and the counts by group.
    """

    is_reproducible: bool
    confidence: float
    issues: tuple[str, ...]
    warnings: tuple[str, ...]
    tolerance: Tolerance
    details: Mapping[str, Any]


def compare_environments(
    original: Snapshot, current: Snapshot, tolerance: str = Tolerance.MODERATE
) -> Comparison:
    """Return how the current environment differs from the original one.

    Both are as ``read_snapshot`` or ``capture_environment`` returns them. Raises UsageError on a
    tolerance that is none.
    """
    level = read_tolerance(tolerance)
    checks = tuple(all_checks(original, current))
    differences = [
        (check, check.rule.standing(level)) for check in checks if check.rule is not None
    ]
    issues = tuple(check.words for check, standing in differences if standing is Standing.ISSUE)
    return Comparison(
        is_reproducible=not issues,
        confidence=_confidence(checks),
        issues=issues,
        warnings=tuple(c.words for c, standing in differences if standing is Standing.WARNING),
        tolerance=level,
        details={
            "differences": [
                _difference(check, standing)
                for check, standing in differences
                if check.rule is not UNKNOWN
            ],
            "not_checked": [check.words for check, _ in differences if check.rule is UNKNOWN],
            "groups": {group.name: _counts(checks, group.name) for group in GROUPS},
        },
    )


def _confidence(checks: Sequence[Check]) -> float:
    """Return the weighted mean, over the groups with checks, of the share that agrees."""
    total = agreeing = 0.0
    for group in GROUPS:
        counts = _counts(checks, group.name)
        if counts["n"]:
            total += group.weight
            agreeing += group.weight * counts["n_agreeing"] / counts["n"]
    return agreeing / total


def _counts(checks: Sequence[Check], group: str) -> dict[str, int]:
    known = [c for c in checks if c.group.name == group and c.rule is not UNKNOWN]
    return {"n": len(known), "n_agreeing": sum(check.rule is None for check in known)}


def _difference(check: Check, standing: Standing) -> dict[str, Any]:
    assert check.rule is not None
    return {
        "what": check.subject,
        "original": check.original,
        "current": check.current,
        "standing": str(standing),
        "kind": check.rule.words,
        "words": check.words,
    }
