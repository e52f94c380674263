"""Digits that were mailed prove an address, a link makes two channels one person, and what is over is deleted."""

import re
from datetime import datetime

import pytest
from sqlmodel import Session, select

from models import codes
from models.codes import Asked, Enrolled, EnrolmentCode, Guess, LinkCode, MailCode, SpentCode, TooManyGuesses, WrongCode
from models.contacts import Contact, enrol, leave, participants_of
from models.message import Address
from models.participants import NotAnAddress
from models.store import Store
from tests.coded import (
    AMY,
    BEN,
    CID,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    WRONG,
    Refusal,
    answered,
    count,
    made,
    sent,
    two_firms,
)


@pytest.fixture(autouse=True)
async def _firms(store: Store) -> None:
    await store.write(two_firms)


# Digits by mail


async def asked(store: Store, email: str, person: Address = AMY, now: datetime = NOW) -> Asked:
    return await store.write(codes.ask_by_mail, person, email, now)


async def told(store: Store, digits: str, person: Address = AMY, now: datetime = NOW) -> Enrolled | Refusal:
    return await store.write(answered, codes.confirm_by_mail, person, digits, now)


def other(digits: str | None) -> str:
    return f"{(int(digits or 0) + 1) % 10**6:06d}"


async def test_the_digits_of_a_mail_take_one_in_for_every_participant_with_that_domain(store: Store) -> None:
    mailed = await asked(store, " Amy.Wong@GROUP.example ")
    assert re.fullmatch(r"\d{6}", mailed.digits or "")
    assert mailed.expires_at == NOW + 10 * MINUTE
    enrolled = await told(store, mailed.digits or "")
    assert isinstance(enrolled, Enrolled)
    assert [one.code for one in enrolled.participants] == ["C01", "C02"]
    assert (enrolled.contact.email, enrolled.new) == ("amy.wong@group.example", True)


async def test_the_digits_are_good_for_ten_minutes(store: Store) -> None:
    mailed = await asked(store, "amy@alpha.example")
    assert isinstance(await told(store, mailed.digits or "", now=NOW + 10 * MINUTE), SpentCode)
    assert isinstance(await told(store, mailed.digits or "", now=NOW + 10 * MINUTE - SECOND), Enrolled)


async def test_the_same_digits_again_change_nothing(store: Store) -> None:
    mailed = await asked(store, "amy@alpha.example")
    first, second = await told(store, mailed.digits or ""), await told(store, mailed.digits or "", now=NOW + MINUTE)
    assert isinstance(first, Enrolled)
    assert isinstance(second, Enrolled)
    assert (first.new, second.new, first.contact.id == second.contact.id) == (True, False, True)


async def test_five_wrong_tries_end_the_digits_also_for_the_right_ones(store: Store) -> None:
    mailed = await asked(store, "amy@alpha.example")
    left = [await told(store, other(mailed.digits)) for _ in range(5)]
    assert [one.left for one in left if isinstance(one, WrongCode)] == [4, 3, 2, 1, 0]
    over = await told(store, mailed.digits or "", now=NOW + MINUTE)
    assert isinstance(over, SpentCode)
    assert over.why == "tried"


async def test_only_the_newest_digits_count(store: Store) -> None:
    older = await asked(store, "amy@alpha.example")
    newer = await asked(store, "amy@alpha.example")
    if older.digits != newer.digits:
        assert isinstance(await told(store, older.digits or ""), WrongCode)
    assert isinstance(await told(store, newer.digits or ""), Enrolled)


async def test_the_digits_are_of_no_use_to_somebody_else(store: Store) -> None:
    mailed = await asked(store, "amy@alpha.example")
    assert isinstance(await told(store, mailed.digits or "", BEN), SpentCode)
    await asked(store, "ben@alpha.example", BEN)
    assert isinstance(await told(store, other(mailed.digits), BEN), WrongCode)


async def test_of_an_unknown_domain_nothing_is_mailed_and_everything_else_is_the_same(store: Store) -> None:
    known_one, unknown = await asked(store, "amy@alpha.example"), await asked(store, "ben@nowhere.example", BEN)
    assert unknown.digits is None
    assert (known_one.expires_at, type(known_one)) == (unknown.expires_at, type(unknown))
    for tries in range(5):
        theirs, nobodys = await told(store, other(known_one.digits)), await told(store, f"{tries:06d}", BEN)
        assert isinstance(theirs, WrongCode)
        assert isinstance(nobodys, WrongCode)
        assert theirs.left == nobodys.left
    later = NOW + MINUTE
    assert {type(await told(store, "000000", person, later)) for person in (AMY, BEN)} == {SpentCode}


async def test_no_digits_fit_an_unknown_domain(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await asked(store, "amy@nowhere.example")
    monkeypatch.setattr(codes._mailing, "_digest", lambda digits, salt=None: "same:for all")
    assert isinstance(await told(store, "none were sent"), WrongCode)


@pytest.mark.parametrize("email", ["amy@alpha.example", "amy@nowhere.example"])
async def test_an_address_gets_three_mails_an_hour_whoever_asks(store: Store, email: str) -> None:
    for number in range(3):
        await asked(store, email, Address("web", f"somebody-{number}"), NOW + number * MINUTE)
    with pytest.raises(TooManyGuesses) as held:
        await asked(store, email, CID, NOW + 10 * MINUTE)
    assert held.value.wait == 50 * MINUTE
    await asked(store, email, CID, NOW + HOUR)


async def test_a_person_asks_three_times_an_hour_for_whatever_addresses(store: Store) -> None:
    for number in range(3):
        await asked(store, f"somebody.{number}@alpha.example", AMY)
    with pytest.raises(TooManyGuesses):
        await asked(store, "one.more@alpha.example", AMY, NOW + HOUR - SECOND)
    await asked(store, "one.more@alpha.example", AMY, NOW + HOUR)


@pytest.mark.parametrize("domain", ["alpha.example", "nowhere.example"])
async def test_who_asks_for_ever_new_addresses_of_a_domain_as_ever_new_people_is_stopped(
    store: Store, domain: str
) -> None:
    for number in range(20):
        await asked(store, f"made.up.{number}@{domain}", Address("web", f"visitor-{number}"))
    with pytest.raises(TooManyGuesses):
        await asked(store, f"made.up.20@{domain}", Address("web", "visitor-20"))


async def test_those_who_confirmed_do_not_count_for_their_domain(store: Store) -> None:
    for number in range(22):
        person = Address("web", f"colleague-{number}")
        mailed = await asked(store, f"colleague.{number}@alpha.example", person)
        assert isinstance(await told(store, mailed.digits or "", person), Enrolled)


async def test_who_confirms_an_address_that_somebody_has_is_that_person(store: Store) -> None:
    imported = await store.write(
        enrol, Address("mail", "amy@alpha.example"), "C01", "import", NOW, email="amy@alpha.example"
    )
    mailed = await asked(store, "amy@alpha.example")
    enrolled = await told(store, mailed.digits or "")
    assert isinstance(enrolled, Enrolled)
    assert (enrolled.contact.id, enrolled.new) == (imported.id, False)


async def test_who_was_removed_by_support_does_not_come_back_by_mail(store: Store) -> None:
    mailed = await asked(store, "amy@alpha.example")
    enrolled = await told(store, mailed.digits or "")
    assert isinstance(enrolled, Enrolled)
    await store.write(leave, enrolled.contact.id or 0, "C01", "Sam", NOW)
    fresh = await asked(store, "amy@alpha.example", BEN)  # from another channel, too
    refusal = await told(store, fresh.digits or "", BEN)
    assert isinstance(refusal, SpentCode)
    assert refusal.why == "removed"


@pytest.mark.parametrize("email", ["", "amy", "@alpha.example", "amy@alpha", "a my@alpha.example", "amy@-.example"])
async def test_what_is_no_address_is_told_so(store: Store, email: str) -> None:
    with pytest.raises(NotAnAddress):
        await asked(store, email)


async def test_nobody_finds_the_digits_in_the_table_of_codes(store: Store) -> None:
    mailed = await asked(store, "amy@alpha.example")
    (row,) = await store.read(lambda session: session.exec(select(MailCode)).all())
    assert mailed.digits not in {row.digest, row.email}


# Links


async def linked(store: Store, code: str, person: Address, now: datetime = NOW) -> Contact | Refusal:
    def ask(session: Session) -> Contact | Refusal:
        try:
            return codes.redeem_link(session, code, person, now)
        except (WrongCode, SpentCode, TooManyGuesses) as refusal:
            return refusal

    return await store.write(ask)


async def amys(store: Store) -> int:
    contact = await store.write(enrol, AMY, "C01", "import", NOW, name="Amy")
    return contact.id or 0


async def test_a_link_makes_another_channel_the_same_person_once(store: Store) -> None:
    amy = await amys(store)
    code = await store.write(codes.make_link, amy, NOW)
    assert code.startswith("LINK-")
    contact = await linked(store, code, BEN)
    assert isinstance(contact, Contact)
    assert contact.id == amy
    assert [one.code for one in await store.read(participants_of, BEN)] == ["C01"]
    late = await linked(store, code, CID)
    assert isinstance(late, SpentCode)
    assert late.why == "used"


async def test_a_link_sent_where_it_was_made_changes_nothing_and_stays_good(store: Store) -> None:
    amy = await amys(store)
    code = await store.write(codes.make_link, amy, NOW)
    assert isinstance(await linked(store, code, AMY), Contact)
    assert isinstance(await linked(store, code, BEN), Contact)
    assert isinstance(await linked(store, code, BEN), Contact)  # a double tap


async def test_a_link_is_good_for_a_quarter_of_an_hour(store: Store) -> None:
    code = await store.write(codes.make_link, await amys(store), NOW)
    late = await linked(store, code, BEN, NOW + 15 * MINUTE)
    assert isinstance(late, SpentCode)
    assert late.why == "expired"


async def test_a_new_link_takes_the_place_of_the_one_before(store: Store) -> None:
    amy = await amys(store)
    older, newer = [await store.write(codes.make_link, amy, NOW) for _ in range(2)]
    assert isinstance(await linked(store, older, BEN), WrongCode)
    assert isinstance(await linked(store, newer, BEN), Contact)


async def test_guessed_links_and_codes_are_counted_together(store: Store) -> None:
    for _ in range(3):
        await linked(store, "LINK-2222-3333-4444-5555", AMY)
    for _ in range(2):
        await sent(store, WRONG, AMY)
    assert isinstance(await linked(store, "LINK-2222-3333-4444-5555", AMY), TooManyGuesses)


async def test_a_link_of_somebody_who_was_forgotten_is_none(store: Store) -> None:
    amy = await amys(store)
    code = await store.write(codes.make_link, amy, NOW)

    def forget(session: Session) -> None:
        session.get_one(Contact, amy).forgotten_at = NOW

    await store.write(forget)
    assert isinstance(await linked(store, code, BEN), WrongCode)


# Tidying


async def test_what_is_long_over_is_deleted_and_enrolment_codes_stay(store: Store) -> None:
    await sent(store, WRONG, AMY)
    await asked(store, "amy@alpha.example")
    await store.write(codes.make_link, await amys(store), NOW)
    await made(store, days=1)
    await store.write(codes.tidy, NOW + DAY - SECOND)
    assert [await count(store, table) for table in (Guess, MailCode, LinkCode)] == [1, 1, 1]
    await store.write(codes.tidy, NOW + 2 * DAY)
    assert [await count(store, table) for table in (Guess, MailCode, LinkCode)] == [0, 0, 0]
    assert await count(store, EnrolmentCode) == 1
