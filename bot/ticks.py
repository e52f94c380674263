"""What Usher does by itself at every tick: seats that are free are offered on, and what is kept too long goes."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from handlers import seats
from handlers.phrasing import Phrasing
from handlers.support import Support
from models import retention, tidying
from models.campaign import Campaign
from models.store import Store
from scheduler.clock import Job

log = logging.getLogger(__name__)

SEATS, DESK = timedelta(seconds=20), timedelta(seconds=20)
RETENTION, TIDYING = timedelta(hours=1), timedelta(hours=1)


@dataclass(frozen=True)
class Ticks:
    """What the jobs work on. `mails`: whether mail is set up; `support`: the desk, if it hears of what waits."""

    store: Store
    phrasing: Phrasing
    campaigns: Sequence[Campaign]
    campaign_time: Callable[[], datetime]
    machine_time: Callable[[], datetime]
    mails: bool = False
    support: Support | None = None

    def jobs(self) -> tuple[Job, ...]:
        return (
            Job("seats", SEATS, self.offer_seats),
            Job("desk", DESK, self.tell_desk),
            Job("retention", RETENTION, self.purge),
            Job("tidying", TIDYING, self.tidy),
        )

    async def offer_seats(self) -> None:
        """Let offers lapse whose time is over, and offer what is free."""
        await self.store.write(self._seats)

    async def tell_desk(self) -> None:
        """Tell the desk of cases that nobody claims, and in the morning of all that are open."""
        if self.support and self.support.rooms:
            await self.store.write(self._desk)

    async def purge(self) -> None:
        """Take out what is kept no longer, in parts: the answers need not wait for all of it."""
        what = retention.due(self.campaigns, self.campaign_time(), self.machine_time())
        if not await self.store.read(retention.is_due, what):
            return
        done: Counter[str] = Counter()
        while part := await self.store.write(retention.purge, what, self.machine_time()):
            done += part
        if done:
            log.info("no longer kept, and put under pseudonyms: %s", _listed(done))

    async def tidy(self) -> None:
        done: Counter[str] = Counter()
        while part := await self.store.write(tidying.tidy, self.machine_time()):
            done += part
        if done:
            log.info("deleted as settled long ago: %s", _listed(done))

    def _seats(self, session: Session) -> None:
        # The times are read when its turn has come: a transaction may have waited for others.
        seats.tick(session, self.phrasing, self.campaign_time(), self.machine_time(), self.mails)

    def _desk(self, session: Session) -> None:
        if self.support:
            self.support.tick(session, self.campaign_time())


def _listed(done: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(done.items()))
