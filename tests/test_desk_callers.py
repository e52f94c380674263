"""The desk acts for somebody who phoned: once, under a name and with a reason, and the firm's people are told."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session

from handlers.support import (
    Correct,
    EndMembership,
    FreeSeat,
    HoldSeat,
    OpenCase,
    SetLine,
)
from handlers.support._callers import Wish
from handlers.talk import NotStaff
from models import contacts
from models.contacts import Contact
from models.message import Address
from models.outbox import Message
from models.reach import close
from models.seats import SeatEvent, seats_of
from models.store import Store
from models.support import Case
from tests.callers_cast import BECAUSE, BRIEFING, MACHINE, Phone
from tests.reception_cast import KEY, MORNING
from tests.reminders_cast import ONE_DATABASE
from tests.status_cast import ALPHA, BETA, USERS


async def test_a_seat_that_sam_holds_is_kept_under_sams_name_with_the_reason(phone: Phone) -> None:
    said = await phone.do(HoldSeat(KEY, BRIEFING))
    assert said.done
    assert await phone.seats() == ["Amy Wong"]
    (deed,) = await phone.deeds()
    assert (deed.by, deed.deed, deed.because, deed.contact_id) == ("Sam", "hold seat for", BECAUSE, phone.ids["amy"])
    (event,) = await phone.all(SeatEvent)
    assert (event.what, event.by, event.contact_id) == ("held", "Sam", phone.ids["amy"])


@ONE_DATABASE
async def test_everybody_of_the_firm_is_told_once_by_whom_and_why(phone: Phone) -> None:
    await phone.do(HoldSeat(KEY, BRIEFING))
    told = await phone.told()
    assert [one.address for one in told] == ["web:amy", "web:ben", "web:dee"]
    text = told[1].reply.text
    assert "Support (Sam) has held a seat for your firm, Alpha Securities (B01001)" in text
    assert f"Because: {BECAUSE}" in text
    assert "Amy Wong, Mon 24 Apr 2023" in text
    assert "If that is not right, reply here or call" in text


@ONE_DATABASE
async def test_each_person_is_told_at_one_address_and_not_at_one_that_is_closed(phone: Phone) -> None:
    def has_more(session: Session) -> None:
        contacts.link(session, Address("slack", "T1:U7"), phone.ids["amy"], MACHINE)
        close(session, Address("web", "ben"), "left", MACHINE)

    await phone.store.write(has_more)
    said = await phone.do(SetLine(KEY, USERS, done=True))
    assert [one.address for one in await phone.told()] == ["slack:T1:U7", "web:dee"]
    assert said.fields["count"] == 2


@ONE_DATABASE
async def test_a_contact_who_reads_chinese_is_told_in_chinese(phone: Phone) -> None:
    def chinese(session: Session) -> None:
        session.get_one(Contact, phone.ids["ben"]).language = "zh-Hant"

    await phone.store.write(chinese)
    await phone.do(SetLine(KEY, USERS, done=True))
    texts = {one.address: one.reply.text for one in await phone.told()}
    assert "支援人員（Sam）" in texts["web:ben"]
    assert "Support (Sam)" in texts["web:amy"]


WISHES: list[Callable[[], Wish]] = [
    lambda: HoldSeat(KEY, BRIEFING), lambda: SetLine(KEY, USERS, done=True), lambda: OpenCase("Is it free?", KEY),
    lambda: Correct(name="Amy Wong Ka Yan"), EndMembership,
]  # fmt: skip


@pytest.mark.parametrize("wish", WISHES)
async def test_a_form_that_is_sent_twice_does_it_once_and_tells_once(phone: Phone, wish: Callable[[], Wish]) -> None:
    call = phone.call(key="the-same-form")
    first, told = await phone.do(wish(), call), await phone.told()
    again = await phone.do(wish(), call)
    assert (first.done, again.phrase) == (True, "callers.again")
    assert len(await phone.deeds()) == 1
    assert [one.key for one in await phone.told()] == [one.key for one in told]
    assert len(await phone.all(Case)) == isinstance(wish(), OpenCase)


@ONE_DATABASE
@pytest.mark.parametrize("wish", WISHES)
async def test_without_a_reason_nothing_is_done(phone: Phone, wish: Callable[[], Wish]) -> None:
    said = await phone.do(wish(), phone.call(because="  "))
    assert (said.phrase, said.done) == ("callers.because", False)
    assert await phone.deeds() == []
    assert await phone.told() == []
    assert await phone.seats() == []


@ONE_DATABASE
@pytest.mark.parametrize("wish", WISHES)
async def test_who_has_left_the_desk_may_do_nothing(phone: Phone, wish: Callable[[], Wish]) -> None:
    phone.sam.left_at = MACHINE
    with pytest.raises(NotStaff):
        await phone.do(wish())
    assert await phone.deeds() == []
    assert await phone.told() == []


async def test_the_limit_of_two_seats_is_never_passed(phone: Phone) -> None:
    for who in ("amy", "ben"):
        assert (await phone.do(HoldSeat(KEY, BRIEFING), phone.call(who))).done
    third = await phone.do(HoldSeat(KEY, BRIEFING, "Eva Ho", "eva@alpha.example.hk"))
    assert (third.phrase, third.done) == ("callers.full", False)
    assert third.fields["names"] == "Amy Wong, Ben Lee"
    assert await phone.seats() == ["Amy Wong", "Ben Lee"]
    assert len(await phone.deeds()) == 2


@ONE_DATABASE
async def test_after_the_closing_no_seat_is_held(phone: Phone) -> None:
    late = replace(phone.call(), at=MORNING + timedelta(days=9))
    assert (await phone.do(HoldSeat(KEY, BRIEFING), late)).phrase == "callers.closed"
    assert await phone.deeds() == []


@ONE_DATABASE
async def test_a_seat_for_a_colleague_sends_the_colleague_the_calendar_entry(phone: Phone) -> None:
    await phone.do(HoldSeat(KEY, BRIEFING, "Eva Ho", "Eva@alpha.example.hk"))
    mails = [one for one in await phone.all(Message) if one.address == "mail:eva@alpha.example.hk"]
    assert [file.method for one in mails for file in one.reply.files] == ["REQUEST"]


async def test_a_seat_that_sam_gives_up_is_free_and_says_who_gave_it_up(phone: Phone) -> None:
    await phone.do(HoldSeat(KEY, BRIEFING))
    (seat,) = await phone.store.read(seats_of, KEY, ALPHA)
    assert (await phone.do(FreeSeat(seat.id or 0))).done
    assert await phone.seats() == []
    events = [(one.what, one.by) for one in await phone.all(SeatEvent)]
    assert events == [("held", "Sam"), ("freed", "Sam")]


@ONE_DATABASE
async def test_another_firms_seat_cannot_be_given_up(phone: Phone) -> None:
    await phone.do(HoldSeat(KEY, BRIEFING))
    (seat,) = await phone.store.read(seats_of, KEY, ALPHA)
    said = await phone.do(FreeSeat(seat.id or 0), phone.call("cy", firm=BETA))
    assert (said.phrase, said.done) == ("callers.gone", False)
    assert await phone.seats() == ["Amy Wong"]


@ONE_DATABASE
async def test_nothing_is_done_for_somebody_of_another_firm(phone: Phone) -> None:
    said = await phone.do(HoldSeat(KEY, BRIEFING), phone.call("cy"))
    assert (said.phrase, said.done) == ("callers.not_theirs", False)
    assert await phone.deeds() == []


@ONE_DATABASE
async def test_where_nobody_can_be_reached_who_did_it_is_told_so(phone: Phone) -> None:
    def all_left(session: Session) -> None:
        for who in ("amy", "ben", "dee"):
            close(session, Address("web", who), "left", MACHINE)

    await phone.store.write(all_left)
    assert (await phone.do(SetLine(KEY, USERS, done=True))).phrase == "callers.done.nobody"
    assert await phone.told() == []


@ONE_DATABASE
async def test_every_sentence_to_who_did_it_can_be_said_in_each_language(phone: Phone) -> None:
    said = [
        await phone.do(HoldSeat(KEY, BRIEFING)), await phone.do(HoldSeat(KEY, BRIEFING)),
        await phone.do(SetLine(KEY, "no-such-task", done=True)), await phone.do(EndMembership(), phone.call(None)),
    ]  # fmt: skip
    for language in ("en", "zh-Hant", "zh-Hans"):
        assert all(phone.callers.desk.say(one, language, MORNING).text for one in said)


async def test_of_two_who_hold_the_last_seat_at_once_one_is_refused(phone: Phone, other_store: Store) -> None:
    await phone.do(HoldSeat(KEY, BRIEFING))
    calls = [(phone.store, phone.call("ben")), (other_store, phone.call("amy"))]
    wishes = [HoldSeat(KEY, BRIEFING), HoldSeat(KEY, BRIEFING, "Eva Ho", "eva@alpha.example.hk")]
    said = await asyncio.gather(*(
        store.write(phone.callers.do, phone.sam, call, wish)
        for (store, call), wish in zip(calls, wishes, strict=True)
    ))  # fmt: skip
    assert sorted(one.phrase for one in said) == ["callers.done", "callers.full"]
    assert len(await phone.seats()) == len(await phone.deeds()) == 2


async def test_one_form_that_comes_twice_at_once_is_done_once(phone: Phone, other_store: Store) -> None:
    call = phone.call(key="the-same-form")
    both = (phone.store, other_store)
    said = await asyncio.gather(*(one.write(phone.callers.do, phone.sam, call, OpenCase("Free?")) for one in both))
    assert sorted(one.phrase for one in said) == ["callers.again", "callers.done"]
    assert len(await phone.all(Case)) == len(await phone.deeds()) == 1
    assert len(await phone.told()) == 3
