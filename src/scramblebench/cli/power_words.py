"""What a design can detect, as tables and as plain values."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from math import ceil, isinf, isnan
from typing import Any

from scramblebench.analysis.dependency_planning import DependencyPlan
from scramblebench.analysis.detectable import DetectableDrop
from scramblebench.analysis.planning import PanelPower, PowerReport
from scramblebench.analysis.planning_values import Spread
from scramblebench.analysis.values import option_values, plain
from scramblebench.analysis.wording import UNDEFINED, number, reason
from scramblebench.cli.output import say, say_table, share


def power_values(report: PowerReport) -> dict[str, Any]:
    """Return a report as plain values: shares, levels in percent, questions as real numbers."""
    return {
        "power": report.power,
        "wanted_drop": report.wanted,
        "pilot": report.pilot,
        "options": option_values(report.options),
        "panels": [plain(asdict(panel)) for panel in report.panels],
    }


def say_power(report: PowerReport) -> None:
    """Print what each panel can show, then every assumption."""
    for found in report.panels:
        _say_levels(found, report)
        _say_models(found, report)
        _say_dependency(found, report)
    say("assumptions")
    for words in dict.fromkeys(w for found in report.panels for w in found.assumptions):
        say(f"  {words}")


def _say_levels(found: PanelPower, report: PowerReport) -> None:
    say(f"{_place(found)}: {_size(found)}")
    say()
    if not found.levels:
        say("  level 0 is not asked, so that no drop can be measured: put 0 among the levels")
        say()
        return
    _say_drops(
        found.levels,
        f"drops from the baseline, {report.power:.0%} power: middle (low..high case)",
        report,
    )


def _say_models(found: PanelPower, report: PowerReport) -> None:
    if found.models:
        _say_drops(
            found.models,
            f"differences of two models, {report.power:.0%} power: middle (low..high case)",
            report,
        )


def _say_drops(rows: Sequence[DetectableDrop], title: str, report: PowerReport) -> None:
    say_table(
        [
            ">level", ">answers that differ, %", ">smallest, points", ">power of the test there",
            f">questions to find {report.wanted * 100:g} points",
        ],
        [
            [
                f"{row.level_pct:g}",
                _cases(row.discordance, _percent),
                _cases(row.smallest, _percent),
                share(row.test_power),
                _cases(row.n_needed, _whole),
            ]
            for row in rows
        ],
        title=title,
    )  # fmt: skip


def _say_dependency(found: PanelPower, report: PowerReport) -> None:
    plan = found.dependency
    if isnan(plan.half_width):
        say(f"dependency coefficient: {reason(plan.status)}, none can be measured")
        say()
        return
    say(
        f"dependency coefficient, {plan.n_runs:,} simulated studies: a model of {number(plan.coefficient)} "
        f"is known to ±{number(plan.half_width)}"
    )
    if found.panel.n_pairs:
        say(f"  {_difference(plan, report)}")
    curve = ", ".join(
        f"{level:g}: {value:.2f}"
        for level, value in zip(plan.levels_pct, plan.accuracy, strict=True)
    )
    say(f"  its accuracy by level: {curve}")
    say()


def _difference(plan: DependencyPlan, report: PowerReport) -> str:
    if isnan(plan.smallest_difference):
        return (
            "no difference of two models' coefficients is found with this power: ask more questions"
        )
    error = ""
    if not isnan(plan.power_low):
        error = f" (simulated power {plan.power_low:.3f} to {plan.power_high:.3f})"
    return (
        f"two models whose coefficients differ by {number(plan.smallest_difference)} are told apart with "
        f"{report.power:.0%} power{error}"
    )


def _place(found: PanelPower) -> str:
    return f"{found.panel.benchmark} · {found.panel.method}"


def _size(found: PanelPower) -> str:
    panel = found.panel
    models = f"{len(panel.models)} model{'' if len(panel.models) == 1 else 's'}"
    repeats = f", {panel.n_repeats} repeats" if panel.n_repeats > 1 else ""
    effective = ""
    if found.design_effect != 1:
        worth = panel.n_questions / found.design_effect
        effective = f", worth {worth:,.0f} that stand alone"
    return f"{panel.n_questions:,} questions{effective}, {models}{repeats}"


def _cases(spread: Spread, words: Callable[[float], str]) -> str:
    """Return the middle case with the low and the high one: ``7.9 (6.0..9.6)``."""
    if isnan(spread.high) and isnan(spread.middle):
        return "none, too few questions"
    return f"{words(spread.middle)} ({words(spread.low)}..{words(spread.high)})"


def _percent(value: float) -> str:
    return UNDEFINED if isnan(value) else f"{value * 100:.1f}"


def _whole(value: float) -> str:
    return "> 200,000" if isinf(value) else f"{ceil(value - 1e-9):,}"
