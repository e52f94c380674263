"""What can be done for somebody who phoned: a case, a status line, a seat, or their own name and address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from handlers.seats import give_up, short_name
from handlers.support._callers import Acting, Done, Refused
from handlers.support._turns import short
from models import seats, status, support
from models.campaign import Briefing, Campaign
from models.contacts import (
    Contact,
    EmailTaken,
    addresses_of,
    correct_email,
    in_contacts_turn,
    leave,
    rename,
)
from models.participants import NotADomain, NotAnAddress, domains_of, mail_address, mail_domain, may_have_address
from models.seats import Attendee, Rules, Seat
from models.wording import Wording, in_script

NAME = 80  # letters
QUESTION = 2000


@dataclass(frozen=True)
class OpenCase:
    """Have the desk answer a question. `name` is the caller's, where they are no contact."""

    deed: ClassVar[str] = "open case for"
    question: str
    campaign: str | None = None
    name: str | None = None

    def do(self, acting: Acting) -> Done:
        contact, call, question = acting.contact, acting.call, self.question.strip()[:QUESTION]
        if not question:
            raise Refused("callers.no_question")
        if self.campaign and self.campaign not in acting.desk.phrasing.campaigns:
            raise Refused("callers.gone")
        place = acting.reached().get(call.contact_id or 0)
        own = addresses_of(acting.session, contact.id or 0) if contact else []
        phoned = support.Phoned(
            call.key, acting.firm.code, question, call.because.strip(), acting.by, acting.language_of(contact),
            campaign=self.campaign, contact_id=contact.id if contact else None,
            name=_line(contact.name if contact else self.name), sender=place or next(iter(own), None), place=place,
        )  # fmt: skip
        opened = support.open_by_phone(acting.session, phoned)
        if opened.is_new:
            acting.desk.post_cards(acting.session, opened.case, call.at)
        number = opened.case.number or 0
        told = {"number": number, "question": short(question)}
        return Done("callers.told.case", f"case {number}", lambda wording: told, self.campaign, number)


@dataclass(frozen=True)
class SetLine:
    """Set or take off what the firm says of a task; what support has verified stands."""

    deed: ClassVar[str] = "set status for"
    campaign: str
    task: str
    done: bool

    def do(self, acting: Acting) -> Done:
        campaign = acting.desk.phrasing.campaigns.get(self.campaign)
        if campaign is None or self.task not in campaign.task:
            raise Refused("callers.gone")
        contact, call = acting.contact, acting.call
        what = status.DONE if self.done else status.TAKEN_BACK
        duty = status.Duty(campaign.key, acting.firm.code, self.task)
        behalf = status.Behalf(acting.by.name or "", contact.id if contact else None, call.because.strip())
        if not status.say_for(acting.session, duty, what, behalf, call.at, acting.by.recorded_at):
            raise Refused("callers.as_it_is")

        def fields(wording: Wording) -> Mapping[str, object]:
            return {"task": wording.word(campaign.task[self.task].name), "circular": wording.word(campaign.name)}

        return Done(f"callers.told.{what}", f"{campaign.key} {self.task}: {what}", fields, campaign.key)


@dataclass(frozen=True)
class HoldSeat:
    """Hold a seat in the name of who phoned: for themselves, or for the person who is named."""

    deed: ClassVar[str] = "hold seat for"
    campaign: str
    briefing: str
    name: str = ""
    email: str = ""

    def do(self, acting: Acting) -> Done:
        campaign, briefing = _briefing(acting, self.campaign, self.briefing)
        who, contact = self._attendee(acting), acting.somebody
        done = _reserved(acting, Rules.of(campaign, briefing), contact, who)
        if not done.new:
            raise Refused("callers.as_it_is")
        acting.notices.held(done.seats)
        return _seat_done("callers.told.held", campaign, briefing, who.name)

    def _attendee(self, acting: Acting) -> Attendee:
        contact, name, email = acting.somebody, _line(self.name), self.email.strip()
        own = not email or email.lower() == contact.email
        if own and (not name or name == contact.name or not contact.name):
            if not (name or contact.name):
                raise Refused("callers.name")
            return Attendee(name or contact.name or "", contact.email, contact.id)
        if not email:
            raise Refused("callers.mail")
        if not name:
            raise Refused("callers.name")
        return Attendee(name, _firms_email(acting, email))


@dataclass(frozen=True)
class FreeSeat:
    """Give a seat of the firm up; who waits is offered it as ever."""

    deed: ClassVar[str] = "free seat for"
    seat_id: int

    def do(self, acting: Acting) -> Done:
        seat = acting.session.get(Seat, self.seat_id)
        if seat is None or seat.participant != acting.firm.code or seat.campaign not in acting.desk.phrasing.campaigns:
            raise Refused("callers.gone")
        campaign, briefing = _briefing(acting, seat.campaign, seat.briefing)
        contact = acting.contact or next(iter(acting.members.values()), None)
        if contact is None:
            raise Refused("callers.who")
        name = seat.attendee_name
        try:
            done = seats.free(
                acting.session, Rules.of(campaign, briefing), self.seat_id, acting.firm.code, contact.id or 0,
                acting.moment,
            )  # fmt: skip
        except seats.RegistrationClosed as begun:
            raise Refused("callers.begun") from begun
        except (seats.NoSuchSeat, seats.NotAMember) as gone:
            raise Refused("callers.gone") from gone
        acting.notices.freed(done)
        return _seat_done("callers.told.freed", campaign, briefing, name)


@dataclass(frozen=True)
class Correct:
    """Correct what a contact is called, or the mail address that they are known by; what is empty stays."""

    deed: ClassVar[str] = "correct contact of"
    name: str = ""
    email: str = ""

    def do(self, acting: Acting) -> Done:
        contact = acting.somebody
        before, number = contact.name or "?", contact.id or 0
        name, changed = _line(self.name), []
        in_contacts_turn(acting.session)
        if self.email.strip():
            email = _firms_email(acting, self.email)
            try:
                changed += ["e-mail"] * correct_email(acting.session, number, email, acting.by.recorded_at)
            except EmailTaken as taken:
                raise Refused("callers.taken", email=email) from taken
        if name and name != contact.name:
            rename(acting.session, number, name)
            changed.append("name")
        if not changed:
            raise Refused("callers.as_it_is")
        # The address may be a stranger's, as it was wrong: what the new one is is not told there.
        who = f"{before} → {name}" if "name" in changed else before
        detail = f"contact {number}: {' and '.join(changed)}"
        return Done("callers.told.corrected", detail, lambda wording: {"who": who, "what": _what(wording, changed)})


@dataclass(frozen=True)
class EndMembership:
    """Have a contact act for the firm no longer; the seats stay with the firm."""

    deed: ClassVar[str] = "correct contact of"

    def do(self, acting: Acting) -> Done:
        contact = acting.somebody
        who, number = contact.name or "?", contact.id or 0
        in_contacts_turn(acting.session)
        # Before: only who belongs to the firm can hand something on.
        give_up(acting.notices, number, acting.firm.code, acting.by.name)
        leave(acting.session, number, acting.firm.code, acting.by.name or "", acting.by.recorded_at)
        return Done("callers.told.ended", f"contact {number}: ended", lambda wording: {"who": who})


def _briefing(acting: Acting, campaign: str, briefing: str) -> tuple[Campaign, Briefing]:
    served = acting.desk.phrasing.campaigns.get(campaign)
    if served is None or briefing not in served.briefing:
        raise Refused("callers.gone")
    return served, served.briefing[briefing]


def _reserved(acting: Acting, rules: Rules, contact: Contact, who: Attendee) -> seats.Reserved:
    """The seat. Raises `Refused`, in words, where the rules of the seats do not allow it."""
    try:
        return seats.reserve(acting.session, rules, acting.firm.code, contact.id or 0, [who], acting.moment)
    except seats.RegistrationClosed as late:
        raise Refused("callers.closed") from late
    except seats.ParticipantFull as full:
        names = ", ".join(seat.attendee_name for seat in full.seats)
        raise Refused("callers.full", limit=rules.limit, names=names) from full
    except seats.BriefingFull as full:
        raise Refused("callers.no_room") from full
    except seats.OthersWait as wait:
        raise Refused("callers.others_wait") from wait
    except seats.NoSuchSeat as over:
        raise Refused("callers.offer_over") from over
    except seats.NotAMember as left:
        raise Refused("callers.not_theirs", firm=acting.firm.code) from left


def _seat_done(phrase: str, campaign: Campaign, briefing: Briefing, who: str) -> Done:
    def fields(wording: Wording) -> Mapping[str, object]:
        return {"who": who, "short": short_name(wording, briefing, wording.language)}

    return Done(phrase, f"{campaign.key} {briefing.key}: {who}", fields, campaign.key)


def _firms_email(acting: Acting, written: str) -> str:
    """The address as it is kept. Raises `Refused` for one that nobody of the firm can have, or that anybody can."""
    try:
        email = mail_address(written)
    except NotAnAddress as wrong:
        raise Refused("callers.no_address", email=short(written, 60)) from wrong
    try:
        if not domains_of(acting.session, acting.firm.code):
            mail_domain(email.rpartition("@")[2])
    except NotADomain as anybodys:
        raise Refused("callers.anybodys", email=email) from anybodys
    if not may_have_address(acting.session, acting.firm.code, email):
        raise Refused("callers.other_domain", email=email)
    return email


def _what(wording: Wording, changed: list[str]) -> str:
    words = {"e-mail": "callers.email", "name": "callers.name_word"}
    return in_script(wording.say("callers.and").join(wording.say(words[one]) for one in changed), wording.language)


def _line(text: str | None) -> str:
    """As a name is kept: in one line, without controls."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text or "").split())[:NAME]
