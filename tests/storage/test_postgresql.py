"""What is PostgreSQL's own: its server, its absence, its secrets."""

import socket
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout

import psycopg
import pytest

from scramblebench.core.errors import MissingDependency, StorageError, UsageError
from scramblebench.storage import open_database, postgresql
from scramblebench.testing.experiments import make_answer, make_experiment


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused at once
        url = f"postgresql://ada:secret@127.0.0.1:{taken.getsockname()[1]}/lab"
        with pytest.raises(StorageError) as caught:
            open_database(url)
    message = str(caught.value)
    assert "ada:***@127.0.0.1" in message
    assert "refused" in message
    assert "DATABASE_URL" in message
    assert "secret" not in message
    assert "\n" not in message


def test_a_url_that_libpq_does_not_read() -> None:
    with pytest.raises(UsageError) as caught:
        open_database("postgresql://ada:secret@host/lab?nonsense=1")
    assert "secret" not in str(caught.value)


def test_psycopg_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "psycopg", None)
    with pytest.raises(MissingDependency, match=r"pip install .scramblebench\[postgres\]"):
        open_database("postgresql://localhost/lab")


def test_read_only_reads_and_refuses_to_write(postgres_url: str) -> None:
    writer = open_database(postgres_url)
    writer.experiments.add(make_experiment("e1"))
    reader = open_database(postgres_url, read_only=True)
    assert reader.experiments.find("@last").id == "e1"
    with pytest.raises(StorageError, match="read-only"):
        reader.experiments.add(make_experiment("e2"))
    writer.close()
    reader.close()


def test_connections_that_died_are_replaced(postgres_url: str) -> None:
    database = open_database(postgres_url)
    database.experiments.add(make_experiment("e1"))
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    database.trials.write([make_answer("e1", 0)])
    assert len(list(database.trials.responses("e1"))) == 1
    database.close()


def test_the_password_is_in_no_repr(postgres_url: str) -> None:
    with_password = postgres_url.replace("tester@", "tester:secret@")
    database = open_database(with_password)
    assert "secret" not in repr(database) + database.shown_url
    assert "tester:***@" in database.shown_url
    with pytest.raises(StorageError) as caught, database._connections.writing() as connection:  # pyright: ignore
        connection.run("SELECT 1 / 0")
    assert "division by zero" in str(caught.value)
    assert "secret" not in str(caught.value)
    database.close()


def test_a_server_that_falls_silent_is_given_up(postgres_url: str) -> None:
    database = open_database(postgres_url + "?connect_timeout=7")
    with database._connections.raw() as raw:  # pyright: ignore
        given = raw.info.get_parameters()
    assert given["tcp_user_timeout"] == "30000"
    assert given["keepalives_idle"] == "10"
    assert given["connect_timeout"] == "7"  # what the URL says goes first
    database.close()


def test_locks_of_a_writer_that_was_cut_off_end_soon_and_readers_have_time(
    postgres_url: str,
) -> None:
    database = open_database(postgres_url)
    query = "SELECT current_setting('idle_in_transaction_session_timeout')"
    with database._connections.writing() as connection:  # pyright: ignore
        assert connection.row(query) == ("8s",)
    with database._connections.reading() as connection:  # pyright: ignore
        assert connection.row(query) == ("10min",)
    with database._connections.writing() as connection:  # pyright: ignore
        assert connection.row(query) == ("8s",)
    database.close()


def test_no_answer_is_acknowledged_before_it_is_on_disk(postgres_url: str) -> None:
    for set_by_server, kept in (("off", "on"), ("remote_apply", "remote_apply")):
        database = open_database(f"{postgres_url}?options=-csynchronous_commit%3D{set_by_server}")
        with database._connections.writing() as connection:  # pyright: ignore
            assert connection.row("SELECT current_setting('synchronous_commit')") == (kept,)
        database.close()


@pytest.mark.parametrize("is_begun", [True, False])
def test_a_writer_that_was_cut_off_in_the_middle_of_statements_holds_nobody_up(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, is_begun: bool
) -> None:
    database = open_database(postgres_url)
    database.migrate()
    database.experiments.add(make_experiment("e1"))
    database.queue.enqueue("e1", 1)
    lost = psycopg.connect(postgres_url, autocommit=True, application_name="scramblebench")
    statements = (b"BEGIN", b"SELECT 1 FROM experiments FOR UPDATE")
    if not is_begun:
        for statement in statements:
            lost.execute(statement)
    lost.execute("SET idle_in_transaction_session_timeout = '500ms'")  # it does not look there
    lost.pgconn.enter_pipeline_mode()  # what ends the next statement is never sent
    if is_begun:
        for statement in statements:
            lost.pgconn.send_query_params(statement, [])
    lost.pgconn.send_flush_request()
    lost.pgconn.flush()
    with ThreadPoolExecutor(1) as pool:
        claiming = pool.submit(database.queue.claim, "runner", 60, lambda _: "e1")
        database.queue.heartbeat("runner", "host", 1)
        with pytest.raises(FutureTimeout):
            claiming.result(1)  # it may be slow only: its time is not over
        monkeypatch.setattr(postgresql, "_CUT_OFF_S", 0.1)
        database.queue.heartbeat("runner", "host", 1)
        assert claiming.result(20) is not None
    lost.close()
    database.close()


def test_what_fails_when_it_is_committed_is_not_acknowledged(postgres_url: str) -> None:
    database = open_database(postgres_url)
    database.experiments.add(make_experiment("e1"))
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql "
            "AS $$ BEGIN RAISE 'not today'; END $$"
        )
        other.execute(
            "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON responses DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION fail()"
        )
        with pytest.raises(StorageError, match="not today"):
            database.trials.write([make_answer("e1", 0)])
        assert list(database.trials.responses("e1")) == []
        other.execute("DROP TRIGGER late ON responses")
    database.trials.write([make_answer("e1", 0)])
    assert len(list(database.trials.responses("e1"))) == 1
    database.close()


def test_a_batch_that_is_too_large_is_not_a_server_that_is_away() -> None:
    errors = psycopg.errors
    dialect = postgresql.PostgresDialect(psycopg)
    assert dialect.is_passing(errors.AdminShutdown())
    assert not dialect.is_passing(errors.ProgramLimitExceeded())


def test_a_transaction_that_cannot_begin_leaves_no_pipeline(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialect = postgresql.PostgresDialect(psycopg)

    def fail(*_: object) -> None:
        raise psycopg.OperationalError("gone")

    with psycopg.connect(postgres_url, autocommit=True) as raw:
        with monkeypatch.context() as spoiled:
            spoiled.setattr(raw, "execute", fail)
            with pytest.raises(psycopg.OperationalError, match="gone"):
                dialect.begin(raw, is_writing=True, in_a_row=True)
        assert raw.pgconn.pipeline_status == psycopg.pq.PipelineStatus.OFF
        dialect.begin(raw, is_writing=True, in_a_row=True)
        dialect.commit(raw)
