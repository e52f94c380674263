"""Takes seats and gives them up."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session

from models.seats._desk import Desk, Look
from models.seats._line import check_offer, serve, settle_line, step_out, take_offer
from models.seats._results import Freed, Reserved
from models.seats._room import most_of
from models.seats._rows import Seat, State
from models.seats._rules import (
    Attendee,
    BriefingFull,
    Moment,
    OthersWait,
    ParticipantFull,
    RegistrationClosed,
    Rules,
)


def reserve(
    session: Session, rules: Rules, participant: str, contact_id: int, attendees: Sequence[Attendee], at: Moment
) -> Reserved:
    """Take a seat for each of the attendees, or for none. Who has one there already keeps it: asking twice is once.

    Raises `NotAMember`, `RegistrationClosed`, `ParticipantFull`, `BriefingFull`, `OthersWait`, and `OfferOver` for
    somebody whose offer there is over. What raises has changed nothing.
    """
    desk = Desk.of(session, rules, at, beside=participant)
    look = desk.look(participant, contact_id)
    order = {key: place for place, one in reversed(list(enumerate(attendees))) for key in one.keys}
    had = [seat for seat in look.seats if seat.attendee_key in order]
    for seat in had:
        check_offer(seat, at)
    new = _others(attendees, {seat.attendee_key for seat in had})
    added = _hold(desk, rules, look, new) if new else []
    kept = [take_offer(desk, seat, contact_id) for seat in had]
    seats = sorted(kept + added, key=lambda seat: order[seat.attendee_key])
    return Reserved(seats, frozenset(seat.uid for seat in added))


def free(session: Session, rules: Rules, seat_id: int, participant: str, contact_id: int, at: Moment) -> Freed:
    """Give the seat up, or the offer; what is free then is offered to the next. Allowed until the briefing begins.

    Raises `NotAMember`, `NoSuchSeat` (also where the seat is not at this briefing), `RegistrationClosed`.
    """
    desk = Desk.of(session, rules, at)
    seat = desk.look(participant, contact_id).seat(seat_id)
    if at.now >= rules.starts:
        raise RegistrationClosed
    give_up(desk, seat, contact_id)
    return Freed(seat, serve(desk, rules))


def check_room(desk: Desk, rules: Rules, look: Look, new: Sequence[Attendee]) -> int:
    """How many places may be taken in all; raises where those cannot all have a seat, before anything is changed.

    What is free for those who wait is left to them: only what is free beyond that can be had.
    """
    most = most_of(rules)
    if desk.at.now >= rules.closes:
        raise RegistrationClosed
    if rules.limit is not None and len(look.seats) + len(new) > rules.limit:
        raise ParticipantFull(look.seats, max(0, rules.limit - len(look.seats)))
    if look.taken + len(new) > most:
        raise BriefingFull(max(0, most - look.taken))
    if look.anyone_waits:
        keys = {(look.participant, key) for one in new for key in one.keys}
        room = desk.room(rules, look.taken)
        ahead = room.serve(one for one in desk.line() if (one.participant, one.attendee_key) not in keys)
        if room.left(look.participant) < len(new):
            raise OthersWait
        most -= len(ahead)  # whoever takes seats at the same time cannot pass them either
    return most


def _hold(desk: Desk, rules: Rules, look: Look, new: Sequence[Attendee]) -> list[Seat]:
    most = check_room(desk, rules, look, new)
    try:
        return _hold_up_to(most, desk, look, new)
    except BriefingFull:  # others have taken the last places since that look: the next one tells how it is now
        check_room(desk, rules, desk.look(look.participant, look.contact_id), new)
        raise


def _hold_up_to(most: int, desk: Desk, look: Look, new: Sequence[Attendee]) -> list[Seat]:
    seats: list[Seat] = []
    for one in new:
        seat = desk.new_seat(look.participant, look.contact_id, one, [*look.seats, *seats])
        # The first takes the places of all: whatever the room does not hold, it is found out before anything is kept.
        seats.append(desk.add(seat, "held", 0 if seats else len(new), most))
        if look.anyone_waits:
            settle_line(desk, look.participant, *one.keys)
    return seats


def give_up(desk: Desk, seat: Seat, contact_id: int) -> None:
    """End the seat, or the offer of it."""
    if seat.state == State.OFFERED:
        step_out(desk, desk.waiting(seat.waiting_id, seat.participant), contact_id)
        return
    desk.take_away(seat)
    desk.note("freed", seat, contact_id)


def _others(attendees: Iterable[Attendee], keys: set[str]) -> list[Attendee]:
    """Those who are not known by one of the keys, each of them once."""
    others = []
    for one in attendees:
        if keys.isdisjoint(one.keys):
            others.append(one)
        keys = keys.union(one.keys)
    return others
