"""Seats are given to others, moved to another briefing, and noted as registered where it counts."""

from sqlmodel import Session

from models import seats
from models.seats import (
    AlreadySeated,
    BriefingFull,
    ParticipantFull,
    Seat,
)
from tests import seats_cast
from tests.seats_cast import NOON, OPEN, SMALL, TWO_EACH, Office, named

office = seats_cast.office  # the fixture


async def test_a_swapped_seat_is_the_other_persons_with_a_calendar_entry_of_its_own(office: Office) -> None:
    (seat,) = await office.fill(TWO_EACH, "amy")
    (booked,) = await office.book("amy", TWO_EACH, "R-1")
    done = await office.swap("ben", TWO_EACH, seat, "zoe")
    assert done.before == booked
    assert (done.seat.id, done.seat.number, done.seat.sequence) == (seat.id, 1, 0)
    assert (done.seat.attendee_name, done.seat.attendee_email) == ("Zoe", "zoe@example.com")
    assert done.seat.uid != seat.uid
    assert (done.seat.booked_at, done.seat.booked_reference, done.seat.booked_by) == (None, None, None)
    assert await office.seats(TWO_EACH) == [done.seat]
    assert (await office.events())[-1] == ("swapped", "Zoe")


async def test_the_same_swap_again_changes_nothing(office: Office) -> None:
    (seat,) = await office.fill(TWO_EACH, "amy")
    swapped = (await office.swap("amy", TWO_EACH, seat, "zoe")).seat
    before = await office.everything()
    again = await office.swap("amy", TWO_EACH, seat, "zoe")
    assert (again.seat, again.before) == (swapped, None)
    assert await office.everything() == before


async def test_who_has_a_seat_is_given_no_second_one_by_a_swap_or_a_move(office: Office) -> None:
    amys, bens = await office.fill(TWO_EACH, "amy", "ben")
    refusal = await office.refused(AlreadySeated, office.swapping("amy", TWO_EACH, amys, "ben"))
    assert isinstance(refusal, AlreadySeated)
    assert refusal.seat == bens
    await office.fill(SMALL, "amy")
    await office.refused(AlreadySeated, office.moving("amy", TWO_EACH, SMALL, amys))


async def test_a_moved_seat_keeps_its_calendar_entry_in_a_new_version(office: Office) -> None:
    (seat,) = await office.fill(TWO_EACH, "amy")
    (booked,) = await office.book("amy", TWO_EACH, None)
    done = await office.move("ben", TWO_EACH, SMALL, seat)
    assert done.before == booked
    assert (done.seat.id, done.seat.uid, done.seat.sequence) == (seat.id, seat.uid, 1)
    assert (done.seat.briefing, done.seat.number, done.seat.booked_at) == ("25apr", 1, None)
    assert await office.seats(TWO_EACH) == []
    assert await office.seats(SMALL) == [done.seat]
    await office.take("cid", TWO_EACH, "cid", "dan")  # both places there are free again


async def test_the_same_move_again_changes_nothing(office: Office) -> None:
    (seat,) = await office.fill(TWO_EACH, "amy")
    moved = (await office.move("amy", TWO_EACH, SMALL, seat)).seat
    before = await office.everything()
    for start in (TWO_EACH, SMALL):
        again = await office.move("amy", start, SMALL, seat)
        assert (again.seat, again.before) == (moved, None)
    assert await office.everything() == before


async def test_a_seat_that_finds_no_room_elsewhere_stays_where_it_is(office: Office) -> None:
    (seat,) = await office.fill(TWO_EACH, "amy")
    await office.take("cid", SMALL, "cid", "dan")
    await office.fill(SMALL, "eve")
    await office.refused(BriefingFull, office.moving("amy", TWO_EACH, SMALL, seat))
    full = seats_cast.later(SMALL, limit=0)
    await office.refused(ParticipantFull, office.moving("amy", TWO_EACH, full, seat))


async def test_a_move_counts_the_places_on_both_sides(office: Office) -> None:
    await office.fill(SMALL, "amy", "ben", "cid")
    (seat,) = await office.fill(OPEN, "dan")
    (amys, _, _) = await office.seats(SMALL)
    await office.move("amy", SMALL, OPEN, amys)
    await office.move("dan", OPEN, SMALL, seat)
    assert await office.names(SMALL) == ["Ben", "Cid", "Dan"]
    await office.refused(BriefingFull, office.taking("eve", SMALL))


async def test_the_registration_that_counts_is_noted_and_taken_back_for_all_seats_of_the_participant(
    office: Office,
) -> None:
    await office.fill(TWO_EACH, "amy", "ben", "cid")
    booked = await office.book("ben", TWO_EACH, "R-1")
    assert [(seat.booked_reference, seat.booked_by, seat.booked_at) for seat in booked] == [
        ("R-1", office.ids["ben"], NOON)
    ] * 2
    assert [seat.booked_reference for seat in await office.seats(TWO_EACH)] == ["R-1", "R-1", None]
    back = await office.unbook("amy", TWO_EACH)
    assert [(seat.booked_reference, seat.booked_at) for seat in back] == [(None, None)] * 2
    assert [what for what, _ in await office.events()] == ["held"] * 3 + ["booked"] * 2 + ["unbooked"] * 2


async def test_the_same_note_again_changes_nothing_and_another_reference_corrects_it(office: Office) -> None:
    await office.fill(TWO_EACH, "amy")
    first = await office.book("amy", TWO_EACH, "R-1")
    before = await office.everything()
    assert await office.book("amy", TWO_EACH, "R-1") == first
    assert await office.book("amy", TWO_EACH, None) == first
    assert await office.everything() == before
    (corrected,) = await office.book("amy", TWO_EACH, "R-2")
    assert corrected.booked_reference == "R-2"


async def test_a_second_reference_is_that_of_the_seat_that_had_none(office: Office) -> None:
    await office.fill(TWO_EACH, "amy")
    await office.book("amy", TWO_EACH, "R-1")
    await office.fill(TWO_EACH, "ben")
    assert [seat.booked_reference for seat in await office.book("ben", TWO_EACH, "R-2")] == ["R-1", "R-2"]


async def test_what_is_looked_up_in_the_same_transaction_is_what_was_just_changed(office: Office) -> None:
    (seat,) = await office.fill(TWO_EACH, "amy")

    def look_change_look(session: Session) -> list[str]:
        assert session.get(Seat, seat.id)  # the session remembers it as it was
        office.swapping("amy", TWO_EACH, seat, "zoe")(session)
        office.swapping("amy", TWO_EACH, seat, "max")(session)
        return named(seats.seats_of(session, "spring", "CP1"))

    assert await office.write(look_change_look) == ["Max"]
