"""Reminds people: words each reminder as it is sent, finds another way when one fails, tells support who is silent."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from handlers.phrasing import Phrasing
from handlers.reminders._acts import ACTS
from handlers.reminders._words import REMINDERS, SNOOZE, Words
from models import outbox
from models.message import Address
from models.outbox import Message, Posting, post_to_each
from models.participants import Participant
from models.reminders import ABOUT, Lost, Moment, Times, Timetable, Unreached, decide, note_told, reroute

__all__ = ["ACTS", "REMINDERS", "SNOOZE", "Reminders"]

log = logging.getLogger(__name__)

NAMED = 20  # participants that a message to the support room names; all of them stand in the export


@dataclass
class Reminders:
    """What is done with reminders in the transactions that plan, claim and note them.

    `channels` are the names of those that there are; `room` is the support team's. `warns`: the log tells, too, of whom
    nobody can be reached; in a demonstration that is everybody at first.
    """

    phrasing: Phrasing
    timetable: Timetable
    channels: Collection[str]
    rooms: Sequence[Address]
    campaign_time: Callable[[], datetime]
    machine_time: Callable[[], datetime]
    warns: bool = True
    words: Words = field(init=False)

    def __post_init__(self) -> None:
        self.words = Words(self.phrasing)

    @property
    def times(self) -> Times:
        return Times(self.campaign_time(), self.machine_time())

    def ready(
        self, session: Session, claimed: Sequence[Message], now: datetime, machine_now: datetime
    ) -> list[Message]:
        """Of the claimed messages those that are to be sent: reminders only if they hold, worded as of now."""
        times = Times(now, machine_now)
        mine = [message for message in claimed if message.about == ABOUT]
        if not mine:
            return list(claimed)
        letters = decide(session, self.timetable, mine, times, self.channels)
        for letter in letters:
            outbox.word(session, letter.message, self.words.reply(letter, now))
            note_told(session, letter, self.words.version(letter))
        told = {letter.message.id for letter in letters}
        return [message for message in claimed if message.about != ABOUT or message.id in told]

    def failed(self, session: Session, message: Message) -> None:
        """Find another way for what the message told, or tell support that there is none."""
        if message.about != ABOUT:
            return
        lost = reroute(session, self.timetable, message, self.channels, self.times)
        if lost:
            self._tell_lost(session, message, lost)

    def unreached(self, session: Session, found: Unreached) -> None:
        """Tell support of the participants that a planning could not reach anybody of."""
        due = min(moment.until for moment in found.moments)
        self._tell(session, f"unreached:{found.slot}", found.participants, found.moments, due)

    def _tell_lost(self, session: Session, message: Message, lost: Sequence[Lost]) -> None:
        firms = {one.participant.code: one.participant for one in lost}
        moments = list({one.moment.key: one.moment for one in lost}.values())
        until = min(moment.until for moment in moments)
        self._tell(session, f"unreached:{message.key}", list(firms.values()), moments, until)

    def _tell(
        self, session: Session, key: str, firms: Sequence[Participant], moments: Sequence[Moment], until: datetime
    ) -> None:
        if self.warns:
            log.warning(
                "nobody can be reached of %s participants: %s", len(firms), ", ".join(one.code for one in firms)
            )
        if not self.rooms:
            return
        now, campaign = self.times, moments[0].campaign
        say = self.phrasing.say
        shown = ", ".join(f"{one.name} ({one.code})" for one in firms[:NAMED])
        more = say("en", now.campaign, "reminders.more", count=len(firms) - NAMED).text if len(firms) > NAMED else ""
        rules = ", ".join(dict.fromkeys(moment.rule.name.get("en") or moment.rule.key for moment in moments))
        until_said = f"{until.astimezone(campaign.zone):%Y-%m-%d %H:%M}"
        said = say("en", now.campaign, "reminders.unreached", campaign.key, count=len(firms), firms=shown + more,
                   rules=rules, until=until_said)  # fmt: skip
        posting = Posting(key, self.rooms[0], said, due=now.campaign, about="unreached")
        post_to_each(session, self.rooms, posting, now.machine)
