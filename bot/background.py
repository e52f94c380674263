"""Does beside the rest what nobody waits for, writes down what went wrong in it, and ends with those who began it."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any


class Background:
    """Work under way. An `expected` error is told in one line; any other is a fault of ours, told with its traceback.

    A task that nobody holds may vanish before it has ended: these are held until then.
    """

    def __init__(self, log: logging.Logger, *expected: type[Exception], level: int = logging.WARNING) -> None:
        self._log, self._expected, self._level = log, expected, level
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None], what: str) -> None:
        task = asyncio.create_task(work, name=what)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    @property
    def idle(self) -> bool:
        return not self._tasks

    async def stop(self, patience: float = 0.0) -> None:
        """Wait for what is under way, but no longer than `patience` seconds, and cut off the rest."""
        if self._tasks and patience > 0:
            await asyncio.wait(self._tasks, timeout=patience)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, self._expected):
            self._log.log(self._level, "%s: %s", task.get_name(), str(error) or type(error).__name__)
        elif error:
            self._log.error("%s failed", task.get_name(), exc_info=error)
