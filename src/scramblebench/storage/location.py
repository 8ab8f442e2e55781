"""Where a database is: its URL read, checked and made fit for logs."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

from platformdirs import user_data_path

from scramblebench.core.errors import UsageError

_FORMS = "use postgresql://user:password@host:5432/name, sqlite:///file.db or a path ending in .db"
_FILE_SUFFIXES = (".db", ".sqlite", ".sqlite3")
_MASK = "***"


@dataclass(frozen=True, slots=True)
class SqliteLocation:
    """An SQLite file; ``path`` None is a database in memory."""

    path: Path | None
    shown_url: str


@dataclass(frozen=True, slots=True)
class PostgresLocation:
    """A PostgreSQL server as libpq names it; only ``shown_url`` is fit to be seen."""

    conninfo: str = field(repr=False)
    password: str = field(repr=False)
    shown_url: str


Location = SqliteLocation | PostgresLocation


def resolve_location(url: str | None) -> Location:
    """Return where ``url`` points; None takes DATABASE_URL, else the user's own file.

    Raises UsageError where it is no database URL; its message never repeats the URL.
    """
    given = url if url is not None else os.environ.get("DATABASE_URL", "").strip()
    if not given:
        return _sqlite(user_data_path("scramblebench", appauthor=False) / "experiments.db")
    scheme = re.match(r"([a-z0-9+]+)://", given)
    if scheme is None:
        if given.endswith(_FILE_SUFFIXES):
            return _sqlite(Path(given))
        raise UsageError(f"this is not the URL of a database; {_FORMS}")
    return _PARSERS.get(scheme[1], _refuse)(given)


def shared_url(url: str | None) -> str:
    """Return a URL that means the same database in every process of this machine, whatever its folder.

    It may have a password: it is for other processes, never to be shown.
    """
    location = resolve_location(url)
    if isinstance(location, SqliteLocation):
        return (
            location.shown_url
            if location.path is None
            else f"sqlite:///{quote(str(location.path))}"
        )
    return url if url is not None else os.environ["DATABASE_URL"].strip()


def _sqlite(path: Path) -> SqliteLocation:
    absolute = path.expanduser().absolute()
    return SqliteLocation(absolute, f"sqlite:///{absolute}")


def _parse_sqlite(url: str) -> SqliteLocation:
    path = url.removeprefix("sqlite://")
    if path in ("", "/", "/:memory:"):
        return SqliteLocation(None, "sqlite://")
    if not path.startswith("/"):
        raise UsageError("a URL of an SQLite file has three slashes: sqlite:///file.db")
    return _sqlite(Path(unquote(path[1:])))


def _parse_postgres(url: str) -> PostgresLocation:
    plain = re.sub(r"^[a-z0-9+]+://", "postgresql://", url)
    try:
        parts = urlsplit(plain)
        user, has_password, password = _credentials(parts.netloc)
    except ValueError:
        raise UsageError(f"this is not the URL of a database; {_FORMS}") from None
    if "@" in parts.path + parts.query + parts.fragment or parts.fragment:
        raise UsageError(
            "the URL of the database has '/', '?', '#' or '@' in its password: "
            f"percent-encode them ('/' is {quote('/', safe='')}, '@' is {quote('@')})"
        )
    host = parts.netloc.rpartition("@")[2]
    shown_user = f"{user}:{_MASK}@" if has_password else f"{user}@" if user else ""
    shown = parts._replace(netloc=shown_user + host, query=_masked_query(parts.query))
    secrets = [value for key, value in parse_qsl(parts.query) if key in _SECRET_KEYS]
    return PostgresLocation(plain, unquote(password) or "".join(secrets[:1]), urlunsplit(shown))


_SECRET_KEYS = frozenset({"password", "sslpassword"})


def _credentials(netloc: str) -> tuple[str, bool, str]:
    user, colon, password = netloc.rpartition("@")[0].partition(":")
    return user, bool(colon), password


def _masked_query(query: str) -> str:
    return re.sub(r"(?i)(^|&)((?:ssl)?password)=[^&]*", rf"\1\2={_MASK}", query)


def _refuse(url: str) -> Location:
    raise UsageError(f"no database driver speaks {url.partition(':')[0]!r}; {_FORMS}")


_PARSERS = {
    "sqlite": _parse_sqlite,
    "postgresql": _parse_postgres,
    "postgres": _parse_postgres,
    "postgresql+psycopg": _parse_postgres,
}
