"""Lets many people ask for one check: the same target at the same time is checked once, and kept for some seconds."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from time import monotonic

from handlers.probe._aim import Aim
from handlers.probe._report import OnStep, Report, Step

AT_ONCE = 20
KEPT = {"ok": 60.0, "warning": 15.0, "fail": 15.0, "unknown": 0.0}  # seconds

Check = Callable[[Aim, OnStep], Awaitable[Report]]


@dataclass(frozen=True)
class Told:
    """A report, and how many seconds ago its check ended."""

    report: Report
    age: float


@dataclass
class _Flying:
    """A check on its way, and who listens to its stages; a latecomer hears the earlier ones first."""

    listeners: list[OnStep] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    task: "asyncio.Task[Report] | None" = None

    def hear(self, step: Step) -> None:
        self.steps.append(step)
        for listener in self.listeners:
            listener(step)

    def join(self, listener: OnStep) -> None:
        for step in self.steps:
            listener(step)
        self.listeners.append(listener)


class Flight:
    """The checks of this process. At most `at_once` go on; who comes then waits for a place before its check begins."""

    def __init__(self, check: Check, at_once: int = AT_ONCE, clock: Callable[[], float] = monotonic) -> None:
        self._check, self._clock = check, clock
        self._places = asyncio.Semaphore(at_once)
        self._flying: dict[Hashable, _Flying] = {}
        self._kept: dict[Hashable, tuple[Report, float]] = {}

    def kept(self, aim: Aim) -> Told | None:
        """The last report, while it is fresh."""
        if aim not in self._kept:
            return None
        report, ended = self._kept[aim]
        age = self._clock() - ended
        if age < KEPT[report.verdict]:
            return Told(report, age)
        del self._kept[aim]
        return None

    async def report(self, aim: Aim, on_step: OnStep | None = None) -> Told:
        """A fresh report: the kept one, that of the check on its way, or that of a new one.

        Who gives up waiting does not end the check for the others.
        """
        if kept := self.kept(aim):
            return kept
        flying = self._flying.get(aim)
        if flying is None:
            flying = self._flying[aim] = _Flying()
            flying.task = asyncio.create_task(self._fly(aim, flying))
        if on_step:
            flying.join(on_step)
        assert flying.task  # noqa: S101 - set where it is made
        return Told(await asyncio.shield(flying.task), 0.0)

    async def _fly(self, aim: Aim, flying: _Flying) -> Report:
        try:
            async with self._places:
                report = await self._check(aim, flying.hear)
        finally:
            del self._flying[aim]
        self._kept[aim] = report, self._clock()
        return report
