"""What claiming and ending a shard takes, by how many shards an experiment has."""

import time
from statistics import median
from typing import Any

from benchmarks.scale_model.databases import server_cpu_s
from scramblebench.storage import NewShard, ShardReport, open_database
from scramblebench.testing.experiments import make_experiment
from scramblebench.testing.postgres import PostgresServer

_N_SHARDS = (200, 800, 3_200)
_N_SHARDS_OF_SERVER = (200, 2_000, 20_000)
_N_CLAIMS = 5


def measured_claims(url: str, server: PostgresServer | None) -> dict[str, Any]:
    """Return milliseconds and CPU of a claim and the end of its shard, by number of shards."""
    sizes = _N_SHARDS if server is None else _N_SHARDS_OF_SERVER
    return {f"{n}": _claims(url, server, n) for n in sizes}


def _claims(url: str, server: PostgresServer | None, n_shards: int) -> dict[str, float]:
    database = open_database(url)
    database.migrate()
    name = f"{n_shards} shards"
    database.experiments.add(make_experiment(name))
    database.queue.enqueue(name, 1)
    experiment = database.queue.claim("benchmark", 3600, lambda _: name)
    assert experiment is not None
    shards = [NewShard(0, first * 100, first * 100 + 100, 64) for first in range(n_shards)]
    database.shards.open(experiment, shards)
    if server is not None:
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ANALYZE")
    times_s: list[float] = []
    served_s, own_s = server_cpu_s(server), time.process_time()
    for _ in range(_N_CLAIMS):
        start_s = time.perf_counter()
        claim = database.shards.claim("worker", 30.0)
        assert claim is not None
        database.shards.finish(claim, ShardReport())
        times_s.append(time.perf_counter() - start_s)
    found = {
        "median_ms": median(times_s) * 1e3,
        "client_cpu_ms": (time.process_time() - own_s) / _N_CLAIMS * 1e3,
        "server_cpu_ms": (server_cpu_s(server) - served_s) / _N_CLAIMS * 1e3,
    }
    database.shards.close(experiment)
    database.close()
    return found
