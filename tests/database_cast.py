"""The cast of the tests that touch the database: one of each kind, empty, and an open store."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from models.store import Store

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_numbers = count(1)
LARGEST = 4_000_000  # bytes by which a database may have grown, to be lent again: an old test's pages slow nobody down


class Databases:
    """Lends databases with their tables, empty. Emptying one is five times as quick as copying 10 MB anew.

    One that came back is lent again only if nobody is connected to it and nothing of it but rows has changed.
    """

    def __init__(self, server: str) -> None:
        self._server, self._numbers = server, count(1)
        self._returned: list[str] = []
        make_tables(create(server, "migrated"))
        with psycopg.connect(server, dbname="migrated") as connection:
            self._fresh, self._size = _catalogue(connection), _size(connection)
            filled = connection.execute(_FILLED).fetchall()
        assert filled == [("alembic_version",)], "a migration writes rows: who empties a database must keep them"

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of one, until its test has ended."""
        name = self._emptied() or self._copied()
        yield f"{self._server}/{name}"
        self._returned.append(name)

    def _copied(self) -> str:
        name = f"test_{next(self._numbers)}"
        create(self._server, name, "migrated")
        return name

    def _emptied(self) -> str | None:
        while self._returned:
            name = self._returned.pop()
            with psycopg.connect(self._server, dbname=name, autocommit=True) as connection:
                if self._empty(connection):
                    return name
        return None

    def _empty(self, connection: "psycopg.Connection[Any]") -> bool:
        """Whether it is as if it were new."""
        if not _alone(connection) or _size(connection) > self._size + LARGEST:
            return False
        if _catalogue(connection) != self._fresh:
            return False
        connection.execute(_EMPTY)
        return True


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def new_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == SQLITE:
        return f"sqlite:///{tmp_path / 'new.db'}"
    return create(request.getfixturevalue("postgresql"), f"new_{next(_numbers)}")


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind with its tables, empty. Copying or emptying one is quicker than making it."""
    if request.param == SQLITE:
        file = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "usher.db")
        yield f"sqlite:///{file}"
        return
    databases: Databases = request.getfixturevalue("databases")
    with databases.lent() as url:
        yield url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    store = await Store.open(database_url)
    yield store
    await store.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "usher.db"
    make_tables(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def databases(postgresql: str) -> Databases:
    return Databases(postgresql)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A real server for this run of the tests: its address, without a database's name."""
    programs = _programs()
    if programs is None and os.environ.get("CI") == "true":
        pytest.fail("PostgreSQL is missing (no initdb found), and CI must not do without it")
    if programs is None:
        pytest.skip("PostgreSQL is not installed here (Debian, Ubuntu: apt-get install postgresql)")
    with tempfile.TemporaryDirectory(prefix="usher-postgresql-") as folder:
        yield from _serve(programs, Path(folder))


def create(server: str, name: str, template: str = "template0") -> str:
    """Make a database; gives its address."""
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return f"{server}/{name}"


def make_tables(url: str) -> None:
    async def open_and_close() -> None:
        await (await Store.open(url)).close()

    asyncio.run(open_and_close())


# No row of a catalogue is written anew where only rows of tables come and go. What is ours is numbered from 16384.
_CATALOGUE = """
    SELECT (SELECT array_agg(version_num::text) FROM alembic_version),
           (SELECT count(*) FROM pg_db_role_setting),
           (SELECT count(*) FROM pg_largeobject_metadata),
           sum(xmin::text::bigint * place), count(*)
    FROM (SELECT xmin, 1 AS place FROM pg_class WHERE oid >= 16384
          UNION ALL SELECT xmin, 2 FROM pg_attribute WHERE attrelid >= 16384
          UNION ALL SELECT xmin, 3 FROM pg_constraint WHERE oid >= 16384
          UNION ALL SELECT xmin, 4 FROM pg_index WHERE indexrelid >= 16384
          UNION ALL SELECT xmin, 5 FROM pg_trigger UNION ALL SELECT xmin, 6 FROM pg_attrdef
          UNION ALL SELECT xmin, 7 FROM pg_namespace UNION ALL SELECT xmin, 8 FROM pg_sequence
          UNION ALL SELECT xmin, 9 FROM pg_type WHERE oid >= 16384
          UNION ALL SELECT xmin, 10 FROM pg_proc WHERE oid >= 16384) AS catalogue
"""
_FILLED = """
    SELECT relname::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
"""
# The tables' own rules would want an order of deleting.
_EMPTY = """
    DO $$
    DECLARE filled regclass;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR filled IN
            SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND pg_relation_size(oid) > 0 AND relname <> 'alembic_version'
        LOOP
            EXECUTE format('DELETE FROM %s', filled);
        END LOOP;
        PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
    END $$
"""


def _alone(connection: "psycopg.Connection[Any]") -> bool:
    others = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    """
    for _ in range(10):
        if connection.execute(others).fetchone() == (0,):
            return True
        time.sleep(0.01)  # a connection that was closed just now is seen a little longer
    return False


def _catalogue(connection: "psycopg.Connection[Any]") -> Any:
    return connection.execute(_CATALOGUE).fetchone()


def _size(connection: "psycopg.Connection[Any]") -> int:
    sized = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert sized
    return int(sized[0])


def _programs() -> Path | None:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    found = installed[-1] if installed else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _serve(programs: Path, folder: Path) -> Iterator[str]:
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    data, port = folder / "data", _free_port()
    initdb = [
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    subprocess.run(initdb, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
        "full_page_writes": "off",
        "max_connections": 200,
    }
    given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [str(programs / "postgres"), "-D", str(data), *given], user=user, cwd=folder, stderr=log
        )
    try:
        url = f"postgresql://postgres@127.0.0.1:{port}"
        _wait_for(url, folder / "log")
        yield url
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing of it is needed any more
        server.wait(timeout=30)


def _wait_for(url: str, log: Path) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > until:
                pytest.fail(f"PostgreSQL did not start:\n{log.read_text()}")
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
