"""Estimate and preview: what an experiment will ask, before anything is sent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scramblebench.cli.options import Json
from scramblebench.cli.output import money, note, say, say_json, say_table

if TYPE_CHECKING:
    from scramblebench.plan import LaneEstimate, Plan


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(preview)
    app.command()(estimate)


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
        float | None, typer.Option("--budget", min=0, help="US dollars; says what is over.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how many calls, tokens and dollars an experiment takes, before anything is sent."""
    from scramblebench.plan import estimate_lanes, make_plan
    from scramblebench.settings import load_spec

    plan = make_plan(load_spec(config))
    rows = [_estimate_values(plan, lane) for lane in estimate_lanes(plan)]
    known = [row["cost_usd"] for row in rows if row["cost_usd"] is not None]
    total = sum(known) if len(known) == len(rows) else None
    if as_json:
        say_json({"models": rows, "n_calls": len(plan), "cost_usd": total})
    else:
        _say_estimate(rows, len(plan), total)
    for row in rows:
        if row["num_ctx"] and row["longest_prompt_tokens"] > row["num_ctx"]:
            note(f"{row['model']}: the longest prompt may not fit into num_ctx {row['num_ctx']}")
    if budget is not None and total is not None and total > budget:
        note(
            f"over by ${total - budget:.2f}: fewer questions, levels or tokens, or a cheaper model"
        )
        raise typer.Exit(4)


def _estimate_values(plan: "Plan", lane: "LaneEstimate") -> dict[str, Any]:
    from scramblebench.core.money import usd
    from scramblebench.providers import find_price

    model = plan.spec.models[lane.model_index]
    price = find_price(model)
    cost = price.cost_microusd(lane.prompt_tokens, lane.completion_tokens) if price else None
    return {
        "model": model.shown_name,
        "n_calls": lane.n_calls,
        "prompt_tokens": lane.prompt_tokens,
        "completion_tokens_at_most": lane.completion_tokens,
        "longest_prompt_tokens": lane.longest_prompt_tokens,
        "num_ctx": model.num_ctx,
        "cost_usd": usd(cost) if cost is not None else None,
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
    cost = "not known" if total is None else money(microusd(total))
    say(f"{n_calls:,} calls in all; at most {cost}")
    say("Tokens are estimated from text lengths (4 characters each, more where scrambled).")
