"""S2: a budget is never exceeded, however many requests are in flight."""

from scramblebench.core.states import ExperimentState
from scramblebench.storage import open_database
from tests.faults.matrix import fault
from tests.faults.stage import Config, Stage, study

LIMIT_USD = 0.5
BUDGET_REACHED = 4
_LONG_PROMPT = "Think about every word of this. " * 700
"""Some 5,600 tokens: a hundred requests are worth the budget."""


def costly_study() -> Config:
    """Return a study of 300 trials that would cost about three times the limit, 64 in flight."""
    config = study(cost_limit=LIMIT_USD, max_concurrent_requests=64)
    return {**config, "models": [{**config["models"][0], "system_prompt": _LONG_PROMPT}]}


@fault("S2", "a budget of $0.50 at 64 requests in flight", per_commit=2, full=20, completes=False)
def budget(stage: Stage, run_number: int) -> None:
    experiment_id = stage.create(costly_study())
    runner = stage.start(name="run")
    if run_number % 2:
        stage.wait_for_entries(20 + stage.random.below(60), runner)
        runner.kill()
        runner = stage.start(name="resume")
    stage.expect(runner, BUDGET_REACHED)
    database = open_database(stage.database_url)
    record = database.experiments.get(experiment_id)
    held = database.trials.ledger(experiment_id).held_microusd
    database.close()
    if record.state is not ExperimentState.PAUSED or "budget" not in (record.reason or ""):
        stage.complain("I5", f"the experiment is {record.state}: {record.reason}")
    if held > LIMIT_USD * 1_000_000 or held < 0.95 * LIMIT_USD * 1_000_000:
        stage.complain("I5", f"{held} micro-dollars are spent or held of {LIMIT_USD} dollars")
    stage.judge(is_complete=False)
