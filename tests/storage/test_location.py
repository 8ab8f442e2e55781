"""URLs are read, refused with a remedy, and never shown with a password."""

from pathlib import Path

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.storage.location import PostgresLocation, SqliteLocation, resolve_location


def test_sqlite_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url, path in (
        ("sqlite:///study.db", tmp_path / "study.db"),
        ("sqlite:////data/a%20b.db", Path("/data/a b.db")),
        ("results/study.db", tmp_path / "results" / "study.db"),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
    ):
        location = resolve_location(url)
        assert isinstance(location, SqliteLocation)
        assert location.path == path, url


def test_without_a_url_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////data/env.db")
    assert resolve_location(None).shown_url == "sqlite:////data/env.db"
    monkeypatch.setenv("DATABASE_URL", " ")
    location = resolve_location(None)
    assert isinstance(location, SqliteLocation)
    assert location.path is not None
    assert location.path.parts[-2:] == ("scramblebench", "experiments.db")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_forms(scheme: str) -> None:
    location = resolve_location(f"{scheme}://ada:s%2Fcret@db.example:5433/lab?sslmode=require")
    assert isinstance(location, PostgresLocation)
    assert location.conninfo == "postgresql://ada:s%2Fcret@db.example:5433/lab?sslmode=require"
    assert location.shown_url == "postgresql://ada:***@db.example:5433/lab?sslmode=require"
    assert "cret" not in repr(location)


def test_passwords_in_the_query_are_masked_too() -> None:
    location = resolve_location("postgresql://db/lab?user=ada&password=secret&sslpassword=secret")
    assert "secret" not in location.shown_url
    assert "secret" not in repr(location)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "postgres//ada:secret@host/db",
        "mysql://ada:secret@host/db",
        "sqlite://file.db",
        "postgresql://ada:se/secret@host/db",
        "postgresql://ada:secret#x@host/db",
        "postgresql://ada:secret@[::1/db",
        "postgresql+asyncpg://ada:secret@host/db",
    ],
)
def test_other_urls_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_location(url)
    message = str(caught.value)
    assert "secret" not in message
    assert "\n" not in message
    assert "sqlite:///" in message or "percent-encode" in message
