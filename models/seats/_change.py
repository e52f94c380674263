"""Gives a seat to another attendee, takes it to another briefing, and notes that it was registered where it counts."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from models.seats._desk import Desk, Look, hold_still, lowest, named, new_uid
from models.seats._line import serve, settle_line
from models.seats._reserve import check_room
from models.seats._results import Moved, Swapped
from models.seats._rows import Seat, State
from models.seats._rules import AlreadySeated, Attendee, Moment, NoSuchSeat, RegistrationClosed, Rules

_NOT_BOOKED = {"booked_reference": None, "booked_by": None, "booked_at": None}


def swap(
    session: Session, rules: Rules, seat_id: int, participant: str, contact_id: int, attendee: Attendee, at: Moment
) -> Swapped:
    """Give the seat to another attendee, with a calendar uid of its own; the booked mark is taken off.

    Raises `NotAMember`, `NoSuchSeat`, `RegistrationClosed`, `AlreadySeated`.
    """
    desk = Desk.of(session, rules, at)
    look = desk.look(participant, contact_id)
    seat, theirs = _held(look, seat_id), look.seat_of(attendee)
    if theirs and theirs.id == seat.id:
        return Swapped(seat, None)
    if theirs:
        raise AlreadySeated(theirs)
    if at.now >= rules.closes:
        raise RegistrationClosed
    new = {"uid": new_uid(), "sequence": 0, "contact_id": contact_id, "since": at.now}
    swapped = desk.keep(seat, **named(attendee), **new, **_NOT_BOOKED)
    desk.note("swapped", swapped, contact_id, seat.uid)
    settle_line(desk, participant, *attendee.keys)
    return Swapped(swapped, seat)


def move(
    session: Session, rules_from: Rules, rules_to: Rules, seat_id: int, participant: str, contact_id: int, at: Moment
) -> Moved:
    """Take the seat to another briefing, or leave it as it is. The uid stays, with the next sequence number; the
    booked mark is taken off; what is free then is offered to the next.

    Raises `NotAMember`, `NoSuchSeat`, `AlreadySeated`, and what `reserve` raises for the other briefing.
    """
    hold_still(session, [_place(rules_from), _place(rules_to)])
    here, there = Desk.of(session, rules_from, at), Desk.of(session, rules_to, at)
    beyond = there.look(participant, contact_id)
    if any(seat.id == seat_id for seat in beyond.seats):
        return Moved(_held(beyond, seat_id), None)
    seat = _held(here.look(participant, contact_id), seat_id)
    there.take(1, _room_beyond(there, rules_from, rules_to, beyond, seat))
    new = {"number": lowest(beyond.seats), "sequence": seat.sequence + 1, "since": at.now}
    moved = there.keep(seat, campaign=rules_to.campaign, briefing=rules_to.briefing, **new, **_NOT_BOOKED)
    here.give_back()
    there.note("moved", moved, contact_id, rules_from.briefing)
    settle_line(there, participant, seat.attendee_key)
    return Moved(moved, seat, serve(here, rules_from))


def book(
    session: Session, campaign: str, briefing: str, participant: str, contact_id: int, reference: str | None, at: Moment
) -> list[Seat]:
    """Note that the participant's seats were registered where it counts; gives all that are held. Raises `NotAMember`.

    Where all were noted before, another reference takes the place of theirs.
    """
    desk = Desk(session, campaign, briefing, at)
    look = desk.look(participant, contact_id)
    held = _all_held(look)
    news = [seat for seat in held if seat.booked_at is None]
    if not news and reference:
        news = [seat for seat in held if seat.booked_reference != reference]
    booked = {"booked_reference": reference, "booked_by": contact_id, "booked_at": at.now}
    return _mark(desk, "booked", look, news, booked)


def unbook(session: Session, campaign: str, briefing: str, participant: str, contact_id: int, at: Moment) -> list[Seat]:
    """Take that note back; gives all seats that are held. Raises `NotAMember`."""
    desk = Desk(session, campaign, briefing, at)
    look = desk.look(participant, contact_id)
    return _mark(desk, "unbooked", look, [seat for seat in _all_held(look) if seat.booked_at], _NOT_BOOKED)


def _place(rules: Rules) -> tuple[str, str]:
    return rules.campaign, rules.briefing


def _held(look: Look, seat_id: int) -> Seat:
    """What is only on offer can be accepted or given up, and nothing else. Raises `NoSuchSeat`."""
    seat = look.seat(seat_id)
    if seat.state != State.HELD:
        raise NoSuchSeat
    return seat


def _all_held(look: Look) -> list[Seat]:
    return [seat for seat in look.seats if seat.state == State.HELD]


def _room_beyond(there: Desk, rules_from: Rules, rules_to: Rules, beyond: Look, seat: Seat) -> int:
    """How many places may be taken there, or raise what keeps the seat where it is."""
    if there.at.now >= rules_from.starts:
        raise RegistrationClosed
    for one in beyond.seats:
        if one.attendee_key == seat.attendee_key:
            raise AlreadySeated(one)
    return check_room(there, rules_to, beyond, [Attendee(seat.attendee_name, seat.attendee_key)])


def _mark(desk: Desk, what: str, look: Look, news: list[Seat], mark: Mapping[str, Any]) -> list[Seat]:
    """Keep the mark on those for whom it is new, and give all of them as they are now."""
    marked = {seat.id: desk.keep(seat, **mark) for seat in news}
    for seat in marked.values():
        desk.note(what, seat, look.contact_id, seat.booked_reference)
    return [marked.get(seat.id, seat) for seat in _all_held(look)]
