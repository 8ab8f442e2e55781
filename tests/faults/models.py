"""F23: the queue and its storage against a plain model of them, by random steps."""

from scramblebench.storage import open_database
from scramblebench.testing.queue_model import run_queue_model
from scramblebench.testing.stored_rows import read_rows
from scramblebench.testing.world import Evidence, World, history_is_legal
from tests.faults.matrix import fault
from tests.faults.stage import Stage

N_EXAMPLES = 50
N_STEPS = (30, 50)
"""Steps of an example of a commit's runs, and of the further ones."""
N_SHORT_RUNS = 4


@fault("F23", "the queue against its model, 50 lives a run", per_commit=4, full=100, completes=False)  # fmt: skip
def queue_lives(stage: Stage, run_number: int) -> None:
    database = open_database(stage.database_url)
    try:
        run_queue_model(database, N_EXAMPLES, N_STEPS[run_number >= N_SHORT_RUNS], seed=run_number)
    finally:
        database.close()
    world = World(read_rows(stage.database_url), Evidence())
    stage.violations += history_is_legal(world)
