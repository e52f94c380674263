"""The cast of the tests: databases of both kinds, an open store, and a closed door to the network."""

import asyncio
import ipaddress
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from models.store import Store

# web_cast before who imports it
pytest_plugins = [
    "tests.web_cast",
    "tests.reception_cast",
    "tests.browser_cast",
    "tests.channels_cast",
    "tests.support_cast",
    "tests.card_cast",
    "tests.desk_cast",
    "tests.status_cast",
    "tests.seats_cast",
    "tests.town_cast",
    "tests.journeys_cast",
    "tests.enrolment_cast",
    "tests.forgetting_cast",
    "tests.probe_lab",
    "tests.probe_network",
    "tests.rehearsal_cast",
    "tests.reminders_cast",
    "tests.callers_cast",
    "tests.views_cast",
]

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_numbers = count(1)


@pytest.fixture(scope="session", autouse=True)
def _closed_network() -> Iterator[None]:
    """Nothing but this machine may be talked to: a test that needs the outside fails at once, and says so."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _loopback_only(getattr(socket.socket, name)))
    patch.setattr(socket, "getaddrinfo", _loopback_names_only(socket.getaddrinfo))
    yield
    patch.undo()


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def new_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == SQLITE:
        return f"sqlite:///{tmp_path / 'new.db'}"
    return _create(request.getfixturevalue("postgresql"), f"new_{next(_numbers)}")


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind with its tables, empty. Copying one is quicker than making it."""
    if request.param == SQLITE:
        file = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "usher.db")
        return f"sqlite:///{file}"
    template = request.getfixturevalue("migrated_database")
    return _create(request.getfixturevalue("postgresql"), f"test_{next(_numbers)}", template)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    store = await Store.open(database_url)
    yield store
    await store.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "usher.db"
    asyncio.run(_open_and_close(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def migrated_database(postgresql: str) -> str:
    asyncio.run(_open_and_close(_create(postgresql, "migrated")))
    return "migrated"


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


def _create(server: str, name: str, template: str = "template0") -> str:
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return f"{server}/{name}"


async def _open_and_close(url: str) -> None:
    await (await Store.open(url)).close()


def _loopback_only(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _refuse_outside(address[0])
        return connect(self, address)

    return guarded


def _loopback_names_only(getaddrinfo: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host:
            _refuse_outside(host.decode() if isinstance(host, bytes) else host)
        return getaddrinfo(host, *args, **kwargs)

    return guarded


def _refuse_outside(host: str) -> None:
    if host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise AssertionError(f"tests talk to nobody but this machine, and not to {host}")
