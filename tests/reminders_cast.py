"""The cast of the reminders' tests: a copy of Usher that plans and sends by clocks moved by hand, and its people."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any

import pytest
from sqlmodel import Session, col, select

from handlers.phrasing import Phrasing
from handlers.reminders import Reminders
from models import seats, status
from models.campaign import Campaign
from models.contacts import enrol, link
from models.message import Address, Reply, SendError
from models.outbox import Message
from models.participants import Participant
from models.reminders import Reminder, ReminderRoom, ReminderWish, Timetable, left_out, plan, wish
from models.seats import Attendee, Moment, Rules, Seat
from models.status import Duty
from models.store import Store
from scheduler.delivery import Also, Delivery, Limits
from scheduler.reminders import Planner
from tests.delivery_cast import Clock

HKT = timezone(timedelta(hours=8))
MACHINE = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
CHANNELS = ("slack", "telegram", "mail", "web")
SUPPORT = Address("slack", "T:SUPPORT")
USERS, DAS, LINE = "emails.user", "emails.da", "connection"  # the tasks of the circular of 2023
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GONE = SendError("the chat is gone", permanent=True)
_copies = count(1)


def april(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A time of April 2023 in Hong Kong."""
    return datetime(2023, 4, day, hour, minute, tzinfo=HKT)


@dataclass(frozen=True)
class Sent:
    """A message that arrived: when, by the campaign's clock, where, and what it says."""

    at: datetime
    to: str
    key: str
    reply: Reply

    @property
    def text(self) -> str:
        return self.reply.text

    @property
    def actions(self) -> list[str]:
        return [choice.action for choice in self.reply.choices]


@dataclass
class Box:
    """A channel that keeps what arrives, and refuses what is for some addresses, as often as is said."""

    name: str
    clock: Clock
    sent: list[Sent]
    refuses: dict[str, list[SendError]]
    interval = 0.0

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        await asyncio.sleep(0)
        if self.refuses.get(str(to)):
            raise self.refuses[str(to)].pop(0)
        self.sent.append(Sent(self.clock(), str(to), key, reply))
        return f"{self.name}:{len(self.sent)}"

    async def edit(self, reference: str, reply: Reply) -> None:
        raise SendError("nothing is edited here", refused=True)

    def pause(self, to: Address) -> float:
        return 0.0


@dataclass
class Usher:
    """One copy of Usher that plans and sends. `clock` is the campaign's time; copies may share it and what arrives."""

    store: Store
    campaigns: Sequence[Campaign]
    clock: Clock
    sent: list[Sent] = field(default_factory=list)
    refuses: dict[str, list[SendError]] = field(default_factory=dict)
    machine: Clock = field(default_factory=lambda: Clock(MACHINE))
    channels: tuple[str, ...] = CHANNELS

    def __post_init__(self) -> None:
        self.timetable = Timetable(self.campaigns)
        self.reminders = Reminders(
            Phrasing(self.campaigns), self.timetable, self.channels, (SUPPORT,), self.clock, self.machine
        )
        self.planner = Planner(
            self.store, self.timetable, self.channels, lambda: self.reminders.times, self.reminders.unreached
        )
        boxes = {name: Box(name, self.clock, self.sent, self.refuses) for name in self.channels}
        also = Also(self.reminders.ready, self.reminders.failed)
        copy = f"copy-{next(_copies)}"
        times = {"campaign_time": self.clock, "machine_time": self.machine}
        self.delivery = Delivery(self.store, boxes, copy=copy, also=also, limits=Limits(in_flight=400), **times)

    def another(self, store: Store | None = None, *campaigns: Campaign) -> "Usher":
        """A copy that lives at the same time; of other `campaigns` where a circular has changed."""
        return Usher(store or self.store, campaigns or self.campaigns, self.clock, self.sent, self.refuses)

    async def plan(self, at: datetime | None = None) -> None:
        self.clock.at = at or self.clock.at
        await self.planner.plan()

    async def plan_part(self) -> bool:
        """As far as a copy comes that is cut off afterwards."""
        told = self.reminders
        return await self.store.write(plan, self.timetable, self.channels, told.times, told.unreached)

    async def send(self, at: datetime | None = None) -> list[Sent]:
        """Send what may be sent, until nothing may; gives what arrived."""
        self.clock.at = at or self.clock.at
        before = len(self.sent)
        # What is withdrawn may have caused something else: only the second time that nothing is there is the end.
        while messages := await self.delivery.take() or await self.delivery.take():
            await asyncio.gather(*map(self.delivery.deliver, messages))
        return self.sent[before:]

    async def tick(self, at: datetime | None = None) -> list[Sent]:
        await self.plan(at)
        return await self.send()

    async def live(self, *times: datetime) -> list[Sent]:
        """Tick at each of these times."""
        return [one for at in times for one in await self.tick(at)]

    # -------------------------------------------------------------------------------------------- what is kept of it

    async def messages(self) -> list[Message]:
        """All reminders in the outbox, in the order in which they were posted."""
        mine = select(Message).where(Message.about == "reminder").order_by(col(Message.id))
        return await self.store.read(lambda session: list(session.exec(mine)))

    async def states(self) -> list[str]:
        return [message.state for message in await self.messages()]

    async def rows(self, **where: object) -> list[Reminder]:
        mine = select(Reminder).filter_by(**where).order_by(col(Reminder.id))
        return await self.store.read(lambda session: list(session.exec(mine)))

    async def reasons(self) -> list[str]:
        """Why messages were not sent and parts of them left out, each reason once."""
        reasons = {one.reason for one in await self.rows()} | {one.reason for one in await self.messages()}
        return sorted(filter(None, reasons))

    async def skipped(self) -> list[tuple[str, str, str]]:
        rows = await self.store.read(left_out)
        return [(row.rule, row.lead, row.reason or "") for row in rows]

    # ------------------------------------------------------------------------------------------- what people do to it

    async def has(self, name: str, code: str, *places: str, language: str | None = None) -> int:
        """Somebody who acts for that firm, and writes from these places; gives their number as a contact."""
        return await self.store.write(_enrolled, name, code, places or (f"slack:T:{name}",), language)

    async def does(self, do: Callable[..., Any], *args: Any) -> Any:
        return await self.store.write(do, *args)

    async def done(self, code: str, *tasks: str, by: int) -> None:
        for task in tasks:
            await self.store.write(status.declare, self._duty(code, task), by, self.clock(), self.machine())

    async def undone(self, code: str, *tasks: str, by: int) -> None:
        for task in tasks:
            await self.store.write(status.take_back, self._duty(code, task), by, self.clock(), self.machine())

    def _duty(self, code: str, task: str) -> Duty:
        return Duty(self.campaigns[0].key, code, task)

    async def seat(self, code: str, briefing: str, by: int, name: str = "Guest") -> Seat:
        campaign = self.campaigns[0]
        rules, who = Rules.of(campaign, campaign.briefing[briefing]), [Attendee(name, f"{name}@example.org")]
        moment = Moment(self.clock(), self.machine())
        return (await self.store.write(seats.reserve, rules, code, by, who, moment)).seats[0]

    async def gives_back(self, seat: Seat) -> None:
        campaign = self.campaigns[0]
        rules = Rules.of(campaign, campaign.briefing[seat.briefing])
        whose = seat.participant, seat.contact_id
        await self.store.write(seats.free, rules, seat.id or 0, *whose, Moment(self.clock(), self.machine()))

    async def registers(self, seat: Seat) -> None:
        """Say that it is registered where it counts."""
        where = seat.campaign, seat.briefing, seat.participant, seat.contact_id
        await self.store.write(seats.book, *where, None, Moment(self.clock(), self.machine()))

    async def wishes(self, who: int, what: str, **more: Any) -> None:
        about: dict[str, Any] = {} if what in ("channels", "quiet") else {"campaign": self.campaigns[0].key}
        said: dict[str, Any] = {"contact_id": who, "what": what, "at": self.clock(), "recorded_at": self.machine()}
        await self.store.write(lambda session: wish(session, ReminderWish(**said, **about, **more)))

    async def names_room(self, code: str, room: str, by: int) -> None:
        def named(session: Session) -> None:
            session.merge(ReminderRoom(participant=code, address=room, contact_id=by, since=MACHINE))

        await self.store.write(named)


def _enrolled(session: Session, name: str, code: str, places: Sequence[str], language: str | None) -> int:
    if session.get(Participant, code) is None:
        session.add(Participant(code=code, name=f"Firm {code}", imported_at=MACHINE))
        session.flush()
    # Those who come later are the later ones, also in a test that takes no time.
    since = MACHINE + timedelta(seconds=next(_copies))
    first, *others = map(Address.of, places)
    contact = enrol(session, first, code, "import", since, name=name)
    for number, place in enumerate(others, 1):
        link(session, place, contact.id or 0, since + timedelta(milliseconds=number))
    contact.language = language
    session.add(contact)
    return contact.id or 0


@pytest.fixture
def one_copy(store: Store, campaign: Campaign) -> Usher:
    """It begins on the morning of 5 April 2023, a holiday."""
    return Usher(store, [campaign], Clock(april(5, 9)))


@dataclass(frozen=True)
class Firms:
    """Ann acts for Alpha and Beta, Bob for Beta after her, Cy for Beta after both: their numbers as contacts."""

    ann: int
    bob: int
    cy: int


@pytest.fixture
async def people(one_copy: Usher) -> Firms:
    ann = await one_copy.has("ann", "ALPHA")
    await one_copy.has("ann", "BETA")
    return Firms(ann, await one_copy.has("bob", "BETA"), await one_copy.has("cy", "BETA"))
