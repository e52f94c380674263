"""Asking for the calendar file: what anybody gets, and what only the people of a firm get, in private."""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from sqlmodel import Session

from handlers.reception import Reception
from models.campaign import Campaign, load
from models.contacts import Contact, ContactAddress, Membership
from models.message import Address, Ask, Reply
from models.participants import Participant
from models.seats import Seat
from models.store import Store
from tests.calendar_rules import Calendar, read
from tests.channels_cast import ONE_DATABASE
from tests.reception_cast import MORNING, Person

ROOT = Path(__file__).parents[1]
ROOM = Address("web", "a-room")
NOW = datetime(2026, 2, 3, tzinfo=UTC)
_numbers = count(1)

pytestmark = ONE_DATABASE


@pytest.fixture
async def firms(store: Store) -> None:
    """Amy acts for ALPHA, and so does Cat, who has not written yet; Ben acts for BRAVO."""
    await store.write(_enrol, {"amy": "ALPHA", "cat": "ALPHA", "ben": "BRAVO"})


def _enrol(session: Session, people: dict[str, str]) -> None:
    for firm in set(people.values()):
        session.add(Participant(code=firm, name=firm.title(), imported_at=NOW))
    session.flush()
    for number, (name, firm) in enumerate(people.items(), 1):
        session.add(Contact(id=number, name=name.title(), email=f"{name}@{firm.lower()}.example", created_at=NOW))
        session.flush()
        session.add(ContactAddress(address=f"web:{name}", contact_id=number, since=NOW))
        session.add(Membership(contact_id=number, participant=firm, how="import", since=NOW))


def _seat(
    session: Session, briefing: str, firm: str, holder: int, attendee: str, *, key: str = "", state: str = "held"
) -> None:
    number = next(_numbers)
    session.add(
        Seat(
            campaign="ccms-2fa-2023",
            briefing=briefing,
            participant=firm,
            number=number,
            contact_id=holder,
            attendee_key=key or attendee.lower(),
            attendee_name=attendee,
            state=state,
            uid=f"uid-of-{attendee.lower()}-{briefing}",
            sequence=3,
            since=NOW,
        )
    )


def calendar_of(reply: Reply) -> Calendar:
    (file,) = reply.files
    return read(file.content)


def uids(reply: Reply) -> set[str]:
    return {event["UID"].value for event in calendar_of(reply).events if event["UID"].value.startswith("uid-of")}


async def test_anybody_gets_the_stated_dates(amy: Person) -> None:
    reply = await amy.say("/calendar")
    assert [event["SUMMARY"].text.partition(": ")[2] for event in calendar_of(reply).events] == [
        "last day to register for a briefing in the Event section of Client Connect",
        "last safe day to register the e-mail addresses of your CCMS users and DAs",
        "last safe day to verify the connection to the 2FA server",
        "briefing, in person, in Cantonese",
        "briefing, webinar, in Cantonese",
        "briefing, webinar, in English",
    ]
    assert not reply.private
    assert reply.files[0].method == "PUBLISH"


async def test_what_has_no_day_is_named_and_left_out(amy: Person) -> None:
    reply = await amy.say("/calendar")
    last = reply.text.splitlines()[-1]
    assert last.startswith("Not in the file, because no day is stated: ")
    assert "late May 2023 (tentative, no exact day given): launch of 2FA" in last
    for listed in reply.text.splitlines()[1:-1]:
        assert "tentative" not in listed


async def test_nothing_is_over_before_the_first_date(amy: Person) -> None:
    assert "(past)" not in (await amy.say("/calendar")).text


async def test_what_is_over_is_still_in_the_file_and_said_to_be_over(amy: Person) -> None:
    at = datetime(2023, 4, 24, 10, tzinfo=UTC)  # 18:00 in Hong Kong, after the first briefing
    reply = await amy.say("/calendar", at)
    over = [line for line in reply.text.splitlines() if line.endswith("(past)")]
    assert [line.partition(": ")[2] for line in over] == [
        "register for a briefing in the Event section of Client Connect (past)",
        "briefing, in person, in Cantonese (past)",
    ]
    assert len(calendar_of(reply).events) == 6


async def test_a_file_in_chinese(amy: Person) -> None:
    await amy.say("/language zh-Hans")
    reply = await amy.say("/calendar")
    assert reply.language == "zh-Hans"
    assert reply.text.startswith("这是 CCMS 双重认证")
    assert "最后稳妥日子" in calendar_of(reply).events[1]["SUMMARY"].text


async def test_of_several_circulars_it_is_asked_which(store: Store, campaign: Campaign, understanding: Path) -> None:
    other = load(ROOT / "tests" / "campaigns" / "nordhaven-2027-014")
    amy = Person(Reception(store, [campaign, other], lambda: NOW, understanding), "amy")
    reply = await amy.say("/calendar")
    assert [choice.action for choice in reply.choices] == ["/calendar ccms-2fa-2023", "/calendar nordhaven-2027-014"]
    assert not reply.files
    chosen = await amy.press(reply.choices[1])
    assert chosen.files[0].name == "nordhaven-2027-014.ics"
    assert not calendar_of(await amy.say("/calendar ccms-2fa-2023")).events[0]["SUMMARY"].text.startswith("Secure")


async def test_a_circular_that_does_not_exist_gives_no_file(amy: Person) -> None:
    assert not (await amy.say("/calendar ../../etc/passwd")).files


async def test_ones_own_seat_stands_in_the_place_of_the_briefing(store: Store, amy: Person, firms: None) -> None:
    await store.write(_seat, "24apr", "ALPHA", 1, "Amy", key="contact:1")
    reply = await amy.say("/calendar")
    calendar = calendar_of(reply)
    (seat,) = [event for event in calendar.events if event["UID"].value == "uid-of-amy-24apr"]
    assert seat["SEQUENCE"].value == "3"
    assert "This seat stands in this bot's list only." in seat["DESCRIPTION"].text
    assert len(calendar.events) == 6
    assert reply.private


async def test_a_seat_that_a_colleague_registered_for_me_is_mine(store: Store, amy: Person, firms: None) -> None:
    await store.write(_seat, "25apr", "ALPHA", 2, "Amy", key="amy@alpha.example")
    assert uids(await amy.say("/calendar")) == {"uid-of-amy-25apr"}


async def test_a_seat_that_i_registered_for_somebody_is_shown_without_their_name(
    store: Store, amy: Person, firms: None
) -> None:
    await store.write(_seat, "26apr", "ALPHA", 1, "Zoe")
    reply = await amy.say("/calendar")
    assert uids(reply) == {"uid-of-zoe-26apr"}
    assert "Zoe" not in reply.text + reply.files[0].content.replace("uid-of-zoe", "")


async def test_ones_own_seat_comes_before_one_that_was_registered_for_somebody(
    store: Store, amy: Person, firms: None
) -> None:
    await store.write(_seat, "24apr", "ALPHA", 1, "Zoe")
    await store.write(_seat, "24apr", "ALPHA", 1, "Amy", key="contact:1")
    assert uids(await amy.say("/calendar")) == {"uid-of-amy-24apr"}


@pytest.mark.parametrize(
    ("firm", "holder", "attendee", "state"),
    [
        pytest.param("BRAVO", 3, "Ben", "held", id="of another firm"),
        pytest.param("BRAVO", 1, "Amy", "held", id="of a firm that is no longer theirs"),
        pytest.param("ALPHA", 2, "Cat", "held", id="of a colleague"),
        pytest.param("ALPHA", 1, "Amy", "offered", id="that is only on offer"),
    ],
)
async def test_no_other_seat_is_in_the_file(
    store: Store, amy: Person, firms: None, firm: str, holder: int, attendee: str, state: str
) -> None:
    await store.write(lambda session: _seat(session, "24apr", firm, holder, attendee, state=state))
    reply = await amy.say("/calendar")
    assert uids(reply) == set()
    assert not reply.private


async def test_where_others_read_it_no_seat_is_in_the_file(
    store: Store, reception: Reception, amy: Person, firms: None
) -> None:
    await store.write(_seat, "24apr", "ALPHA", 1, "Amy", key="contact:1")
    turn = await reception.take(Ask("in-the-room", amy.room, ROOM, "/calendar", MORNING))
    assert uids(turn.reply) == set()
    assert len(calendar_of(turn.reply).events) == 6
    assert not turn.reply.private
