"""Who no longer acts for a participant holds none of its seats, whatever happens at the same instant."""

import asyncio
from collections.abc import Callable

import pytest
from sqlmodel import Session

from models import seats
from models.contacts import Contact
from models.seats import HandedOver, NotAMember, State
from models.store import Store
from tests import seats_cast
from tests.seats_cast import LATE, OPEN, SMALL, TWO_EACH, Office, at, both_at_once, named

office, other_store = seats_cast.office, seats_cast.other_store  # the fixtures


async def test_ones_own_seat_is_freed_and_those_held_for_colleagues_go_to_who_was_enrolled_first(
    office: Office,
) -> None:
    await office.take("amy", TWO_EACH, "contact", "zoe")
    await office.store.write(lambda session: _set_email(session, office.ids["amy"], "contact@example.com"))
    done = await office.leave("amy")
    assert (named(done.freed), named(done.given)) == (["Contact"], ["Zoe"])
    assert [(seat.attendee_name, seat.contact_id) for seat in await office.seats(TWO_EACH)] == [
        ("Zoe", office.ids["ben"])
    ]
    assert (await office.events())[-2:] == [("freed", "Contact"), ("given", "Zoe")]


async def test_a_seat_of_ones_own_is_freed_also_where_a_colleague_holds_it(office: Office) -> None:
    itself = seats.Attendee("Amy", contact_id=office.ids["amy"])
    await office.store.write(seats.reserve, TWO_EACH, "CP1", office.ids["ben"], [itself], at())
    assert named((await office.leave("amy")).freed) == ["Amy"]
    assert await office.seats(TWO_EACH) == []


async def test_the_last_one_who_leaves_leaves_no_seat_and_no_place_in_a_line(office: Office) -> None:
    await office.take("eve", SMALL, "zoe")
    await office.fill(SMALL, "amy", "ben")
    await office.wait("eve", SMALL, "max")
    done = await office.leave("eve")
    assert (named(done.freed), named(done.left), done.given, done.passed_on) == (["Zoe"], ["Max"], [], [])
    assert await office.names(SMALL) == ["Amy", "Ben"]
    assert await office.line(SMALL) == []


async def test_what_is_freed_is_offered_to_the_next_but_not_to_who_leaves(office: Office) -> None:
    await office.take("eve", SMALL, "zoe")
    await office.fill(SMALL, "amy", "ben")
    await office.queue(SMALL, "eve", "dan")
    assert named((await office.leave("eve")).offered) == ["Dan"]


async def test_in_the_line_ones_own_place_is_left_and_a_colleagues_goes_to_who_was_enrolled_first(
    office: Office,
) -> None:
    await office.fill(SMALL, "amy", "ben", "eve")
    await office.store.write(lambda session: _set_email(session, office.ids["cid"], "cid@example.com"))
    await office.wait("cid", SMALL)
    kept = await office.wait("cid", SMALL, "zoe")
    done = await office.leave("cid")
    assert (named(done.left), named(done.passed_on)) == (["Cid"], ["Zoe"])
    assert [(one.id, one.contact_id) for one in await office.line(SMALL)] == [(kept.id, office.ids["dan"])]


async def test_an_offer_for_a_colleague_stays_on_offer_in_other_hands(office: Office) -> None:
    seat, *_ = await office.fill(SMALL, "amy", "ben", "eve")
    await office.wait("cid", SMALL, "zoe")
    await office.free("amy", SMALL, seat)
    done = await office.leave("cid")
    assert (named(done.passed_on), done.given, done.freed, done.left) == (["Zoe"], [], [], [])
    (offered,) = [seat for seat in await office.seats(SMALL) if seat.state == State.OFFERED]
    assert offered.contact_id == office.ids["dan"]
    assert (await office.accept("dan", SMALL, offered)).state == State.HELD


async def test_leaving_again_changes_nothing(office: Office) -> None:
    await office.fill(TWO_EACH, "amy")
    await office.leave("amy")
    before = await office.everything()
    assert await office.leave("amy") == HandedOver()
    assert await office.everything() == before


async def test_seats_of_a_campaign_that_is_no_longer_served_are_handed_over_too(office: Office) -> None:
    await office.fill(TWO_EACH, "eve")
    done = await office.store.write(seats.hand_over, {}, office.ids["eve"], "CP3", at())
    assert named(done.freed) == ["Eve"]


@pytest.mark.parametrize("leaves_first", [True, False])
async def test_who_leaves_while_taking_a_seat_holds_none(
    office: Office, other_store: Store, leaves_first: bool
) -> None:
    """Whichever comes first, the other one has to wait for it."""
    taking: Callable[[Session], object] = office.taking("eve", TWO_EACH)
    leaving: Callable[[Session], object] = office.leaving("eve")
    first, second = (leaving, taking) if leaves_first else (taking, leaving)
    results = await both_at_once(office.store, first, other_store, second)
    assert await office.seats(TWO_EACH) == []
    assert isinstance(results[1], NotAMember) == leaves_first


async def test_a_seat_is_not_handed_to_somebody_who_leaves_at_the_same_instant(
    office: Office, other_store: Store
) -> None:
    await office.take("cid", TWO_EACH, "zoe")
    await both_at_once(office.store, office.leaving("cid"), other_store, office.leaving("dan"))
    assert await office.seats(TWO_EACH) == []


async def test_nothing_is_offered_to_somebody_who_leaves_at_the_same_instant(
    office: Office, other_store: Store
) -> None:
    seat, _ = await office.fill(LATE, "amy", "cid")
    await office.queue(LATE, "eve", "ben")
    office.now = LATE.offers_from or office.now
    freeing = office.freeing("amy", LATE, seat.id or 0)
    await both_at_once(office.store, freeing, other_store, office.leaving("eve"))
    assert [(one.attendee_name, one.state) for one in await office.seats(LATE)] == [("Ben", "offered"), ("Cid", "held")]


async def test_people_who_leave_move_and_take_at_once_never_wait_for_each_other_for_ever(
    office: Office, other_store: Store
) -> None:
    mine, theirs = await office.fill(OPEN, "amy", "cid")
    other = Office(other_store, office.ids)
    back, forth = office.moving("amy", OPEN, TWO_EACH, mine), other.moving("cid", TWO_EACH, OPEN, theirs)
    for _ in range(10):
        done = await asyncio.gather(
            *(store.write(do) for store, do in ((office.store, back), (other_store, forth))),
            office.store.write(office.moving("amy", TWO_EACH, OPEN, mine)),
            other_store.write(office.moving("cid", OPEN, TWO_EACH, theirs)),
            office.store.write(office.leaving("eve")),
            return_exceptions=True,
        )
        assert {type(one) for one in done} <= {seats.Moved, seats.NoSuchSeat, HandedOver}
    assert len(await office.seats(OPEN)) + len(await office.seats(TWO_EACH)) == 2


def _set_email(session: Session, contact_id: int, email: str) -> None:
    contact = session.get_one(Contact, contact_id)
    contact.email = email
    session.add(contact)
