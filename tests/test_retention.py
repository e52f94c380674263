"""Names, addresses and words go by themselves when their time is over, not before; what was done can be counted."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models import checks, outbox, status
from models.campaign import Campaign, load
from models.checks import Asked
from models.contacts import Contact, ContactAddress, Membership, known
from models.conversation import Turn
from models.drafts import Draft
from models.forgetting import forget
from models.inbox import Event, State
from models.message import Address, Ask, Reply
from models.outbox import Lane, Message, Posting
from models.people import Preference
from models.retention import Over, due, is_due, kept_until, purge
from models.seats import Seat, SeatEvent
from models.status import Declaration, Duty
from models.store import Store
from models.support import Case
from models.tidying import ANSWERED, SENT, tidy
from tests.forgetting_cast import dump, found
from tests.reception_cast import MORNING
from tests.town_cast import HARBOUR, MACHINE, Colleague, Town

DAY = timedelta(days=1)
KEPT = timedelta(days=90)
NEEDLES = ["Ada Chan", "Ben Lee", "ben@harbour", "ada-chan", "Macau", "told by", "D0ADA"]


@pytest.fixture
async def lived(town: Town, ada: Colleague) -> Town:
    """In April 2023 Ada took seats, asked support, declared something, and was written to."""
    await ada.say("2 seats on the 24th for me and a colleague")
    await ada.say("Ben Lee, ben@harbour.example")
    await ada.press("Yes")
    await ada.say("How much does it cost in Macau?")
    await ada.press("Yes, ask support")
    await ada.say("/language en")
    await town.store.write(declared_and_told, ada.room)
    return town


def declared_and_told(session: Session, person: Address) -> None:
    contact = known(session, person)
    assert contact
    duty = Duty("ccms-2fa-2023", HARBOUR, "emails.user")
    status.declare(session, duty, contact.id or 0, MORNING, MACHINE, "told by Ada Chan")
    posting = Posting(f"reminder:x:{person}", person, Reply("Dear Ada Chan"), MORNING, about="seat:7")
    message = outbox.post(session, posting, MACHINE)
    message.state, message.reference, message.settled_at = outbox.State.SENT, "slack:D0ADA:1.1", MACHINE
    session.add(message)


async def purged(town: Town, now: datetime, machine: datetime = MACHINE, *campaigns: Campaign) -> Counter[str]:
    """Everything that is to be done then."""
    done: Counter[str] = Counter()
    what = due(campaigns or [town.campaign], now, machine)
    while part := await town.store.write(purge, what, machine):
        done += part
    return done


async def test_until_its_time_is_over_nothing_changes(lived: Town) -> None:
    before = await lived.store.read(dump)
    until = kept_until([lived.campaign])
    assert until == lived.campaign.ends + KEPT
    assert await purged(lived, until - timedelta(seconds=1), MACHINE + 400 * DAY) == Counter()
    assert await lived.store.read(dump) == before


async def test_then_no_name_address_or_word_is_found(lived: Town) -> None:
    done = await purged(lived, kept_until([lived.campaign]), MACHINE + KEPT)
    assert done.keys() == {"turns", "cases", "seat", "seat_event", "evidence", "messages", "contacts"}
    assert found(await lived.store.read(dump), NEEDLES) == []
    assert await purged(lived, kept_until([lived.campaign]), MACHINE + KEPT) == Counter()


async def test_of_a_check_it_stays_what_was_found_and_not_who_asked(lived: Town) -> None:
    asked = Asked("ccms-2fa-2023", "sso", HARBOUR, 1, "slack:T1:D0ADA", "slack:D0ADA:1.1", "en", MORNING)
    await lived.store.write(checks.ask, asked, MACHINE)
    await lived.store.write(typed_on_a_pc)
    done = await purged(lived, kept_until([lived.campaign]), MACHINE + KEPT)
    assert done["connection_check"] == 1
    assert found(await lived.store.read(dump), NEEDLES) == []
    (check,) = await lived.store.read(rows, checks.Check)
    assert (check.participant, check.target, check.asked_at, check.report_json) == (HARBOUR, "sso", MORNING, None)


def typed_on_a_pc(session: Session) -> None:
    check = session.exec(select(checks.Check)).one()
    check.vantage, check.report_json = "pc", '{"typed": "Ada Chan sees it"}'
    session.add(check)


async def test_what_was_done_when_and_for_which_firm_can_still_be_counted(lived: Town) -> None:
    before = await lived.store.read(dump)
    await purged(lived, kept_until([lived.campaign]), MACHINE + KEPT)
    after = await lived.store.read(dump)
    for table in ("turn", "seat", "seat_event", "support_case", "declaration", "outbox", "participant", "contact"):
        assert [stays(row) for row in after[table]] == [stays(row) for row in before[table]]


def stays(row: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "at", "since", "due", "campaign", "briefing", "participant", "number", "uid", "what", "about",
             "task", "subject", "channel", "recorded_at", "contact_id")  # fmt: skip
    return {name: row[name] for name in names if name in row}


async def test_a_conversation_stays_one_and_its_case_belongs_to_it(lived: Town) -> None:
    await purged(lived, kept_until([lived.campaign]))
    (sender,) = {turn.sender for turn in await lived.store.read(rows, Turn)}
    (case,) = await lived.store.read(rows, Case)
    assert (case.sender, case.room, case.place) == (sender, sender, sender)
    assert case.state == "forgotten"


async def test_a_message_that_nobody_sent_in_time_is_not_sent_any_more(lived: Town) -> None:
    posting = Posting("late", Address("web", "ada-chan"), Reply("Dear Ada Chan"), MORNING)
    await lived.store.write(outbox.post, posting, MACHINE)
    await purged(lived, kept_until([lived.campaign]))
    (late,) = [row for row in await lived.store.read(rows, Message) if row.key == "late"]
    assert late.state == outbox.State.CANCELLED


async def test_cut_off_anywhere_it_goes_on_and_comes_to_the_same(lived: Town) -> None:
    what = due([lived.campaign], kept_until([lived.campaign]), MACHINE + KEPT)
    parts = 0
    while await lived.store.write(purge, what, MACHINE, 1):
        parts += 1
    assert parts > 6
    assert found(await lived.store.read(dump), NEEDLES) == []


async def test_two_copies_at_once_do_everything_once(lived: Town, database_url: str) -> None:
    other = await Store.open(database_url)
    what = due([lived.campaign], kept_until([lived.campaign]), MACHINE)
    asked = len(await lived.store.read(rows, Turn))
    done = await asyncio.gather(*(store.write(purge, what, MACHINE, 1) for store in (lived.store, other) * 4))
    await other.close()
    assert sum(done, Counter())["turns"] == asked
    assert len({turn.sender for turn in await lived.store.read(rows, Turn)}) == 1


async def test_what_came_after_the_last_date_is_kept_as_long_from_then(lived: Town, ada: Colleague) -> None:
    until = kept_until([lived.campaign])
    lived.now = until - DAY
    await ada.say("when was the briefing?")
    await purged(lived, until)
    (late,) = [turn for turn in await lived.store.read(rows, Turn) if turn.asked]
    assert late.sender == "web:ada-chan"
    await purged(lived, until - DAY + KEPT)
    assert [turn for turn in await lived.store.read(rows, Turn) if turn.asked] == []


async def test_of_a_circular_that_is_served_no_more_it_goes_too(lived: Town, nordhaven: Campaign) -> None:
    await purged(lived, datetime(2026, 12, 1, tzinfo=nordhaven.zone), MACHINE, nordhaven)
    kept = await lived.store.read(dump)
    assert {where.partition(".")[0] for where in found(kept, NEEDLES)} == {"contact", "contact_address", "preference"}


async def test_what_was_left_of_who_was_forgotten_before_goes_too(lived: Town, ada: Colleague, bob: Colleague) -> None:
    await bob.say("my telephone is 2979 0000")
    await lived.store.write(forget, bob.room, MACHINE)
    (before,) = [turn for turn in await lived.store.read(rows, Turn) if "2979 0000" in turn.asked]
    await purged(lived, kept_until([lived.campaign]))
    (after,) = [turn for turn in await lived.store.read(rows, Turn) if turn.id == before.id]
    assert (after.asked, after.reply.text) == ("", "")
    assert after.sender == before.sender


async def test_whether_there_is_anything_is_only_looked_at(lived: Town) -> None:
    what = due([lived.campaign], kept_until([lived.campaign]), MACHINE + KEPT)
    assert await lived.store.read(is_due, what)
    while await lived.store.write(purge, what, MACHINE, 1):
        pass
    assert not await lived.store.read(is_due, what)


async def test_people_stay_for_a_circular_that_is_not_over(lived: Town, nordhaven: Campaign) -> None:
    done = await purged(lived, kept_until([lived.campaign]), MACHINE + 9 * KEPT, lived.campaign, nordhaven)
    assert "contacts" not in done
    assert [contact.name for contact in await lived.store.read(rows, Contact)] == ["Ada Chan"]
    assert [seat for seat in await lived.store.read(rows, Seat) if not seat.attendee_name.startswith("forgotten")] == []


async def test_what_belongs_to_no_circular_goes_with_those_that_had_begun(
    campaign: Campaign, nordhaven: Campaign
) -> None:
    begins = datetime(2027, 1, 1, tzinfo=nordhaven.zone)
    assert nordhaven.calendar.first == begins.date()
    now = begins + 100 * DAY
    assert now < kept_until([nordhaven])
    assert due([campaign, nordhaven], now, MACHINE).parts == [Over(campaign.key, now - KEPT), Over(None, begins)]


async def test_people_who_were_named_before_a_circular_begins_stay(town: Town, ada: Colleague) -> None:
    assert await purged(town, datetime(2023, 1, 1, tzinfo=town.campaign.zone), MACHINE + 400 * DAY) == Counter()
    assert [contact.name for contact in await town.store.read(rows, Contact)] == ["Ada Chan"]


async def test_people_who_came_lately_stay_for_as_long(town: Town, ada: Colleague) -> None:
    years_later = datetime(2026, 2, 3, tzinfo=town.campaign.zone)
    await purged(town, years_later, MACHINE + KEPT - DAY)
    assert [contact.name for contact in await town.store.read(rows, Contact)] == ["Ada Chan"]
    await purged(town, years_later, MACHINE + KEPT)
    (contact,) = await town.store.read(rows, Contact)
    assert contact.forgotten_at
    assert await town.store.read(rows, ContactAddress) == []
    (membership,) = await town.store.read(rows, Membership)
    assert membership.ended_by == "retention"


async def test_what_strangers_chose_goes_with_the_last_of_the_people(town: Town) -> None:
    await Colleague(town, Address("web", "mal")).say("/language zh-Hant")
    await purged(town, kept_until([town.campaign]), MACHINE + KEPT - DAY)
    assert len(await town.store.read(rows, Preference)) == 1
    await purged(town, kept_until([town.campaign]), MACHINE + KEPT + DAY)
    assert await town.store.read(rows, Preference) == []


async def test_history_of_seats_keeps_its_thread(lived: Town) -> None:
    await purged(lived, kept_until([lived.campaign]))
    seats = {seat.uid: seat.attendee_name for seat in await lived.store.read(rows, Seat)}
    events = {event.uid: event.attendee_name for event in await lived.store.read(rows, SeatEvent)}
    assert seats.keys() == events.keys()
    assert len(set(seats.values())) == 2
    assert {row.evidence for row in await lived.store.read(rows, Declaration)} == {None}


# -------------------------------------------------------------------------------------------------------------- tidying


async def test_what_has_served_its_purpose_is_deleted_and_nothing_else(store: Store) -> None:
    await store.write(leftovers)
    done = await store.write(tidy, MACHINE)
    assert done == {"draft": 1, "inbox": 1, "lane": 1, "outbox": 1}
    assert await store.write(tidy, MACHINE) == {}
    kept = await store.read(dump)
    assert [row["key"] for row in kept["inbox"]] == ["young", "open"]
    assert [row["key"] for row in kept["outbox"]] == ["old", "young"]
    assert [row["mark"] for row in kept["draft"]] == ["young"]


def leftovers(session: Session) -> None:
    """Of each kind one that is over, and others that are not."""
    ada, left = "slack:T:U", "slack:forgotten-0123456789abcdef"
    for mark, ends in (("over", MACHINE), ("young", MACHINE + DAY)):
        session.add(Draft(person=ada, room=mark, mark=mark, action="/name", expires_at=ends))
        session.add(Lane(name=mark, free_at=ends - DAY))
    for key, settled in (("over", MACHINE - ANSWERED), ("young", MACHINE - ANSWERED + DAY), ("open", None)):
        state = State.ANSWERED if settled else State.WAITING
        session.add(Event(key=key, person=ada, ask_json="", state=state, taken_at=MACHINE, settled_at=settled))
    for key, address, settled in (
        ("over", left, MACHINE - SENT), ("old", ada, MACHINE - SENT), ("young", left, MACHINE - SENT + DAY)
    ):  # fmt: skip
        message = outbox.post(session, Posting(key, Address.of(address), Reply(""), MORNING), MACHINE)
        message.state, message.settled_at = outbox.State.SENT, settled
        session.add(message)


async def test_a_question_is_taken_as_before_after_the_tidying(lived: Town, ada: Colleague) -> None:
    await lived.store.write(tidy, MACHINE + 400 * DAY)
    assert "Ada Chan" in (await ada.say("/name")).text
    asked = Ask("again", ada.room, ada.room, "when is the briefing?", MORNING)
    assert (await lived.reception.take(asked)).reply.text


@pytest.fixture(scope="session")
def nordhaven() -> Campaign:
    return load(Path(__file__).parent / "campaigns" / "nordhaven-2027-014")


def rows(session: Session, table: Any) -> list[Any]:
    key = next(iter(table.__table__.primary_key.columns))
    return list(session.exec(select(table).order_by(col(key))))
