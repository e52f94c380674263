"""The cast of the forgetting: somebody who used all of Usher in every channel, and everybody who wrote of her."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlmodel import Session, SQLModel, col, select

from bot.app import App
from bot.clock import machine_time
from models import inbox, status, support
from models.campaign import Campaign
from models.checks import Check, Incident, PcTest, TargetState
from models.contacts import known
from models.desk import DeskLink
from models.inbox import Event, State
from models.message import Address, Ask, Reply
from models.outbox import Lane, Message, Posting, post
from models.outbox import State as Sent
from models.reach import Closed, Moved
from models.reminders import Reminder, ReminderLead, ReminderRun, ReminderWish, name_room, wish
from models.sessions import end_session
from models.status import Duty
from models.store import Store
from models.support import By, Case, Example, StaffDeed
from tests.channels_cast import ROOM, running
from tests.enrolment_cast import ALPHA, code_of, found_firms
from tests.mail_platform import MailPlatform, mail_platform
from tests.slack_platform import Platform
from tests.support_cast import FEE, slack_text
from tests.telegram_platform import TelegramPlatform
from tests.town_cast import Colleague, Town
from tests.web_cast import MORNING

NAME = 'Amaryllis "Ace" Wongchuk'
EMAIL = "a_wongchuk@alpha.example"
VISITOR = "Zq3vT1x9Kd-8_LmNpQrStU"
CHAT = 70012345
WEB, SLACK, TELEGRAM = Address("web", VISITOR), Address("slack", "T0USHER:U0ANN"), Address("telegram", str(CHAT))
# Every form in which she could still be found; the first are her name however it is written.
NEEDLES = [
    "wongchuk", "amaryllis", NAME, json.dumps(NAME)[1:-1], EMAIL, EMAIL.upper(), VISITOR, "U0ANN", "D0ANN", str(CHAT),
]  # fmt: skip


@dataclass
class Life:
    """One Usher with everybody in it; `amy` are the three places in which she writes."""

    app: App
    town: Town
    slack: Platform
    telegram: TelegramPlatform
    mail: MailPlatform

    @property
    def store(self) -> Store:
        return self.town.store

    @property
    def on_web(self) -> Colleague:
        return Colleague(self.town, WEB)

    async def in_slack(self, doing: Awaitable[Any]) -> Any:
        """What she is told there next."""
        ann = self.slack.users["U0ANN"]
        before = len(self._direct(ann))
        await doing
        await self.slack.until(lambda: len(self._direct(ann)) > before or None)
        return self._direct(ann)[-1]

    async def in_telegram(self, text: str) -> Any:
        user = self.telegram.chats.users[CHAT]
        before = len(self.telegram.shown_to(user))
        await self.telegram.say(user, text)
        await self.telegram.until(lambda: len(self.telegram.shown_to(user)) > before)
        return self.telegram.shown_to(user)[-1]

    async def say(self, text: str) -> Any:
        return await self.in_slack(self.slack.say(self.slack.users["U0ANN"], text))

    async def press(self, shown: Any, label: str) -> Any:
        return await self.in_slack(self.slack.press(self.slack.users["U0ANN"], shown, label))

    async def code_in(self, shown: Any) -> str:
        return re.search(r"LINK(-\w{4}){4}", slack_text(shown))[0]  # type: ignore[index]  # there is one

    async def settled(self) -> None:
        """Until every event is answered, and everything is sent that can be."""

        def open_ones(session: Session) -> list[str]:
            events = select(Event.state).where(col(Event.state).in_(inbox.OPEN))
            due = select(Message.state).where(col(Message.state).in_((Sent.PENDING, Sent.SENDING)))
            return [*session.exec(events), *session.exec(due.where(col(Message.due) <= MORNING))]

        async with asyncio.timeout(15):
            while await self.store.read(open_ones):  # noqa: ASYNC110 - another task answers
                await asyncio.sleep(0.05)

    def _direct(self, ann: Any) -> list[Any]:
        return [one for one in self.slack.shown_to(ann) if one.channel == "D0ANN" and one.user == "U0USHER"]


@pytest.fixture
async def life(
    store: Store,
    campaign: Campaign,
    slack: Platform,
    telegram: TelegramPlatform,
    understanding: Path,
    staff: None,
) -> AsyncIterator[Life]:
    telegram.user(CHAT, "Amaryllis Wongchuk", started=True)
    async with mail_platform() as mail:
        mails: dict[str, Any] = {"smtp_url": SecretStr(mail.url), "mail_from": "Usher <usher@example.org>"}
        async with running(
            store, campaign, understanding, slack, telegram, support_room=f"slack:{ROOM}", **mails
        ) as app:
            town = Town(store, app.reception, campaign)
            life = Life(app, town, slack, telegram, mail)
            await _lived(life)
            yield life


async def _lived(life: Life) -> None:
    """All that she did, and all that others wrote of her."""
    await life.store.write(found_firms)
    now = machine_time()
    await life.say(await code_of(life.store, ALPHA, now=now))
    await life.say(f"/name {NAME}")
    await life.say(f"/join {EMAIL}")
    await life.slack.until(lambda: life.mail.received or None)
    digits = re.search(r"^\d{6}(?=\s)", life.mail.received[0].get_body(("plain",)).get_content(), re.MULTILINE)  # type: ignore[union-attr]  # it has one
    assert digits
    await life.say(digits[0])
    await life.in_telegram(await life.code_in(await life.say("/link")))
    await life.on_web.say(await life.code_in(await life.say("/link")))
    await life.on_web.say("/language en")
    await life.in_telegram("USHER-0000-0000-0000-0000")
    await life.in_telegram("/name")
    await _seats(life)
    await _support(life)
    await life.store.write(_rows, now)
    await life.settled()


async def _seats(life: Life) -> None:
    web = life.on_web
    await web.say("2 seats on the 24th for me and a colleague")
    await web.say("Ben Lee, ben@alpha.example")
    await web.press("Yes")
    # Two colleagues: one waits for a seat, one has registered her for a webinar.
    for name in ("bob", "cid"):
        await Colleague(life.town, Address("web", name)).say(await code_of(life.store, ALPHA, now=machine_time()))
    bob = Colleague(life.town, Address("web", "bob"))
    await bob.say("/name Bob Lam")
    await bob.say("a seat on 24 April for me")
    assert "Wongchuk" in (await bob.press("Yes")).text
    await bob.press("Put on the waiting list")
    cid = Colleague(life.town, Address("web", "cid"))
    await cid.say(f"a seat on the 25th for {NAME}, {EMAIL.upper()}")
    await Colleague(life.town, Address("web", "mal")).say(f"Is {EMAIL} at your briefing?")


async def _support(life: Life) -> None:
    offered = await life.say(f"{FEE} Yours, {NAME}, {EMAIL}")
    await life.press(offered, "Yes, ask support")
    await life.slack.until(lambda: _cards(life) or None)
    await life.settled()  # where the card stands is noted once it is there
    sam = life.slack.users["U0SAM"]
    words = f"reply: Dear {NAME}, I shall write to {EMAIL.title()}."
    await life.in_slack(life.slack.say(sam, words, ROOM, thread_ts=_cards(life)[-1].ts))
    await life.in_telegram("/support Is there a parking space in Macau?")
    await life.slack.until(lambda: len(_cards(life)) > 1 or None)


def _cards(life: Life) -> list[Any]:
    return [one for one in life.slack.messages(ROOM) if one.text.startswith("Case ")]


def _rows(session: Session, now: Any) -> None:
    """What comes about only where something goes wrong, or takes days."""
    contact = known(session, SLACK)
    assert contact
    duty = Duty("ccms-2fa-2023", ALPHA, "emails.user")
    status.declare(session, duty, contact.id or 0, MORNING, now, f"told by {NAME}")
    session.add(Moved(address="telegram:-100", now_at=str(TELEGRAM), moved_at=now))
    session.add(Closed(address=f"{TELEGRAM}:9", reason=f"{EMAIL} is gone", closed_at=now))
    session.merge(Lane(name="slack:D0ANN:1700.1", free_at=now))
    end_session(session, "one of hers", now, now + timedelta(days=30))
    _desk(session, contact.id or 0, now)
    _checks(session, contact.id or 0, now)
    _reminders(session, contact.id or 0, now)
    later = MORNING + timedelta(days=5)
    for number, to in enumerate((SLACK, TELEGRAM, WEB, Address("mail", EMAIL), Address("slack", "D0ANN:1700.1"))):
        reply = Reply(f"Dear {NAME}, see you soon")
        post(session, Posting(f"reminder:x:{to}", to, reply, later, about=f"seat:{number}"), now)
    told = Posting("told:bob", Address("web", "bob"), Reply(f"{NAME} <{EMAIL}> and Bob Lam"), later)
    post(session, told, now)
    failed = Posting(f"seat:x:{EMAIL}", Address("mail", EMAIL), Reply("late"), MORNING)
    row = post(session, failed, now)
    row.state, row.reason, row.settled_at = Sent.FAILED, f"550 <{EMAIL}> unknown", now
    ask = Ask("slack:said:D0ANN:1.2", SLACK, SLACK, f"I am {NAME}", MORNING, name="Amaryllis")
    lost = Event(key=ask.id, person=str(SLACK), ask_json=inbox._ASK.dump_json(ask).decode(), taken_at=now)
    lost.state, lost.settled_at, lost.reference = State.FAILED, now, "slack:D0ANN:1.3"
    session.add(lost)


def _reminders(session: Session, whose: int, now: Any) -> None:
    """She was reminded, wished that to be later, and named the room of her firm."""
    lead: dict[str, Any] = {"campaign": "ccms-2fa-2023", "rule": "emails", "lead": "1 business day", "due": MORNING}
    session.add(ReminderRun(slot="x", done=True, count=1, planned_at=MORNING, recorded_at=now))
    session.add(ReminderLead(**lead, slot="x", recorded_at=now))
    of_hers: dict[str, Any] = {"message_key": f"reminder:x:{SLACK}", "participant": ALPHA, "contact_id": whose}
    session.add(Reminder(**lead, **of_hers, until=MORNING, reason=f"{EMAIL} is gone"))
    wish(session, ReminderWish(contact_id=whose, what="quiet", value="22:00-08:00", at=MORNING, recorded_at=now))
    name_room(session, ALPHA, Address("slack", "C0ROOM"), whose, now)


def _desk(session: Session, whose: int, now: Any) -> None:
    """People of the desk wrote of her, and did something for her; what she added joined her case."""
    by, at = By("Sam", MORNING, now), {"at": MORNING, "recorded_at": now}
    support.note(session, 1, f"{NAME} phoned from {EMAIL}", "note:x", by)
    case = session.get_one(Case, 1)
    link = f"{NAME} badge.png https://usher.slack.com/files/U0ANN/F1/badge.png"
    support.join(session, case, "slack:said:D0ANN:1.9", f"I am {NAME}", By(None, MORNING, now), link)
    session.add(Example(case_number=1, campaign="x", answer="fees", text=f"{NAME} asks for the fee", by="Sam", **at))
    deed: dict[str, Any] = {"by": "Sam", "deed": "free seat for", "participant": ALPHA, "contact_id": whose, **at}
    session.add(StaffDeed(**deed, key="call:1", because=f"{NAME} <{EMAIL}> phoned", detail=f"the seat of {NAME}"))
    support.keep_alarm(session, case, 1, MORNING)
    session.add(DeskLink(digest="x", name="Sam", made_at=now, until=now))


def _checks(session: Session, whose: int, now: Any) -> None:
    """She had a connection checked, and was to say what her PC shows."""
    target: dict[str, Any] = {"campaign": "ccms-2fa-2023", "target": "sso"}
    asked: dict[str, Any] = {**target, "participant": ALPHA, "contact_id": whose, "address": str(SLACK),
                             "place": "slack:D0ANN:1700.1", "language": "en", "asked_at": MORNING,
                             "recorded_at": now}  # fmt: skip
    session.add(Check(**asked, state="done"))
    session.add(PcTest(**asked, expires_at=now))
    session.add(
        TargetState(**target, verdict="ok", phase="ok", cause="ok", since=MORNING, recorded_at=now, checked_at=now)
    )
    session.add(Incident(**target, cause="tcp_timeout", began=MORNING, recorded_at=now, ended=MORNING, ended_at=now))


def dump(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    tables = SQLModel.metadata.sorted_tables
    run = session.connection().execute
    return {
        table.name: [dict(row) for row in run(table.select().order_by(*table.primary_key)).mappings()]
        for table in tables
    }


def found(kept: dict[str, list[dict[str, Any]]], needles: list[str]) -> list[str]:
    """Where any of the needles stands, in whatever case."""
    sought = re.compile("|".join(map(re.escape, needles)), re.IGNORECASE)
    values = (
        (f"{table}.{column}", value) for table, rows in kept.items() for row in rows for column, value in row.items()
    )
    return [f"{where}: {value}" for where, value in values if sought.search(str(value))]


def rows(session: Session, table: Any) -> list[Any]:
    key = next(iter(table.__table__.primary_key.columns))
    return list(session.exec(select(table).order_by(col(key))))
