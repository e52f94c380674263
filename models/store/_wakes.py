"""Wakes those who wait for a commit: in this process at once, in other copies of Usher through PostgreSQL."""

import asyncio
import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from selectors import EVENT_READ, DefaultSelector  # select.select fails where very many streams are open
from threading import Lock, Thread
from typing import TYPE_CHECKING

from sqlalchemy import URL, String, bindparam, func, select
from sqlmodel import Session

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

CHANNEL = "usher"  # PostgreSQL's name for what the copies tell each other
AGAIN_SECONDS = 1.0  # after the connection to the other copies was lost
_TOPICS = "usher.topics"
_COPY = "usher.copy"


def announce(session: Session, topic: str) -> None:
    """Wake those who watch `topic` once this transaction is committed, here and in the other copies."""
    told = news(session, topic)
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(_NOTIFY, {"told": told})


def news(session: Session, topic: str) -> str:
    """Wake those here; gives what `NOTIFY` takes as `told`, where another statement tells the other copies."""
    session.info.setdefault(_TOPICS, set()).add(topic)
    return f"{session.info.get(_COPY, '')} {topic}"


NOTIFY = func.pg_notify(CHANNEL, bindparam("told", type_=String()))
_NOTIFY = select(NOTIFY)


def announced(session: Session) -> frozenset[str]:
    return frozenset(session.info.get(_TOPICS, ()))


class Watch:
    """Waits for news of its topics. Belongs to the event loop in which it was made."""

    def __init__(self) -> None:
        self._loop, self._event = asyncio.get_running_loop(), asyncio.Event()
        self._news: set[str] = set()

    def wake(self, news: Iterable[str]) -> None:
        """Tell the one that waits; from any thread."""
        told = frozenset(news)
        try:
            self._loop.call_soon_threadsafe(self._take, told)
        except RuntimeError:  # its loop has ended: nobody waits
            log.debug("nobody waits for %s any more", told)

    def _take(self, news: frozenset[str]) -> None:
        self._news |= news
        self._event.set()

    async def news(self, seconds: float) -> frozenset[str]:
        """The topics that something happened to since this was last asked; empty after `seconds` without any."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return frozenset()
        told = frozenset(self._news)
        self._news.clear()
        self._event.clear()
        return told


class Wakes:
    """Who watches what in this process; with a `server` also what other copies announce there."""

    def __init__(self, server: URL | None = None) -> None:
        self.copy = secrets.token_hex(8)
        self._watching: dict[str, set[Watch]] = {}
        self._lock = Lock()
        self._listener = None if server is None else _Listener(server, self)

    @contextmanager
    def watch(self, *topics: str) -> Iterator[Watch]:
        watch = Watch()
        with self._lock:
            for topic in topics:
                self._watching.setdefault(topic, set()).add(watch)
        if self._listener:
            self._listener.start()
        try:
            yield watch
        finally:
            with self._lock:
                for topic in topics:
                    self._watching[topic].discard(watch)
                    if not self._watching[topic]:
                        del self._watching[topic]

    def mark(self, session: Session) -> None:
        """Let the session's announcements carry this copy's name, so that it is not woken twice."""
        session.info[_COPY] = self.copy

    def wake(self, topics: Iterable[str]) -> None:
        for topic in topics:
            with self._lock:
                watching = tuple(self._watching.get(topic, ()))
            for watch in watching:
                watch.wake((topic,))

    def wake_all(self) -> None:
        """For when announcements of other copies may have been missed."""
        with self._lock:
            topics = tuple(self._watching)
        self.wake(topics)

    def close(self) -> None:
        if self._listener:
            self._listener.close()


class _Listener:
    """One connection that hears what the other copies announce. It begins when somebody watches."""

    def __init__(self, server: URL, wakes: Wakes) -> None:
        self._conninfo = server.set(drivername="postgresql").render_as_string(hide_password=False)
        self._wakes = wakes
        self._thread: Thread | None = None
        self._lock = Lock()
        self._stop, self._stopping = os.pipe()

    def start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._listen, name="listener", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop listening. Closing twice is closing once."""
        with self._lock:
            if self._stopping < 0:
                return
            os.write(self._stopping, b".")
            if self._thread:
                self._thread.join()
            os.close(self._stopping)
            os.close(self._stop)
            self._stopping = -1

    def _listen(self) -> None:
        import psycopg  # only where there is a server: it takes a tenth of a second

        stopped = False
        while not stopped:
            try:
                with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._wakes.wake_all()  # what was announced before may have been missed
                    stopped = self._hear(connection)
            except psycopg.Error as error:
                log.warning("no news of other copies (%s); it is tried again", type(error).__name__)
                stopped = self._stop in _readable(AGAIN_SECONDS, self._stop)

    def _hear(self, connection: "psycopg.Connection") -> bool:
        """Wake for what is heard, until told to stop. Raises psycopg's error when the connection is lost."""
        while True:
            if self._stop in _readable(None, connection.fileno(), self._stop):
                return True
            for heard in connection.notifies(timeout=0):
                copy, _, topic = heard.payload.partition(" ")
                if copy != self._wakes.copy:
                    self._wakes.wake((topic,))


def _readable(seconds: float | None, *descriptors: int) -> set[int]:
    """Those of the open files that have something to read, once one has or the time is over."""
    with DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, EVENT_READ)
        return {key.fd for key, _ in selector.select(seconds)}
