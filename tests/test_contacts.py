"""People are enrolled once however often they ask, leave, come back, and are one person on all their channels."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, select

from models import contacts
from models.checks import Check, PcTest
from models.codes import CodeUse, EnrolmentCode, LinkCode
from models.contacts import (
    SELF,
    Contact,
    ContactAddress,
    Membership,
    acting,
    addresses_of,
    enrol,
    known,
    leave,
    link,
    members,
    participants_of,
    removed_at,
    rename,
    unlink,
)
from models.message import Address
from models.seats import Seat, SeatEvent, Waiting
from models.status import Declaration
from models.store import Store
from tests.firms import firm

NOW = datetime(2026, 2, 3, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AMY, AMY_TOO, BEN = Address("telegram", "11"), Address("slack", "T01:U11"), Address("web", "ben")
MAIL = "amy.wong@alpha.example"


@pytest.fixture(autouse=True)
async def _two_firms(store: Store) -> None:
    def two(session: Session) -> None:
        firm(session, "C01", "Alpha Securities")
        firm(session, "C02", "Beta Futures")

    await store.write(two)


async def enrolled(store: Store, person: Address, participant: str = "C01", email: str | None = None) -> int:
    return (await store.write(enrol, person, participant, "code:1", NOW, email=email)).id or 0


async def rows(store: Store, table: type[SQLModel]) -> int:
    return len(await store.read(lambda session: session.exec(select(table)).all()))


async def test_enrolling_twice_is_enrolling_once(store: Store) -> None:
    assert await enrolled(store, AMY) == await enrolled(store, AMY)
    assert [await rows(store, table) for table in (Contact, ContactAddress, Membership)] == [1, 1, 1]


async def test_twenty_at_once_from_one_address_are_one_contact(store: Store) -> None:
    given = await asyncio.gather(*(enrolled(store, AMY, code) for code in ("C01", "C02") * 10))
    assert len(set(given)) == 1
    assert [await rows(store, table) for table in (Contact, Membership)] == [1, 2]


async def test_ten_channels_that_confirm_one_address_at_once_are_one_person(store: Store) -> None:
    await asyncio.gather(*(enrolled(store, Address("web", str(number)), email=MAIL) for number in range(10)))
    assert await rows(store, Contact) == 1
    assert await rows(store, ContactAddress) == 11


async def test_a_further_participant_is_a_further_membership(store: Store) -> None:
    await enrolled(store, AMY, "C02")
    await enrolled(store, AMY, "C01")
    assert [one.code for one in await store.read(participants_of, AMY)] == ["C01", "C02"]


async def test_a_name_is_kept_and_a_later_one_of_a_channel_does_not_change_it(store: Store) -> None:
    await store.write(enrol, AMY, "C01", "code:1", NOW, name="Amy Wong")
    contact = await store.write(enrol, AMY, "C01", "code:1", NOW, name="amy_w")
    assert contact.name == "Amy Wong"
    await store.write(rename, contact.id or 0, "Amy Wong Mei Ling")
    assert (await store.read(contacts.members, "C01"))[0].name == "Amy Wong Mei Ling"


async def test_a_confirmed_address_belongs_to_the_contact_and_finds_them_again(store: Store) -> None:
    amy = await enrolled(store, AMY, email=MAIL)
    assert await enrolled(store, AMY_TOO, "C02", email=MAIL) == amy
    assert await store.read(addresses_of, amy) == [Address("mail", MAIL), AMY_TOO, AMY]
    assert len(await store.read(participants_of, AMY)) == 2


async def test_two_people_who_confirm_the_same_address_were_one_person(store: Store) -> None:
    amy = await enrolled(store, AMY, email=MAIL)
    await enrolled(store, AMY_TOO, "C02")
    assert await enrolled(store, AMY_TOO, "C02", email=MAIL) == amy
    assert await rows(store, Contact) == 1
    assert [one.code for one in await store.read(participants_of, AMY)] == ["C01", "C02"]


async def test_who_leaves_acts_for_it_no_longer_and_the_records_say_so(store: Store) -> None:
    amy = await enrolled(store, AMY)
    await enrolled(store, AMY, "C02")
    await store.write(contacts.choose, AMY, "C01", NOW)
    assert await store.write(leave, amy, "C01", SELF, NOW + MINUTE)
    assert [one.code for one in await store.read(participants_of, AMY)] == ["C02"]
    assert await store.write(contacts.acts_for, AMY, NOW + MINUTE) is None
    assert not await store.write(leave, amy, "C01", SELF, NOW + MINUTE)
    ended = await store.read(lambda session: session.exec(select(Membership).where(Membership.ended_by == SELF)).all())
    assert [(one.participant, one.until) for one in ended] == [("C01", NOW + MINUTE)]


async def test_leaving_one_participant_does_not_forget_that_another_was_chosen(store: Store) -> None:
    amy = await enrolled(store, AMY)
    await enrolled(store, AMY, "C02")
    await store.write(contacts.choose, AMY, "C02", NOW)
    await store.write(leave, amy, "C01", SELF, NOW)
    assert await store.write(contacts.acts_for, AMY, NOW + MINUTE) == "C02"


async def test_what_support_ended_is_told_from_what_a_person_ended(store: Store) -> None:
    amy = await enrolled(store, AMY)
    await store.write(leave, amy, "C01", SELF, NOW)
    assert await store.read(removed_at, amy, "C01") is None
    await enrolled(store, AMY)
    await store.write(leave, amy, "C01", "Sam", NOW + MINUTE)
    assert await store.read(removed_at, amy, "C01") == NOW + MINUTE
    await enrolled(store, AMY)
    assert await store.read(removed_at, amy, "C01") is None


async def test_who_signs_out_of_the_web_is_nobody_there_and_stays_a_member(store: Store) -> None:
    ben = await enrolled(store, BEN)
    assert await store.write(unlink, BEN)
    assert await store.read(known, BEN) is None
    assert [one.id for one in await store.read(members, "C01")] == [ben]
    assert not await store.write(unlink, BEN)


async def test_members_are_those_who_act_now_the_first_enrolled_first(store: Store) -> None:
    ben, amy = await enrolled(store, BEN), await enrolled(store, AMY)
    gone = await enrolled(store, Address("web", "cid"))
    await store.write(leave, gone, "C01", "Sam", NOW)
    assert [one.id for one in await store.read(members, "C01")] == [ben, amy]
    listed = await store.read(acting)
    assert [(one.contact.id, one.addresses) for one in listed] == [(ben, [BEN]), (amy, [AMY])]
    assert await store.read(acting, "C02") == []
    assert len(await store.read(acting, None, amy)) == 1


# Two as one person


async def test_an_unknown_address_is_linked(store: Store) -> None:
    amy = await enrolled(store, AMY)
    for _ in range(2):
        assert (await store.write(link, AMY_TOO, amy, NOW)).id == amy
    assert await store.read(addresses_of, amy) == [AMY_TOO, AMY]


async def test_who_was_another_contact_brings_everything_along(store: Store) -> None:
    amy, other = await enrolled(store, AMY), await enrolled(store, AMY_TOO, "C02", email=MAIL)
    await store.write(everything_of, other, "k1")
    await store.write(link, AMY_TOO, amy, NOW)
    assert await store.read(who_is_named) == {amy}
    assert [one.code for one in await store.read(participants_of, AMY)] == ["C01", "C02"]
    contact = await store.read(known, AMY_TOO)
    assert contact
    assert (contact.id, contact.email) == (amy, MAIL)


async def test_two_who_both_have_everything_become_one_without_a_clash(store: Store) -> None:
    amy, other = await enrolled(store, AMY, email="a@x.example"), await enrolled(store, AMY_TOO, email=MAIL)
    await store.write(leave, other, "C01", SELF, NOW)
    await enrolled(store, AMY_TOO)
    await store.write(everything_of, amy, f"contact:{amy}")
    await store.write(everything_of, other, f"contact:{other}")
    await store.write(link, AMY_TOO, amy, NOW)
    assert await store.read(who_is_named) == {amy}
    assert await rows(store, CodeUse) == 1
    assert await rows(store, Seat) == 2
    assert await rows(store, Membership) == 2  # one that holds, and one that ended
    contact = await store.read(known, AMY)
    assert contact
    assert contact.email == "a@x.example"
    assert Address("mail", MAIL) in await store.read(addresses_of, amy)


async def test_who_has_a_seat_by_number_alone_keeps_it_by_the_new_number(store: Store) -> None:
    amy, other = await enrolled(store, AMY), await enrolled(store, AMY_TOO)
    await store.write(everything_of, other, f"contact:{other}")
    await store.write(link, AMY_TOO, amy, NOW)

    def keys(session: Session) -> list[str]:
        return [*session.exec(select(Seat.attendee_key)), *session.exec(select(Waiting.attendee_key))]

    assert await store.read(keys) == [f"contact:{amy}"] * 2


async def test_of_two_memberships_the_earlier_beginning_stays(store: Store) -> None:
    early, late = await enrolled(store, AMY_TOO), 0
    late = (await store.write(enrol, AMY, "C01", "mail", NOW + MINUTE)).id or 0
    await store.write(link, AMY_TOO, late, NOW)
    (one,) = await store.read(acting, "C01")
    assert (one.contact.id, one.membership.since, one.membership.how) == (late, NOW, "code:1")
    assert early != late


def test_every_table_that_names_a_contact_is_known_where_two_become_one() -> None:
    naming = {
        (table.name, column.name)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if column.name in {"contact_id", "booked_by"}
        or any(key.target_fullname == "contact.id" for key in column.foreign_keys)
    }
    moved = {("contact_address", "contact_id"), ("membership", "contact_id"), *contacts._linking._ELSEWHERE}
    assert naming == moved


def everything_of(session: Session, contact: int, key: str) -> None:
    """A row of each kind that can name a contact."""
    seat: dict[str, Any] = {"campaign": "spring", "briefing": "24apr", "participant": "C01"}
    who: dict[str, Any] = {"contact_id": contact, "attendee_key": key, "attendee_name": "Amy", "since": NOW}
    session.add(Seat(**seat, **who, number=contact, uid=f"seat-{contact}", booked_by=contact))
    session.add(Waiting(**seat, **who))
    session.add(SeatEvent(**seat, what="held", attendee_name="Amy", contact_id=contact, at=NOW, recorded_at=NOW))
    session.add(Declaration(campaign="spring", participant="C01", task="emails", what="done", contact_id=contact,
                            at=NOW, recorded_at=NOW))  # fmt: skip
    code = session.exec(select(EnrolmentCode)).first() or EnrolmentCode(
        digest="d", hint="7K3M", participant="C01", uses=9, created_at=NOW, expires_at=NOW
    )
    session.add(code)
    session.flush()
    session.add(CodeUse(code_id=code.id or 0, contact_id=contact, used_at=NOW))
    session.add(LinkCode(digest=f"link-{contact}", contact_id=contact, expires_at=NOW))
    asked: dict[str, Any] = {"campaign": "spring", "target": "sso", "participant": "C01", "contact_id": contact,
                             "address": key, "place": key, "language": "en", "asked_at": NOW,
                             "recorded_at": NOW}  # fmt: skip
    session.add(Check(**asked))
    session.add(PcTest(**asked, expires_at=NOW))


def who_is_named(session: Session) -> set[int]:
    """Every contact that some row names."""
    named = set[int]()
    own = (("contact_address", "contact_id"), ("membership", "contact_id"), ("contact", "id"))
    for table, column in (*contacts._linking._ELSEWHERE, *own):
        field = SQLModel.metadata.tables[table].c[column]
        named |= set(session.connection().execute(field.table.select().with_only_columns(field)).scalars())
    return named
