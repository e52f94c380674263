"""Acts for somebody of a participant who phoned: once, under the name of who of the desk did it, and tells the firm."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol

from sqlmodel import Session

from handlers.facts import SUPPORT
from handlers.permissions import may, staff_roles
from handlers.seats import Notices
from handlers.support._deeds import Said
from handlers.talk import NotStaff
from models import support
from models.contacts import Contact, members
from models.message import Address, Choice, Reply
from models.outbox import Posting, post
from models.participants import Participant
from models.people import Staff
from models.reminders import reach_of, wishes_of
from models.seats import Moment
from models.store import in_turn
from models.support import By, StaffDeed
from models.wording import Wording, in_script

if TYPE_CHECKING:
    from handlers.support import Support

BECAUSE = 500  # letters of a reason


class Refused(Exception):  # noqa: N818 - named after the situation
    """It cannot be done, for the reason that the phrase tells: nothing was changed."""

    def __init__(self, phrase: str, **fields: object) -> None:
        super().__init__(phrase)
        self.phrase, self.fields = phrase, fields


@dataclass(frozen=True)
class Call:
    """Who phoned: for which participant, and as which contact of it where that is known.

    `because` is what they said and how they were identified: the firm's people read it. `key` names this one wish; the
    same again does nothing. `at` is campaign time.
    """

    participant: str
    contact_id: int | None
    because: str
    key: str
    at: datetime


@dataclass(frozen=True)
class Done:
    """What was done: `detail` in the records, the phrase to the firm's people, whose fields each wording fills."""

    phrase: str
    detail: str
    fields: Callable[[Wording], Mapping[str, object]]
    campaign: str | None = None
    case: int | None = None


class Wish(Protocol):
    """Something that can be done for somebody who phoned: one of `handlers.support._wishes`."""

    deed: ClassVar[str]  # in `handlers.permissions`

    def do(self, acting: "Acting") -> Done:
        """Raises `Refused`, and has changed nothing then."""
        ...


@dataclass(frozen=True)
class Acting:
    """Everything that a wish is done with, in one transaction."""

    session: Session
    desk: "Support"
    call: Call
    firm: Participant
    by: By
    mails: bool
    channels: Collection[str]

    @cached_property
    def members(self) -> Mapping[int, Contact]:
        """Who acts for the firm now."""
        return {one.id or 0: one for one in members(self.session, self.firm.code)}

    @property
    def contact(self) -> Contact | None:
        """Who phoned. Raises `Refused` where they do not act for the firm."""
        number = self.call.contact_id
        if number is None:
            return None
        if number not in self.members:
            raise Refused("callers.not_theirs", firm=self.firm.code)
        return self.members[number]

    @property
    def somebody(self) -> Contact:
        """The same, where it has to be known."""
        if found := self.contact:
            return found
        raise Refused("callers.who")

    @property
    def moment(self) -> Moment:
        return Moment(self.by.at, self.by.recorded_at, self.by.name)

    @property
    def notices(self) -> Notices:
        return Notices(self.session, self.desk.phrasing, self.by.at, self.by.recorded_at, self.mails)

    def reached(self) -> dict[int, Address]:
        """Where each of the firm's people is told: at their best address, if any is open."""
        reach, wishes = reach_of(self.session, self.members, self.channels), wishes_of(self.session, self.members)
        where = {one: reach.where(one, wishes) for one in self.members}
        return {one: addresses[0] for one, addresses in where.items() if addresses}

    def language_of(self, contact: Contact | None) -> str:
        prevails = self.desk.phrasing.first.prevails
        return (contact and contact.language) or self.firm.language or prevails


@dataclass(frozen=True)
class Callers:
    """What the desk does for those who phone. `channels` are the names of those that there are; `mails`: mail is one.

    Every deed is kept under the name of who did it, with the reason, and each of the firm's people is told of it.
    """

    desk: "Support"
    channels: Collection[str]
    mails: bool

    def do(self, session: Session, member: Staff, call: Call, wish: Wish) -> Said:
        """Have it done, and tell who asked for it. Raises `NotStaff` for who may not."""
        if not may(staff_roles(member), wish.deed):
            raise NotStaff
        if not call.because.strip():
            return Said("callers.because", done=False)
        in_turn(session, f"deeds for {call.participant}")
        if before := support.deed_of(session, call.key):
            return Said("callers.again", {"deed": before.id})
        firm = session.get(Participant, call.participant)
        if firm is None:
            return Said("callers.no_firm", done=False)
        by = By(member.name, call.at, self.desk.machine_time())
        acting = Acting(session, self.desk, call, firm, by, self.mails, self.channels)
        # Before: who is no longer reached there, or acts for the firm no longer, is to hear of that as well.
        told, people = acting.reached(), dict(acting.members)
        try:
            done = wish.do(acting)
        except Refused as refused:
            return Said(refused.phrase, refused.fields, done=False)
        deed = support.keep_deed(session, _deed(acting, wish, done))
        for number, to in told.items():
            self._tell(acting, done, deed, people[number], to)
        return outcome(deed, len(told))

    def _tell(self, acting: Acting, done: Done, deed: StaffDeed, contact: Contact, to: Address) -> None:
        phrasing, language = self.desk.phrasing, acting.language_of(contact)
        campaign = phrasing.spoken_of(done.campaign)
        wording = Wording.of(campaign, language, acting.by.at)
        named = {"name": acting.by.name, "firm": f"{acting.firm.name} ({acting.firm.code})"}
        named |= {"when": wording.moment(acting.by.at), "because": acting.call.because.strip()[:BECAUSE]}
        parts = (
            wording.say(done.phrase, **named, **done.fields(wording)),
            wording.say("callers.told.because", **named),
            wording.say("callers.told.wrong", contact=wording.contact()),
        )
        said = Reply(
            in_script("\n".join(parts), language),
            choices=(Choice(in_script(wording.say("callers.wrong"), language), SUPPORT),),
            language=wording.language,
        )
        posting = Posting(f"deed:{deed.key}:{contact.id}", to, said, acting.by.at, f"deed:{deed.id}", repeats=True)
        post(acting.session, posting, acting.by.recorded_at)


def outcome(deed: StaffDeed, told: int) -> Said:
    """What who did it reads: how many of the firm's people are told."""
    return Said(
        "callers.done" if told else "callers.done.nobody", {"count": told, "detail": deed.detail, "deed": deed.id}
    )


def _deed(acting: Acting, wish: Wish, done: Done) -> StaffDeed:
    return StaffDeed(
        key=acting.call.key,
        by=acting.by.name or "",
        deed=wish.deed,
        participant=acting.firm.code,
        contact_id=acting.call.contact_id,
        case_number=done.case,
        because=acting.call.because.strip()[:BECAUSE],
        detail=done.detail,
        at=acting.by.at,
        recorded_at=acting.by.recorded_at,
    )
