"""Makes calendar files: of a seat at a briefing, and of the dates that a circular states; never of a tentative one."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from icalendar import Calendar, Event, vCalAddress

from handlers.facts import briefing_name, deadlines, say_session
from handlers.talk import Act, NotEnrolled, Talk
from models.campaign import Briefing, Campaign, Fact, Grounded
from models.message import File, Reply
from models.seats import Attendee, Seat, State, seats_of
from models.wording import Wording, in_script

CALENDAR = "/calendar"
PRODUCT = "-//Usher//Usher//EN"
_SAFE = "!$'*+-._~"  # what a name before the @ may show as it is, as in RFC 6068


def seat_file(  # noqa: PLR0913 - all that an entry says, each by its name
    campaign: Campaign,
    briefing: Briefing,
    *,
    uid: str,
    sequence: int,
    attendee_name: str,
    attendee_email: str | None,
    organizer: str,
    language: str,
    stamp: datetime,
    cancelled: bool = False,
    note: str = "",
) -> File:
    """The calendar entry of one seat. The same `uid` with a higher `sequence` takes the place of the earlier one.

    With `attendee_email` it is an invitation, for a mail to that address alone; without, a file for whoever loads it.
    `note` is told first in the entry. Raises `ValueError` for a cancellation that is not later than anything.
    """
    if cancelled and sequence < 1:
        raise ValueError("a cancellation needs a higher sequence than the entry that it takes back")
    telling = _Telling.of(campaign, language, stamp)
    holds = telling.given_back() if cancelled else telling.counts(briefing)
    event = _session(telling, briefing, uid, sequence, note, holds)
    if attendee_email:
        event.add("attendee", _attendee(attendee_name, attendee_email))
    if cancelled:
        event["summary"] = telling.text(telling.say("calendar.cancelled", title=str(event["summary"])))
        event["status"] = "CANCELLED"
    event.add("organizer", _organizer(organizer))
    method = "CANCEL" if cancelled else "REQUEST" if attendee_email else "PUBLISH"
    return _file(f"{campaign.key}-{briefing.key}.ics", method, [event])


def dates_file(campaign: Campaign, language: str, stamp: datetime, organizer: str, seats: Sequence[Seat] = ()) -> File:
    """The stated deadlines and the briefings, with `seats` in the place of the briefings that they are at."""
    telling = _Telling.of(campaign, language, stamp)
    held = {seat.briefing: seat for seat in reversed(seats)}
    events = [_deadline_event(telling, fact) for fact in deadlines(campaign)]
    for briefing in campaign.briefings:
        if seat := held.get(briefing.key):
            events.append(_session(telling, briefing, seat.uid, seat.sequence, telling.counts(briefing)))
        else:
            events.append(_briefing_event(telling, briefing))
    for event in events:
        event.add("organizer", _organizer(organizer))
    return _file(f"{campaign.key}.ics", "PUBLISH", events)


@dataclass(frozen=True)
class _Telling:
    """The words of one campaign's entries."""

    wording: Wording
    language: str
    stamp: datetime

    @classmethod
    def of(cls, campaign: Campaign, language: str, stamp: datetime) -> "_Telling":
        return cls(Wording.of(campaign, language, stamp), language, stamp)

    @property
    def campaign(self) -> Campaign:
        return self.wording.campaign

    def say(self, phrase: str, **fields: object) -> str:
        return self.wording.say(phrase, **fields)

    def text(self, text: str) -> str:
        """Whole characters and line breaks only, in the script of the language."""
        return in_script(_plain(text), self.language) if self.wording.language.startswith("zh") else _plain(text)

    def event(self, uid: str, sequence: int, title: str, parts: Sequence[str]) -> Event:
        event = Event()
        named = self.say("calendar.title", circular=self.wording.word(self.campaign.name), title=title)
        event.add("uid", uid)
        event.add("sequence", sequence)
        event.add("dtstamp", self.stamp.astimezone(UTC))
        event.add("summary", self.text(named).replace("\n", " "))
        event.add("description", self.text("\n".join(part for part in parts if part)))
        event.add("status", "CONFIRMED")
        return event

    def grounds(self, ground: Grounded, *others: Grounded) -> list[str]:
        """Why it was inferred, whom to ask, the circular's own words, and which language prevails."""
        wording = self.wording
        inferred = ground.status == "inferred" and wording.word(ground.reason)
        note = wording.word(self.campaign.prevails_note) if wording.language != self.campaign.prevails else ""
        return [
            self.say("sessions.reason", reason=inferred) if inferred else "",
            self.say("calendar.contact", contact=wording.contact()),
            *(
                self.say("calendar.source", clause=one.clause, quote=one.quote)
                for one in (ground, *others)
                if one.quote
            ),
            note,
        ]

    def counts(self, briefing: Briefing) -> str:
        """That a seat is not the registration that counts, and where and until when that is made."""
        registry = self.wording.word(self.campaign.registry)
        if not registry:
            return self.say("calendar.seat")
        if not briefing.closes:
            return self.say("calendar.seat.registry", registry=registry)
        stated = self.wording.stated(self.campaign.fact[briefing.closes])
        return self.say("calendar.seat.registry.due", registry=registry, stated=stated)

    def given_back(self) -> str:
        registry = self.wording.word(self.campaign.registry)
        return self.say("calendar.given_back.registry" if registry else "calendar.given_back", registry=registry)


def _briefing_event(telling: _Telling, briefing: Briefing) -> Event:
    closes = telling.campaign.fact[briefing.closes] if briefing.closes else None
    due = telling.wording.due(closes) if closes else ""
    return _session(telling, briefing, _uid(telling.campaign, briefing.key), 0, due)


def _session(telling: _Telling, briefing: Briefing, uid: str, sequence: int, *told: str) -> Event:
    wording, campaign = telling.wording, telling.campaign
    parts = (*told[:-1], say_session(wording, briefing), told[-1], *telling.grounds(briefing))
    event = telling.event(uid, sequence, briefing_name(wording, briefing), parts)
    event.add("dtstart", campaign.opening(briefing).astimezone(UTC))
    if briefing.end:
        event.add("dtend", datetime.combine(briefing.on, briefing.end, campaign.zone).astimezone(UTC))
    if place := wording.word(briefing.place):
        event.add("location", telling.text(place).replace("\n", " "))
    return event


def _deadline_event(telling: _Telling, fact: Fact) -> Event:
    """A whole day where no clock time is stated: that on which it is in time without doubt."""
    wording, campaign = telling.wording, telling.campaign
    phrase = "calendar.clock" if fact.at else f"calendar.{fact.kind}"
    others = (campaign.fact[key] for key in fact.conflicts_with)
    parts = (wording.due(fact), *telling.grounds(fact, *others))
    event = telling.event(_uid(campaign, fact.key), 0, telling.say(phrase, task=wording.task(fact)), parts)
    if fact.at:
        event.add("dtstart", campaign.safe_instant(fact.key).astimezone(UTC))
    else:
        day = campaign.safe_day(fact.key)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))  # the first day that it does not take
    event.add("transp", "TRANSPARENT")
    return event


def _uid(campaign: Campaign, key: str) -> str:
    """The same wherever and whenever the file is made, so that a later one takes the place of an earlier one."""
    return str(uuid5(NAMESPACE_URL, f"usher:{campaign.key}/{key}"))


def _organizer(written: str) -> vCalAddress:
    return _who(*parseaddr(_plain(written)))


def _attendee(name: str, email: str) -> vCalAddress:
    attendee = _who(_plain(name), _plain(email))
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    attendee.params["PARTSTAT"] = "ACCEPTED"
    attendee.params["RSVP"] = "FALSE"
    return attendee


def _who(name: str, email: str) -> vCalAddress:
    local, _, domain = email.rpartition("@")
    if not (local and domain):
        raise ValueError("a calendar entry names people by their mail addresses")
    with suppress(UnicodeError):  # else it stands there as it is written
        domain = domain.encode("idna").decode("ascii")
    who = vCalAddress(f"mailto:{quote(local, safe=_SAFE)}@{quote(domain, safe='')}")
    # A quotation mark cannot stand in a parameter, and few programs know the newer way to write one.
    if shown := " ".join(name.replace('"', "'").split()):
        who.params["CN"] = shown
    return who


def _plain(text: str) -> str:
    """Only what a calendar file can carry: whole characters, and no controls but line breaks and tabs."""
    lines = "\n".join(text.splitlines())
    return "".join(sign for sign in lines if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))


def _file(name: str, method: str, events: Sequence[Event]) -> File:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    return File(name, calendar.to_ical().decode(), method=method)


def _calendar(talk: Talk, argument: str) -> Reply:
    """The file. The asker's own seats are in it where nobody else reads it."""
    campaign = talk.campaign(argument or None, has_dates)
    seats = [] if talk.ask.in_public else _own_seats(talk, campaign)
    wording = talk.wording(campaign)
    said = talk.say("calendar.heading", campaign.key, circular=wording.word(campaign.name))
    told = [said.text, *_lines(wording), _left_out(wording), wording.say("calendar.seats") if seats else ""]
    text = in_script("\n".join(part for part in told if part), said.language)
    file = dates_file(campaign, talk.language, talk.machine_now, talk.phrasing.organizer, seats)
    return replace(said, text=text, private=bool(seats), files=(file,))


def has_dates(campaign: Campaign) -> bool:
    """Whether the campaign states anything that a calendar file can hold."""
    return bool(deadlines(campaign) or campaign.briefings)


def _own_seats(talk: Talk, campaign: Campaign) -> list[Seat]:
    """Those that the asker sits on or has registered for the participants that they act for; their own first."""
    try:
        me = talk.contact
    except NotEnrolled:
        return []
    mine = Attendee("", me.email, me.id or 0).keys
    seats = [seat for one in talk.participants for seat in seats_of(talk.session, campaign.key, one.code)]
    held = [seat for seat in seats if seat.state == State.HELD]
    own = [seat for seat in held if seat.attendee_key in mine]
    return [*own, *(seat for seat in held if seat.contact_id == me.id and seat not in own)]


def _lines(wording: Wording) -> Iterator[str]:
    """What is in the file, and which of it is over."""
    campaign = wording.campaign
    rows = [(campaign.safe_instant(fact.key), wording.safe(fact), wording.task(fact)) for fact in deadlines(campaign)]
    for one in campaign.briefings:
        end = datetime.combine(one.on, one.end or one.start, campaign.zone)
        rows.append((end, wording.moment(campaign.opening(one)), briefing_name(wording, one)))
    for until, when, name in sorted(rows):
        note = wording.say("timeline.note", note=wording.say("timeline.past")) if until <= wording.now else ""
        yield wording.say("timeline.line", when=when, name=name, note=note)


def _left_out(wording: Wording) -> str:
    """What has no day, and so no place in a calendar."""
    vague = [
        wording.say("next.item", when=wording.when(fact.when), name=wording.word(fact.name))
        for fact in wording.campaign.facts
        if fact.when and fact.timeline and fact.when.kind == "fuzzy"
    ]
    return wording.say("calendar.left_out", items="; ".join(vague)) if vague else ""


ACTS: Mapping[str, Act] = {CALENDAR: Act(_calendar)}
