"""Tells what is known around a case: whose it is and how they stand, what was said before, what became of replies."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from sqlalchemy import or_
from sqlmodel import Session, col, select

from handlers.support._turns import short
from models import checks, contacts, seats, status, support
from models.campaign import Campaign
from models.checks import Check
from models.conversation import Turn
from models.message import Source
from models.outbox import Message
from models.outbox import State as Sending
from models.participants import Participant
from models.status import NOT_SAID, Standing
from models.support import Case, CaseEvent, Kind, State
from models.wording import Wording, phrases

if TYPE_CHECKING:
    from handlers.support import Support

NAME, WORDS, LAST, EARLIER = 80, 240, 3, 5  # letters of a name and of what was written; how many of those are told


@dataclass(frozen=True)
class Background:
    """One case with all that its card tells of it, in the desk's words and as of now."""

    session: Session
    desk: "Support"
    case: Case
    wording: Wording

    def say(self, phrase: str, **fields: object) -> str:
        return self.wording.say(phrase, contact=self.wording.contact(), **fields)

    @property
    def campaign(self) -> Campaign:
        return self.wording.campaign

    @cached_property
    def turn(self) -> Turn:
        return self.session.get_one(Turn, self.case.turn_id)

    @cached_property
    def events(self) -> list[CaseEvent]:
        return support.events_of(self.session, self.case.number or 0)

    @property
    def was_answered(self) -> bool:
        """Whether the asker read what Usher says of it; else that is what it would have said."""
        return self.case.why != "asked"

    @property
    def head(self) -> str:
        """What is read first: which case, how it stands, whose it is, and why it came to the desk."""
        case = self.case
        who = f"{short(case.name, NAME)} ({case.sender})" if case.name else case.sender
        language = f"card.language.{case.language or 'en'}"
        lines = [
            self.say("card.head", number=case.number, state=self.say(f"card.state.{case.state}"), holder=self._holder),
            self._waits,
            self.say("card.who", who=who),
            self._firm,
            self.say(
                "card.asked", when=self.wording.moment(case.at), room=case.room,
                language=self.say(language) if _has(language) else case.language,
            ),
            self._why,
        ]  # fmt: skip
        return "\n".join(filter(None, lines))

    @property
    def _holder(self) -> str:
        if self.case.holder:
            return self.say("card.holder", holder=short(self.case.holder, NAME))
        return self.say("card.holder.nobody") if self.case.is_live else ""

    @property
    def _waits(self) -> str:
        since, at = self.case.waits_since, self.wording.now
        if since is None or self.case.state != State.OPEN:
            return ""
        worked = self.desk.hours_of(self.case.campaign).worked(since, at)
        moment, clock = self.wording.moment(since), self.wording.clock(at.time())
        return self.say("card.waiting", worked=span(worked, self.wording), since=moment, clock=clock)

    @cached_property
    def firm(self) -> Participant | None:
        return self.session.get(Participant, self.case.participant) if self.case.participant else None

    @property
    def _firm(self) -> str:
        if self.firm is None:
            return self.say("card.firm.none")
        return self.say("card.firm", code=self.firm.code, name=short(self.firm.name, NAME))

    @property
    def _why(self) -> str:
        """Why it came to the desk: the reason that is kept with it, or what Usher made of the question."""
        own = f"card.why.{self.case.why}"
        return self.say(own if _has(own) else f"card.why.{self.case.sure or self.turn.reply.behaviour}")

    @property
    def added(self) -> str:
        """The last words that the asker has added."""
        said = [event for event in self.events if event.kind == Kind.SAID][-LAST:]
        lines = [self.say("card.added.line", when=self._when(one), text=_words(one)) for one in said]
        return "\n".join([self.say("card.added"), *lines]) if lines else ""

    @property
    def replies(self) -> str:
        """The last replies, and whether each has arrived."""
        sent = [event for event in self.events if event.kind in (Kind.REPLY, Kind.RULING)][-LAST:]
        keys = [event.key for event in sent]
        found = self.session.exec(select(Message).where(col(Message.key).in_(keys))) if keys else ()
        messages = {message.key: message for message in found}
        return "\n".join(self._reply(event, messages.get(event.key)) for event in sent)

    def _reply(self, event: CaseEvent, message: Message | None) -> str:
        phrase = "card.ruling" if event.kind == Kind.RULING else "card.replied"
        unsent = "card.by_phone" if self.case.by_phone else "card.settled"
        became = self._became(message) if message else self.say(unsent)
        return self.say(
            phrase, which=event.number, by=short(event.by or "", NAME), when=self._when(event), text=_words(event),
            became=became,
        )  # fmt: skip

    def _became(self, message: Message) -> str:
        reason = short(message.reason or "", NAME)
        if message.state == Sending.SENT:
            return self.say("card.delivered")
        if message.state == Sending.UNCERTAIN:
            return self.say("card.uncertain", reason=reason)
        if message.state in (Sending.PENDING, Sending.SENDING):
            return self.say("card.again", reason=reason) if reason else self.say("card.on_its_way")
        return self.say("card.failed", reason=reason, other=self.other_way(message))

    def other_way(self, message: Message) -> str:
        """By which other addresses the asker may be reached, where one reply did not."""
        known = contacts.addresses_of(self.session, self.case.contact_id) if self.case.contact_id else []
        others = [str(one) for one in known if not message.to.within(one) and str(one) != self.case.sender]
        if not others:
            return self.say("card.other.none")
        return self.say("card.other", addresses=self.say("comma").join(others[:LAST]))

    @property
    def standing(self) -> str:
        """How the participant stands: its tasks, its seats, its last check; and the earlier cases."""
        lines = [*self._tasks(), self._seats, self._check] if self.firm else []
        return "\n".join(filter(None, [*lines, self._earlier]))

    def _tasks(self) -> Iterator[str]:
        standings = status.standing(self.session, self.campaign.key, self.case.participant or "")
        for task in self.campaign.tasks:
            stands = self._stands(standings.get(task.key, NOT_SAID))
            yield self.say("card.task", task=self.wording.word(task.name), stands=stands)

    def _stands(self, standing: Standing) -> str:
        said = standing.verified or standing.declared
        if said is None:
            return self.say("status.not_said")
        who = short(said.by, NAME) if said.by else self.say("status.colleague")
        return self.say(f"status.{standing.state}", who=who, when=self.wording.moment(said.at))

    @property
    def _seats(self) -> str:
        if not self.campaign.briefings:
            return ""
        held = seats.seats_of(self.session, self.campaign.key, self.case.participant)
        told = [self._seated(key, list(taken)) for key, taken in groupby(held, attrgetter("briefing"))]
        return self.say("card.seats", seats="; ".join(told)) if told else self.say("card.seats.none")

    def _seated(self, briefing: str, taken: list[seats.Seat]) -> str:
        found = self.campaign.briefing.get(briefing)
        day = self.wording.on(found.on, "list_date") if found else briefing
        mode = self.wording.word(found.mode_name) if found else ""
        names = self.say("comma").join(short(seat.attendee_name or "", NAME) for seat in taken)
        return self.say("card.seated", day=day, mode=mode, names=names)

    @property
    def _check(self) -> str:
        last = checks.last_checks(self.session, self.case.participant or "", self.campaign.key, 1)
        if not last:
            return self.say("card.check.none")
        check = last[0]
        return self.say(
            "card.check", number=check.id, when=self.wording.moment(check.asked_at), line=self._found(check),
            vantage=self.say("card.check.pc" if check.vantage == "pc" else "card.check.bot"),
        )  # fmt: skip

    def _found(self, check: Check) -> str:
        target = next((one for one in self.campaign.targets if one.key == check.target), None)
        name = self.wording.word(target.name) if target else check.target
        phrase = f"check.cause.{check.cause}"
        if check.cause and _has(phrase):
            return self.say(phrase, name=name, firm=self.firm.name if self.firm else "")
        return self.say("card.check.open", name=name)

    @property
    def _earlier(self) -> str:
        """Other cases of the person, or of the participant, the newest first."""
        whose = col(Case.sender) == self.case.sender
        if self.case.participant:
            whose = or_(whose, col(Case.participant) == self.case.participant)
        before = select(Case).where(whose, col(Case.number) < self.case.number).order_by(col(Case.number).desc())
        found = self.session.exec(before.limit(EARLIER)).all()
        told = (
            self.say("card.earlier.one", number=one.number, state=self.say(f"card.state.{one.state}")) for one in found
        )
        return self.say("card.earlier", cases=self.say("comma").join(told)) if found else ""

    @property
    def sources(self) -> tuple[Source, ...]:
        """What Usher's answer rests on."""
        if self.turn.reply.sources or self.desk.facts is None:
            return self.turn.reply.sources
        named = (name.partition("/") for name in (self.turn.subject or "").split())
        at, language = self.case.at, self.case.language or "en"
        answers = (self.desk.facts.answer(campaign, key, at, language) for campaign, _, key in named)
        return tuple(dict.fromkeys(source for answer in answers if answer for source in answer.sources))

    def _when(self, event: CaseEvent) -> str:
        """The time, with the day where that is not today's."""
        local = event.at.astimezone(self.campaign.zone)
        clock = self.wording.clock(local.time())
        return clock if local.date() == self.wording.today else f"{self.wording.on(local.date(), 'list_date')} {clock}"


def span(worked: timedelta, wording: Wording) -> str:
    """A time in hours and minutes."""
    hours, minutes = divmod(int(worked.total_seconds()) // 60, 60)
    if not hours:
        return wording.say("card.minutes", minutes=minutes)
    return wording.say("card.hours", hours=hours, minutes=minutes)


def _words(event: CaseEvent) -> str:
    files = short(" ".join((event.files or "").split()), WORDS)
    return " ".join(filter(None, (short(" ".join(event.text.split()), WORDS), files)))


def _has(phrase: str) -> bool:
    return phrase in phrases()["en"]
