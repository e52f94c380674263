"""What must never be otherwise, whatever was done to the seats, and in whatever order."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from models.contacts import Membership
from models.seats import Places, Rules, Seat, SeatEvent, Waiting


@dataclass(frozen=True)
class Kept:
    """All rows, and how many places are counted as taken."""

    seats: list[Seat]
    line: list[Waiting]
    events: list[SeatEvent]
    taken: dict[str, int]
    members: set[tuple[str, int]]


def everything(session: Session) -> Kept:
    return Kept(
        list(session.exec(select(Seat).order_by(col(Seat.id)))),
        list(session.exec(select(Waiting).order_by(col(Waiting.id)))),
        list(session.exec(select(SeatEvent).order_by(col(SeatEvent.id)))),
        {row.briefing: row.taken for row in session.exec(select(Places))},
        {(row.participant, row.contact_id) for row in session.exec(select(Membership)) if row.until is None},
    )


def chairs_of(rows: list[Seat], names: dict[int, str]) -> list[tuple[Any, ...]]:
    return [
        (row.id, row.briefing, row.participant, row.number, row.attendee_name.lower(), names[row.contact_id],
         row.offer_until, row.waiting_id, row.sequence, row.booked_reference, row.booked_at is not None)
        for row in rows
    ]  # fmt: skip


def assert_nothing_is_broken(kept: Kept, rules_of: Mapping[str, Rules]) -> None:
    """No more seats than there are, each with a member who holds it, one for each offer, and all of it written down."""
    taken = Counter(seat.briefing for seat in kept.seats)
    own = Counter((seat.briefing, seat.participant) for seat in kept.seats)
    for key, rules in rules_of.items():
        assert taken[key] == kept.taken.get(key, 0) <= (rules.capacity or taken[key])
        assert all(count <= (rules.limit or count) for (hall, _), count in own.items() if hall == key)
    assert {(seat.participant, seat.contact_id) for seat in kept.seats} <= kept.members
    offered = {seat.waiting_id for seat in kept.seats if seat.state == "offered"}
    assert offered == {one.id for one in kept.line if one.state == "offered"}
    assert len(offered) == sum(seat.state == "offered" for seat in kept.seats)
    assert {seat.uid for seat in kept.seats} == set(replayed(kept.events))


def replayed(events: list[SeatEvent]) -> dict[str, str]:
    """The seats that there must be if all that is written down happened: each one's uid, and where it is."""
    there: dict[str, str] = {}
    for one in events:
        if one.what == "swapped":
            there.pop(one.note or "")
        if one.what in {"held", "offered", "swapped", "moved"}:
            there[one.uid or ""] = one.briefing
        elif one.what in {"freed", "lapsed", "left"} and one.uid:
            there.pop(one.uid)
    return there
