"""Keeps what Usher must not forget, in a file or on a database server, one short transaction at a time."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import URL, Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlmodel import Session, SQLModel
from sqlmodel.sql.expression import SelectOfScalar

from models.migrations import NewerDatabase, upgrade
from models.store._grouping import GroupingWriter
from models.store._many import add_many
from models.store._sqlite import sqlite_engine
from models.store._wakes import NOTIFY, Wakes, Watch, announce, announced, news

__all__ = ["NOTIFY", "Store", "StoreError", "Watch", "add_many", "announce", "as_read", "in_turn", "keep_first", "news"]

P = ParamSpec("P")
T = TypeVar("T")
Row = TypeVar("Row", bound=SQLModel)

READERS = 4  # threads beside SQLite's one writer; more would only wait for the same interpreter
POOL = 8  # PostgreSQL connections of one copy of Usher
ANSWER_SECONDS = 3.0  # a database that needs longer for "are you there?" is not there

# A constraint without a name cannot be changed by a later migration. Modules of rows import this module first.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class StoreError(Exception):
    """The database cannot be used; the text is one sentence that says why and what to do."""


class Store:
    """Runs plain functions of a session in transactions, away from the event loop.

    `write` promises: when it returns, what `fn` wrote is on the disk; when it raises, nothing of it is.
    A caller that is cancelled before its turn has written nothing; once begun, the write is finished without it.
    `fn` must neither commit nor keep the session; the rows it returns stay usable. It may be run a second time where
    another write, that came together with it, failed.
    """

    def __init__(
        self,
        reading: Engine,
        threads: ThreadPoolExecutor,
        writing: Engine,
        wakes: Wakes,
        writer: GroupingWriter | None = None,
    ):
        self._reading, self._threads, self._writing = reading, threads, writing
        self._wakes, self._writer = wakes, writer

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open the database, with its tables made or brought up to date, or raise `StoreError`."""
        return await asyncio.to_thread(cls._open, url)

    @classmethod
    def _open(cls, url: str) -> Self:
        parsed = _parse(url)
        try:
            return cls._sqlite(parsed) if parsed.get_backend_name() == "sqlite" else cls._postgresql(parsed)
        except NewerDatabase as error:
            raise StoreError(
                f"The database {_shown(parsed)} was made by a newer Usher (its revision is {error.revision}): "
                "update Usher, or name another DATABASE_URL."
            ) from error
        except DBAPIError as error:
            raise StoreError(f"The database {_shown(parsed)} cannot be used ({_first_line(error)}).") from error

    @classmethod
    def _sqlite(cls, url: URL) -> Self:
        _make_folder(Path(str(url.database)))
        # A migration may build a table anew; with foreign keys on, that would delete the rows that point to it.
        migrating = sqlite_engine(url, begin="BEGIN IMMEDIATE", pragma="foreign_keys=OFF", connections=1)
        _migrate(migrating)
        migrating.dispose()
        reading = sqlite_engine(url, begin="BEGIN", pragma="query_only=ON", connections=READERS)
        # SQLite has one writer: taking its place at once means waiting, never failing halfway.
        writing = sqlite_engine(url, begin="BEGIN IMMEDIATE", pragma="foreign_keys=ON", connections=1)
        wakes = Wakes()
        return cls(reading, ThreadPoolExecutor(READERS, "reader"), writing, wakes, GroupingWriter(writing, wakes.wake))

    @classmethod
    def _postgresql(cls, url: URL) -> Self:
        writing = create_engine(
            url,
            pool_size=POOL,
            max_overflow=0,
            hide_parameters=True,  # an error that is logged must not quote what people wrote
            pool_pre_ping=True,  # a server that was restarted costs a new connection, not an error
            # A server that vanishes without a word is noticed: by default it would hold its connections for hours.
            connect_args={
                "connect_timeout": 5,
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "tcp_user_timeout": 20_000,
                "options": "-c jit=off",
            },
        )
        _migrate(writing)
        reading = writing.execution_options(postgresql_readonly=True)
        return cls(reading, ThreadPoolExecutor(POOL, "database"), writing, Wakes(url))

    async def read(self, fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` where nothing can be changed; an attempt to write raises."""
        with _closed_is_told():
            future = self._submit(self._reading, _bound(fn, *args, **kwargs))
        return await asyncio.wrap_future(future)

    async def write(self, fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` in a transaction, and return its result once the commit is durable."""
        bound = _bound(fn, *args, **kwargs)
        with _closed_is_told():
            future = self._writer.submit(bound) if self._writer else self._submit(self._writing, bound)
        return await asyncio.wrap_future(future)

    def watch(self, *topics: str) -> AbstractContextManager[Watch]:
        """Wait for commits that `announce` one of the topics, also those of other copies of Usher on PostgreSQL."""
        return self._wakes.watch(*topics)

    async def reachable(self) -> bool:
        """Tell whether the database answers now."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self.read(lambda session: session.connection().execute(text("SELECT 1")))
        except (DBAPIError, StoreError, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        """Finish what was begun, then let go of the database. Closing twice is closing once."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._wakes.close()
        if self._writer:
            self._writer.close()
        self._threads.shutdown()
        self._reading.dispose()
        self._writing.dispose()

    def _submit(self, engine: Engine, bound: Callable[[Session], T]) -> Future[T]:
        return self._threads.submit(_in_own_transaction, engine, bound, self._wakes)


@contextmanager
def _closed_is_told() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise StoreError("The database is closed.") from error


def keep_first(session: Session, row: Row, same: SelectOfScalar[Row]) -> Row:
    """Add `row`, or return the one that `same` finds: the key decides, also between two that come at once."""
    if found := session.exec(same).first():
        return found
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        if found := session.exec(same).first():
            return found
        raise
    return row


def as_read(kind: type[Row], values: Mapping[str, Any]) -> Row:
    """A row of these values that no session watches, as one that was read: far quicker than making a new one."""
    row: Row = inspect(kind).class_manager.new_instance()
    row.__dict__.update(values)
    return row


def in_turn(session: Session, name: str) -> None:
    """Let nobody else who names the same go on before this transaction has ended.

    What is numbered within the turn is then seen in the order of its numbers. SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(_WAIT_FOR_TURN, {"name": name})


_WAIT_FOR_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def _bound(fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> Callable[[Session], T]:
    return lambda session: fn(session, *args, **kwargs)


def _in_own_transaction(engine: Engine, fn: Callable[[Session], T], wakes: Wakes) -> T:
    with Session(engine, expire_on_commit=False) as session:
        wakes.mark(session)
        result = fn(session)
        session.commit()
        wakes.wake(announced(session))
        return result


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "DATABASE_URL is not a database's address: write sqlite:///var/usher.db, for example."
        ) from error
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise StoreError(f"DATABASE_URL begins with {parsed.drivername}://: it must be sqlite:/// or postgresql://.")
    if parsed.database in {None, "", ":memory:"}:
        raise StoreError("DATABASE_URL names no database: write sqlite:///var/usher.db, for example.")
    return parsed


def _shown(url: URL) -> str:
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().split("\n", 1)[0]


def _make_folder(file: Path) -> None:
    """Make the file's own folder. A parent that is missing is more likely a slip of the pen: it is reported."""
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder {file.parent} of the database cannot be made ({error.strerror}).") from error


def _migrate(engine: Engine) -> None:
    with ExitStack() as failed:
        failed.callback(engine.dispose)
        upgrade(engine)
        failed.pop_all()
