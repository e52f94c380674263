"""Files on Telegram: they come after the words, where the words went; and what is said where one cannot be sent."""

import asyncio
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from bot.telegram import Telegram
from bot.telegram import files as telegram_files
from bot.telegram.calls import Place
from models.inbox import counted
from models.message import Address, Ask, File, Reply
from models.outbox import Posting, post, sent_as
from models.store import Store
from tests.calendar_rules import read
from tests.channels_cast import ONE_DATABASE, Start
from tests.telegram_chats import Chat, User
from tests.telegram_chats import Message as Shown
from tests.telegram_platform import Fault, TelegramPlatform
from tests.web_cast import MORNING

pytestmark = ONE_DATABASE

FILE = File("seat.ics", "BEGIN:VCALENDAR\r\nX-NOTE:座位 😀\r\nEND:VCALENDAR\r\n", method="PUBLISH")
SEAT = Reply("You have a seat.", files=(FILE,), private=True)
ANN = Address("telegram", "101")
MISSING = "Something went wrong with the file seat.ics."
BLOCKED = Fault.refused(403, "Forbidden: bot was blocked by the user")


@pytest.fixture
def ann(telegram: TelegramPlatform) -> User:
    return telegram.user(101, "Ann", language_code="en")


def shown(telegram: TelegramPlatform, place: Chat | User) -> list[str]:
    """What stands in the chat: the words of messages, the names of files."""
    return [_shown(one) for one in telegram.shown_to(place)]


def _shown(message: Shown) -> str:
    return message.content["document"]["file_name"] if message.content else message.text.partition("\n")[0]


def channel_of(app: Any) -> Telegram:
    channel = app.channels.listening["telegram"]
    assert isinstance(channel, Telegram)
    return channel


async def test_the_calendar_file_comes_silently_below_its_words(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    async with start_usher():
        await telegram.say(ann, "/calendar")
        await telegram.until(lambda: len(telegram.shown_to(ann)) == 2)
    words, file = telegram.shown_to(ann)
    assert words.text.startswith("Here is a calendar file with the stated dates of CCMS")
    assert file.content["document"]["file_name"] == "ccms-2fa-2023.ics"
    assert file.content["document"]["mime_type"] == "text/calendar"
    assert len(read((file.file or b"").decode()).events) == 6
    assert file.text == ""
    (call,) = telegram.called("sendDocument")
    assert call.parameters["disable_notification"]


async def test_a_file_arrives_byte_for_byte(start_usher: Start, telegram: TelegramPlatform, ann: User) -> None:
    ann.started = True
    async with start_usher() as app:
        await channel_of(app).send(ANN, SEAT, "key")
    assert telegram.shown_to(ann)[-1].file == FILE.content.encode()


async def test_the_reference_is_that_of_the_words_which_can_be_changed(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    ann.started = True
    async with start_usher() as app:
        channel = channel_of(app)
        reference = await channel.send(ANN, replace(SEAT, files=(FILE, replace(FILE, name="two.ics"))), "key")
        await channel.edit(reference, Reply("You gave it back."))
    assert shown(telegram, ann) == ["You gave it back.", "seat.ics", "two.ics"]


async def test_in_a_topic_the_file_stands_in_the_topic(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    forum = telegram.group(-1002, "Forum", topics={7: "2FA"})
    async with start_usher():
        asked = await telegram.say(ann, "/calendar@usher_test_bot", chat=forum, thread=7)
        await telegram.until(lambda: len(telegram.shown_to(forum)) == 2)
    words, file = telegram.shown_to(forum)
    assert (words.thread, words.reply_to) == (7, asked)
    assert (file.thread, file.reply_to) == (7, None)


@pytest.mark.parametrize("began", [True, False], ids=["with a private chat", "without one"])
async def test_a_private_file_never_comes_into_the_group(
    start_usher: Start, telegram: TelegramPlatform, ann: User, began: bool
) -> None:
    group = telegram.group(-1001, "Team")
    ann.started = began
    async with start_usher() as app:
        await telegram.reply(group, telegram.say(ann, "/help", chat=group))
        ask = Ask("telegram:9", ANN, Address("telegram", "-1001"), "/seats", MORNING)
        await channel_of(app).answer(ask, SEAT)
    link = "Please write to me in a private chat for that: https://t.me/usher_test_bot"
    assert shown(telegram, ann) == (["You have a seat.", "seat.ics"] if began else [])
    assert shown(telegram, group)[1:] == ([] if began else [link])


FAULTS = {
    "asked to wait": (Fault.too_many(1),),
    "busy": (Fault.broken(503),),
    "broken": (Fault.broken(500),),
    "behind a proxy": (Fault.broken(502, html=True),),
    "lost before": (Fault.lost_before(),),
    "twice": (Fault.broken(503), Fault.too_many(1)),
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
async def test_a_file_is_tried_again_and_its_words_are_said_once(
    start_usher: Start, telegram: TelegramPlatform, store: Store, ann: User, faults: tuple[Fault, ...]
) -> None:
    async with start_usher():
        telegram.fail("sendDocument", *faults)
        await telegram.say(ann, "/calendar")
        await telegram.until(lambda: len(telegram.shown_to(ann)) == 2, seconds=10)
        await telegram.reply(ann, telegram.say(ann, "/help"))
    assert len(telegram.called("sendMessage")) == 2
    assert shown(telegram, ann)[1] == "ccms-2fa-2023.ics"
    assert await store.read(counted) == {"answered": 2}


REFUSED = Fault.refused(400, "Bad Request: file is too strange")
GIVEN_UP = {
    "refused": ((REFUSED,), 1),
    "broken again and again": ((Fault.broken(500),) * 3, 3),
    "asked to wait too long": ((Fault.too_many(3600),), 1),
}


@pytest.mark.parametrize(
    ("case", "way"), list(product(GIVEN_UP, ["answered", "posted"])), ids=lambda value: str(value).replace(" ", "-")
)
async def test_where_a_file_cannot_be_sent_it_is_said_and_the_words_stay_sent(
    start_usher: Start,
    telegram: TelegramPlatform,
    store: Store,
    ann: User,
    case: str,
    way: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telegram_files, "PATIENCE", 8.0)
    monkeypatch.setattr(telegram_files, "LATER", 0.1)
    faults, tries = GIVEN_UP[case]
    ann.started = True
    async with start_usher() as app:
        telegram.fail("sendDocument", *faults)
        if way == "posted":
            await store.write(post, Posting("seat:1", ANN, SEAT, due=MORNING), MORNING)
        else:
            await channel_of(app).answer(Ask("telegram:9", ANN, ANN, "/seats", MORNING), SEAT)
        await telegram.until(lambda: any(MISSING in one for one in shown(telegram, ann)), seconds=10)
        reference = f"telegram:101:{telegram.shown_to(ann)[0].id}"
        if way == "posted":
            await _is_sent(store, reference)
    said, missing = shown(telegram, ann)
    assert (said, missing[: len(MISSING)]) == ("You have a seat.", MISSING)
    assert len(telegram.called("sendDocument")) == tries


async def _is_sent(store: Store, reference: str) -> None:
    """The outbox has noted it: that comes after the message."""
    async with asyncio.timeout(5):
        while (message := await store.read(sent_as, reference)) is None:  # noqa: ASYNC110 - no event tells the tests
            await asyncio.sleep(0.02)
    assert message.state == "sent"


async def test_whoever_blocks_usher_between_words_and_file_is_told_nothing_more(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    ann.started = True
    async with start_usher() as app:
        telegram.fail("sendDocument", BLOCKED)
        await channel_of(app).send(ANN, SEAT, "key")
    assert shown(telegram, ann) == ["You have a seat."]
    assert len(telegram.called("sendMessage")) == 1


async def test_a_group_that_moves_between_words_and_file_gets_the_file(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    group = telegram.group(-55, "Team", kind="group")
    async with start_usher() as app:
        larger = await telegram.migrate(group, ann)
        await channel_of(app)._files.send(Place(group.id), SEAT)
    assert shown(telegram, larger) == ["seat.ics"]


async def test_a_file_that_hangs_does_not_hold_up_the_words(
    start_usher: Start, telegram: TelegramPlatform, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_files, "AT_ONCE", 0.1)
    ann.started = True
    async with start_usher() as app:
        telegram.fail("sendDocument", Fault.too_many(1))
        reference = await channel_of(app).send(ANN, SEAT, "key")
        assert shown(telegram, ann) == ["You have a seat."]
        assert reference
        await telegram.until(lambda: shown(telegram, ann) == ["You have a seat.", "seat.ics"])


async def test_a_file_under_way_is_still_sent_when_usher_stops(
    start_usher: Start, telegram: TelegramPlatform, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_files, "AT_ONCE", 0.1)
    ann.started = True
    async with start_usher() as app:
        telegram.fail("sendDocument", Fault.too_many(1))
        await channel_of(app).send(ANN, SEAT, "key")
    assert shown(telegram, ann) == ["You have a seat.", "seat.ics"]
