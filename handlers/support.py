"""Passes questions to the people of the support team, and brings their replies back to where each was asked."""

import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from handlers.facts import NO_SUPPORT, SUPPORT
from handlers.phrasing import Phrasing
from handlers.talk import CANCEL
from models.conversation import Turn, packed, record, turns
from models.message import Address, Ask, Choice, Reply
from models.outbox import Message, Posting, post, sent_as
from models.people import staff_member
from models.pseudonyms import is_pseudonym
from models.store import Store
from models.support import Case, open_case, record_reply
from models.wording import Wording

log = logging.getLogger(__name__)

REPLY = "/reply"
FAR_BACK = 500  # turns of a room among which the question behind a pressed button is looked for
SAID = 1200  # letters of Usher's own answer on a card; the question itself is never cut
_OUTWARD = re.compile(r"(?is)\s*(?:reply|回覆|回复)\s*[:：]\s*(.*)")


def reference(ask_id: str) -> str:
    """A short name of a turn for the action of a button: it only means something in the turn's own room."""
    return hashlib.sha256(ask_id.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Passed:
    """What became of passing a question on."""

    case: Case
    first_time: bool
    campaign: str | None


class Support:
    """The way to the support team and back. `room` is where its people are, if they have one."""

    def __init__(
        self, store: Store, phrasing: Phrasing, machine_time: Callable[[], datetime], room: Address | None = None
    ) -> None:
        self._store, self._phrasing, self._machine_time, self.room = store, phrasing, machine_time, room

    def what_to_ask(self, ask: Ask, language: str) -> Reply:
        no = self._phrasing.say(language, ask.at, "what_to_ask.no")
        said = self._phrasing.say(language, ask.at, "what_to_ask")
        return replace(said, behaviour="clarify", choices=(Choice(no.text, NO_SUPPORT),))

    async def pass_on(self, ask: Ask, named: str, language: str) -> Reply:
        """Pass on the question of the turn that a button named."""
        passed = await self._store.write(self._open, ask, named)
        if passed is None:
            return self._phrasing.say(language, ask.at, "gone")
        return self._told(ask, language, passed.case, passed.campaign, first_time=passed.first_time)

    def pass_on_words(self, session: Session, ask: Ask, answered: Reply, language: str) -> Turn:
        """Keep the message, and pass it on. The case also holds what the circulars would have `answered`."""
        campaign = answered.answer.partition("/")[0] if answered.answer else None
        now = self._machine_time()
        turn = record(session, ask, answered, recorded_at=now, subject=answered.answer, campaign=campaign)
        case = self._case(session, ask, turn, now)
        turn.reply_json = packed(self._told(ask, language, case, campaign, first_time=True))
        session.add(turn)
        return turn

    async def reply(self, ask: Ask, argument: str, language: str) -> Reply:
        """Do what `/reply CASE TEXT` says, if the sender is of the support team."""
        number, _, text = argument.partition(" ")
        return await self._store.write(self._reply, ask, int(number) if number.isdecimal() else 0, text, language)

    async def may_reply(self, person: Address) -> bool:
        """Whether that is somebody of the support team."""
        return await self._store.read(staff_member, person) is not None

    async def heard(self, ask: Ask, language: str) -> Reply | None:
        """What was written in the support room: a reply goes out, any other talk stays inside and gets no answer."""
        outward = _OUTWARD.fullmatch(ask.text)
        if outward is None:
            return None
        number = await self._store.read(_case_behind, ask.replies_to)
        if number is None:
            return self._phrasing.say(language, ask.at, "reply.to_what")
        return await self._store.write(self._reply, ask, number, outward[1], language)

    def send_reply(self, session: Session, case: Case, by: str, text: str, key: str, at: datetime) -> None:
        """Have a reply sent to where the case was asked. The same key again changes nothing."""
        now, named = self._machine_time(), f"reply:{key}"
        if not record_reply(session, case, named, by, text, at=at, recorded_at=now):
            return
        turn = session.get_one(Turn, case.turn_id)
        language = case.language or "en"
        said = self._phrasing.say(
            language, at, "relayed", turn.campaign, number=case.number, question=_short(case.question), text=text
        )
        posting = Posting(named, Address.of(case.place), said, due=at, about=f"case:{case.number}")
        post(session, posting, now)

    def reply_from_terminal(self, session: Session, number: int, by: str, text: str, key: str) -> Case | None:
        """Reply to a case, written where only who runs Usher can write. None where nobody can be replied to."""
        case = session.get(Case, number)
        if case and is_pseudonym(case.sender):
            return None
        if case:
            self.send_reply(session, case, by, text, key, case.at)
        return case

    def undelivered(self, session: Session, message: Message) -> None:
        """Tell the support room that a reply did not reach its asker."""
        if self.room is None or not message.key.startswith("reply:"):
            return
        number = (message.about or "").removeprefix("case:")
        said = self._phrasing.say("en", message.due, "undelivered", number=number, reason=message.reason or "")
        key = f"undelivered:{message.key}"
        post(session, Posting(key, self.room, said, due=message.due, about=message.about), self._machine_time())

    def _open(self, session: Session, ask: Ask, named: str) -> _Passed | None:
        """Open the case for a turn of the asker's own, or find the one that a first press opened."""
        turn = turn_meant(session, ask.room, ask.sender, named)
        if turn is None:
            return None
        now = self._machine_time()
        case = self._case(session, ask, turn, now)
        return _Passed(case, case.recorded_at == now, turn.campaign)

    def _case(self, session: Session, ask: Ask, turn: Turn, now: datetime) -> Case:
        case = open_case(session, turn, now, ask.answer_at or ask.room, ask.name)
        if self.room and self.room.channel != "web":
            session.flush()
            card = Posting(
                f"card:{case.number}", self.room, self._card(case, turn), ask.at, about=f"case:{case.number}"
            )
            post(session, card, now)
        return case

    def _told(self, ask: Ask, language: str, case: Case, campaign: str | None, *, first_time: bool) -> Reply:
        phrase = "passed_on" if first_time else "passed_on.again"
        return self._phrasing.say(
            language, ask.at, phrase, campaign, number=case.number, question=_short(case.question)
        )

    def _reply(self, session: Session, ask: Ask, number: int, text: str, language: str) -> Reply:
        member = staff_member(session, ask.sender)
        if member is None:
            log.warning("%s may not reply to case %s: no member of the support team", ask.sender, number)
            return replace(self._phrasing.say(language, ask.at, "reply.refused", who=ask.sender), private=True)
        case = session.get(Case, number)
        if case is None:
            return self._phrasing.say(language, ask.at, "reply.no_case", number=number or "?")
        if is_pseudonym(case.sender):
            return self._phrasing.say(language, ask.at, "reply.forgotten", number=number)
        if not text.strip():
            return self._phrasing.say(language, ask.at, "reply.empty", number=number)
        self.send_reply(session, case, member.name, text.strip(), ask.id, ask.at)
        return self._phrasing.say(language, ask.at, "reply.sent", number=number, name=member.name)

    def _card(self, case: Case, turn: Turn) -> Reply:
        campaign = self._phrasing.campaigns.get(turn.campaign or "") or self._phrasing.first
        wording = Wording.of(campaign, campaign.prevails, case.at)
        text = wording.say(
            "card",
            number=case.number,
            who=f"{case.name} ({case.sender})" if case.name else case.sender,
            when=wording.moment(case.at),
            room=case.room,
            question=case.question,
            said=_short(case.said, SAID),
        )
        choices = (Choice(wording.say("card.reply"), f"{REPLY} {case.number}"),)
        return Reply(text, choices=choices, sources=turn.reply.sources, language=wording.language, about=case.asker)


def alternatives(reply: Reply) -> bool:
    """Whether one of its choices is made, and they are gone then; quick starts can be pressed again and again."""
    words = {choice.action.partition(" ")[0] for choice in reply.choices if choice.action != SUPPORT}
    return bool(words & {SUPPORT, NO_SUPPORT, CANCEL})


def turn_meant(session: Session, room: Address, sender: Address, named: str) -> Turn | None:
    """The sender's turn in this room that the button belongs to; None for another's, a forged or a very old one."""
    mine = (turn for turn in turns(session, room, FAR_BACK) if turn.sender == str(sender))
    return next((turn for turn in mine if reference(turn.ask_id) == named), None)


def _case_behind(session: Session, replied_to: str | None) -> int | None:
    card = sent_as(session, replied_to) if replied_to else None
    about = (card.about or "") if card else ""
    return int(about.removeprefix("case:")) if about.startswith("case:") else None


def _short(text: str, length: int = 200) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
