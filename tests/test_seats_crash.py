"""What is cut off in the middle, by an error or by the end of its process, leaves nothing half done."""

import asyncio
from collections.abc import Callable
from itertools import count

import pytest
from sqlalchemy import event
from sqlmodel import Session

from models import seats
from models.seats import Attendee
from models.store import Store
from tests import seats_cast
from tests.seats_cast import DAY, LATE, NOON, OPEN, SMALL, STARTS, TWO_EACH, Office, assert_whole, at, people
from tests.seats_program import DONE, firms, program, start_together

office = seats_cast.office  # the fixture


class Cut(Exception):  # noqa: N818 - named after the situation
    """The power fails here."""


def cut_at(statement: int, do: Callable[[Session], object]) -> Callable[[Session], object]:
    """Do it up to that statement, and no further."""

    def do_in_part(session: Session) -> object:
        connection, statements = session.connection(), count(1)

        def cut(*_: object) -> None:
            if next(statements) == statement:
                raise Cut

        event.listen(connection, "before_cursor_execute", cut)
        try:
            return do(session)
        finally:
            event.remove(connection, "before_cursor_execute", cut)

    return do_in_part


async def whole_or_nothing(office: Office, do: Callable[[Session], object]) -> None:
    """Cut it off at every statement, one after the other, until it is done."""
    before = await office.everything()
    for statement in count(1):
        try:
            await office.write(cut_at(statement, do))
        except Cut:
            assert await office.everything() == before, f"cut off at statement {statement}"
        else:
            break
    assert statement > 3
    assert await office.everything() != before


async def test_a_registration_is_whole_or_nothing(office: Office) -> None:
    await whole_or_nothing(office, office.taking("amy", TWO_EACH, "amy", "ben"))


async def test_giving_up_with_the_offer_that_follows_is_whole_or_nothing(office: Office) -> None:
    seat, *_ = await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "dan")
    await whole_or_nothing(office, office.freeing("amy", SMALL, seat.id or 0))


async def test_a_swap_is_whole_or_nothing(office: Office) -> None:
    seat, *_ = await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "bob")
    await whole_or_nothing(office, office.swapping("amy", SMALL, seat, "bob"))


async def test_a_move_with_the_offer_that_follows_is_whole_or_nothing(office: Office) -> None:
    seat, *_ = await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "dan")
    await whole_or_nothing(office, office.moving("amy", SMALL, OPEN, seat))


async def test_standing_in_line_with_an_offer_at_once_is_whole_or_nothing(office: Office) -> None:
    await whole_or_nothing(office, office.waiting("amy", TWO_EACH))


async def test_accepting_declining_and_lapsing_are_whole_or_nothing(office: Office) -> None:
    seat, *_ = await office.fill(SMALL, "amy", "ben", "cid")
    first, _, _ = [await office.wait(*who) for who in (("dan", SMALL), ("eve", SMALL), ("dan", SMALL, "zoe"))]
    await office.free("amy", SMALL, seat)
    await whole_or_nothing(office, office.leaving_line("dan", SMALL, first))
    office.now = NOON + DAY
    await whole_or_nothing(office, lambda session: seats.lapse(session, SMALL, at(office.now)))
    (offered,) = [one for one in await office.seats(SMALL) if one.waiting_id]
    await whole_or_nothing(office, office.accepting("dan", SMALL, offered))


async def test_leaving_the_participant_is_whole_or_nothing(office: Office) -> None:
    await office.fill(LATE, "amy", "eve")
    await office.queue(LATE, "ben", "cid")
    await office.take("eve", TWO_EACH, "zoe", "max")
    office.now = STARTS - DAY
    await whole_or_nothing(office, office.leaving("eve"))


@pytest.mark.parametrize("statement", [4, 5, 6, 7, 9, 99])
async def test_a_copy_that_is_killed_in_the_middle_leaves_no_half_registration(
    store: Store, database_url: str, statement: int
) -> None:
    await store.write(people, firms(DONE + 1))
    copy = program(database_url, "killed", statement)
    assert await asyncio.to_thread(start_together, [copy]) == ["begun\n"]
    assert copy.returncode < 0  # it was killed, and did not end by itself
    await assert_whole(store, 2 * DONE)
    again = Attendee("one", "one@x.hk"), Attendee("two", "two@x.hk")
    await store.write(seats.reserve, OPEN, f"F{DONE:03}", DONE + 1, again, at())  # and nothing is in the way
