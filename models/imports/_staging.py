"""Holds the rows that were read until all of them were: on the disk, so that a long table needs no more memory."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Self

BATCH = 1000

Value = str | list[str] | None
Row = Mapping[str, Value]


class Staging:
    """The rows of one import, in their order. Close it when they are written."""

    def __init__(self) -> None:
        # Without a name SQLite keeps it in a file of its own that goes with the connection. Read on another thread.
        self._kept = sqlite3.connect("", check_same_thread=False)
        self._kept.execute("CREATE TABLE row (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, cells TEXT)")
        self._kept.execute("CREATE TABLE said (key TEXT PRIMARY KEY, number INTEGER, what TEXT) WITHOUT ROWID")

    def put(self, number: int, key: str, row: Row) -> int | None:
        """Keep the row, or give the number of the one that has the key already."""
        try:
            self._kept.execute("INSERT INTO row VALUES (?, ?, ?)", (number, key, json.dumps(row)))
        except sqlite3.IntegrityError:
            return int(self._kept.execute("SELECT number FROM row WHERE key = ?", (key,)).fetchone()[0])
        return None

    def differs(self, number: int, key: str, what: str) -> int | None:
        """The number of an earlier row that said something else of the key."""
        if self._kept.execute("INSERT OR IGNORE INTO said VALUES (?, ?, ?)", (key, number, what)).rowcount:
            return None
        first, said = self._kept.execute("SELECT number, what FROM said WHERE key = ?", (key,)).fetchone()
        return int(first) if said != what else None

    def __len__(self) -> int:
        return int(self._kept.execute("SELECT count(*) FROM row").fetchone()[0])

    def batches(self) -> Iterator[list[tuple[int, Row]]]:
        """All rows, some at a time; as often as it is asked for."""
        read = self._kept.execute("SELECT number, cells FROM row ORDER BY number")
        while taken := read.fetchmany(BATCH):
            yield [(number, json.loads(cells)) for number, cells in taken]

    def close(self) -> None:
        self._kept.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
