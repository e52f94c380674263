"""Whoever wishes to be forgotten is found nowhere any more; what was done, when and for which firm stays as it was."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from bot.clock import machine_time
from models.contacts import Contact, Membership, known, participants_of, unlink
from models.conversation import Turn
from models.forgetting import forget
from models.message import Address, Ask
from models.outbox import Message, State
from models.seats import Seat
from models.support import Case, CaseEvent
from tests.channels_cast import ONE_DATABASE
from tests.enrolment_cast import code_of, found_firms
from tests.forgetting_cast import CHAT, EMAIL, NAME, NEEDLES, SLACK, TELEGRAM, WEB, Life, dump, found, rows
from tests.reception_cast import MORNING
from tests.town_cast import HARBOUR, PEAK, Colleague, Town, enrolled

NOW = machine_time()
ASK = Ask("slack:said:D0ANN:7.7", SLACK, SLACK, "/forget yes", MORNING)
Dump = dict[str, list[dict[str, Any]]]


async def forget_in_slack(life: Life) -> Any:
    asked = await life.say("please forget me")
    done = await life.press(asked, "Yes, forget me")
    await life.settled()
    return done


async def test_nothing_that_she_is_known_by_is_found_in_any_table(life: Life) -> None:
    before = await life.store.read(dump)
    await life.say("/mydata")
    assert {table for table, rows in before.items() if not rows} == {"demonstration", "briefing_login"}
    assert len(found(before, NEEDLES)) > 100
    assert "you are forgotten" in (await forget_in_slack(life)).text
    assert found(await life.store.read(dump), NEEDLES) == []


async def test_what_was_sent_when_and_for_which_firm_stays(life: Life) -> None:
    before = await life.store.read(dump)
    await forget_in_slack(life)
    after = await life.store.read(dump)
    assert sent(after)[: len(sent(before))] == sent(before)
    assert [row["at"] for row in after["turn"]][: len(before["turn"])] == [row["at"] for row in before["turn"]]
    for table in ("participant", "staff", "declaration", "code_use", "support_case", "case_event", "staff_deed"):
        assert [dated(row) for row in after[table]][: len(before[table])] == [dated(row) for row in before[table]]


def sent(kept: Dump) -> list[tuple[Any, ...]]:
    was = [row for row in kept["outbox"] if row["state"] == State.SENT]
    return [tuple(row[name] for name in ("id", "channel", "about", "due", "settled_at", "attempts")) for row in was]


def dated(row: dict[str, Any]) -> dict[str, Any]:
    """Without what is written in words, and without how a case stands: nobody waits for it now, and its card is new."""
    stands = {"waits_since", "version", "changed_at"}
    return {
        name: value
        for name, value in row.items()
        if name not in stands and (not isinstance(value, str) or name == "participant")
    }


@ONE_DATABASE
async def test_one_pseudonym_stands_for_all_of_her(life: Life) -> None:
    await forget_in_slack(life)
    (left,) = [row for row in await life.store.read(rows, Contact) if row.forgotten_at]
    turns = await life.store.read(rows, Turn)
    assert {str(row.sender) for row in turns if left.name in row.sender} == {
        f"{channel}:{left.name}" for channel in ("slack", "telegram", "web")
    }
    (asked,) = [row for row in turns if row.action == "/forget yes"]
    assert (asked.sender, asked.room) == (f"slack:{left.name}", f"slack:{left.name}")
    case = (await life.store.read(rows, Case))[0]
    assert case.question.endswith(f"Yours, {left.name}, {left.name}")
    assert (left.email, left.language) == (None, None)
    (membership,) = [row for row in await life.store.read(rows, Membership) if row.contact_id == left.id]
    assert membership.ended_by == "self"


@ONE_DATABASE
async def test_what_waited_to_be_sent_to_her_is_not_sent_and_to_others_it_is(life: Life) -> None:
    await forget_in_slack(life)
    reminders = [row for row in await life.store.read(rows, Message) if row.key.startswith("reminder:x:")]
    assert len(reminders) == 5
    assert {row.state for row in reminders} == {State.CANCELLED}
    (told,) = [row for row in await life.store.read(rows, Message) if row.key == "told:bob"]
    assert told.state == State.PENDING
    assert told.reply.text.endswith(" and Bob Lam")


@ONE_DATABASE
async def test_her_seat_is_offered_to_who_waited_and_her_colleague_s_is_handed_on(life: Life) -> None:
    await forget_in_slack(life)
    held = {row.attendee_name: row for row in await life.store.read(rows, Seat)}
    assert set(held) == {"Ben Lee", "Bob Lam"}
    heir = await life.store.read(known, Address("web", "bob"))
    assert heir
    assert held["Ben Lee"].contact_id == heir.id


@ONE_DATABASE
async def test_who_writes_again_is_somebody_new(life: Life) -> None:
    await forget_in_slack(life)
    for address in (SLACK, TELEGRAM, WEB):
        assert await life.store.read(participants_of, address) == []
    again = await life.say("/mydata")
    assert NAME not in again.text
    assert "nobody that I know of" in again.text
    assert "Messages from you, with my answers: none" in again.text


@ONE_DATABASE
async def test_support_is_told_that_nobody_can_be_replied_to(life: Life) -> None:
    await forget_in_slack(life)
    sam, room = life.slack.users["U0SAM"], "C0SUPPORT"
    card = [one for one in life.slack.messages(room) if one.text.startswith("Case ")][-1]
    await life.slack.say(sam, "reply: It costs nothing.", room, thread_ts=card.ts)
    await life.slack.until(lambda: any("has been forgotten" in one.text for one in life.slack.shown_to(sam)) or None)
    (case,) = [case for case in await life.store.read(rows, Case) if case.number == 2]
    assert case.state == "forgotten"


@ONE_DATABASE
async def test_the_cards_of_her_cases_are_shown_anew_and_what_joined_them_is_hidden(life: Life) -> None:
    await forget_in_slack(life)
    shown = [one for one in life.slack.messages("C0SUPPORT") if one.text.startswith("Case ")]
    await life.slack.until(lambda: all("was forgotten" in one.text for one in shown) or None)
    assert found({"cards": [{"text": one.text} for one in shown]}, NEEDLES) == []
    (added,) = [row for row in await life.store.read(rows, CaseEvent) if row.files]
    assert added.files.startswith("forgotten-")


@ONE_DATABASE
async def test_it_is_done_from_telegram_and_from_the_web_as_well(life: Life) -> None:
    await life.in_telegram("/forget")
    shown = life.telegram.shown_to(life.telegram.chats.users[CHAT])[-1]
    await life.telegram.press(life.telegram.chats.users[CHAT], shown, "Yes, forget me")
    await life.telegram.until(
        lambda: "you are forgotten" in life.telegram.shown_to(life.telegram.chats.users[CHAT])[-1].text
    )
    await life.settled()
    assert found(await life.store.read(dump), NEEDLES) == []


@ONE_DATABASE
async def test_a_second_tap_writes_her_address_into_nothing(life: Life) -> None:
    asked = await life.say("/forget")
    first = await life.press(asked, "Yes, forget me")
    second = await life.press(asked, "Yes, forget me")
    await life.settled()
    assert first.text == second.text
    assert found(await life.store.read(dump), NEEDLES) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_of_her_is_left_in_the_file_either(life: Life, database_url: str) -> None:
    await forget_in_slack(life)
    file = Path(database_url.removeprefix("sqlite:///"))
    with sqlite3.connect(file) as connection:  # what is kept beside the file is put into it
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    raw = await asyncio.to_thread(file.read_bytes)
    assert [needle for needle in NEEDLES if needle.lower().encode() in raw.lower()] == []


# ------------------------------------------------------------------------------------------- without the whole cast


async def test_somebody_of_another_firm_with_the_same_name_is_left_alone(town: Town, ada: Colleague) -> None:
    cleo = await other_ada(town)
    await town.store.write(forget, ada.room, NOW)
    said = await cleo.say("/name")
    assert "I call you Ada Chan" in said.text
    texts = [turn.reply.text for turn in await town.store.read(rows, Turn) if turn.sender == str(cleo.room)]
    assert "Held" in texts[-2]
    assert "Ada Chan" in texts[-2]


async def other_ada(town: Town) -> Colleague:
    cleo = await enrolled(town, "Ada Chan", PEAK, Address("web", "the-other"))
    await cleo.say("a seat on 24 April for me")
    await cleo.press("Yes")
    return cleo


async def test_a_name_that_is_a_part_of_another_word_is_left_alone(town: Town, ada: Colleague, bob: Colleague) -> None:
    await ada.say("/name Bria")
    await bob.say("Is Brian there, or Bria?")
    await town.store.write(forget, ada.room, NOW)
    (turn,) = [turn for turn in await town.store.read(rows, Turn) if turn.sender == str(bob.room)]
    assert turn.asked.startswith("Is Brian there, or forgotten-")


async def test_a_chinese_name_is_found_in_either_script(town: Town, ada: Colleague) -> None:
    await ada.say("/name 陳大鳳")
    await ada.say("a seat on 24 April for me")
    await ada.press("Yes")
    shown = await ada.say("/name", language="zh-Hans")
    assert "陈大凤" in shown.text
    await town.store.write(forget, ada.room, NOW)
    assert found(await town.store.read(dump), ["陳大鳳", "陈大凤"]) == []


async def test_a_conversation_that_she_signed_out_of_is_hers_as_well(town: Town, ada: Colleague) -> None:
    cafe = Colleague(town, Address("web", "internet-cafe"))
    await cafe.say(await code_of(town.store, HARBOUR))
    await cafe.say("/name Zoe Quist")
    link = await cafe.say("/link")
    here = Colleague(town, Address("web", "at-home"))
    await here.say(next(word for word in link.text.split() if word.startswith("LINK-")))
    await town.store.write(unlink, cafe.room)
    await town.store.write(forget, here.room, NOW)
    assert found(await town.store.read(dump), ["Zoe Quist", "internet-cafe", "at-home"]) == []


async def test_another_address_that_hers_is_a_part_of_is_left_alone(town: Town, ada: Colleague) -> None:
    others = "j.ada@harbour.example, ada@harbour.example.hk and ada@harbour.example-hk.com"
    await town.store.write(set_email, ada.room, "ada@harbour.example")
    await Colleague(town, Address("web", "mal")).say(
        f"Are {others} yours - or ada@harbour.example? Ada@Harbour.example!"
    )
    await town.store.write(forget, ada.room, NOW)
    (turn,) = [turn for turn in await town.store.read(rows, Turn) if turn.sender == "web:mal"]
    assert others in turn.asked
    assert turn.asked.count("forgotten-") == 2


async def test_guessing_is_not_begun_anew_by_being_forgotten(town: Town, ada: Colleague) -> None:
    await town.store.write(found_firms)
    for number in range(3):
        mal = Colleague(town, Address("web", f"mal-{number}"))
        assert "six digits are on their way" in (await mal.say(f"/join {EMAIL}")).text
        await town.store.write(forget, mal.room, town.machine)
    again = await Colleague(town, Address("web", "mal-4")).say(f"/join {EMAIL}")
    assert "six digits are on their way" not in again.text


async def test_a_transaction_that_fails_forgets_nothing(town: Town, ada: Colleague) -> None:
    before = await town.store.read(dump)
    with pytest.raises(RuntimeError):
        await town.store.write(forget_and_fail, ada.room)
    assert await town.store.read(dump) == before


def forget_and_fail(session: Session, person: Address) -> None:
    forget(session, person, NOW)
    raise RuntimeError


def set_email(session: Session, person: Address, email: str) -> None:
    contact = known(session, person)
    assert contact
    contact.email = email
    session.add(contact)
