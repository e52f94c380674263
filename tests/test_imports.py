"""A table is imported whole or not at all, every row that is wrong is named, and importing it again changes nothing."""

import pytest
from sqlmodel import Session

from models import imports
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
    participants_of,
    unlink,
)
from models.imports import BadRows
from models.message import Address
from models.participants import Participant, ParticipantDomain, domains_of
from models.store import Store
from tests.imported import (
    FIRMS,
    LATER,
    NOW,
    PEOPLE,
    SERVED,
    all_of,
    as_file,
    count,
    firms,
    firms_in,
    people,
    people_in,
    problems,
    silent,
)

# Participants


async def test_a_table_of_participants_is_imported(store: Store) -> None:
    outcome = await firms(
        store, FIRMS + "c01,Alpha  Securities,asia/hong_kong,EN,alpha.com.hk; alpha.hk\nC02,中華期貨,,,\n"
    )
    assert (outcome.new, outcome.changed, outcome.same) == (2, 0, 0)
    one, two = await store.read(all_of)
    assert (one.code, one.name, one.time_zone, one.language) == ("C01", "Alpha Securities", "Asia/Hong_Kong", "en")
    assert (two.name, two.time_zone, two.language) == ("中華期貨", None, None)
    assert await store.read(domains_of, "C01") == ["alpha.com.hk", "alpha.hk"]


async def test_the_same_table_again_changes_nothing(store: Store) -> None:
    table = FIRMS + "C01,Alpha,Asia/Hong_Kong,en,alpha.hk\nC02,Beta,,,\n"
    await firms(store, table)
    outcome = await firms(store, table, LATER)
    assert (outcome.new, outcome.changed, outcome.same) == (0, 0, 2)
    assert {one.imported_at for one in await store.read(all_of)} == {NOW}


async def test_what_a_table_names_is_changed_and_everything_else_stays(store: Store) -> None:
    await firms(store, FIRMS + "C01,Alpha,Asia/Hong_Kong,en,alpha.hk old.hk\nC02,Beta,,en,beta.hk\nC03,Gamma,,,\n")
    outcome = await firms(store, "name;code;e-mail domains\nAlpha Ltd;C01;alpha.hk new.hk\nBeta;C02;\nDelta;C04;\n")
    assert (outcome.new, outcome.changed, outcome.same) == (1, 2, 0)

    def kept(session: Session) -> Participant:
        return session.get_one(Participant, "C01")

    alpha = await store.read(kept)
    assert (alpha.name, alpha.time_zone, alpha.language) == ("Alpha Ltd", "Asia/Hong_Kong", "en")
    assert await store.read(domains_of, "C01") == ["alpha.hk", "new.hk"]
    assert await store.read(domains_of, "C02") == []
    assert await count(store, Participant) == 4


async def test_a_column_that_is_left_out_leaves_the_domains_alone(store: Store) -> None:
    await firms(store, FIRMS + "C01,Alpha,,,alpha.hk\n")
    outcome = await firms(store, "code,name\nC01,Alpha\n")
    assert (outcome.changed, outcome.same) == (0, 1)
    assert await store.read(domains_of, "C01") == ["alpha.hk"]


def test_every_row_that_is_wrong_is_named_with_what_to_do() -> None:
    table = FIRMS + (
        'C01,"=HYPERLINK(""http://x"")",HKT,xx,gmail.com\n'
        "\n"
        "C 2,,Asia/Hong Kongg,,com.hk\n"
        "C03,Good,,,good.hk\n"
        "c03,Twice,,,vip.qq.com\n"
    )
    told = problems(firms_in, table)
    assert [problem.split(":")[0] for problem in told] == [
        "row 2, name", "row 2, time zone", "row 2, language", "row 2, e-mail domains",
        "row 4, code", "row 4, name", "row 4, time zone", "row 4, e-mail domains",
        "row 6, e-mail domains", "row 6, code",
    ]  # fmt: skip
    for part, number in (("formula", 0), ("such as Asia/Hong_Kong", 1), ("write en, zh-Hans, zh-Hant", 2),
                         ("gives addresses to anybody", 3), ("1 to 16 of A to Z", 4), ("is empty", 5),
                         ("Asia/Hong_Kong is", 6), ("ending of many", 7), ("qq.com", 8),
                         ("in row 5 already", 9)):  # fmt: skip
        assert part in told[number]


async def test_one_bad_row_of_many_keeps_all_of_them_out(store: Store) -> None:
    good = "".join(f"C{number},Firm {number},,,\n" for number in range(1500))
    with pytest.raises(BadRows):
        await firms(store, FIRMS + good + ",No code,,,\n")
    assert await count(store, Participant) == 0


def test_of_very_many_problems_the_first_fifty_are_told_and_the_rest_counted() -> None:
    with pytest.raises(BadRows) as bad:
        firms_in(FIRMS + ",,,,\n?,x,,,\n" * 130)
    assert (len(bad.value.shown), bad.value.count) == (50, 130)


# Contacts


async def two_firms(store: Store) -> None:
    await firms(store, FIRMS + "C01,Alpha,,,alpha.hk\nC02,Beta,,,\n")


async def test_contacts_are_taken_over_and_act_for_their_participants(store: Store) -> None:
    await two_firms(store)
    table = PEOPLE + (
        "C01,Slack,T01:U02,zh-hant,Amy Wong\nC01,telegram,123,,\nC01,E-Mail,Ben@Alpha.hk,,Ben\nC02,telegram,123,,\n"
    )
    outcome = await people(store, table)
    assert (outcome.new, outcome.changed, outcome.same, outcome.left) == (4, 0, 0, [])
    amy = await store.read(known, Address("slack", "T01:U02"))
    assert amy
    assert (amy.name, amy.language, amy.email) == ("Amy Wong", "zh-Hant", None)
    ben = await store.read(known, Address("mail", "ben@alpha.hk"))
    assert ben
    assert (ben.name, ben.email) == ("Ben", "ben@alpha.hk")
    both = await store.read(participants_of, Address("telegram", "123"))
    assert [one.code for one in both] == ["C01", "C02"]
    assert {one.membership.how for one in await store.read(acting)} == {"import"}


async def test_the_same_contacts_again_change_nothing(store: Store) -> None:
    await two_firms(store)
    table = PEOPLE + "C01,telegram,123,en,Amy\nC02,telegram,123,en,Amy\nC01,mail,ben@alpha.hk,,\n"
    await people(store, table)
    outcome = await people(store, table, LATER)
    assert (outcome.new, outcome.changed, outcome.same) == (0, 0, 3)
    assert [await count(store, table) for table in (Contact, ContactAddress, Membership)] == [2, 2, 3]


async def test_a_name_in_the_table_takes_the_place_of_the_one_before_and_an_empty_one_does_not(store: Store) -> None:
    await two_firms(store)
    await people(store, PEOPLE + "C01,telegram,123,en,Amy\n")
    outcome = await people(store, PEOPLE + "C01,telegram,123,,Amy Wong\n")
    assert (outcome.changed, outcome.same) == (1, 0)
    assert (await people(store, PEOPLE + "C01,telegram,123,,\n")).same == 1
    amy = await store.read(known, Address("telegram", "123"))
    assert amy
    assert (amy.name, amy.language) == ("Amy Wong", "en")


async def test_who_enrolled_before_the_import_is_the_same_person(store: Store) -> None:
    await two_firms(store)
    amy = await store.write(enrol, Address("web", "amy"), "C01", "mail", NOW, email="amy@alpha.hk")
    outcome = await people(store, PEOPLE + "C01,mail,amy@alpha.hk,,Amy\nC02,mail,amy@alpha.hk,,Amy\n")
    assert (outcome.new, outcome.changed) == (1, 1)
    assert await count(store, Contact) == 1
    assert len(await store.read(participants_of, Address("web", "amy"))) == 2
    assert await store.read(addresses_of, amy.id or 0) == [Address("mail", "amy@alpha.hk"), Address("web", "amy")]


async def test_who_has_the_mail_address_and_lost_it_as_a_channel_is_the_same_person(store: Store) -> None:
    await two_firms(store)
    await store.write(enrol, Address("web", "amy"), "C01", "mail", NOW, email="amy@alpha.hk")
    await store.write(unlink, Address("mail", "amy@alpha.hk"))
    assert (await people(store, PEOPLE + "C01,mail,amy@alpha.hk,,\n")).same == 1
    assert await count(store, Contact) == 1
    assert await store.read(known, Address("mail", "amy@alpha.hk"))


async def test_an_imported_contact_is_recognised_when_they_write(store: Store) -> None:
    await two_firms(store)
    await people(store, PEOPLE + "C01,telegram,123,,Amy\n")
    contact = await store.write(enrol, Address("telegram", "123"), "C02", "code:1", LATER)
    assert contact.name == "Amy"
    assert await count(store, Contact) == 1
    other = await store.write(enrol, Address("telegram", "124"), "C02", "code:1", LATER)
    assert other.id != contact.id  # the numbers that the import took are taken


async def test_who_left_or_was_removed_stays_out_until_they_are_asked_for_again(store: Store) -> None:
    await two_firms(store)
    table = PEOPLE + "C01,telegram,1,,\nC01,telegram,2,,\nC01,telegram,3,,\n"
    await people(store, table)
    for number, by in (("1", SELF), ("2", "Sam")):
        contact = await store.read(known, Address("telegram", number))
        assert contact
        await store.write(leave, contact.id or 0, "C01", by, LATER)
    outcome = await people(store, table)
    assert (outcome.new, outcome.same, outcome.left) == (0, 1, [2, 3])
    assert (await people(store, table, again=True)).new == 2
    assert (await people(store, table)).same == 3


def test_every_contact_that_is_wrong_is_named_with_what_to_do() -> None:
    table = PEOPLE + (
        "C09,telegram,@amy,,\n"
        "C01,fax,1,,\n"
        "C03,mail,ben@gmail.com,,\n"
        "C03,mail,ben,xx,=x\n"
        "C01,telegram,1.2E+09,,\n"
        "C01,slack,U02,,\n"
        "C01,telegram,5,,Amy\nC02,telegram,5,,Ben\nC01,telegram,5,,Amy\n"
    )
    told = problems(lambda given: people_in(given, C03=("gamma.hk",)), table)
    expected = (
        "row 2, participant: there is no participant C09: import the participants first",
        "row 2, address: “@amy” is no address there: write the person's number",
        "row 3, channel: “fax” is no channel: write slack, telegram, mail",
        "row 4, address: “ben@gmail.com” is not in the participant's domains (gamma.hk)",
        "row 5, language: “xx” is no language", "row 5, name: “=x” begins as a formula",
        "row 5, address: “ben” is no mail address",
        "row 6, address: “1.2E+09” was rounded by a spreadsheet",
        "row 7, address: “U02” is no address there: write TEAM:USER",
        "row 9, address: the same person has another name or language in row 8",
        "row 10, address: telegram:5 of C01 stands in row 8 already",
    )  # fmt: skip
    assert len(told) == len(expected)
    for problem, begins in zip(told, expected, strict=True):
        assert problem.startswith(begins)


async def test_a_table_longer_than_a_batch_is_imported_whole_and_again_as_the_same(store: Store) -> None:
    await two_firms(store)
    table = PEOPLE + "".join(
        f"C0{1 + number % 2},telegram,{1 + number // 2},,P {number // 2}\n" for number in range(2600)
    )
    assert (await people(store, table)).new == 2600
    assert (await people(store, table)).same == 2600
    assert [await count(store, table) for table in (Contact, Membership)] == [1300, 2600]


async def test_what_fails_at_the_end_leaves_nothing_of_the_import(store: Store) -> None:
    await two_firms(store)
    table = PEOPLE + "".join(f"C01,telegram,{number},,\n" for number in range(1, 1600))
    with imports.read_contacts(as_file(table), {"C01": ()}, SERVED, silent) as staging:

        def cut_off(what: str, done: int) -> None:
            if done > 1000:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await store.write(imports.write_contacts, staging, NOW, cut_off)
    assert await count(store, Contact) == 0


async def test_what_is_read_before_the_import_is_the_participants_and_their_domains(store: Store) -> None:
    await two_firms(store)
    assert await store.read(imports.participants_known) == {"C01": {"alpha.hk"}, "C02": set()}
    assert await count(store, ParticipantDomain) == 1
