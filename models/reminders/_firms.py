"""Sees what is open for which participant: tasks that nobody said are done, and seats."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select as columns
from sqlmodel import Session, col

from models.campaign import Reminder as Rule
from models.seats import Seat, State
from models.status import closed_tasks


class Held(NamedTuple):
    """A seat: at which briefing, whose name it is in, who registered it here, and whether also where it counts."""

    briefing: str
    name: str
    contact_id: int
    registered: bool


@dataclass(frozen=True)
class Firms:
    """How some participants stand in one campaign at one moment."""

    done: Collection[tuple[str, str]]
    seats: Mapping[str, Sequence[Held]]

    def concerns(self, rule: Rule, participant: str, contact_id: int | None = None) -> bool:
        """Whether the rule has anything to remind them of; of a coming briefing only who has to do with a seat."""
        who = rule.whom.who
        if who == "all":
            return True
        if who == "open":
            return bool(self.open_tasks(rule, participant))
        seats = self.seats_of(rule, participant)
        if who == "no-seat":
            return not seats
        if who == "seat-unregistered":
            return bool(seats)
        return bool(seats) if contact_id is None else any(seat.contact_id == contact_id for seat in seats)

    def open_tasks(self, rule: Rule, participant: str) -> list[str]:
        return [task for task in rule.whom.keys if (participant, task) not in self.done]

    def seats_of(self, rule: Rule, participant: str) -> list[Held]:
        """Those that the rule speaks of; of `seat-unregistered` those that are not registered where it counts."""
        if participant not in self.seats:  # most of them, and thousands are asked about
            return []
        which = rule.whom.keys
        unregistered = rule.whom.who == "seat-unregistered"
        return [
            seat
            for seat in self.seats.get(participant, ())
            if (not which or seat.briefing in which) and not (unregistered and seat.registered)
        ]


def firms(session: Session, campaign: str, participants: Collection[str]) -> Firms:
    """How these participants stand. Of several thousand ask for a part at a time."""
    return Firms(closed_tasks(session, campaign, list(participants)), _seats(session, campaign, participants))


def _seats(session: Session, campaign: str, participants: Collection[str]) -> dict[str, list[Held]]:
    found: dict[str, list[Held]] = defaultdict(list)
    seats = (
        columns(
            col(Seat.participant),
            col(Seat.briefing),
            col(Seat.attendee_name),
            col(Seat.contact_id),
            col(Seat.booked_at).is_not(None),
        )
        .where(
            col(Seat.campaign) == campaign, col(Seat.state) == str(State.HELD), col(Seat.participant).in_(participants)
        )
        .order_by(col(Seat.briefing), col(Seat.number))
    )
    for participant, briefing, name, contact_id, registered in session.connection().execute(seats):
        found[participant].append(Held(briefing, name, contact_id, registered))
    return found
