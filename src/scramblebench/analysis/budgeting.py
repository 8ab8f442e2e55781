"""What a plan costs, and the plans near it that a budget allows, each with what it can still detect."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from scramblebench.analysis.planning import smallest_drops
from scramblebench.core.money import Price
from scramblebench.plan import LaneEstimate, Plan, estimate_lanes
from scramblebench.providers import find_price

Drops = tuple[tuple[str, tuple[tuple[float, float], ...]], ...]
_HALF_PCT = 50
_FEWEST_QUESTIONS = 2
_FEWEST_TOKENS = 16
"""Shorter answers than this are no way out."""


@dataclass(frozen=True, slots=True)
class LaneCost:
    """What one model will be asked and costs at most; the cost is None where nobody knows the price."""

    model: str
    lane: LaneEstimate
    price: Price | None

    @property
    def cost_microusd(self) -> int | None:
        """The most that the model costs."""
        if self.price is None:
            return None
        return self.price.cost_microusd(self.lane.prompt_tokens, self.lane.completion_tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """A smaller plan that costs no more than the budget.

    ``kind`` is questions, levels, repeats, models or tokens: what is less. ``questions`` counts them by
    benchmark, ``drops`` are (level, smallest drop with 80 % power) by benchmark.
    """

    kind: str
    models: tuple[str, ...]
    levels_pct: tuple[float, ...]
    questions: tuple[tuple[str, int], ...]
    n_repeats: int
    max_tokens: tuple[int, ...]
    n_calls: int
    cost_microusd: int
    drops: Drops

    @property
    def n_questions(self) -> int:
        """Questions of all benchmarks."""
        return sum(n for _, n in self.questions)


def lane_costs(plan: Plan) -> tuple[LaneCost, ...]:
    """Return what each model costs, by the price list or the configuration."""
    return tuple(
        LaneCost(
            plan.spec.models[lane.model_index].shown_name,
            lane,
            find_price(plan.spec.models[lane.model_index]),
        )
        for lane in estimate_lanes(plan)
    )


def known_cost(costs: Sequence[LaneCost]) -> int:
    """Return the micro-dollars of the models whose price is known."""
    return sum(cost.cost_microusd or 0 for cost in costs)


def ways_out(plan: Plan, costs: Sequence[LaneCost], budget_microusd: int) -> Iterator[WayOut]:
    """Yield smaller plans that fit a budget which this one does not; nothing where a price is not known.

    Fewer questions; then fewer levels (the lowest, that nearest to 50 and the highest); then fewer repeats,
    or without them fewer models, or for one model shorter answers. Where that is not enough, each takes as
    many questions as still fit. Nothing where not even two questions do.
    """
    if known_cost(costs) <= budget_microusd or any(c.cost_microusd is None for c in costs):
        return
    yield from _fitted("questions", plan, costs, budget_microusd)
    levels = sorted({c.level_pct for c in plan.conditions})
    kept = _few(levels)
    if len(kept) < len(levels):
        conditions = [c for c in plan.conditions if c.level_pct in kept]
        fewer = Plan(plan.spec, plan.questions, conditions, plan.benchmarks)
        yield from _fitted("levels", fewer, lane_costs(fewer), budget_microusd)
    if plan.grid.n_repeats > 1:
        yield from _fewer_repeats(plan, costs, budget_microusd)
    if len(costs) > 1:
        yield from _fewer_models(plan, costs, budget_microusd)
    elif plan.grid.n_repeats == 1:
        yield from _shorter_answers(plan, costs, budget_microusd)


def _few(levels: Sequence[float]) -> set[float]:
    """Return the lowest, the highest and, between them, the level nearest to 50."""
    middle = min(levels[1:-1] or levels, key=lambda level: abs(level - _HALF_PCT))
    return {levels[0], middle, levels[-1]}


def _fewer_repeats(plan: Plan, costs: Sequence[LaneCost], budget: int) -> Iterator[WayOut]:
    n_before = plan.grid.n_repeats
    n = max(1, n_before * budget // max(1, known_cost(costs)))
    execution = plan.spec.execution.model_copy(update={"repeats": n})
    spec = plan.spec.model_copy(update={"execution": execution})
    fewer = Plan(spec, plan.questions, plan.conditions, plan.benchmarks)
    yield from _fitted("repeats", fewer, [_scaled(c, n, n_before) for c in costs], budget)


def _fewer_models(plan: Plan, costs: Sequence[LaneCost], budget: int) -> Iterator[WayOut]:
    by_cost = sorted(range(len(costs)), key=lambda i: costs[i].cost_microusd or 0)
    kept = by_cost[: len(costs) - 1]
    while len(kept) > 1 and known_cost([costs[i] for i in kept]) > budget:
        kept = kept[:-1]
    spec = plan.spec.model_copy(update={"models": tuple(plan.spec.models[i] for i in sorted(kept))})
    fewer = Plan(spec, plan.questions, plan.conditions, plan.benchmarks)
    yield from _fitted("models", fewer, [costs[i] for i in sorted(kept)], budget)


def _shorter_answers(plan: Plan, costs: Sequence[LaneCost], budget: int) -> Iterator[WayOut]:
    (cost,), (model,) = costs, plan.spec.models
    if cost.price is None:
        return
    left = budget - cost.price.cost_microusd(cost.lane.prompt_tokens, 0)
    of_answers = cost.price.cost_microusd(0, cost.lane.completion_tokens)
    n_tokens = max(0, model.max_tokens * left // max(1, of_answers))
    if not _FEWEST_TOKENS <= n_tokens < model.max_tokens:
        return
    spec = plan.spec.model_copy(
        update={"models": (model.model_copy(update={"max_tokens": n_tokens}),)}
    )
    shorter = Plan(spec, plan.questions, plan.conditions, plan.benchmarks)
    lane = replace(cost.lane, completion_tokens=cost.lane.n_calls * n_tokens)
    yield from _fitted("tokens", shorter, [replace(cost, lane=lane)], budget)


def _fitted(kind: str, plan: Plan, costs: Sequence[LaneCost], budget: int) -> Iterator[WayOut]:
    """Yield the plan with as many of its questions as fit the budget."""
    n_before = len(plan.questions)
    total = known_cost(costs)
    n = n_before if total <= budget else n_before * budget // total
    while n >= _FEWEST_QUESTIONS and _cost_of(costs, n, n_before) > budget:
        n -= 1  # each model's cost is rounded up
    if n < _FEWEST_QUESTIONS:
        return
    fitted = Plan(plan.spec, plan.questions[:n], plan.conditions, plan.benchmarks)
    names = sorted(question.benchmark for question in fitted.questions)
    yield WayOut(
        kind=kind,
        models=tuple(model.shown_name for model in plan.spec.models),
        levels_pct=tuple(sorted({c.level_pct for c in plan.conditions})),
        questions=tuple((name, len(list(group))) for name, group in groupby(names)),
        n_repeats=plan.grid.n_repeats,
        max_tokens=tuple(model.max_tokens for model in plan.spec.models),
        n_calls=len(fitted),
        cost_microusd=_cost_of(costs, n, n_before),
        drops=smallest_drops(fitted),
    )


def _cost_of(costs: Sequence[LaneCost], n: int, n_before: int) -> int:
    return known_cost([_scaled(cost, n, n_before) for cost in costs])


def _scaled(cost: LaneCost, n: int, n_before: int) -> LaneCost:
    """Return the cost of n parts of the n_before that a lane has; tokens are rounded up."""
    lane = cost.lane
    return replace(
        cost,
        lane=replace(
            lane,
            n_calls=lane.n_calls * n // n_before,
            prompt_tokens=-(-lane.prompt_tokens * n // n_before),
            completion_tokens=-(-lane.completion_tokens * n // n_before),
        ),
    )
