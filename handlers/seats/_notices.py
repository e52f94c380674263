"""Tells others what became of a seat: attendees by mail, with a calendar file, and who waits in their chat."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from handlers.calendar import seat_file
from handlers.facts import say_session
from handlers.phrasing import Phrasing
from handlers.seats._scene import firm, short_name, shortened
from handlers.seats._tell import ACCEPT, FREE, ONE
from handlers.talk import Talk
from models import reach
from models.campaign import Briefing, Campaign
from models.contacts import Contact, addresses_of
from models.message import Address, Choice, Reply
from models.outbox import Posting, post
from models.participants import Participant
from models.seats import Freed, Moved, Seat, State, Waiting, login
from models.wording import Wording, in_script


@dataclass(frozen=True)
class Notices:
    """What is posted to others than the asker, in the transaction that changes the seats."""

    session: Session
    phrasing: Phrasing
    now: datetime
    machine_now: datetime
    mails: bool

    @classmethod
    def of(cls, talk: Talk) -> "Notices":
        return cls(talk.session, talk.phrasing, talk.now, talk.machine_now, talk.mails)

    def held(self, seats: Iterable[Seat]) -> None:
        for seat in seats:
            self._mail(seat, "seats.mail.held", seat.attendee_email, seat.attendee_name, seat.uid, seat.sequence)

    def gone(self, seat: Seat) -> None:
        """Tell the attendee that there is no seat for them any more."""
        self._cancelled(seat)

    def freed(self, done: Freed) -> None:
        self._cancelled(done.seat)
        self.offered(done.offered)

    def moved(self, done: Moved) -> None:
        seat = done.seat
        self._mail(seat, "seats.mail.moved", seat.attendee_email, seat.attendee_name, seat.uid, seat.sequence)
        self.offered(done.offered)

    def swapped(self, seat: Seat, before: Seat) -> None:
        self._cancelled(before)
        self.held([seat])

    def offered(self, seats: Sequence[Seat]) -> None:
        """Tell who waited that a seat is theirs until when."""
        for seat in seats:
            wording = self._wording(self._of(seat)[0], seat.contact_id, seat.participant)
            until = wording.moment(seat.offer_until) if seat.offer_until else ""
            said = self._say(wording, "seats.offered", seat, until=until)
            offered = (("seats.accept", ACCEPT), ("seats.decline", FREE))
            choices = tuple(
                Choice(shortened(wording.say(phrase, name=seat.attendee_name)), f"{word} {seat.id}")
                for phrase, word in offered
            )
            key = f"offer:{seat.uid}:{seat.waiting_id}"
            self._tell(seat.contact_id, key, said, choices, seat, useful_until=seat.offer_until)

    def lapsed(self, rows: Iterable[Waiting]) -> None:
        """Tell who let an offer pass that the seat went on."""
        for row in rows:
            campaign = self.phrasing.campaigns[row.campaign]
            wording = self._wording(campaign, row.contact_id, row.participant)
            briefing = campaign.briefing[row.briefing]
            said = wording.say("seats.lapsed", name=row.attendee_name, line=say_session(wording, briefing),
                               contact=wording.contact())  # fmt: skip
            short = short_name(wording, briefing, wording.language)
            choice = Choice(
                self._script(wording, wording.say("seats.show_one", short=short)),
                f"{ONE} {row.campaign} {row.briefing} {row.participant}",
            )  # fmt: skip
            self._post(row.contact_id, f"lapsed:{row.id}", Reply(said, choices=(choice,), language=wording.language),
                       f"waiting:{row.id}")  # fmt: skip

    def logged_in(self, seats: Iterable[Seat]) -> None:
        """Send how to get in to those who are registered: once for each version of it."""
        for seat in seats:
            given = login(self.session, seat.campaign, seat.briefing)
            if given is None or seat.state != State.HELD:
                continue
            campaign, _ = self._of(seat)
            wording = self._wording(campaign, seat.contact_id, seat.participant)
            said = self._say(wording, "seats.login.sent", seat, login=given.text)
            key = f"login:{seat.uid}:{given.version}"
            if self.mails and seat.attendee_email:
                reply = Reply(self._script(wording, said), language=wording.language)
                self._put(key, Address("mail", seat.attendee_email), reply, f"seat:{seat.uid}")
            else:
                self._tell(seat.contact_id, key, said, (), seat)

    def _cancelled(self, seat: Seat) -> None:
        self._mail(
            seat, "seats.mail.freed", seat.attendee_email, seat.attendee_name, seat.uid, seat.sequence + 1,
            cancelled=True,
        )  # fmt: skip

    def _mail(
        self, seat: Seat, phrase: str, email: str | None, name: str, uid: str, sequence: int, *, cancelled: bool = False
    ) -> None:
        """To the attendee's own address, with the calendar file that makes, changes or cancels the entry."""
        if not self.mails or not email or seat.state != State.HELD:  # nobody was told of one on offer
            return
        campaign, briefing = self._of(seat)
        wording = self._wording(campaign, seat.contact_id, seat.participant)
        file = seat_file(
            campaign, briefing, uid=uid, sequence=sequence, attendee_name=name, attendee_email=email,
            organizer=self.phrasing.organizer, language=wording.language, stamp=self.machine_now, cancelled=cancelled,
        )  # fmt: skip
        reply = Reply(self._say(wording, phrase, seat, name=name), language=wording.language, files=(file,))
        self._put(f"seat:{uid}:{sequence}:mail", Address("mail", email), reply, f"seat:{uid}")

    def _say(self, wording: Wording, phrase: str, seat: Seat, **fields: object) -> str:
        campaign, briefing = self._of(seat)
        fact = campaign.fact[briefing.closes] if briefing.closes else None
        participant = self.session.get(Participant, seat.participant)
        told = {
            "name": seat.attendee_name,
            "line": say_session(wording, briefing),
            "firm": firm(participant) if participant else seat.participant,
            "registry": wording.word(campaign.registry) or wording.say("seats.registry"),
            "stated": wording.stated(fact) if fact else wording.moment(campaign.closing(briefing)),
            "contact": wording.contact(),
        }
        return self._script(wording, wording.say(phrase, **(told | fields)))

    def _tell(
        self, contact_id: int, key: str, said: str, choices: tuple[Choice, ...], seat: Seat,
        useful_until: datetime | None = None,
    ) -> None:  # fmt: skip
        more = Choice(self._show(seat, contact_id), f"{ONE} {seat.campaign} {seat.briefing} {seat.participant}")
        campaign, _ = self._of(seat)
        language = self._wording(campaign, contact_id, seat.participant).language
        reply = Reply(said, choices=(*choices, more), language=language)
        self._post(contact_id, key, reply, f"seat:{seat.uid}", useful_until)

    def _show(self, seat: Seat, contact_id: int) -> str:
        campaign, briefing = self._of(seat)
        wording = self._wording(campaign, contact_id, seat.participant)
        return wording.say("seats.show_one", short=short_name(wording, briefing, wording.language))

    def _post(self, contact_id: int, key: str, reply: Reply, about: str, useful_until: datetime | None = None) -> None:
        """Where the contact is reached now; nowhere if every address of theirs is closed."""
        to = reachable(self.session, contact_id, mails=self.mails)
        if to:
            self._put(key, to, reply, about, useful_until)

    def _put(self, key: str, to: Address, reply: Reply, about: str, useful_until: datetime | None = None) -> None:
        posting = Posting(key, to, reply, due=self.now, about=about, repeats=True, useful_until=useful_until)
        post(self.session, posting, self.machine_now)

    def _of(self, seat: Seat) -> tuple[Campaign, Briefing]:
        campaign = self.phrasing.campaigns[seat.campaign]
        return campaign, campaign.briefing[seat.briefing]

    def _wording(self, campaign: Campaign, contact_id: int, participant: str) -> Wording:
        """In the contact's language, else the participant's, else that which prevails."""
        contact, firm_row = self.session.get(Contact, contact_id), self.session.get(Participant, participant)
        language = (contact and contact.language) or (firm_row and firm_row.language) or campaign.prevails
        return Wording.of(campaign, language, self.now)

    @staticmethod
    def _script(wording: Wording, text: str) -> str:
        return in_script(text, wording.language)


def reachable(session: Session, contact_id: int, *, mails: bool) -> Address | None:
    """The first address of the contact that is open, mail only where there is no other."""
    addresses = [to for to in addresses_of(session, contact_id) if reach.closed(session, to) is None]
    chats = [to for to in addresses if to.channel != "mail"]
    return next(iter(chats), None) or (next(iter(addresses), None) if mails else None)
