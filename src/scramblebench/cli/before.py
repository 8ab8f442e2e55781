"""Estimate and preview: what an experiment will ask, before anything is sent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import Json
from scramblebench.cli.output import money, note, say, say_json, say_table

if TYPE_CHECKING:
    from scramblebench.analysis.budgeting import LaneCost
    from scramblebench.plan import Plan


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(preview)
    app.command(epilog="Example: estimate study.yaml --budget 50")(estimate)


def preview(
    config: Annotated[Path, typer.Argument(help="YAML file.", show_default=False)],
    n_questions: Annotated[
        int, typer.Option("--questions", "-n", min=1, max=1000, help="How many questions.")
    ] = 1,
    as_json: Json = False,
) -> None:
    """Show questions as they will be asked under every condition, with the right answer."""
    from scramblebench.plan import make_plan
    from scramblebench.settings import load_spec

    plan = make_plan(load_spec(config))
    n_shown = min(n_questions, len(plan.questions)) * plan.grid.n_conditions
    shown = [_prompt_values(plan, index) for index in range(n_shown)]
    if as_json:
        say_json(shown)
        return
    for number, values in enumerate(shown):
        if number % plan.grid.n_conditions == 0:
            say(f"== {values['benchmark']}, {values['source_id']}: right is {values['expected']}")
            say(f"   system prompt: {values['system']}\n")
        dose = f", {values['realised_dose']:.0%} altered" if values["level"] else ""
        say(f"-- {values['method']} {values['level']:g}{dose}")
        say(f"{values['prompt']}\n")


def _prompt_values(plan: "Plan", index: int) -> dict[str, Any]:
    trial = plan.trial(index)
    prompt = plan.prompt(trial)
    question = trial.question
    return {
        "benchmark": question.benchmark,
        "source_id": question.source_id,
        "expected": " | ".join(question.answers),
        "scorer": plan.scorer(question),
        "method": trial.condition.method,
        "level": trial.condition.level_pct,
        "realised_dose": prompt.scrambled.realised_dose,
        "system": prompt.system,
        "examples": [list(example) for example in prompt.examples],
        "prompt": prompt.user,
    }


def estimate(
    config: Annotated[Path, typer.Argument(help="YAML file.", show_default=False)],
    budget: Annotated[
        float | None,
        typer.Option("--budget", min=0, help="US dollars: says what is over, and what fits."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how many calls, tokens and dollars an experiment takes, and what it can detect. Asks nothing.

    With --budget, exit code 4 where it costs more, or where nobody knows what it costs.
    """
    from scramblebench.analysis.budgeting import known_cost, lane_costs, ways_out
    from scramblebench.analysis.planning import smallest_drops
    from scramblebench.cli.budget import budget_values, drop_values, say_budget, say_drops
    from scramblebench.core.money import microusd, usd
    from scramblebench.plan import make_plan
    from scramblebench.settings import load_spec

    plan = make_plan(load_spec(config))
    costs = lane_costs(plan)
    rows = [_estimate_values(plan, cost) for cost in costs]
    is_known = all(cost.cost_microusd is not None for cost in costs)
    limit = None if budget is None else microusd(budget)
    ways = () if limit is None else tuple(ways_out(plan, costs, limit))
    total, drops = usd(known_cost(costs)) if is_known else None, smallest_drops(plan)
    if as_json:
        values = {"models": rows, "n_calls": len(plan), "cost_usd": total}
        allowed = {} if limit is None else {"budget": budget_values(costs, ways, limit)}
        say_json({**values, "detects": drop_values(drops), **allowed})
    else:
        _say_estimate(rows, len(plan), total)
        say_drops(drops)
        if limit is not None:
            say_budget(costs, ways, limit)
    _say_what_follows(config, rows)
    if limit is not None and (known_cost(costs) > limit or not is_known):
        raise typer.Exit(4)


def _say_what_follows(config: Path, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["num_ctx"] and row["longest_prompt_tokens"] > row["num_ctx"]:
            note(f"{row['model']}: the longest prompt may not fit into num_ctx {row['num_ctx']}")
    say_next(
        f"{command('power', str(config))}    (what else it can detect, and under which assumptions)",
        command("create", "My study", str(config), "--run"),
    )


def _estimate_values(plan: "Plan", cost: "LaneCost") -> dict[str, Any]:
    from scramblebench.core.money import usd

    model, lane, price = plan.spec.models[cost.lane.model_index], cost.lane, cost.price
    return {
        "model": cost.model,
        "n_calls": lane.n_calls,
        "prompt_tokens": lane.prompt_tokens,
        "completion_tokens_at_most": lane.completion_tokens,
        "longest_prompt_tokens": lane.longest_prompt_tokens,
        "num_ctx": model.num_ctx,
        "cost_usd": usd(cost.cost_microusd) if cost.cost_microusd is not None else None,
        "price_source": price.source if price else None,
    }


def _say_estimate(rows: list[dict[str, Any]], n_calls: int, total: float | None) -> None:
    from scramblebench.core.money import microusd

    say_table(
        [
            "model",
            ">calls",
            ">prompt tokens",
            ">answer tokens, at most",
            ">cost, at most",
            "price from",
        ],
        [
            [
                row["model"],
                f"{row['n_calls']:,}",
                f"{row['prompt_tokens']:,}",
                f"{row['completion_tokens_at_most']:,}",
                "not known" if row["cost_usd"] is None else money(microusd(row["cost_usd"])),
                row["price_source"] or "no price found; set `price:` for the model",
            ]
            for row in rows
        ],
    )
    cost = "nobody knows at what cost" if total is None else f"at most {money(microusd(total))}"
    say(f"{n_calls:,} calls in all; {cost}")
    say("Tokens are estimated from text lengths (4 characters each, more where scrambled).")
