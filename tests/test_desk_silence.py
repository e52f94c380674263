"""Whatever the desk does, in whatever order: no note and no talk of its people leaves; every reply does, once."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete
from sqlmodel import Session, SQLModel, col, select

from bot.clock import machine_time
from bot.slack.read import read
from handlers.facts import SUPPORT
from handlers.reception import Reception
from models.campaign import Campaign
from models.conversation import Turn
from models.message import Address, Ask
from models.outbox import Message, State
from models.people import add_staff
from models.store import Store
from models.support import Case
from tests.channels_cast import ONE_DATABASE
from tests.reception_cast import MORNING

ROOMS = (Address("slack", "CDESK"), Address("telegram", "-900"))
ASKERS = tuple(Address("web", name) for name in ("amy", "ben", "cid"))
STAFF = {"Sam": ("T0:U0SAM", "201"), "Kim": ("T0:U0KIM", "202")}
QUESTIONS = ("What does a seat in the canteen cost?", "Is there a dress code?", "Who pays the taxi?")
BUTTONS = (
    "/claim {}",
    "/waits {}",
    "/resolve {}",
    "/reopen {}",
    "/handover {} Sam",
    "/handover {} Kim",
    "/handover {}",
)
LOOKS = ("/mydata", "/told", "when is the deadline?", "/takeback {}", "/add {}")

asker, member, room = st.sampled_from(ASKERS), st.sampled_from(sorted(STAFF)), st.integers(0, 1)
which = st.integers(0, 3)


class Desk(RuleBasedStateMachine):
    """Three askers, two people of the desk in two rooms; everything that is inward or outward has a mark of its own."""

    store: Store
    reception: Reception
    runner: asyncio.Runner

    @initialize()
    def begin(self) -> None:
        self.run(self.store.write(emptied))
        self.numbers, self.inward, self.outward = count(1), list[str](), defaultdict[int, list[str]](list)
        self.seen: list[tuple[Address, str]] = []
        self.ask(ASKERS[0], QUESTIONS[0])

    # ------------------------------------------------------------------------------------------------------ askers

    @rule(who=asker, question=st.sampled_from(QUESTIONS))
    def ask(self, who: Address, question: str) -> None:
        for choice in self.hear(who, who, question):
            if choice.startswith(f"{SUPPORT} "):
                self.hear(who, who, choice)

    @rule(who=asker, text=st.sampled_from(LOOKS), case=which)
    def look(self, who: Address, text: str, case: int) -> None:
        self.hear(who, who, text.format(self.case(case) or 1))

    # -------------------------------------------------------------------------------------------------- the desk

    @rule(by=member, place=room, case=which, button=st.sampled_from(BUTTONS))
    def press(self, by: str, place: int, case: int, button: str) -> None:
        if number := self.case(case):
            self.hear(self.account(by, place), ROOMS[place], button.format(number))

    @rule(by=member, place=room, case=which, private=st.booleans())
    def note(self, by: str, place: int, case: int, private: bool) -> None:
        if number := self.case(case):
            who = self.account(by, place)
            self.hear(who, who if private else ROOMS[place], f"/note {number} {self.mark('note', self.inward)}")

    @rule(by=member, place=room, case=which, begins=st.sampled_from(["", "I would reply: ", "@Usher ", "re: "]))
    def talk(self, by: str, place: int, case: int, begins: str) -> None:
        if number := self.case(case):
            self.under_card(by, place, number, begins + self.mark("talk", self.inward))

    @rule(by=member, case=which)
    def edit(self, by: str, case: int) -> None:
        """What was talk is edited until it looks like a reply: Slack tells that, and nothing is asked by it."""
        if number := self.case(case):
            text = f"reply: {self.mark('talk', self.inward)}"
            event = edited(STAFF[by][0], self.card(number, 0).rpartition(":")[2], text)
            assert read(event, MORNING, (), ROOMS) is None

    @rule(by=member, place=room, case=which)
    def reply(self, by: str, place: int, case: int) -> None:
        if number := self.case(case):
            text = self.mark("reply", self.outward[number])
            self.under_card(by, place, number, f"reply: {text}")

    @rule(place=room, case=which)
    def reply_of_a_stranger(self, place: int, case: int) -> None:
        """Somebody who is in the room and is not named."""
        if number := self.case(case):
            stranger = Address(ROOMS[place].channel, "T0:U0BOB" if place == 0 else "999")
            text = f"reply: {self.mark('talk', self.inward)}"
            self.hear(stranger, ROOMS[place], text, replies_to=self.card(number, place), overheard=True)

    # ------------------------------------------------------------------------------------------------- what must hold

    @invariant()
    def no_inward_word_leaves(self) -> None:
        if not hasattr(self, "inward"):
            return
        left = [reply for to, reply in self.seen if to in ASKERS]
        left += [one.reply_json for one in self.run(self.store.read(sent_to_askers))]
        left += [turn.reply_json for turn in self.run(self.store.read(turns_of_askers))]
        for mark in self.inward:
            assert not any(mark in text for text in left)

    @invariant()
    def every_reply_goes_to_its_asker_once_in_order(self) -> None:
        if not hasattr(self, "outward"):
            return
        sent = self.run(self.store.read(sent_to_askers))
        for number, texts in self.outward.items():
            place = self.run(self.store.read(place_of, number))
            mine = [one for one in sent if one.about == f"case:{number}"]
            assert [one.address for one in mine] == [place] * len(texts)
            assert all(text in one.reply_json for text, one in zip(texts, mine, strict=True))

    # ------------------------------------------------------------------------------------------------------------ how

    def hear(self, who: Address, room: Address, text: str, **more: Any) -> list[str]:
        """Have it heard, and give the actions that are offered then."""
        ask = Ask(f"e{next(self.numbers)}", who, room, text, MORNING, **more)
        heard = self.run(self.reception.hear(ask))
        self.run(self.store.write(delivered))
        if heard.reply is None:
            return []
        self.seen.append((who if heard.reply.private else room, heard.reply.text))
        return [choice.action for choice in heard.reply.choices]

    def under_card(self, by: str, place: int, number: int, text: str) -> None:
        card = self.card(number, place)
        self.hear(self.account(by, place), ROOMS[place], text, replies_to=card, overheard=True)

    def card(self, number: int, place: int) -> str:
        return str(self.run(self.store.read(reference_of, f"card:{number}:{ROOMS[place]}")))

    def case(self, which: int) -> int | None:
        numbers: list[int] = self.run(self.store.read(numbers_of_cases))
        return numbers[which % len(numbers)] if numbers else None

    def account(self, name: str, place: int) -> Address:
        return Address(ROOMS[place].channel, STAFF[name][place])

    def mark(self, what: str, kept: list[str]) -> str:
        mark = f"{what}-{next(self.numbers)}-end"
        kept.append(mark)
        return mark

    def run(self, what: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(what)


@ONE_DATABASE
def test_no_note_ever_leaves_and_every_reply_does_once(
    database_url: str, campaign: Campaign, understanding: Path
) -> None:
    with asyncio.Runner() as runner:
        store = runner.run(Store.open(database_url))
        reception = Reception(store, [campaign], machine_time, understanding, ROOMS)
        for name, (slack, telegram) in STAFF.items():
            runner.run(store.write(add_staff, name, Address("slack", slack), machine_time()))
            runner.run(store.write(add_staff, name, Address("telegram", telegram), machine_time()))
        machine = type("Of", (Desk,), {"store": store, "reception": reception, "runner": runner})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=25,
                stateful_step_count=25,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.explicit, Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
        )
        runner.run(store.close())


def emptied(session: Session) -> None:
    for table in reversed(SQLModel.metadata.sorted_tables):
        if table.name not in ("staff", "participant"):
            session.connection().execute(delete(table))


def delivered(session: Session) -> None:
    """Every message is sent at once, with a reference as the platforms give them."""
    for message in session.exec(select(Message).where(Message.state == State.PENDING)):
        place = Address.of(message.address)
        message.state, message.reference = State.SENT, f"{place.channel}:{place.id}:{message.id}"
        session.add(message)


def sent_to_askers(session: Session) -> list[Message]:
    theirs = select(Message).where(col(Message.address).in_([str(one) for one in ASKERS])).order_by(col(Message.id))
    found = list(session.exec(theirs))
    session.expunge_all()
    return found


def turns_of_askers(session: Session) -> list[Turn]:
    found = list(session.exec(select(Turn).where(col(Turn.room).in_([str(one) for one in ASKERS]))))
    session.expunge_all()
    return found


def place_of(session: Session, number: int) -> str:
    return session.get_one(Case, number).place


def numbers_of_cases(session: Session) -> list[int]:
    return [number for number in session.exec(select(Case.number).order_by(col(Case.number))) if number]


def reference_of(session: Session, key: str) -> str:
    return session.exec(select(Message.reference).where(Message.key == key)).one() or ""


def edited(account: str, ts: str, text: str) -> dict[str, Any]:
    """Slack's event for a message in the support room that was changed."""
    team, _, user = account.partition(":")
    message = {"type": "message", "user": user, "team": team, "text": text, "ts": "9.9", "thread_ts": ts,
               "edited": {"user": user, "ts": "10.1"}}  # fmt: skip
    event = {"type": "message", "subtype": "message_changed", "channel": "CDESK", "channel_type": "group",
             "message": message, "previous_message": message | {"text": "no reply"}}  # fmt: skip
    return {"type": "event_callback", "team_id": team, "event": event}
