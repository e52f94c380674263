"""Looks one participant up for the desk: its people, where they are reached, and all that was done and said."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlmodel import Session, col

from models import checks, seats, status, support
from models.campaign import Campaign
from models.checks import Check
from models.contacts import Contact, ContactAddress, Membership
from models.message import Address
from models.participants import Participant, domains_of
from models.reach import Closed
from models.reminders import reach_of, rooms, wishes_of
from models.seats import Seat, SeatEvent, Waiting
from models.status import Declaration, Standing
from models.support import Case, StaffDeed

FOUND = 25
EVENTS = 60


@dataclass(frozen=True)
class Place:
    """An address that somebody writes from since then, and why it cannot be written to, if that is so."""

    to: Address
    since: datetime
    closed: Closed | None


@dataclass(frozen=True)
class Person:
    """Somebody who acts for the participant, or did; `best` is where they are told of something now."""

    contact: Contact
    membership: Membership
    places: Sequence[Place]
    best: Address | None

    @property
    def forgotten(self) -> bool:
        return self.contact.forgotten_at is not None


@dataclass(frozen=True)
class InCampaign:
    """How the participant stands in one campaign. `line` has each place in the line with its number."""

    campaign: Campaign
    standing: Mapping[str, Standing]
    history: Sequence[Declaration]
    seats: Sequence[Seat]
    line: Sequence[tuple[Waiting, int | None]]
    events: Sequence[SeatEvent]
    checks: Sequence[Check]
    seen: Check | None

    @property
    def spoken_of(self) -> set[int | None]:
        """The contacts who said or did something of it."""
        acted = {one.contact_id for one in self.history} | {one.contact_id for one in self.events}
        return acted | {one.contact_id for one in self.seats} | {one.contact_id for one in self.checks}


@dataclass(frozen=True)
class Looked:
    """All of one participant, as at one moment. `names` are those of the contacts that the rest speaks of."""

    participant: Participant
    domains: Sequence[str]
    room: Address | None
    people: Sequence[Person]
    campaigns: Sequence[InCampaign]
    cases: Sequence[Case]
    deeds: Sequence[StaffDeed]
    names: Mapping[int, str | None]

    @property
    def acting(self) -> list[Person]:
        return [one for one in self.people if one.membership.until is None]


def search(session: Session, words: str, limit: int = FOUND) -> list[Participant]:
    """The participants that are meant: by their code or name, a person's name or mail address, a case's number."""
    words = " ".join(words.split())
    if not words:
        return []
    exact = session.get(Participant, words.upper())
    case = _case_number(words)
    meant: list[ColumnElement[bool]] = [
        col(Participant.code).istartswith(words, autoescape=True),
        col(Participant.name).icontains(words, autoescape=True),
        col(Participant.code).in_(_firms_of_people(words)),
        col(Participant.code).in_(select(col(Case.participant)).where(col(Case.number) == case)),
    ]
    found = session.scalars(select(Participant).where(or_(*meant)).order_by(col(Participant.code)).limit(limit)).all()
    return [*([exact] if exact else []), *(one for one in found if one is not exact)]


def look_up(session: Session, code: str, campaigns: Iterable[Campaign], channels: Collection[str]) -> Looked | None:
    """Everything of the participant; None where there is none of that code."""
    participant = session.get(Participant, code)
    if participant is None:
        return None
    people = _people(session, code, channels)
    parts = [_in_campaign(session, campaign, code) for campaign in campaigns]
    deeds = support.deeds_for(session, code)
    named = {one.contact.id or 0: _name(one.contact) for one in people}
    spoken = {number for part in parts for number in part.spoken_of} | {deed.contact_id for deed in deeds}
    others = {number for number in spoken if number} - named.keys()
    for contact in session.scalars(select(Contact).where(col(Contact.id).in_(others))):
        named[contact.id or 0] = _name(contact)
    return Looked(
        participant, domains_of(session, code), rooms(session, [code]).get(code), people, parts,
        support.cases_of(session, code), deeds, named,
    )  # fmt: skip


def _case_number(words: str) -> int | None:
    number = words.casefold().removeprefix("case").strip(" #")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else None


def _firms_of_people(words: str) -> Select[Any]:
    named = or_(
        col(Contact.name).icontains(words, autoescape=True),
        col(Contact.email).icontains(words, autoescape=True),
        col(ContactAddress.address) == f"mail:{words.lower()}",
    )
    return (
        select(col(Membership.participant))
        .join(Contact, col(Contact.id) == col(Membership.contact_id))
        .outerjoin(ContactAddress, col(ContactAddress.contact_id) == col(Contact.id))
        .where(col(Contact.forgotten_at).is_(None), named)
    )


def _people(session: Session, code: str, channels: Collection[str]) -> list[Person]:
    """Who acts for it now, then who did."""
    theirs = select(Contact, Membership).join(Membership, col(Membership.contact_id) == col(Contact.id))
    ended = col(Membership.until).is_not(None)
    order = ended, col(Membership.since), col(Membership.id)
    rows = session.execute(theirs.where(col(Membership.participant) == code).order_by(*order)).all()
    ids = {contact.id or 0 for contact, _ in rows}
    reach, wishes, places = reach_of(session, ids, channels), wishes_of(session, ids), _places(session, ids)
    best = {one: next(iter(reach.where(one, wishes)), None) for one in ids}
    return [
        Person(contact, membership, places.get(contact.id or 0, ()), best[contact.id or 0])
        for contact, membership in rows
    ]


def _places(session: Session, ids: Collection[int]) -> dict[int, list[Place]]:
    mine = (
        select(ContactAddress, Closed)
        .outerjoin(Closed, col(Closed.address) == col(ContactAddress.address))
        .where(col(ContactAddress.contact_id).in_(ids))
        .order_by(col(ContactAddress.since), col(ContactAddress.address))
    )
    found: dict[int, list[Place]] = {}
    for row, closed in session.execute(mine):
        found.setdefault(row.contact_id, []).append(Place(row.to, row.since, closed))
    return found


def _in_campaign(session: Session, campaign: Campaign, code: str) -> InCampaign:
    line = [
        (row, _place(session, campaign, row))
        for row in seats.line_of(session, campaign.key, code)
        if row.state == "waiting"
    ]
    happened = select(SeatEvent).where(col(SeatEvent.campaign) == campaign.key, col(SeatEvent.participant) == code)
    return InCampaign(
        campaign,
        status.standing(session, campaign.key, code),
        status.history(session, campaign.key, code),
        seats.seats_of(session, campaign.key, code),
        line,
        session.scalars(happened.order_by(col(SeatEvent.id).desc()).limit(EVENTS)).all(),
        checks.last_checks(session, code, campaign.key, 10),
        checks.last_seen(session, code, campaign.key),
    )


def _place(session: Session, campaign: Campaign, row: Waiting) -> int | None:
    briefing = campaign.briefing.get(row.briefing)
    return seats.place_in_line(session, seats.Rules.of(campaign, briefing), row) if briefing else None


def _name(contact: Contact) -> str | None:
    return None if contact.forgotten_at else contact.name
