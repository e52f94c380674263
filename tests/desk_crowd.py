"""A day at the desk: many askers on every channel, people of the desk in two rooms, on the page and at a terminal."""

import asyncio
import json
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from sqlmodel import Session, col, select

from bot.app import App
from bot.clock import machine_time
from handlers.support import Deed
from models.conversation import turns
from models.message import Address, Ask
from models.outbox import Message, State
from models.people import Staff, add_staff
from models.support import LIVE, Case, CaseEvent, Kind
from scheduler.delivery import Limits
from tests.channels_cast import ROOM
from tests.slack_platform import Fault as SlackFault
from tests.slack_platform import Platform
from tests.support_cast import CROWD, slack_text
from tests.telegram_platform import Fault as TelegramFault
from tests.telegram_platform import TelegramPlatform
from tests.web_cast import MORNING

SPEED = 120  # half a second is a minute of the sender's: its pauses and leases, and the platforms' waits
STAFF = ("Sam", "Kim", "Lee", "Pat", "Rob")
PATIENCE = 300.0
# What the platforms do wrong now and then: told to wait, busy, broken, and two whose outcome nobody knows.
_SLACK = (SlackFault("ratelimited", 429, 1), SlackFault(status=503), SlackFault(status=502), SlackFault(reset="before"),
          SlackFault(reset="after"))  # fmt: skip
_TELEGRAM = (TelegramFault.too_many(1), TelegramFault.broken(503), TelegramFault.broken(502),
             TelegramFault.lost_before(), TelegramFault.lost_after())  # fmt: skip
_REPLY = re.compile(r"R-(\d+)-(\d+)-end")


class QuickClock:
    """Machine time, which runs SPEED times as fast from now on."""

    def __init__(self) -> None:
        self._began, self._start = machine_time(), time.monotonic()

    def __call__(self) -> datetime:
        return self._began + timedelta(seconds=SPEED * (time.monotonic() - self._start))


def hurry(app: App, _: str) -> None:
    """Have the sender's time run fast."""
    assert app.channels
    sender: Any = app.channels.delivery
    sender._machine_time, sender._limits = QuickClock(), Limits(poll=0.02, send=5.0)


@dataclass
class Asker:
    """Somebody who asks on one channel, always in their own conversation."""

    name: str
    say: Callable[[str], Any]
    shown: Callable[[], Any]
    address: Address


@dataclass
class Crowd:
    """`faulty` is the share of the platforms' calls that go wrong."""

    app: App
    slack: Platform
    telegram: TelegramPlatform
    askers: int
    cases: int
    seed: int = 8
    faulty: float = 0.15
    numbers: Any = field(default_factory=lambda: count(1))
    inward: list[str] = field(default_factory=list)

    async def day(self) -> Counter[str]:
        """Everybody asks and answers until all cases are over and nothing waits; fails unless all is as it must be."""
        draw = self.draw = random.Random(self.seed)
        people = [await self._asker(number) for number in range(self.askers)]
        for name in STAFF:
            await self._employ(name)
        self._weather(draw)
        done = asyncio.Event()
        desk = [asyncio.create_task(self._works(name, done)) for name in STAFF]
        try:
            async with asyncio.timeout(PATIENCE):
                each = self.cases // self.askers
                await asyncio.gather(*(self._asks(person, each) for person in people))
                done.set()
                await asyncio.gather(*desk)
                self.slack.weather, self.telegram.weather = lambda _: SlackFault(), lambda _: TelegramFault()
                await self._quiet()
        finally:
            for task in desk:
                task.cancel()
        return await self._judge(people)

    # ------------------------------------------------------------------------------------------------------ askers

    async def _asker(self, number: int) -> Asker:
        name = f"asker{number}"
        if number % 3 == 0:
            person = self.slack.user(f"U0ASK{number:03}", name)
            return Asker(
                name,
                lambda text: self.slack.say(person, text),
                _texts(lambda: [slack_text(one) for one in self.slack.shown_to(person) if one.channel != ROOM]),
                Address("slack", f"T0USHER:{person.id}"),
            )
        if number % 3 == 1:
            user = self.telegram.user(5000 + number, name, started=True)
            return Asker(
                name,
                lambda text: self.telegram.say(user, text),
                _texts(lambda: [one.text for one in self.telegram.shown_to(user)]),
                Address("telegram", str(user.id)),
            )
        room = Address("web", name)

        async def say(text: str) -> None:
            await self.app.reception.take(Ask(f"{name}-{next(self.numbers)}", room, room, text, MORNING))

        async def shown() -> list[str]:
            return [turn.reply.text for turn in await self.app.store.read(turns, room, 500)]

        return Asker(name, say, shown, room)

    async def _asks(self, person: Asker, times: int) -> None:
        """A question, perhaps more words, and the next question once the desk has done with that one."""
        for turn in range(times):
            await person.say("/support")
            await person.say(f"{person.name} asks about lunch {turn}")
            number = await self._until(partial(_asked_case, person=person, turn=turn))
            if self.draw.random() < 0.3:
                await person.say(f"and one thing more about lunch, says {person.name}")
            await self._until(partial(_is_over, number=number))

    # ------------------------------------------------------------------------------------------------------ the desk

    async def _employ(self, name: str) -> None:
        number = STAFF.index(name)
        user = self.slack.user(f"U0DESK{number}", name)
        self.slack.channels[ROOM].members.add(user.id)
        self.telegram.user(7000 + number, name, started=True)
        for account in (Address("slack", f"T0USHER:{user.id}"), Address("telegram", str(7000 + number))):
            await self.app.store.write(add_staff, name, account, machine_time())

    async def _works(self, name: str, done: asyncio.Event) -> None:
        while not done.is_set():
            live: list[int] = await self.app.store.read(_live)
            if not live:
                await asyncio.sleep(0.02)
                continue
            await self._deed(name, self.draw.choice(live[:20]))

    async def _deed(self, name: str, number: int) -> None:
        mark = next(self.numbers)
        what = self.draw.random()
        if what < 0.45:
            text = f"R-{number}-{mark}-end"
            await self.draw.choice((self._in_slack, self._in_telegram, self._on_page))(name, number, "reply: ", text)
        elif what < 0.65:
            text = f"note-{mark}-end"
            self.inward.append(text)
            await self.draw.choice((self._in_slack, self._in_telegram, self._on_page))(name, number, "", text)
        elif what < 0.85:
            word = self.draw.choice(("/claim", "/waits", "/handover"))
            await self._do(name, word, number, self.draw.choice(STAFF) if word == "/handover" else "")
        elif await self.app.store.read(_replies, number):
            await self._do(name, "/resolve", number)

    async def _in_slack(self, name: str, number: int, begin: str, text: str) -> None:
        reference = await self.app.store.read(_card, f"card:{number}:slack:{ROOM}")
        if reference:
            user = self.slack.users[f"U0DESK{STAFF.index(name)}"]
            await self.slack.say(user, begin + text, ROOM, thread_ts=reference.rpartition(":")[2])

    async def _in_telegram(self, name: str, number: int, begin: str, text: str) -> None:
        reference = await self.app.store.read(_card, f"card:{number}:telegram:{CROWD}")
        if reference:
            chat = self.telegram.chats.chats[CROWD]
            user = self.telegram.chats.users[7000 + STAFF.index(name)]
            card = chat.messages[int(reference.rpartition(":")[2])]
            await self.telegram.say(user, begin + text, chat=chat, reply_to=card)

    async def _on_page(self, name: str, number: int, begin: str, text: str) -> None:
        await self._do(name, "/reply" if begin else "/note", number, text)

    async def _do(self, name: str, word: str, number: int, rest: str = "") -> None:
        deed = Deed(word, number, rest, f"page-{next(self.numbers)}", MORNING)
        await self.app.store.write(self._done, name, deed)

    def _done(self, session: Session, name: str, deed: Deed) -> None:
        self.app.reception.support.do(session, session.get_one(Staff, name), deed)

    # ------------------------------------------------------------------------------------------------------ afterwards

    def _weather(self, draw: random.Random) -> None:
        def bad(kinds: Any, well: Any) -> Any:
            return draw.choice(kinds) if draw.random() < self.faulty else well

        self.slack.weather = lambda method: bad(_SLACK, SlackFault()) if method == "chat.postMessage" else SlackFault()
        self.telegram.weather = lambda method: (
            bad(_TELEGRAM, TelegramFault()) if method == "sendMessage" else TelegramFault()
        )

    async def _quiet(self) -> None:
        """Until every reply is settled."""
        await self._until(lambda session: not _waiting(session))

    async def _until(self, found: Callable[[Session], Any]) -> Any:
        while True:
            if it := await self.app.store.read(found):
                return it
            await asyncio.sleep(0.05)

    async def _judge(self, people: list[Asker]) -> Counter[str]:
        meant, owners = await self.app.store.read(_replies_meant)
        told: Counter[str] = Counter(cases=len(owners))
        for person in people:
            texts = await person.shown()
            mine = [number for number, address in owners.items() if address == str(person.address)]
            for mark in self.inward:
                assert not any(mark in text for text in texts), f"{person.name} reads {mark}"
            shown = [(int(found[1]), found[0], text) for text in texts for found in _REPLY.finditer(text)]
            assert {number for number, *_ in shown} <= set(mine), f"{person.name} reads what is meant for others"
            for number in mine:
                got = [mark for case, mark, _ in shown if case == number]
                first = list(dict.fromkeys(got))
                assert first == meant[number], f"case {number}: {first} instead of {meant[number]}"
                for mark, times in Counter(got).items():
                    assert times - 1 <= self._unknown(mark), f"{mark} comes {times} times, and one would have done"
                told["replies"] += len(first)
                told["repeated"] += len(got) - len(first)
            for number, mark, text in shown:
                assert f"case {number}" in text.lower(), f"{mark} comes without its case"
        return told

    def _unknown(self, mark: str) -> int:
        """How many calls with that mark ended so that nobody knew whether they were carried out."""
        slack = (json.dumps(one.arguments) for one in self.slack.calls if one.fault in _SLACK[2:])
        telegram = (json.dumps(one.parameters) for one in self.telegram.calls if one.fault in _TELEGRAM[2:])
        return sum(mark in call for call in (*slack, *telegram))


def _texts(read: Callable[[], list[str]]) -> Callable[[], Any]:
    async def shown() -> list[str]:
        return read()

    return shown


def _asked_case(session: Session, person: Asker, turn: int) -> int | None:
    asked = select(Case.number).where(Case.sender == str(person.address))
    return session.exec(asked.where(col(Case.question).endswith(f"lunch {turn}"))).first()


def _is_over(session: Session, number: int) -> bool:
    return session.get_one(Case, number).state not in LIVE


def _live(session: Session) -> list[int]:
    live = select(Case.number).where(col(Case.state).in_([str(one) for one in LIVE])).order_by(col(Case.number))
    return [number for number in session.exec(live) if number]


def _replies(session: Session, number: int) -> int:
    return session.get_one(Case, number).replies


def _card(session: Session, key: str) -> str | None:
    return session.exec(select(Message.reference).where(Message.key == key)).first()


def _waiting(session: Session) -> bool:
    mine = select(Message.id).where(col(Message.key).startswith("reply:"))
    return session.exec(mine.where(col(Message.state).in_((State.PENDING, State.SENDING)))).first() is not None


def _replies_meant(session: Session) -> tuple[dict[int, list[str]], dict[int, str]]:
    """The marks of each case's replies in their order, and whose the case is."""
    meant: dict[int, list[str]] = defaultdict(list)
    sent = select(CaseEvent).where(CaseEvent.kind == Kind.REPLY).order_by(col(CaseEvent.id))
    for event in session.exec(sent):
        meant[event.case_number] += [found[0] for found in _REPLY.finditer(event.text)]
    return meant, {case.number or 0: case.sender for case in session.exec(select(Case))}
