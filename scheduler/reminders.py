"""Plans the reminders that have come due, a part at a time, until nothing is left to plan."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlmodel import Session

from models.reminders import Report, Times, Timetable, is_due, plan
from models.store import Store


@dataclass(frozen=True)
class Planner:
    """What plans reminders: `channels` are the names of those that people may be reached by.

    Any number of copies may plan at once: what was planned is not planned again.
    """

    store: Store
    timetable: Timetable
    channels: Collection[str]
    times: Callable[[], Times]
    unreached: Report

    async def plan(self) -> None:
        """Plan everything that is due now. It may be cut off at any time, and then goes on at the next tick."""
        if not await self.store.read(is_due, self.timetable, self.times().campaign):
            return
        while await self.store.write(self._part):
            pass

    def _part(self, session: Session) -> bool:
        # The times are read when its turn has come: a transaction may have waited for others.
        return plan(session, self.timetable, self.channels, self.times(), self.unreached)
