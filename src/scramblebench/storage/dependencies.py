"""What an experiment waits for: other experiments, never in a circle."""

from collections.abc import Sequence

from scramblebench.core.errors import ExperimentNotFound, StateError
from scramblebench.core.states import ExperimentState
from scramblebench.storage.connection import Connection
from scramblebench.storage.sanitise import storable


def set_dependencies(connection: Connection, experiment_no: int, depends_on: Sequence[str]) -> None:
    """Replace what an experiment waits for.

    Raises ExperimentNotFound for an unknown dependency and StateError for one that is cyclic, failed for
    good or cancelled.
    """
    connection.run("DELETE FROM queue_dependencies WHERE experiment_no = ?", (experiment_no,))
    for dependency_id in dict.fromkeys(depends_on):
        dependency_no = _usable_dependency(connection, dependency_id)
        if _reaches(connection, dependency_no, experiment_no):
            raise StateError(
                f"the dependency on {dependency_id} would be a circle: it waits for this experiment"
            )
        connection.run(
            "INSERT INTO queue_dependencies (experiment_no, depends_on_no) VALUES (?, ?)",
            (experiment_no, dependency_no),
        )


def _usable_dependency(connection: Connection, dependency_id: str) -> int:
    row = connection.row(
        """
        SELECT e.no, e.state, q.retry_at FROM experiments e
        LEFT JOIN queue_entries q ON q.experiment_no = e.no WHERE e.id = ?""",
        (storable(dependency_id),),
    )
    if row is None:
        raise ExperimentNotFound(f"there is no experiment {dependency_id} to wait for")
    is_lost = row[1] == ExperimentState.FAILED and row[2] is None
    if is_lost or row[1] == ExperimentState.CANCELLED:
        raise StateError(
            f"the dependency {dependency_id} has {row[1]}: it would never be waited out"
        )
    return row[0]


def _reaches(connection: Connection, start_no: int, goal_no: int) -> bool:
    """Return whether following dependencies from ``start_no`` comes to ``goal_no``."""
    row = connection.row(
        """
        WITH RECURSIVE reached(no) AS (
            SELECT CAST(? AS bigint)
            UNION
            SELECT d.depends_on_no FROM queue_dependencies d JOIN reached r ON d.experiment_no = r.no)
        SELECT 1 FROM reached WHERE no = ?""",
        (start_no, goal_no),
    )
    return row is not None
