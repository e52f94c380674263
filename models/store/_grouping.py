"""Writes to a SQLite file, one after the other, with those that wait together sharing one commit."""

import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlmodel import Session

from models.store._wakes import announced

T = TypeVar("T")

GROUP = 128  # writes in one transaction at most, so that the first of them never waits long


class _OneFailed(Exception):  # noqa: N818 - named after the situation
    """One write of a group has failed: what the others wrote is taken back, and they are run anew."""


class GroupingWriter:
    """SQLite's one writer. A commit costs more than a write: so those that wait share one.

    Where one of them fails, all are run anew, each within a savepoint: only that one fails then.
    """

    def __init__(self, engine: Engine, wake: Callable[[Iterable[str]], None]) -> None:
        self._engine, self._wake = engine, wake
        self._queue: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._closing, self._closed = Lock(), False
        # A daemon, so that a program that forgets to close can still end; a transaction cut off is taken back.
        self._thread = Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[[Session], T]) -> Future[T]:
        """Queue `fn`; its result comes when it is durable. Raises `RuntimeError` once closed, as a thread pool does."""
        job = _Job(fn)
        with self._closing:
            if self._closed:
                raise RuntimeError("closed")
            self._queue.put(job)
        return job.future

    def close(self) -> None:
        """Finish what waits."""
        with self._closing:
            if not self._closed:
                self._queue.put(None)
            self._closed = True
        self._thread.join()

    def _work(self) -> None:
        ended = False
        while not ended:
            waiting = self._take()
            ended = None in waiting
            # Those cancelled while they waited are left out here; from now on no one else can be.
            self._run([job for job in waiting if job and job.future.set_running_or_notify_cancel()])

    def _take(self) -> "list[_Job[Any] | None]":
        taken = [self._queue.get()]
        try:
            while taken[-1] and len(taken) < GROUP:
                taken.append(self._queue.get_nowait())
        except Empty:
            pass
        return taken

    def _run(self, jobs: "list[_Job[Any]]") -> None:
        if not jobs:
            return
        try:
            if not self._run_together(jobs):
                self._run_apart(jobs)
        except BaseException as error:  # noqa: BLE001 - the writer lives on; everyone in the group hears of it
            for job in jobs:
                job.future.set_exception(error)
        else:
            for job in jobs:
                job.settle()
                self._wake(job.announced)

    def _run_together(self, jobs: "list[_Job[Any]]") -> bool:
        """Run all of them in one transaction; False where one failed, and with it all of them."""
        try:
            with self._engine.connect() as connection, connection.begin():
                if not all(job.run_unguarded(connection) for job in jobs):
                    raise _OneFailed
        except _OneFailed:
            return False
        return True

    def _run_apart(self, jobs: "list[_Job[Any]]") -> None:
        """Run each within a savepoint: that costs a third more, and a failure takes back nothing of the others."""
        with self._engine.connect() as connection, connection.begin():
            for job in jobs:
                job.run(connection)


class _Job(Generic[T]):
    """One waiting write, and the future that its caller waits for."""

    def __init__(self, fn: Callable[[Session], T]) -> None:
        self._fn, self.future = fn, Future[T]()
        self.announced: frozenset[str] = frozenset()
        self.settle: Callable[[], None]  # tells the caller what `run` came to; called after the commit

    def run_unguarded(self, connection: Connection) -> bool:
        """Run as a part of the transaction; False where it failed, and the transaction must be taken back."""
        with Session(connection, join_transaction_mode="rollback_only", expire_on_commit=False) as session:
            try:
                result = self._fn(session)
                session.commit()  # writes what is still to be written; the group's commit comes later
            except BaseException:  # noqa: BLE001 - it is run again by itself, and its caller hears of it then
                return False
            self.announced = announced(session)
            self.settle = partial(self.future.set_result, result)
        return _in_transaction(connection)

    def run(self, connection: Connection) -> None:
        """Run within a savepoint, so that a failure takes back nothing of the others."""
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            try:
                result = self._fn(session)
                session.commit()
                self.announced = announced(session)
                self.settle = partial(self.future.set_result, result)
            except BaseException as error:
                session.rollback()
                if not _in_transaction(connection):
                    raise  # SQLite has dropped the whole transaction (disk full): the group has failed
                self.settle = partial(self.future.set_exception, error)


def _in_transaction(connection: Connection) -> bool:
    driver: Any = connection.connection.dbapi_connection
    return isinstance(driver, sqlite3.Connection) and driver.in_transaction
