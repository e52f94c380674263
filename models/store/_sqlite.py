"""Opens a SQLite file so that it loses nothing, waits instead of failing, and can be read while it is written."""

import sqlite3
import time

from sqlalchemy import URL, Connection, Engine, create_engine, event

BUSY_SECONDS = 10  # how long to wait for another process (`bot cases`, a second copy) before giving up


def sqlite_engine(url: URL, *, begin: str, pragma: str, connections: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,  # an error that is logged must not quote what people wrote
        connect_args={"timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # or Python's driver would begin transactions of its own, too late
        _switch_to_wal(connection)
        # What is deleted or overwritten is so on the disk as well: somebody may have wished it.
        for line in ("synchronous=FULL", "secure_delete=ON", pragma):
            connection.execute(f"PRAGMA {line}")

    @event.listens_for(engine, "begin")
    def take_place(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Let readers and the writer work at the same time. The file remembers it."""
    until = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            # SQLite does not wait here by itself when two processes make the same new file.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
