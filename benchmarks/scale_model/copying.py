"""Two ways into a table: one JSON parameter per batch, as the stores do, and COPY into a stage, as they might."""

import time

import orjson
import psycopg

from benchmarks.scale_model.databases import server_cpu_s
from scramblebench.testing.postgres import PostgresServer

_SIZE, _N_BATCHES = 250, 80
_COLUMNS = (
    "experiment_no bigint, trial_index bigint, attempt_number bigint, responded_at bigint, text text, "
    "latency_s double precision, prompt_tokens bigint, completion_tokens bigint, cost_microusd bigint"
)
_NAMES = [column.split()[0] for column in _COLUMNS.split(", ")]
_TEXT = "Let us think step by step. " * 15
_JSON = f"""
    INSERT INTO by_json SELECT * FROM json_to_recordset(%s) AS given ({_COLUMNS})
    ON CONFLICT DO NOTHING RETURNING trial_index"""
_STAGE = f"CREATE TEMP TABLE stage ({_COLUMNS}) ON COMMIT DELETE ROWS"
_FROM_STAGE = """
    INSERT INTO by_copy SELECT * FROM stage ON CONFLICT DO NOTHING RETURNING trial_index"""


def measured_ways(url: str, server: PostgresServer) -> dict[str, float]:
    """Return the microseconds of CPU that a row takes each way, on the client and on the server."""
    found: dict[str, float] = {}
    for name, way in (("by_json", _by_json), ("by_copy", _by_copy)):
        with psycopg.connect(url) as connection:
            connection.execute(
                f"CREATE TABLE {name} ({_COLUMNS}, PRIMARY KEY (experiment_no, trial_index))"
            )
            connection.execute(_STAGE)
            connection.commit()
            served_s, own_s = server_cpu_s(server), time.process_time()
            for batch in range(_N_BATCHES):
                way(connection, _rows(batch * _SIZE))
                connection.commit()
            own_s, served_s = time.process_time() - own_s, server_cpu_s(server) - served_s
        found[f"{name} client_cpu_us"] = own_s / (_SIZE * _N_BATCHES) * 1e6
        found[f"{name} server_cpu_us"] = served_s / (_SIZE * _N_BATCHES) * 1e6
    return found


def _rows(first: int) -> list[tuple[object, ...]]:
    return [(1, first + n, 1, n, _TEXT, 0.25, 30, 4, 17) for n in range(_SIZE)]


def _by_json(connection: psycopg.Connection, rows: list[tuple[object, ...]]) -> None:
    payload = orjson.dumps([dict(zip(_NAMES, row, strict=True)) for row in rows]).decode()
    connection.execute(_JSON, (payload,)).fetchall()


def _by_copy(connection: psycopg.Connection, rows: list[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor:
        with cursor.copy("COPY stage FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(_FROM_STAGE)
        cursor.fetchall()
