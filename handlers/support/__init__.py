"""Passes questions to the people of the support desk, and brings their replies back to where each was asked."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from handlers.facts import Facts
from handlers.permissions import member_for
from handlers.phrasing import Phrasing
from handlers.support._acts import ACTS, REPLY
from handlers.support._alarms import tick
from handlers.support._asking import ADD, Asker
from handlers.support._background import Background
from handlers.support._callers import BECAUSE, Call, Callers, Wish, outcome
from handlers.support._card import card, undelivered
from handlers.support._deeds import HAND_OVER, NOTE, Deed, Said, perform
from handlers.support._heard import outward
from handlers.support._staff_acts import colleagues_for
from handlers.support._turns import alternatives, reference, short
from handlers.support._wishes import Correct, EndMembership, FreeSeat, HoldSeat, OpenCase, SetLine
from models import support
from models.hours import Hours
from models.message import Address, Ask, Choice, Reply
from models.outbox import Message, Posting, post, post_to_each
from models.people import Staff
from models.pseudonyms import is_pseudonym
from models.store import Store
from models.support import By, Case
from models.wording import Wording

__all__ = [
    "ACTS", "BECAUSE", "HAND_OVER", "HOURS", "REPLY", "WORDS", "Background", "Call", "Callers", "Correct", "Deed",
    "EndMembership", "FreeSeat", "HoldSeat", "OpenCase", "Said", "SetLine", "Support", "Wish", "alternatives",
    "outcome", "reference",
]  # fmt: skip

log = logging.getLogger(__name__)

WORDS = frozenset({ADD, NOTE, REPLY})  # what is asked for after these are words for people, of whatever kind
HOURS = "Mon-Fri 09:00-18:00"
ALARMS = (15, 60)


@dataclass
class Support:
    """The way to the support desk and back. `rooms` are where its people are, if they have any; `hours` when.

    `alarms` are after how many minutes of those an unclaimed case is told again there, and in the room of the
    `second_tier`. `closed` are rooms that are shared with another organisation: nothing is told or taken there.
    """

    store: Store
    phrasing: Phrasing
    machine_time: Callable[[], datetime]
    rooms: Sequence[Address] = ()
    hours: str = HOURS
    facts: Facts | None = None
    alarms: tuple[int, int] = ALARMS
    second_tier: Address | None = None
    closed: set[Address] = field(default_factory=set)

    def hours_of(self, campaign: str | None) -> Hours:
        """When people are there, by the calendar of that campaign, or of the first."""
        spoken = self.phrasing.spoken_of(campaign)
        return Hours.of(self.hours, spoken.days, spoken.zone)

    def wording(self, campaign: str | None, at: datetime) -> Wording:
        """The words of the desk's own rooms: the language in which that campaign prevails."""
        spoken = self.phrasing.spoken_of(campaign)
        return Wording.of(spoken, spoken.prevails, at)

    def in_a_room(self, room: Address) -> bool:
        """Whether that is a room of the desk, or a place in one."""
        every = (*self.rooms, self.second_tier) if self.second_tier else self.rooms
        return any(room.within(one) for one in every)

    def is_closed(self, room: Address) -> bool:
        """Whether people of another organisation are there."""
        return any(room.within(one) for one in self.closed)

    def note_shared(self, room: Address, shared: bool) -> None:
        """Whether people of another organisation are in that room, as its platform says."""
        if shared and room not in self.closed:
            log.error("%s is shared with another organisation: no case is told there, and none is worked on", room)
            self.closed.add(room)
        elif not shared:
            self.closed.discard(room)

    def may_go_out(self, message: Message) -> bool:
        """Whether it may be sent to where it is meant to go; a reply goes to who asked, wherever that was."""
        return message.key.startswith("reply:") or not self.is_closed(message.to)

    @property
    def open_rooms(self) -> list[Address]:
        """Those in which cases are told."""
        return [room for room in self.rooms if not self.is_closed(room)]

    def asker(self, session: Session, ask: Ask, language: str) -> Asker:
        """Who asks the desk something by that message."""
        return Asker(session, self, ask, language)

    def post_cards(self, session: Session, case: Case, at: datetime) -> None:
        """Have the case shown in every room. Twice is once."""
        for room in self.open_rooms:
            self.post_card(session, case, room, at)

    def post_card(self, session: Session, case: Case, room: Address, at: datetime) -> None:
        """Have the case shown in that room. Twice is once."""
        key = f"card:{case.number}:{room}"
        support.keep_card(session, case.number or 0, str(room), key)
        session.flush()
        posting = Posting(key, room, self.card(session, case, at), at, about=f"case:{case.number}")
        post(session, posting, self.machine_time())

    def tick(self, session: Session, at: datetime) -> None:
        """Tell the desk what is due by itself: what nobody claims, and in the morning what is open. Campaign time."""
        tick(session, self, at)

    def card(self, session: Session, case: Case, at: datetime) -> Reply:
        """How the case stands, for the people of the desk."""
        return card(session, self, case, at)

    def do(self, session: Session, member: Staff, deed: Deed) -> Said:
        """Have somebody of the desk do something with a case. Whether they may was checked before."""
        return perform(self, session, member, deed)

    def say(self, said: Said, language: str, at: datetime) -> Reply:
        fields: dict[str, Any] = dict(said.fields)
        return self.phrasing.say(language, at, said.phrase, None, **fields)

    def send_reply(self, session: Session, case: Case, by: By, text: str, key: str) -> bool:
        """Have a reply sent to where the case was asked; False where this one was sent before. Raises `Ended`."""
        named = f"reply:{key}"
        event = support.reply(session, case.number or 0, text, named, by)
        if event:
            self.post_reply(session, case, named, event.number or 1, text, by.at)
        return event is not None

    def post_reply(self, session: Session, case: Case, key: str, number: int, text: str, at: datetime) -> None:
        language = case.language or "en"
        phrase = "relayed" if number == 1 else "relayed.again"
        fields = {"number": case.number, "which": number, "question": short(case.question), "text": text}
        said = self.phrasing.say(language, at, phrase, case.campaign, **fields)
        self.send_out(session, case, key, said, at)

    def send_out(self, session: Session, case: Case, key: str, said: Reply, at: datetime) -> None:
        """Have that sent to where the case was asked, behind what was sent there for it before."""
        if case.by_phone:  # it is kept with the case: who of the desk wrote it tells the asker
            return
        about, due = f"case:{case.number}", support.due_behind(session, case.number or 0, at)
        # Where nobody knows whether it arrived it is sent again: its number tells that it is the same.
        post(session, Posting(key, Address.of(case.place), said, due, about, repeats=True), self.machine_time())

    def reply_from_terminal(self, session: Session, number: int, by: str, text: str, key: str) -> Case | None:
        """Reply to a case, written where only who runs Usher can write. None where nobody can be replied to."""
        case = session.get(Case, number)
        if case and is_pseudonym(case.sender):
            return None
        if case:
            self.send_reply(session, case, By(by, case.at, self.machine_time()), text, key)
        return case

    async def may_reply(self, person: Address) -> bool:
        """Whether that is somebody of the support desk."""
        return await self.store.read(member_for, person, REPLY) is not None

    async def colleagues(self, person: Address, number: int) -> list[Choice]:
        """To whom that case may be handed over; nobody, where the person may not do that."""
        return await self.store.read(colleagues_for, self, person, number)

    async def heard(self, ask: Ask, language: str) -> Reply | None:
        """What was written in a support room: a reply goes out, any other talk stays inside and gets no answer."""
        return await self.store.write(outward, self, ask, language)

    def settled(self, session: Session, message: Message) -> None:
        """A reply was delivered, or cannot be: its case shows so. A card was: what changed meanwhile is shown."""
        if message.key.startswith("card:"):
            support.card_sent(session)
        elif message.key.startswith("reply:") and (case := support.case_of_reply(session, message.key)):
            support.touch(session, case, self.machine_time())

    def undelivered(self, session: Session, message: Message) -> None:
        """Tell the rooms of the desk that a reply did not reach its asker."""
        if not message.key.startswith("reply:"):
            return
        if rooms := self.open_rooms:
            said = undelivered(session, self, message)
            posting = Posting(f"undelivered:{message.key}", rooms[0], said, message.due, about=message.about)
            post_to_each(session, rooms, posting, self.machine_time())
        if case := support.case_of_reply(session, message.key):
            support.come_back(session, case, message.due, self.machine_time())
