"""Lists everybody who has a seat or waits for one, as at one moment, however many they are."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, literal, null, select, union_all
from sqlmodel import Session, col

from models.campaign import Campaign
from models.contacts import Contact
from models.participants import Participant
from models.seats import _statements as statements
from models.seats._rows import Seat, Waiting


class Listed(NamedTuple):
    """A seat, or with `place` a place in the line, as it is told to those who wait. Times are campaign time.

    `held_by` is who registered it; who has no name, or was forgotten, has None. Who waits and acts for the participant
    no longer has no place: None, and the state `waiting`.
    """

    briefing: str
    participant: str
    participant_name: str
    attendee_name: str
    attendee_email: str | None
    held_by: str | None
    since: datetime
    state: str
    offer_until: datetime | None
    booked_reference: str | None
    booked_at: datetime | None
    place: int | None


def listed(session: Session, campaign: Campaign, at_once: int = 1000) -> Iterator[Listed]:
    """The seats of each briefing by participant and number, then its line; a few rows at a time are in memory.

    It is one question to the database, so nobody who gets a seat meanwhile is listed twice or not at all.
    """
    both = union_all(_seats(campaign.key), _line(campaign.key)).order_by("briefing", "waits", "sorted_by", "number")
    rows = session.connection().execute(both.execution_options(yield_per=at_once))
    for briefing, here in groupby(rows, attrgetter("briefing")):
        yield from _with_places(campaign, briefing, here)


def _with_places(campaign: Campaign, key: str, rows: Iterable[Row[Any]]) -> Iterator[Listed]:
    """Counts as `place_in_line` does, but for the whole line in one pass: the seats come first."""
    briefing = campaign.briefing.get(key)
    limit, capacity = (briefing.limit, briefing.capacity) if briefing else (None, None)
    seats: Counter[str] = Counter()
    own: Counter[str] = Counter()  # those ahead who are of the same participant
    able = 0  # those ahead, of any participant, who could be offered a seat
    for row in rows:
        seats[row.participant] += not row.waits
        place = None
        if row.waits and row.stands:
            full = limit is not None and seats[row.participant] >= limit
            place = 1 + (own[row.participant] if capacity is None else able + full * own[row.participant])
            own[row.participant] += 1
            able += not full
        yield Listed._make((*row[: len(Listed._fields) - 1], place))


def _seats(campaign: str) -> Select[*tuple[Any, ...]]:
    booked = col(Seat.offer_until), col(Seat.booked_reference), col(Seat.booked_at)
    sorting: tuple[Any, ...] = (
        literal(0).label("waits"),
        literal(True).label("stands"),
        col(Seat.participant).label("sorted_by"),
    )
    return _of(Seat, campaign, *booked, *sorting, col(Seat.number).label("number"))


def _line(campaign: str) -> Select[*tuple[Any, ...]]:
    booked = null().label("offer_until"), null().label("booked_reference"), null().label("booked_at")
    sorting: tuple[Any, ...] = (
        literal(1).label("waits"),
        statements.STILL_THERE.label("stands"),
        literal("").label("sorted_by"),
    )
    waiting = _of(Waiting, campaign, *booked, *sorting, col(Waiting.id).label("number"))
    return waiting.where(col(Waiting.state) == "waiting")  # what is on offer is listed as a seat


def _of(kind: type[Seat] | type[Waiting], campaign: str, *more: Any) -> Select[*tuple[Any, ...]]:
    held_by = select(col(Contact.name)).where(
        col(Contact.id) == col(kind.contact_id), col(Contact.forgotten_at).is_(None)
    )
    told: tuple[Any, ...] = (
        col(kind.briefing), col(kind.participant), col(Participant.name).label("participant_name"),
        col(kind.attendee_name), col(kind.attendee_email), held_by.scalar_subquery().label("held_by"),
        col(kind.since), col(kind.state),
    )  # fmt: skip
    theirs = select(*told, *more).join(Participant, col(Participant.code) == col(kind.participant))
    return theirs.where(col(kind.campaign) == campaign)
