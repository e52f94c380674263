"""What the commands for operators share: an open database, a refusal in one sentence, and a bar that shows progress."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

from bot.settings import Settings, load
from models.store import Store

T = TypeVar("T")

WIDTH = 30  # signs of the bar


def with_store(use: Callable[[Store], Awaitable[T]], settings: Settings | None = None) -> T:
    """Open the database of the settings, use it, close it."""

    async def used() -> T:
        store = await Store.open((settings or load(signs=False)).database_url.get_secret_value())
        try:
            return await use(store)
        finally:
            await store.close()

    return asyncio.run(used())


def refuse(*lines: str) -> int:
    """Say why nothing was done; gives the exit code for that."""
    for line in lines:
        print(line, file=sys.stderr)
    return 2


def shown(text: str) -> str:
    """A text of somebody else's, without the signs that would move a terminal's cursor or colour it."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)


class Stopped(Exception):  # noqa: N818 - named after the situation
    """Whoever waited for it pressed Ctrl-C."""


class Bar:
    """Shows how far something is, on a terminal; elsewhere nothing. `totals` are what each part of it comes to.

    Once it was told to stop, it raises `Stopped` where it would go on.
    """

    def __init__(self, **totals: int) -> None:
        self._totals, self._drawn, self._stopped = totals, "", False
        self._on = sys.stderr.isatty()

    def total(self, part: str, total: int) -> None:
        self._totals[part] = total

    def stop(self) -> None:
        self._stopped = True

    def __call__(self, part: str, done: int) -> None:
        if self._stopped:
            raise Stopped
        if not self._on:
            return
        share = min(done / max(self._totals.get(part, 0), 1), 1.0)
        line = f"{part:>8} [{'#' * int(share * WIDTH):<{WIDTH}}] {share:4.0%}"
        if line != self._drawn:
            sys.stderr.write(f"\r{line}")
            sys.stderr.flush()
            self._drawn = line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._drawn:
            sys.stderr.write(f"\r{' ' * len(self._drawn)}\r")
