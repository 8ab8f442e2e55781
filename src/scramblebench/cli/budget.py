"""A budget in words: what is left or over, and the ways out."""

from collections.abc import Sequence
from dataclasses import asdict
from math import isnan
from typing import Any

from scramblebench.analysis.budgeting import Drops, LaneCost, WayOut, known_cost
from scramblebench.analysis.values import plain
from scramblebench.cli.output import money, say, say_table
from scramblebench.core.money import usd

_MOST_BENCHMARKS = 3


def budget_values(
    costs: Sequence[LaneCost], ways: Sequence[WayOut], budget_microusd: int
) -> dict[str, Any]:
    """Return what a budget allows as plain values; what is not known is null."""
    is_known = all(cost.cost_microusd is not None for cost in costs)
    over = known_cost(costs) - budget_microusd
    return {
        "budget_usd": usd(budget_microusd),
        "is_every_price_known": is_known,
        "over_by_usd": usd(over) if over > 0 else 0.0 if is_known else None,
        "ways_out": [{**plain(asdict(way)), "cost_usd": usd(way.cost_microusd)} for way in ways],
    }


def drop_values(drops: Drops) -> list[dict[str, Any]]:
    """Return the smallest drops as plain values: shares by benchmark and level."""
    return [
        {"benchmark": benchmark, "level_pct": level, "smallest_drop": plain(drop)}
        for benchmark, found in drops
        for level, drop in found
    ]


def say_budget(costs: Sequence[LaneCost], ways: Sequence[WayOut], budget_microusd: int) -> None:
    """Say what is left or over, and the ways out in a table."""
    unknown = [cost.model for cost in costs if cost.cost_microusd is None]
    total, limit = known_cost(costs), money(budget_microusd)
    at_least = "at least " if unknown else ""
    if unknown:
        say(
            f"no price is known for {', '.join(unknown)}: set `price:` for it to hold it against {limit}"
        )
    if total > budget_microusd:
        say(f"over by {at_least}{money(total - budget_microusd)}: the budget is {limit}")
    elif not unknown:
        say(f"fits: {money(budget_microusd - total)} of {limit} are left")
    if total <= budget_microusd or unknown:
        return
    if not ways:
        say("not even two questions fit: take a cheaper model, or fewer levels, models and tokens")
        return
    say_table(
        ["way out", "what fits", ">calls", ">cost, at most", "detects, 80 % power"],
        [
            [
                _TITLES[way.kind],
                _what(way),
                f"{way.n_calls:,}",
                money(way.cost_microusd),
                "; ".join(_spans(way.drops, shorter=True)),
            ]
            for way in ways
        ],
    )
    for words in dict.fromkeys(words for way in ways for words in _warnings(way)):
        say(words)


_TITLES = {
    "questions": "fewer questions",
    "levels": "fewer levels",
    "repeats": "fewer repeats",
    "models": "fewer models",
    "tokens": "shorter answers",
}


def _what(way: WayOut) -> str:
    sizes = ", ".join(f"{name} {n:,}" for name, n in way.questions[:_MOST_BENCHMARKS])
    questions = f"sample_size: {sizes}"
    match way.kind:
        case "levels":
            return f"levels: {', '.join(f'{level:g}' for level in way.levels_pct)}; {questions}"
        case "repeats":
            return f"repeats: {way.n_repeats}; {questions}"
        case "models":
            return f"only {', '.join(way.models)}; {questions}"
        case "tokens":
            return f"max_tokens: {way.max_tokens[0]}; {questions}"
        case _:
            return questions


def _warnings(way: WayOut) -> list[str]:
    if way.kind == "levels" and len(way.levels_pct) < 4:
        return ["With fewer than four levels there is no dependency coefficient and no threshold."]
    if way.kind == "tokens":
        return ["An answer cut off before it is given counts as wrong."]
    return []


def say_drops(drops: Drops) -> None:
    """Say in one line which drops a plan detects."""
    spans = _spans(drops)
    if spans:
        say(f"detects drops of {'; '.join(spans)} or more at 80 % power")


def _spans(drops: Drops, *, shorter: bool = False) -> list[str]:
    """Return the smallest drops of each benchmark, from the lowest to the highest level."""
    shown = [(name, found) for name, found in drops if found][:_MOST_BENCHMARKS]
    return [
        (f"{name}: " if len(shown) > 1 else "") + _span(found, shorter=shorter)
        for name, found in shown
    ]


def _span(found: Sequence[tuple[float, float]], *, shorter: bool) -> str:
    (low_level, low), (high_level, high) = found[0], found[-1]
    if isnan(high) or isnan(low):
        return "no drop" if shorter else "no size (too few questions)"
    if low_level == high_level:
        return f"{low * 100:.1f} points"
    if shorter:
        return f"{low * 100:.1f} to {high * 100:.1f} points"
    return (
        f"{low * 100:.1f} (level {low_level:g}) to {high * 100:.1f} points (level {high_level:g})"
    )
