"""What becomes of the seats of somebody who no longer acts for a participant."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models.contacts import Contact, Membership
from models.seats._desk import Desk, hold_still
from models.seats._line import serve, step_out
from models.seats._reserve import give_up
from models.seats._results import HandedOver
from models.seats._rows import Seat, State, Waiting
from models.seats._rules import Moment, Rules


@dataclass(frozen=True)
class _Leaving:
    """Who leaves which participant; `keys` are those that they are known by as an attendee."""

    contact_id: int
    participant: str
    keys: frozenset[str]
    heir: int | None

    def ends(self, one: Seat | Waiting) -> bool:
        """Whether it is their own, or there is nobody else to have it."""
        return one.attendee_key in self.keys or (one.contact_id == self.contact_id and self.heir is None)


def hand_over(
    session: Session, rules: Mapping[tuple[str, str], Rules], contact_id: int, participant: str, at: Moment
) -> HandedOver:
    """Free the seats in which the contact was to sit; give those held for colleagues to the member enrolled longest.

    Likewise in the line. Without another member all of them are freed. Belongs into the transaction that ends the
    membership; `rules` are those of every briefing, by campaign and briefing, so that none is taken meanwhile.
    """
    done = HandedOver()
    places = sorted({*rules, *_places(session, participant)})
    hold_still(session, places)
    leaving = _leaving(session, contact_id, participant)  # not before: others may have left until then
    for place in places:
        desk = Desk(session, *place, at)
        _hand_over_line(desk, leaving, done)
        _hand_over_seats(desk, leaving, done)
        if place in rules:
            done.offered.extend(serve(desk, rules[place]))
    return done


def _places(session: Session, participant: str) -> set[tuple[str, str]]:
    """Where the participant has seats, also where a campaign is no longer served."""
    return {
        place
        for kind in (Seat, Waiting)
        for place in session.exec(
            select(kind.campaign, kind.briefing).where(kind.participant == participant).distinct()
        )
    }


def _leaving(session: Session, contact_id: int, participant: str) -> _Leaving:
    email = session.exec(select(Contact.email).where(Contact.id == contact_id)).first()
    keys = {f"contact:{contact_id}", *([email.casefold()] if email else ())}
    others = select(Membership.contact_id).where(
        Membership.participant == participant,
        col(Membership.contact_id) != contact_id,
        col(Membership.until).is_(None),
    )
    heir = session.exec(others.order_by(col(Membership.since), col(Membership.id))).first()
    return _Leaving(contact_id, participant, frozenset(keys), heir)


def _hand_over_line(desk: Desk, leaving: _Leaving, done: HandedOver) -> None:
    """Also what is on offer: whoever waits for it has it with the place in the line."""
    for waiting in desk.in_line(leaving.participant):
        if leaving.ends(waiting):
            done.left.append(step_out(desk, waiting, leaving.contact_id))
        elif waiting.contact_id == leaving.contact_id:
            done.passed_on.append(desk.keep_waiting(waiting, contact_id=leaving.heir))
            desk.note("given", waiting, leaving.contact_id, f"contact:{leaving.heir}")


def _hand_over_seats(desk: Desk, leaving: _Leaving, done: HandedOver) -> None:
    for seat in desk.seats(leaving.participant):
        if leaving.ends(seat):
            give_up(desk, seat, leaving.contact_id)
            done.freed.append(seat)
        elif seat.contact_id == leaving.contact_id:
            given = desk.keep(seat, contact_id=leaving.heir)
            if seat.state == State.HELD:  # what is on offer was noted with its place in the line
                done.given.append(given)
                desk.note("given", given, leaving.contact_id, f"contact:{leaving.heir}")
