"""Finds the participants of whom nobody can be reached, why, and what they would be reminded of next."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from models.contacts import ContactAddress
from models.participants import Participant, participants
from models.reach import Closed
from models.reminders._people import crowd
from models.reminders._reach import people_of, reach_of, rooms
from models.reminders._timetable import Moment, Timetable

_PART = 2000  # participants at a time


@dataclass(frozen=True)
class Silent:
    """A participant that nobody can be reached of: how many people it has, why their addresses are closed, and what is
    due to it next.
    """

    participant: Participant
    people: int
    reasons: Sequence[str]
    due: Moment | None


def silent(session: Session, timetable: Timetable, channels: Collection[str], now: datetime) -> list[Silent]:
    """All of them, those first to whom something is due soonest, then by their codes. Campaign time."""
    every = {one.code: one for one in participants(session)}
    own = rooms(session)
    found: list[Silent] = []
    codes = [code for code in every if code not in own]
    for at in range(0, len(codes), _PART):
        part = codes[at : at + _PART]
        people = people_of(session, part)
        reach = reach_of(session, [one for ids in people.values() for one in ids], channels)
        unreached = [code for code in part if not any(map(reach.reaches, people.get(code, ())))]
        why = _closed(session, [one for code in unreached for one in people.get(code, ())])
        due = dict(_next(session, timetable, unreached, now))
        for code in unreached:
            reasons = list(dict.fromkeys(reason for one in people.get(code, ()) for reason in why.get(one, ())))
            found.append(Silent(every[code], len(people.get(code, ())), reasons, due.get(code)))
    return sorted(found, key=lambda one: (one.due is None, one.due.until if one.due else now, one.participant.code))


def _next(session: Session, timetable: Timetable, codes: Sequence[str], now: datetime) -> Iterator[tuple[str, Moment]]:
    """What each of them has open now that it would be reminded of, else the first that comes."""
    moments = [
        moment for key in timetable.campaigns for moment in (*timetable.current(key, now), *timetable.ahead(key, now))
    ]
    if not moments or not codes:
        return
    moments.sort(key=lambda moment: moment.at)
    seen = crowd(session, {}, moments, (), codes)
    for code in codes:
        if first := next((one for one in moments if seen.concerns(code, one)), None):
            yield code, first


def _closed(session: Session, contact_ids: Collection[int]) -> Mapping[int, Sequence[str]]:
    """Why their addresses are closed."""
    mine = (
        select(ContactAddress.contact_id, Closed.reason)
        .join(Closed, col(Closed.address) == col(ContactAddress.address))
        .where(col(ContactAddress.contact_id).in_(contact_ids))
    )
    found: dict[int, list[str]] = {}
    for contact_id, reason in session.connection().execute(mine):
        found.setdefault(contact_id, []).append(reason)
    return found
