"""The line is served in its order, a freed seat goes to exactly one, and who waits is passed by nobody."""

from datetime import datetime

import pytest

from models import seats
from models.seats import AlreadySeated, NoSuchSeat, NotAMember, OfferOver, OthersWait, RegistrationClosed, State
from tests import seats_cast
from tests.seats_cast import CLOSES, DAY, HOUR, LATE, NOON, OPEN, SMALL, STARTS, TWO_EACH, Office, at, later, named

office = seats_cast.office  # the fixture

HALF = later(TWO_EACH, limit=1)


async def states(office: Office) -> list[tuple[str, str]]:
    return [(one.attendee_name, one.state) for one in await office.line(SMALL)]


async def test_a_seat_that_is_given_up_is_offered_to_the_next_and_kept_for_them(office: Office) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    first, second = await office.queue(SMALL, "dan", "eve")
    (offered,) = (await office.free("amy", SMALL, seat)).offered
    assert (offered.attendee_name, offered.state, offered.offer_until) == ("Dan", State.OFFERED, NOON + DAY)
    assert (offered.waiting_id, offered.contact_id) == (first.id, office.ids["dan"])
    assert await states(office) == [("Dan", "offered"), ("Eve", "waiting")]
    assert second.state == "waiting"


async def test_the_place_in_the_line_is_kept_by_asking_again(office: Office) -> None:
    await office.fill(SMALL, "amy", "ben", "cid")
    first, _ = await office.queue(SMALL, "dan", "eve")
    before = await office.everything()
    assert await office.wait("cid", SMALL, "dan") == first  # also when a colleague asks
    assert await office.everything() == before


async def test_who_is_offered_a_seat_holds_it_by_accepting_and_again_changes_nothing(office: Office) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "dan")
    (offered,) = (await office.free("amy", SMALL, seat)).offered
    accepted = await office.accept("dan", SMALL, offered)
    assert (accepted.state, accepted.offer_until, accepted.uid) == (State.HELD, None, offered.uid)
    assert await office.line(SMALL) == []
    before = await office.everything()
    assert await office.accept("dan", SMALL, offered) == accepted
    assert await office.everything() == before
    assert await office.events() == [
        ("held", "Amy"), ("held", "Ben"), ("held", "Cid"), ("waiting", "Dan"), ("freed", "Amy"), ("offered", "Dan"),
        ("accepted", "Dan"),
    ]  # fmt: skip


async def test_taking_the_seat_that_is_on_offer_accepts_it(office: Office) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "dan")
    (offered,) = (await office.free("amy", SMALL, seat)).offered
    done = await office.take("dan", SMALL)
    assert ([one.id for one in done.seats], done.new) == ([offered.id], frozenset())
    assert await office.line(SMALL) == []


async def test_an_offer_that_is_over_goes_to_the_next_and_only_then(office: Office) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    first, _ = await office.queue(SMALL, "dan", "eve")
    (offered,) = (await office.free("amy", SMALL, seat)).offered
    office.now = NOON + DAY - HOUR
    before = await office.everything()
    assert await office.lapse(SMALL) == seats.Lapsed([], [])
    assert await office.everything() == before
    office.now = NOON + DAY
    await office.refused(OfferOver, office.accepting("dan", SMALL, offered))  # the clock may not have ticked yet
    await office.refused(OfferOver, office.taking("dan", SMALL))
    done = await office.lapse(SMALL)
    assert [(one.id, one.state, one.settled_at) for one in done.lapsed] == [(first.id, "lapsed", NOON + DAY)]
    assert named(done.offered) == ["Eve"]
    await office.refused(OfferOver, office.accepting("dan", SMALL, offered))
    assert await office.lapse(SMALL) == seats.Lapsed([], [])


async def test_who_let_an_offer_lapse_may_stand_in_line_again_behind_the_others(office: Office) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "dan", "eve")
    await office.free("amy", SMALL, seat)
    office.now = NOON + DAY
    await office.lapse(SMALL)
    again = await office.wait("dan", SMALL)
    assert [one.id for one in await office.line(SMALL)][-1] == again.id


async def test_who_declines_hands_the_seat_to_the_next(office: Office) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    first, _ = await office.queue(SMALL, "dan", "eve")
    (offered,) = (await office.free("amy", SMALL, seat)).offered
    assert named(await office.leave_line("dan", SMALL, first)) == ["Eve"]
    await office.refused(NoSuchSeat, office.leaving_line("dan", SMALL, first))
    await office.refused(NoSuchSeat, office.freeing("dan", SMALL, offered.id or 0))
    assert (await office.events())[-2:] == [("left", "Dan"), ("offered", "Eve")]


async def test_giving_up_the_seat_on_offer_is_leaving_the_line(office: Office) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "dan", "eve")
    (offered,) = (await office.free("amy", SMALL, seat)).offered
    done = await office.free("dan", SMALL, offered)
    assert (done.seat, named(done.offered)) == (offered, ["Eve"])
    assert await states(office) == [("Eve", "offered")]


async def test_who_leaves_the_line_is_offered_nothing(office: Office) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    first, _ = await office.queue(SMALL, "dan", "eve")
    assert await office.leave_line("cid", SMALL, first) == []  # a colleague may see to it
    await office.refused(NoSuchSeat, office.leaving_line("dan", SMALL, first))
    assert named((await office.free("amy", SMALL, seat)).offered) == ["Eve"]


async def test_another_participants_place_in_the_line_is_out_of_reach(office: Office) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    (first,) = await office.queue(SMALL, "dan")
    await office.refused(NoSuchSeat, office.leaving_line("amy", SMALL, first))
    (offered,) = (await office.free("amy", SMALL, seat)).offered
    await office.refused(OfferOver, office.accepting("amy", SMALL, offered))
    await office.refused(NoSuchSeat, office.freeing("eve", SMALL, offered.id or 0))


async def test_a_seat_on_offer_can_be_neither_swapped_nor_moved(office: Office) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "dan")
    (offered,) = (await office.free("amy", SMALL, seat)).offered
    await office.refused(NoSuchSeat, office.swapping("dan", SMALL, offered, "zoe"))
    await office.refused(NoSuchSeat, office.moving("dan", SMALL, OPEN, offered))


async def test_a_freed_place_goes_to_the_first_whose_participant_is_below_its_limit(office: Office) -> None:
    _, _, seat = await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "bob", "eve", "dan")  # Bob's participant has its two seats
    assert await office.places(SMALL) == [1, 1, 2]
    assert named((await office.free("cid", SMALL, seat)).offered) == ["Eve"]


async def test_where_only_the_participants_limit_counts_its_own_line_is_served(office: Office) -> None:
    amys, cids = await office.fill(HALF, "amy", "cid")
    await office.wait("dan", HALF)
    await office.wait("ben", HALF)
    assert await office.places(HALF) == [1, 1]
    assert named((await office.free("amy", HALF, amys)).offered) == ["Ben"]
    assert named((await office.free("cid", HALF, cids)).offered) == ["Dan"]


async def test_who_waits_where_a_seat_is_free_is_offered_it_at_once(office: Office) -> None:
    waiting = await office.wait("amy", TWO_EACH)
    (seat,) = await office.seats(TWO_EACH)
    assert (waiting.state, seat.state, seat.waiting_id) == ("offered", State.OFFERED, waiting.id)


async def test_who_has_a_seat_does_not_wait_for_another(office: Office) -> None:
    await office.fill(TWO_EACH, "amy")
    refusal = await office.refused(AlreadySeated, office.waiting("ben", TWO_EACH, "amy"))
    assert isinstance(refusal, AlreadySeated)
    assert refusal.seat.attendee_name == "Amy"


async def test_nobody_joins_the_line_after_the_closing_or_without_acting_for_the_participant(office: Office) -> None:
    await office.leave("amy")
    await office.refused(NotAMember, office.waiting("amy", TWO_EACH))
    office.now = CLOSES
    await office.refused(RegistrationClosed, office.waiting("ben", TWO_EACH))


async def test_a_newcomer_does_not_pass_who_waits_for_a_free_place(office: Office) -> None:
    seat, _ = await office.fill(LATE, "amy", "cid")
    await office.queue(LATE, "ben", "eve")
    assert (await office.free("amy", LATE, seat)).offered == []  # offers are made on the last day
    await office.refused(OthersWait, office.taking("bob", LATE))  # Ben is ahead of him
    office.now = STARTS - DAY
    assert named((await office.lapse(LATE)).offered) == ["Ben"]


async def test_who_is_first_in_the_line_may_take_what_is_free(office: Office) -> None:
    seat, _ = await office.fill(LATE, "amy", "cid")
    await office.queue(LATE, "ben")
    await office.free("amy", LATE, seat)
    assert (await office.take("ben", LATE)).seats[0].state == State.HELD
    assert await office.line(LATE) == []


async def test_a_newcomer_takes_what_is_left_beyond_those_who_wait(office: Office) -> None:
    large = later(LATE, capacity=3)
    seat, _ = await office.fill(large, "amy", "cid")
    await office.queue(large, "dan", "ben")  # Dan's participant is at its limit
    await office.free("amy", large, seat)
    await office.take("eve", large)
    await office.refused(OthersWait, office.taking("bob", large))


async def test_a_move_does_not_pass_who_waits_there(office: Office) -> None:
    seat, _ = await office.fill(LATE, "amy", "cid")
    (elsewhere,) = await office.fill(OPEN, "bob")
    await office.queue(LATE, "ben")
    await office.free("amy", LATE, seat)
    await office.refused(OthersWait, office.moving("bob", OPEN, LATE, elsewhere))


async def test_a_seat_that_is_moved_away_is_offered_to_the_next(office: Office) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "dan")
    assert named((await office.move("amy", SMALL, OPEN, seat)).offered) == ["Dan"]


async def test_who_gets_a_seat_by_a_swap_waits_no_longer(office: Office) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "bob", "dan")
    await office.swap("amy", SMALL, seat, "bob")
    assert await states(office) == [("Dan", "waiting")]


@pytest.mark.parametrize(("now", "offered"), [(CLOSES - HOUR, ["Dan"]), (CLOSES, [])])
async def test_after_the_closing_nothing_is_offered(office: Office, now: datetime, offered: list[str]) -> None:
    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "dan")
    office.now = now
    assert named((await office.free("amy", SMALL, seat)).offered) == offered


async def test_a_room_that_turns_out_larger_is_offered_to_those_who_wait(office: Office) -> None:
    await office.fill(SMALL, "amy", "ben", "cid")
    await office.queue(SMALL, "bob", "dan", "eve")
    larger = later(SMALL, capacity=5, limit=3)
    await office.refused(OthersWait, office.taking("eve", larger, "zoe"))
    done = await office.store.write(seats.offer_next, larger, at())
    assert named(done) == ["Bob", "Dan"]


async def test_the_clock_is_told_whether_there_is_something_to_do(office: Office) -> None:
    async def stirs() -> bool:
        return await office.store.read(seats.stirs, SMALL, at(office.now))

    (seat, *_) = await office.fill(SMALL, "amy", "ben", "cid")
    assert not await stirs()
    await office.queue(SMALL, "dan")
    assert await stirs()
    await office.free("amy", SMALL, seat)
    assert not await stirs()
    office.now = NOON + DAY
    assert await stirs()
