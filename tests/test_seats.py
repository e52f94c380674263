"""Seats are taken and given up, and nobody gets more than the rules of the briefing allow."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from models import seats
from models.campaign import load
from models.seats import (
    Attendee,
    BriefingFull,
    NoSuchSeat,
    NotAMember,
    ParticipantFull,
    RegistrationClosed,
    Rules,
    State,
)
from tests import seats_cast
from tests.seats_cast import CLOSES, DAY, HOUR, LATE, NOON, OPEN, SMALL, STARTS, TWO_EACH, Office, at

office = seats_cast.office  # the fixture


async def test_a_seat_is_held_for_each_of_those_who_were_named(office: Office) -> None:
    done = await office.take("amy", TWO_EACH, "amy", "ben")
    assert [(seat.number, seat.attendee_name, seat.state, seat.contact_id) for seat in done.seats] == [
        (1, "Amy", State.HELD, office.ids["amy"]),
        (2, "Ben", State.HELD, office.ids["amy"]),
    ]
    assert done.new == {seat.uid for seat in done.seats}
    assert await office.seats(TWO_EACH) == done.seats
    assert await office.events() == [("held", "Amy"), ("held", "Ben")]


async def test_asking_twice_is_one_booking(office: Office) -> None:
    first = await office.take("amy", TWO_EACH, "amy", "ben")
    before = await office.everything()
    again = await office.take("ben", TWO_EACH, "ben", "amy", "ben")
    assert (again.seats, again.new) == (first.seats[::-1], frozenset())
    assert await office.everything() == before


async def test_who_has_a_seat_and_asks_for_a_colleague_too_gets_the_one_that_is_missing(office: Office) -> None:
    (mine,) = (await office.take("amy", TWO_EACH)).seats
    done = await office.take("amy", TWO_EACH, "amy", "ben")
    assert done.seats[0] == mine
    assert done.new == {done.seats[1].uid}


async def test_a_third_seat_is_refused_with_who_holds_the_two(office: Office) -> None:
    held = (await office.take("amy", TWO_EACH, "amy", "ben")).seats
    refusal = await office.refused(ParticipantFull, office.taking("bob", TWO_EACH))
    assert isinstance(refusal, ParticipantFull)
    assert (refusal.seats, refusal.free) == (held, 0)


async def test_three_at_once_are_refused_whole(office: Office) -> None:
    refusal = await office.refused(ParticipantFull, office.taking("amy", TWO_EACH, "amy", "ben", "bob"))
    assert isinstance(refusal, ParticipantFull)
    assert (refusal.seats, refusal.free) == ([], 2)


async def test_the_limit_is_each_participants_own(office: Office) -> None:
    await office.take("amy", TWO_EACH, "amy", "ben")
    await office.take("cid", TWO_EACH, "cid", "dan")
    assert await office.names(TWO_EACH) == ["Amy", "Ben", "Cid", "Dan"]


async def test_the_room_holds_no_more_than_its_capacity(office: Office) -> None:
    await office.take("amy", SMALL, "amy", "ben")
    refusal = await office.refused(BriefingFull, office.taking("cid", SMALL, "cid", "dan"))
    assert isinstance(refusal, BriefingFull)
    assert refusal.free == 1
    await office.take("cid", SMALL)
    await office.refused(BriefingFull, office.taking("eve", SMALL))


async def test_where_nothing_is_stated_there_is_no_limit(office: Office) -> None:
    names = [f"guest{number}" for number in range(30)]
    done = await office.take("amy", OPEN, *names)
    assert [seat.number for seat in done.seats] == list(range(1, 31))


async def test_a_limit_that_was_lowered_takes_no_seat_away_and_gives_none(office: Office) -> None:
    await office.take("amy", TWO_EACH, "amy", "ben")
    refusal = await office.refused(ParticipantFull, office.taking("bob", seats_cast.later(TWO_EACH, limit=1)))
    assert isinstance(refusal, ParticipantFull)
    assert refusal.free == 0


async def test_a_capacity_that_is_stated_late_counts_those_who_are_there(office: Office) -> None:
    await office.take("amy", OPEN, "amy", "ben")
    await office.refused(BriefingFull, office.taking("cid", seats_cast.later(OPEN, capacity=2)))


async def test_the_lowest_number_that_is_free_is_given(office: Office) -> None:
    first = (await office.take("amy", OPEN, "amy", "ben", "bob")).seats
    await office.free("amy", OPEN, first[1])
    assert [seat.number for seat in (await office.take("amy", OPEN, "zoe", "max")).seats] == [2, 4]


async def test_the_same_person_has_one_seat_also_when_an_address_was_given_only_lately(office: Office) -> None:
    amy, now = office.ids["amy"], at()
    known = [Attendee("Amy", contact_id=amy)], [Attendee("Amy", " AMY@Example.com", amy)], [Attendee("Amy", "n@x.hk")]
    first, again, other = [
        await office.store.write(seats.reserve, OPEN, "CP1", amy, attendees, now) for attendees in known
    ]
    assert again.seats == first.seats
    assert other.new
    assert first.seats[0].attendee_key == f"contact:{amy}"


def test_an_address_is_compared_in_small_letters() -> None:
    assert Attendee("Amy", " AMY@Example.com ").key == "amy@example.com"


def test_an_attendee_whom_nothing_tells_apart_is_refused() -> None:
    with pytest.raises(ValueError, match="address"):
        Attendee("Amy")


@pytest.mark.parametrize(("now", "open_"), [(CLOSES, False), (CLOSES - HOUR / 3600, True)])
async def test_registration_closes_at_the_instant_that_is_stated(office: Office, now: datetime, open_: bool) -> None:
    office.now = now
    if open_:
        await office.take("amy", TWO_EACH)
    else:
        await office.refused(RegistrationClosed, office.taking("amy", TWO_EACH))


async def test_a_double_tap_just_after_the_closing_is_the_same_booking(office: Office) -> None:
    first = await office.take("amy", TWO_EACH)
    office.now = CLOSES
    assert (await office.take("amy", TWO_EACH)).seats == first.seats


async def test_nobody_who_does_not_act_for_the_participant_gets_a_seat(office: Office) -> None:
    await office.leave("amy")
    await office.refused(NotAMember, office.taking("amy", TWO_EACH))
    office.ids["ben"] = 4711  # somebody who was never enrolled
    await office.refused(NotAMember, office.taking("ben", TWO_EACH))
    office.ids["eve"] = office.ids["cid"]  # somebody of another participant
    await office.refused(NotAMember, office.taking("eve", TWO_EACH))


async def test_a_colleague_may_give_a_seat_up_and_it_can_be_taken_again(office: Office) -> None:
    amys, _ = await office.fill(TWO_EACH, "amy", "ben")
    done = await office.free("ben", TWO_EACH, amys)
    assert (done.seat, done.offered) == (amys, [])
    assert (await office.take("bob", TWO_EACH)).seats[0].number == 1
    assert await office.events() == [("held", "Amy"), ("held", "Ben"), ("freed", "Amy"), ("held", "Bob")]


async def test_a_seat_that_was_given_up_is_given_up_once(office: Office) -> None:
    (seat,) = await office.fill(TWO_EACH, "amy")
    await office.free("amy", TWO_EACH, seat)
    await office.fill(TWO_EACH, "ben")
    await office.refused(NoSuchSeat, office.freeing("amy", TWO_EACH, seat.id or 0))  # the number is never another's


async def test_another_participants_seat_is_out_of_reach(office: Office) -> None:
    (seat,) = await office.fill(TWO_EACH, "cid")
    await office.refused(NoSuchSeat, office.freeing("amy", TWO_EACH, seat.id or 0))
    await office.refused(NoSuchSeat, office.swapping("amy", TWO_EACH, seat, "amy"))
    await office.refused(NoSuchSeat, office.moving("amy", TWO_EACH, SMALL, seat))
    await office.refused(NoSuchSeat, office.accepting("amy", TWO_EACH, seat))
    await office.refused(NoSuchSeat, office.freeing("cid", SMALL, seat.id or 0))  # nor is it at another briefing


async def test_after_the_closing_seats_can_be_given_up_until_it_begins_but_neither_swapped_nor_moved(
    office: Office,
) -> None:
    amys, bens = await office.fill(TWO_EACH, "amy", "ben")
    office.now = CLOSES
    await office.refused(RegistrationClosed, office.swapping("amy", TWO_EACH, amys, "bob"))
    await office.refused(RegistrationClosed, office.moving("amy", TWO_EACH, SMALL, amys))
    await office.free("amy", TWO_EACH, amys)
    office.now = STARTS
    await office.refused(RegistrationClosed, office.freeing("ben", TWO_EACH, bens.id or 0))


async def test_another_login_is_another_version_and_the_same_is_the_same(office: Office) -> None:
    said = [
        await office.store.write(seats.set_login, "spring", "25apr", text, "Sue", at())
        for text in ("code 1", "code 1", "code 2")
    ]
    assert [login.version for login in said] == [1, 1, 2]
    assert (await office.store.read(seats.login, "spring", "25apr")) == said[-1]
    assert await office.store.read(seats.login, "spring", "26apr") is None


def test_the_rules_are_those_of_the_circular() -> None:
    campaign = load(Path(__file__).parents[1] / "campaigns" / "ccms-2fa-2023")
    rules = Rules.of(campaign, campaign.briefing["24apr"])
    assert (rules.campaign, rules.briefing, rules.limit, rules.capacity) == ("ccms-2fa-2023", "24apr", 2, None)
    assert rules.closes == datetime(2023, 4, 19, 16, tzinfo=UTC)  # the 19th is included
    assert rules.starts == datetime(2023, 4, 24, 8, 30, tzinfo=UTC)
    assert (rules.offers_from, rules.offer_lasts) == (None, DAY)


def test_an_offer_never_outlasts_what_it_is_for() -> None:
    assert TWO_EACH.offer_until(NOON) == NOON + DAY
    assert TWO_EACH.offer_until(CLOSES - HOUR) == CLOSES
    assert TWO_EACH.offer_until(CLOSES) is None
    assert [LATE.offer_until(now) for now in (NOON, STARTS - DAY - HOUR)] == [None, None]
    assert LATE.offer_until(STARTS - DAY) == STARTS - DAY + 6 * HOUR
    assert LATE.offer_until(STARTS - HOUR) == STARTS
    assert LATE.offer_until(STARTS) is None
