"""F5, F6, F7, F18: a PostgreSQL that crashes, cuts, refuses, or cannot be reached."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import psycopg

from scramblebench.cli.app import run_command_line
from scramblebench.storage import open_database
from scramblebench.testing.postgres import PostgresServer, start_postgres
from tests.faults.children import Child
from tests.faults.matrix import POSTGRESQL, Skipped, fault
from tests.faults.namespaces import enter, lossy_namespace
from tests.faults.proxies import start_proxy, through
from tests.faults.stage import Stage, study

_COMMITTED = r"C\x00\x00\x00\x0bCOMMIT\x00"
_CUTS = (f"cut-answer:{_COMMITTED}=0.2@2", "cut-request:COMMIT=0.5@2", "cut-after:COMMIT=0.5@2")
_N_QUESTIONS = 25
_LEASE_S = 2.0


def _own_server(stage: Stage) -> PostgresServer:
    """Give the run a server of its own, which it may harm."""
    server = start_postgres()
    stage.on_close(server.stop)
    server.run("CREATE DATABASE own")
    stage.database_url = server.url("own")
    database = open_database(stage.database_url)
    database.migrate()
    database.close()
    return server


def _expect_end(stage: Stage, child: Child) -> None:
    """Completed, or ended with a clear error where the first or last look at the database failed."""
    code = stage.expect(child, 0, 1)
    if code == 1 and "error: " not in child.log.read_text(errors="replace"):
        stage.complain("I11", "it ended without saying why")


def _run_through(url: str) -> Callable[[], int]:
    return partial(run_command_line, ["run", "--database-url", url])


@fault(
    "F5", "PostgreSQL crashes or is restarted every 2 to 10 s (run 0: for 12 s, else 60 s)",
    per_commit=1, full=10, databases=(POSTGRESQL,),
)  # fmt: skip
def restarted(stage: Stage, run_number: int) -> None:
    server = _own_server(stage)
    duration_s = 60 if run_number else 12
    stage.use_provider("--latency-ms", "100", "--latency-spread", "0.9")
    stage.create(study(10 * duration_s, max_concurrent_requests=4))
    end_s = time.monotonic() + duration_s
    child = stage.start()
    while time.monotonic() < end_s and not child.has_ended(2 + 8 * stage.random.uniform()):
        server.restart(stage.random.choice(("fast", "immediate", "immediate")))
    _expect_end(stage, child)


@fault(
    "F6", "connection to PostgreSQL lost at COMMIT: not sent, not heard; backends killed",
    per_commit=8, full=100, databases=(POSTGRESQL,),
)  # fmt: skip
def lost_at_commit(stage: Stage, run_number: int) -> None:
    stage.create(study(_N_QUESTIONS))
    variant = run_number % (len(_CUTS) + 1)
    if variant == len(_CUTS):
        child = stage.start()
        while not child.has_ended(0.02 + stage.random.uniform() * 0.1):
            _terminate(stage.database_url, stage.database_url.rpartition("/")[2])
    else:
        proxy = start_proxy(stage, stage.database_url, [_CUTS[variant]], seed=run_number)
        child = stage.start(body=_run_through(through(proxy, stage.database_url)))
        child.wait()
        if not proxy.n_struck():
            stage.complain("run", f"{_CUTS[variant]} never struck")
    stage.expect(child, 0, 1)


_TERMINATE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = %s AND pid <> pg_backend_pid()"""


def _terminate(url: str, name: str = "own") -> None:
    """Kill every backend of a database, through any database of its server."""
    with _session(url) as session:
        session.execute(_TERMINATE, (name,))


@contextmanager
def _session(url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    connection = psycopg.connect(url, autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


@fault(
    "F7", "PostgreSQL: deadlocks, serialization failures, no connection left, read-only, too slow",
    per_commit=5, full=10, databases=(POSTGRESQL,),
)  # fmt: skip
def refused(stage: Stage, run_number: int) -> None:
    server = _own_server(stage)
    stage.create(study(_N_QUESTIONS, levels=(0, 50, 100)))
    child = stage.start()
    stage.wait_for_entries(10, child)
    refuse, words = _REFUSALS[run_number % len(_REFUSALS)]
    refuse(stage, server)
    _expect_end(stage, child)
    if words not in (server.directory / "log").read_text(errors="replace"):
        stage.complain("run", f"the server never said {words!r}")


def _deadlock(stage: Stage, server: PostgresServer) -> None:
    server.run("ALTER SYSTEM SET deadlock_timeout = '20ms'")
    server.run("SELECT pg_reload_conf()")
    _while_disturbed(partial(_lock_backwards, stage.database_url), duration_s=1.5)


def _lock_backwards(url: str) -> None:
    """Take the tables of a settlement in the other order, and let the runner be the victim."""
    with _session(url) as session, suppress(psycopg.errors.DeadlockDetected), session.transaction():
        session.execute("SET LOCAL deadlock_timeout = '10s'")
        session.execute("LOCK TABLE counters IN SHARE ROW EXCLUSIVE MODE")
        time.sleep(0.02)
        session.execute("LOCK TABLE attempts IN SHARE ROW EXCLUSIVE MODE")


def _conflict(stage: Stage, server: PostgresServer) -> None:
    server.run("ALTER DATABASE own SET default_transaction_isolation TO serializable")
    _terminate(server.url("postgres"))
    _while_disturbed(partial(_touch_experiments, stage.database_url), duration_s=1.5)
    server.run("ALTER DATABASE own RESET default_transaction_isolation")
    _terminate(server.url("postgres"))


def _touch_experiments(url: str) -> None:
    with _session(url) as session, suppress(psycopg.errors.SerializationFailure):
        for _ in range(20):
            session.execute("UPDATE experiments SET updated_at = updated_at")


def _crowd_out(stage: Stage, server: PostgresServer) -> None:
    crowd: list[psycopg.Connection[tuple[object, ...]]] = []
    try:
        for attempt in range(5):
            with suppress(psycopg.OperationalError):
                while True:
                    crowd.append(psycopg.connect(server.url("postgres")))
            if attempt == 0:
                crowd[0].execute(_TERMINATE, ("own",))
            time.sleep(0.2)
    finally:
        for connection in crowd:
            connection.close()


def _make_read_only(stage: Stage, server: PostgresServer) -> None:
    server.run("ALTER SYSTEM SET default_transaction_read_only = on")
    server.run("SELECT pg_reload_conf()")
    time.sleep(1)
    with _session(server.url("postgres")) as session:
        session.execute("SET default_transaction_read_only = off")
        session.execute("ALTER SYSTEM RESET default_transaction_read_only")
        session.execute("SELECT pg_reload_conf()")


def _hurry(stage: Stage, server: PostgresServer) -> None:
    server.run("ALTER DATABASE own SET statement_timeout = '50ms'")
    _terminate(server.url("postgres"))
    with _session(stage.database_url) as session, session.transaction():
        session.execute("LOCK TABLE attempts IN EXCLUSIVE MODE")
        time.sleep(1)
    server.run("ALTER DATABASE own RESET statement_timeout")
    _terminate(server.url("postgres"))


_REFUSALS: Sequence[tuple[Callable[[Stage, PostgresServer], None], str]] = (
    (_deadlock, "deadlock detected"),
    (_conflict, "could not serialize access"),
    (_crowd_out, "too many clients"),
    (_make_read_only, "in a read-only transaction"),
    (_hurry, "canceling statement due to statement timeout"),
)
"""How it refuses, and what its log then says."""


def _while_disturbed(disturb: Callable[[], None], *, duration_s: float) -> None:
    """Call ``disturb`` again and again from another thread for so long."""
    is_over = threading.Event()

    def keep_disturbing() -> None:
        while not is_over.is_set():
            disturb()

    thread = threading.Thread(target=keep_disturbing)
    thread.start()
    is_over.wait(duration_s)
    is_over.set()
    thread.join()


@fault(
    "F18", "PostgreSQL out of reach for the runner only: silent, silent and taken over, packets dropped",
    per_commit=3, full=21, databases=(POSTGRESQL,), completes=False, needs=("ip", "nft"),
)  # fmt: skip
def out_of_reach(stage: Stage, run_number: int) -> None:
    variant = run_number % 3
    if variant < 2:
        proxy = start_proxy(stage, stage.database_url)
        url = through(proxy, stage.database_url)
        _cut_off(stage, url, proxy.blackhole, proxy.restore, has_successor=variant == 1)
        return
    if os.geteuid() != 0:
        raise Skipped("network namespaces need root")
    with lossy_namespace() as network:
        database = start_proxy(stage, stage.database_url, listen_host=network.host_address)
        provider = start_proxy(stage, stage.provider.url, listen_host=network.host_address)
        _cut_off(
            stage,
            through(database, stage.database_url, network.host_address),
            partial(network.drop, f"tcp dport {database.port}"),
            network.drop_nothing,
            base_url=through(provider, stage.provider.url_openrouter, network.host_address),
            patch=partial(enter, network),
        )


def _cut_off(
    stage: Stage,
    url: str,
    cut: Callable[[], None],
    restore: Callable[[], None],
    *,
    has_successor: bool = False,
    base_url: str | None = None,
    patch: Callable[[], None] = lambda: None,
) -> None:
    """Cut a runner off from its database at ``url``: it stops sending before its lease ends."""
    experiment_id = stage.create(study(_N_QUESTIONS, max_concurrent_requests=4), base_url=base_url)
    direct_url, stage.database_url = stage.database_url, url
    child = stage.start(patch, body=stage.tracked(lease_s=_LEASE_S))
    stage.database_url = direct_url
    stage.wait_for_entries(20 + stage.run_number, child)
    cut()
    cut_at_s = time.monotonic()
    child.has_ended(_LEASE_S + 1)
    late_s = [
        entry.received_s - cut_at_s
        for entry in stage.provider.entries()
        if entry.received_s > cut_at_s + _LEASE_S
    ]
    if late_s:
        stage.complain(
            "F18", f"{len(late_s)} requests after the lease, the last {late_s[-1]:.2f} s"
        )
    if has_successor:
        stage.complete()
        n_sent = stage.provider.n_entries()
        restore()
        stage.expect(child, 75)
        if stage.provider.n_entries() != n_sent:
            stage.complain("F18", f"{experiment_id} was sent by a runner that had lost it")
        stage.judge()
        return
    restore()
    stage.expect(child, 0)
    stage.judge(is_complete=base_url is None)  # who looks again is outside of the network
