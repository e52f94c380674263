"""What Usher does when Telegram does not take a message; and where answers for one person go."""

import asyncio
import logging
from typing import Any

import pytest

from bot.telegram import Telegram
from models.inbox import counted
from models.message import Address, Ask, Reply, SendError
from models.outbox import Posting, post
from models.reach import closed, follow
from models.store import Store
from tests.channels_cast import ONE_DATABASE, Start, listener_of
from tests.telegram_chats import Chat, User
from tests.telegram_platform import Fault, TelegramPlatform
from tests.web_cast import MORNING

pytestmark = ONE_DATABASE
WELL = Fault()  # none at all
LONG = Reply("One sentence goes here. " * 400)


@pytest.fixture
def ann(telegram: TelegramPlatform) -> User:
    return telegram.user(101, "Ann", language_code="en")


@pytest.mark.parametrize("fault", [Fault.lost_after(), Fault.lost_before(), Fault.broken(502, html=True)])
async def test_an_answer_of_which_nobody_knows_is_not_sent_twice(
    start_usher: Start, telegram: TelegramPlatform, store: Store, ann: User, fault: Fault
) -> None:
    async with start_usher():
        telegram.fail("sendMessage", fault)
        await telegram.say(ann, "/deadlines")
        await telegram.until(lambda: telegram.called("sendMessage"))
        await telegram.reply(ann, telegram.say(ann, "/help"))
        assert sum("3 deadlines" in one.text for one in telegram.shown_to(ann)) == (fault.lost == "after")
    assert len(telegram.called("sendMessage")) == 2
    assert await store.read(counted) == {"uncertain": 1, "answered": 1}


async def test_a_wait_is_kept_to_the_second(start_usher: Start, telegram: TelegramPlatform, ann: User) -> None:
    async with start_usher():
        telegram.fail("sendMessage", Fault.too_many(1))
        await telegram.reply(ann, telegram.say(ann, "/deadlines"))
    first, second = telegram.called("sendMessage")
    assert 1.0 <= second.at - first.at < 1.6


async def test_the_second_piece_waits_too_and_the_first_is_sent_once(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    ann.started = True
    async with start_usher() as app:
        channel = app.channels.listening["telegram"]
        telegram.fail("sendMessage", WELL, Fault.too_many(1), Fault.broken(503))
        reference = await channel.send(Address("telegram", "101"), LONG, "key")
    shown = telegram.shown_to(ann)
    assert "".join(one.text for one in shown).replace(" ", "") == LONG.text.replace(" ", "")
    assert reference == f"telegram:101:{shown[-1].id}"
    calls = telegram.called("sendMessage")
    assert len(calls) == len(shown) + 2
    assert calls[2].at - calls[1].at >= 1.0


async def test_an_answer_of_which_a_part_was_sent_is_not_begun_again(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    ann.started = True
    async with start_usher() as app:
        channel = app.channels.listening["telegram"]
        for fault in (Fault.too_many(61), Fault.refused(403, "Forbidden: bot was blocked by the user")):
            telegram.fail("sendMessage", WELL, fault)
            with pytest.raises(SendError, match="only a part") as raised:
                await channel.send(Address("telegram", "101"), LONG, "key")
            assert raised.value.outcome_unknown
    assert len(telegram.shown_to(ann)) == 2


async def test_whoever_blocks_usher_is_left_alone_until_they_write_again(
    start_usher: Start, telegram: TelegramPlatform, store: Store, ann: User
) -> None:
    address = Address("telegram", "101")
    async with start_usher():
        await telegram.reply(ann, telegram.say(ann, "/start"))
        await telegram.block(ann)
        await _until(lambda: store.read(closed, address))
        await telegram.unblock(ann)
        await telegram.reply(ann, telegram.say(ann, "/help"))
        assert await store.read(closed, address) is None
        telegram.fail("sendMessage", Fault.refused(403, "Forbidden: bot was blocked by the user"))
        await telegram.say(ann, "/deadlines")
        await _until(lambda: store.read(closed, address))
    assert await store.read(counted) == {"answered": 2, "failed": 1}


async def test_a_group_that_throws_usher_out_is_closed(
    start_usher: Start, telegram: TelegramPlatform, store: Store, ann: User
) -> None:
    group = telegram.group(-1001, "Team")
    async with start_usher():
        await telegram.reply(group, telegram.say(ann, "/help", chat=group))
        await telegram.remove(group, ann)
        await _until(lambda: store.read(closed, Address("telegram", "-1001")))
        await telegram.invite(group, ann)
        await telegram.reply(group, telegram.say(ann, "/help", chat=group))
        assert await store.read(closed, Address("telegram", "-1001")) is None


@pytest.mark.parametrize("told", [True, False], ids=["by a note", "by an error"])
async def test_a_group_that_becomes_a_supergroup_is_followed(
    start_usher: Start, telegram: TelegramPlatform, store: Store, ann: User, told: bool
) -> None:
    group = telegram.group(-55, "Team", kind="group")
    async with start_usher():
        await telegram.reply(group, telegram.say(ann, "/help", chat=group))
        with telegram.updates.held() as kept:
            await telegram.say(ann, "/deadlines", chat=group)
            larger = await telegram.migrate(group, ann)
        notes = kept if told else kept[:1]
        telegram.updates.put(*notes)
        await telegram.until(lambda: telegram.shown_to(larger))
        assert "3 deadlines" in telegram.shown_to(larger)[0].text
        new = Address("telegram", str(larger.id))
        assert await store.read(follow, Address("telegram", "-55")) == new
        later = Posting("reminder:1", Address("telegram", "-55"), Reply("Later"), due=MORNING)
        await store.write(post, later, MORNING)
        await telegram.until(lambda: len(telegram.shown_to(larger)) == 2)
    assert await store.read(counted) == {"answered": 2}


@pytest.mark.parametrize("began", [True, False], ids=["with a private chat", "without one"])
async def test_what_is_private_is_never_said_in_the_group(
    start_usher: Start, telegram: TelegramPlatform, ann: User, began: bool
) -> None:
    group = telegram.group(-1001, "Team")
    ann.started = began
    async with start_usher():
        where: User | Chat = ann if began else group
        answer = await telegram.reply(where, telegram.say(ann, "/reply 7 hello", chat=group))
        refused = "Only named members of the support team may reply"
        if began:
            assert refused in answer.text
            assert telegram.shown_to(group) == []
        else:
            assert answer.text == "Please write to me in a private chat for that: https://t.me/usher_test_bot"
            assert answer.reply_to
            assert telegram.shown_to(ann) == []


async def test_a_private_answer_waits_until_usher_knows_its_own_name(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    group = telegram.group(-1001, "Team")
    async with start_usher() as app:
        await telegram.reply(group, telegram.say(ann, "/help", chat=group))
        listener = listener_of(app)
        me, listener.me = listener.me, None
        channel = app.channels.listening["telegram"]
        assert isinstance(channel, Telegram)
        ask = Ask("telegram:1", Address("telegram", "101"), Address("telegram", "-1001"), "/help", MORNING)
        with pytest.raises(SendError) as raised:
            await channel.answer(ask, Reply("secret", private=True))
        assert (raised.value.permanent, raised.value.outcome_unknown) == (False, False)
        listener.me = me


async def test_a_message_that_stands_as_it_should_is_no_error(
    start_usher: Start, telegram: TelegramPlatform, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    ann.started = True
    async with start_usher() as app:
        channel = app.channels.listening["telegram"]
        reference = await channel.send(Address("telegram", "101"), Reply("Due"), "key")
        with caplog.at_level(logging.WARNING):
            await channel.edit(reference, Reply("Due"))
            await channel.edit(reference, Reply("Done"))
        assert [one.text for one in telegram.shown_to(ann)] == ["Done"]
        with pytest.raises(SendError):
            await channel.edit("telegram:101:999", Reply("Due"))


async def _until(look: Any) -> None:
    async with asyncio.timeout(5):
        while not await look():  # noqa: ASYNC110 - the database tells no event to the tests
            await asyncio.sleep(0.02)
