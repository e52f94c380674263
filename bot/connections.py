"""Checks the connections that people ask for: shows how far a check is, tells its result once, and watches targets."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from sqlmodel import Session

from bot.stages import SHOWN_TO, Shown, Stages
from handlers import checks as words
from handlers.checks import BROKEN, Incidents, result_of, told_to
from models import checks, leases
from models.campaign import Campaign, Target
from models.checks import Check, Result
from models.message import Address, Channel, Reply
from models.outbox import Posting, cancel, post
from models.store import Store
from scheduler.delivery import AWAY

if TYPE_CHECKING:
    from handlers.probe import Aim, Flight, OnStep, Report, Step, Told

log = logging.getLogger(__name__)

VANTAGE = "this bot's own network"
USEFUL = timedelta(hours=1)  # how long a result is worth telling
LONGEST = 90.0  # seconds; a check takes twelve, and may wait for a place among the others
READ_FIRST = timedelta(seconds=0.5)  # so that the acknowledgement is there before the result of a quick check


@dataclass(frozen=True)
class Pace:
    """In seconds, by the machine's time."""

    poll: float = 2.0  # how often it is looked without any news: a copy may have died
    keep_up: float = 8.0  # how often the lease on a check is renewed
    edit: float = 0.7  # between two changes of a message that shows the stages
    settle: float = 5.0  # how long it is waited at the end for such a message that is still being sent


async def look(aim: "Aim", on_step: "OnStep") -> "Report":
    """A check from this machine. No proxy of the environment is used."""
    from handlers.probe import probe  # see Connections.checked

    return await probe(aim, vantage=VANTAGE, ours=True, on_step=on_step)


@dataclass
class Connections:
    """The checks of one copy of Usher. Any number of copies share the work; each check is told once."""

    store: Store
    campaigns: Sequence[Campaign]
    channels: Mapping[str, Channel]
    rooms: Sequence[Address]
    campaign_time: Callable[[], datetime]
    machine_time: Callable[[], datetime]
    copy: str
    flight: "Flight | None" = None
    pace: Pace = Pace()
    _looking: dict[asyncio.Task[None], list[int]] = field(default_factory=dict)
    _loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.create_task(self._run(), name="connections")

    async def stop(self) -> None:
        """Begin nothing more, and leave what is not done to another copy, or to the next start."""
        left = [task for task in (self._loop, *self._looking) if task]
        ids = [one for held in self._looking.values() for one in held]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if ids:
            try:
                await self.store.write(checks.give_back, ids, self.copy)
            except AWAY as error:
                log.warning("checks cannot be given back (%s): their leases run out", type(error).__name__)

    async def watch(self, every: timedelta) -> None:
        """Check every target of the circulars that still run; one copy does so at a time."""
        running = [one for one in self.campaigns if self.campaign_time() <= one.ends]
        await asyncio.gather(*(self._watch(one, target, every) for one in running for target in one.targets))

    async def checked(self, target: Target, on_step: "OnStep | None" = None) -> "Told":
        """A fresh report of the target, by one check for all who want it at the same time."""
        # Its import takes half a second, which neither the start nor anybody's answer needs to wait for.
        probing = await asyncio.to_thread(import_module, "handlers.probe")
        self.flight = self.flight or probing.Flight(look, words.AT_ONCE)
        return await self.flight.report(probing.Aim.of(target), on_step)

    async def _watch(self, campaign: Campaign, target: Target, every: timedelta) -> None:
        name = f"watch {campaign.key}/{target.key}"
        if await self.store.write(leases.hold, name, self.copy, self.machine_time(), 1.5 * every):
            told = await self.checked(target)
            await self.store.write(self._note, campaign, target, result_of(told.report), watched=True)

    async def _run(self) -> None:
        with self.store.watch(checks.NEWS) as watch:
            kept_up = asyncio.get_running_loop().time()
            while True:
                try:
                    now = asyncio.get_running_loop().time()
                    if now - kept_up > self.pace.keep_up:
                        kept_up = now
                        await self._keep_up()
                    await self._begin()
                except AWAY as error:
                    log.warning("checks cannot be claimed (%s); trying again", type(error).__name__)
                except Exception:  # the outermost loop: a bug must not end all checks
                    log.exception("checks could not be claimed; trying again")
                await watch.news(self.pace.poll)

    async def _keep_up(self) -> None:
        if ids := [one for held in self._looking.values() for one in held]:
            await self.store.write(checks.keep_up, ids, self.copy, self.machine_time())

    async def _begin(self) -> None:
        """Take what is asked for; those who want the same share a check."""
        if not await self.store.read(checks.is_due, self.machine_time()):
            return
        together: dict[tuple[str, str], list[Check]] = defaultdict(list)
        for check in await self.store.write(checks.claim, self.copy, self.machine_time()):
            together[check.campaign, check.target].append(check)
        for (campaign, target), asked in together.items():
            task = asyncio.create_task(self._serve(asked), name=f"check of {campaign}/{target}")
            self._looking[task] = [check.id or 0 for check in asked]
            task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        del self._looking[task]
        if not task.cancelled() and (error := task.exception()):
            log.error("%s failed; another copy, or the next look, takes it up", task.get_name(), exc_info=error)

    async def _serve(self, asked: list[Check]) -> None:
        found = _target(self.campaigns, asked[0])
        if found is None:
            await self.store.write(self._refuse, asked)
            return None
        campaign, target = found
        steps: list[Step] = []
        shown = [Shown(check, told_to(campaign, target, check)) for check in asked]
        async with Stages(self.store, self.channels, shown, steps, self._times, self.pace).shown():
            told = await self._report(target, steps.append)
            while True:
                try:
                    return await self.store.write(self._tell, asked, campaign, target, told)
                except AWAY as error:
                    log.warning("a result cannot be noted yet (%s)", type(error).__name__)
                    await asyncio.sleep(self.pace.poll)

    async def _report(self, target: Target, on_step: "OnStep") -> "Told | None":
        """None where the check itself broke down."""
        try:
            async with asyncio.timeout(LONGEST):
                return await self.checked(target, on_step)
        except TimeoutError:
            log.error("the check of %s did not end", target.key)
            return None
        except Exception:  # a bug in the check of one target must not keep its askers waiting
            log.exception("the target %s could not be checked", target.key)
            return None

    def _tell(
        self, session: Session, asked: Sequence[Check], campaign: Campaign, target: Target, told: "Told | None"
    ) -> None:
        """Note the result, and post it to each who waits for it: in one transaction, so that it is told once."""
        now = self.machine_time()
        result = result_of(told.report) if told else BROKEN
        ended = now - timedelta(seconds=told.age if told else 0)
        done = checks.finish(session, [check.id or 0 for check in asked], self.copy, result, ended)
        if done and told:
            self._note(session, campaign, target, result)
        incident = checks.open_incident(session, campaign.key, target.key)
        said: dict[tuple[str, datetime, str], Reply] = {}  # many ask at once, and most are told the same
        for check in done:
            same = check.language, check.asked_at.replace(second=0, microsecond=0), check.participant
            if same not in said:
                telling = told_to(campaign, target, check, support_knows=bool(incident and incident.told))
                age = words.in_words(telling.wording, now - ended) if told and told.age >= 1 else ""
                said[same] = telling.result(check, age=age)
            self._post(session, check, said[same])
        for check in done[:SHOWN_TO]:
            cancel(session, f"check:{check.id}:stages", "the result is there", now)

    def _note(
        self, session: Session, campaign: Campaign, target: Target, result: Result, *, watched: bool = False
    ) -> None:
        at, now = self._times()
        Incidents(self.rooms).note(session, campaign, target, result, at, now, watched=watched)

    def _refuse(self, session: Session, asked: Sequence[Check]) -> None:
        """The circulars were changed meanwhile: what it was, nobody can say any more but by its key."""
        ids = [check.id or 0 for check in asked]
        for check in checks.refuse(session, ids, self.copy, self.machine_time()):
            said = words.gone(self.campaigns, check)
            self._post(session, check, said)

    def _post(self, session: Session, check: Check, reply: Reply) -> None:
        at, now = self._times()
        posting = Posting(f"check:{check.id}", Address.of(check.place), reply, at, "check", useful_until=at + USEFUL)
        post(session, posting, max(now, check.recorded_at + READ_FIRST))

    def _times(self) -> tuple[datetime, datetime]:
        """Campaign time and machine time."""
        return self.campaign_time(), self.machine_time()


def _target(campaigns: Sequence[Campaign], check: Check) -> tuple[Campaign, Target] | None:
    named = ((one, target) for one in campaigns if one.key == check.campaign for target in one.targets)
    return next(((one, target) for one, target in named if target.key == check.target), None)
