"""The line of those who wait for a seat: served in its order, one offer at a time for each free seat."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from models.seats import _statements as statements
from models.seats._desk import Desk
from models.seats._results import Lapsed
from models.seats._room import most_of
from models.seats._rows import Seat, State, Waiting
from models.seats._rules import AlreadySeated, Attendee, Moment, NoSuchSeat, OfferOver, RegistrationClosed, Rules


def wait(session: Session, rules: Rules, participant: str, contact_id: int, attendee: Attendee, at: Moment) -> Waiting:
    """Stand in the line; who stands there already keeps the place. Where a seat is free it is offered at once: the
    state is `offered` then, and the seat is the one with this `waiting_id`.

    Raises `NotAMember`, `RegistrationClosed`, `AlreadySeated`.
    """
    desk = Desk.of(session, rules, at)
    look = desk.look(participant, contact_id)
    for waiting in desk.in_line(participant):
        if waiting.attendee_key in attendee.keys:
            return waiting
    if seat := look.seat_of(attendee):
        raise AlreadySeated(seat)
    if at.now >= rules.closes:
        raise RegistrationClosed
    room = desk.room(rules, look.taken)
    room.serve(desk.line())  # what is free for those ahead is not for this one
    waiting = desk.stand_in_line(participant, contact_id, attendee)
    desk.note("waiting", waiting, contact_id)
    if (until := rules.offer_until(at.now)) and room.left(participant):
        _offer(desk, rules, waiting, until)
        return desk.waiting(waiting.id, participant)
    return waiting


def leave_line(
    session: Session, rules: Rules, waiting_id: int, participant: str, contact_id: int, at: Moment
) -> list[Seat]:
    """Wait no longer, and give up what is on offer: gives the seats that are offered to others now.

    Raises `NotAMember`, and `NoSuchSeat` where nobody of the participant waits there by that number.
    """
    desk = Desk.of(session, rules, at)
    desk.look(participant, contact_id)
    step_out(desk, desk.waiting(waiting_id, participant), contact_id)
    return serve(desk, rules)


def accept(session: Session, rules: Rules, seat_id: int, participant: str, contact_id: int, at: Moment) -> Seat:
    """Take the seat that is on offer. What was accepted before stays as it is. Raises `NotAMember`, `OfferOver`."""
    desk = Desk.of(session, rules, at)
    look = desk.look(participant, contact_id)
    try:
        seat = look.seat(seat_id)
    except NoSuchSeat as gone:
        raise OfferOver from gone
    check_offer(seat, at)
    return take_offer(desk, seat, contact_id)


def offer_next(session: Session, rules: Rules, at: Moment) -> list[Seat]:
    """Offer what is free to those who wait, in their order."""
    return serve(Desk.of(session, rules, at), rules)


def lapse(session: Session, rules: Rules, at: Moment) -> Lapsed:
    """End the offers whose time is over, then offer what is free to the next."""
    desk = Desk.of(session, rules, at)
    lapsed = []
    for seat in desk.overdue():
        desk.take_away(seat)
        desk.note("lapsed", seat, seat.contact_id)
        lapsed.append(desk.settle(desk.waiting(seat.waiting_id, seat.participant), "lapsed"))
    return Lapsed(lapsed, serve(desk, rules))


def stirs(session: Session, rules: Rules, at: Moment) -> bool:
    """Whether `lapse` may have something to do: cheap to ask, again and again."""
    here = {"of_campaign": rules.campaign, "at_briefing": rules.briefing, "now": at.now}
    return bool(session.connection().execute(statements.STIRS, here).scalar())


def place_in_line(session: Session, rules: Rules, waiting: Waiting) -> int:
    """1 for who is next. Counted are those ahead who compete for the same seats and could be offered one."""
    here = {"of_campaign": rules.campaign, "at_briefing": rules.briefing}
    line = statements.copies(Waiting, session.connection().execute(statements.LINE, here).mappings())
    seats = dict(session.connection().execute(statements.HELD, here).all())
    return 1 + sum(_competes(one, waiting, rules, seats) for one in line if (one.id or 0) < (waiting.id or 0))


def serve(desk: Desk, rules: Rules) -> list[Seat]:
    """Offer what is free to those who wait, in their order, where it is the time for that."""
    until = rules.offer_until(desk.at.now)
    line = desk.line() if until else []
    if not until or not line:
        return []
    return [_offer(desk, rules, waiting, until) for waiting in desk.room(rules).serve(line)]


def step_out(desk: Desk, waiting: Waiting, contact_id: int) -> Waiting:
    """Wait no longer, and give up what is on offer."""
    left: Seat | Waiting = waiting
    for seat in desk.seats(waiting.participant):
        if seat.state == State.OFFERED and seat.waiting_id == waiting.id:
            desk.take_away(seat)
            left = seat
    desk.note("left", left, contact_id)
    return desk.settle(waiting, "left")


def check_offer(seat: Seat, at: Moment) -> None:
    """Raises `OfferOver` for a seat that was on offer and is for the next by now, if the clock has not seen it yet."""
    if seat.state == State.OFFERED and seat.offer_until and seat.offer_until <= at.now:
        raise OfferOver


def take_offer(desk: Desk, seat: Seat, contact_id: int) -> Seat:
    """Hold the seat, if it was on offer."""
    if seat.state != State.OFFERED:
        return seat
    held = desk.keep(seat, state=str(State.HELD), offer_until=None, since=desk.at.now)
    desk.settle(desk.waiting(seat.waiting_id, seat.participant), "taken")
    desk.note("accepted", held, contact_id)
    return held


def settle_line(desk: Desk, participant: str, *keys: str) -> None:
    """Who has got a seat in another way waits no longer."""
    for waiting in desk.in_line(participant):
        if waiting.attendee_key in keys:
            desk.settle(waiting, "taken")


def _offer(desk: Desk, rules: Rules, waiting: Waiting, until: datetime) -> Seat:
    offered = {"state": str(State.OFFERED), "offer_until": until, "waiting_id": waiting.id}
    theirs = desk.seats(waiting.participant)
    seat = desk.new_seat(waiting.participant, waiting.contact_id, waiting, theirs, **offered)
    seat = desk.add(seat, "offered", most=most_of(rules))
    desk.settle(waiting, "offered")
    return seat


def _competes(ahead: Waiting, behind: Waiting, rules: Rules, seats: Mapping[str, int]) -> bool:
    """Whether a seat that both could have may be offered to the one ahead."""
    if ahead.participant == behind.participant:
        return True
    return rules.capacity is not None and (rules.limit is None or seats.get(ahead.participant, 0) < rules.limit)
