"""The tests' own Telegram tells the bot what people do as the real one does, by polls and by a webhook."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import Conflict

from tests.telegram_platform import TelegramPlatform, telegram_platform
from tests.telegram_updates import SECRET


@pytest.fixture
async def platform() -> AsyncIterator[TelegramPlatform]:
    async with telegram_platform() as platform:
        yield platform
        platform.check()


@pytest.fixture
async def bot(platform: TelegramPlatform) -> AsyncIterator[Bot]:
    async with Bot(platform.token, base_url=platform.url) as bot:
        yield bot


class Hook:
    """A bot's webhook: keeps what came, and answers with the statuses that the test wants, then with 200."""

    def __init__(self) -> None:
        self.url = ""
        self.taken: list[int] = []
        self.sizes: list[int] = []
        self.secrets: list[str | None] = []
        self.statuses: list[int] = []
        self.at_work = 0
        self.most_at_work = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.sizes.append(len(body))
        self.secrets.append(request.headers.get(SECRET))
        self.at_work += 1
        self.most_at_work = max(self.at_work, self.most_at_work)
        await asyncio.sleep(0.02)
        self.at_work -= 1
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200 and body.startswith(b'{"update_id"'):
            self.taken.append(json.loads(body)["update_id"])
        return web.Response(status=status)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application(client_max_size=10 * 1024**2)
    app.router.add_post("/hook", hook.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


def number(update: dict[str, Any] | None) -> int:
    assert update
    return int(update["update_id"])


async def test_a_start_reaches_the_bot_in_full(platform: TelegramPlatform, bot: Bot) -> None:
    ann = platform.user(101, "Ann", language_code="en", username="ann_lee")
    await platform.say(ann, "/start payload")
    (update,) = await bot.get_updates()
    assert update.message
    assert update.effective_user
    assert update.message.parse_entity(update.message.entities[0]) == "/start"
    assert (update.effective_user.language_code, update.message.chat.type) == ("en", "private")
    assert (update.api_kwargs, update.message.api_kwargs) == ({}, {})
    assert (await bot.send_message(ann.id, "Hello")).text == "Hello"


async def test_polls_confirm_by_offset(platform: TelegramPlatform, bot: Bot) -> None:
    ann = platform.user(101, "Ann")
    for text in ("one", "two", "three"):
        await platform.say(ann, text)
    first = await bot.get_updates(limit=2)
    assert [update.update_id for update in first] == [update.update_id for update in await bot.get_updates(limit=2)]
    (last,) = await bot.get_updates(offset=first[1].update_id + 1)
    assert last.message
    assert last.message.text == "three"
    assert [update.update_id for update in await bot.get_updates(offset=-1)] == [last.update_id]
    assert await bot.get_updates(offset=last.update_id + 1) == ()


async def test_a_long_poll_waits_and_the_earlier_of_two_ends(platform: TelegramPlatform, bot: Bot) -> None:
    ann = platform.user(101, "Ann")
    earlier = asyncio.create_task(bot.get_updates(timeout=5))
    await platform.until(lambda: platform.called("getUpdates"))
    async with Bot(platform.token, base_url=platform.url) as second:
        later = asyncio.create_task(second.get_updates(timeout=5))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await earlier
        await platform.say(ann, "awake")
        assert len(await later) == 1
    waited = asyncio.get_running_loop().time()
    assert await bot.get_updates(offset=20_000_000, timeout=1) == ()
    assert asyncio.get_running_loop().time() - waited >= 0.9


async def test_only_the_kinds_asked_for_come(platform: TelegramPlatform, bot: Bot) -> None:
    ann = platform.user(101, "Ann")
    await bot.get_updates(allowed_updates=["message"])
    message = await platform.say(ann, "one")
    await platform.edit(message, "two")
    await platform.block(ann)
    assert [update.edited_message for update in await bot.get_updates()] == [None]
    await bot.get_updates(allowed_updates=[])
    await platform.unblock(ann)
    assert (await bot.get_updates())[-1].my_chat_member


async def test_privacy_mode_hides_the_talk_of_a_group(platform: TelegramPlatform, bot: Bot) -> None:
    ann, group = platform.user(101, "Ann"), platform.group(-1005, "Group")
    hello = await platform.say(ann, "Hello all", chat=group)
    sent = await bot.send_message(group.id, "Ask me")
    answered = platform.shown_to(group)[0]
    assert answered.id == sent.message_id
    heard = [
        await platform.say(ann, text, chat=group, reply_to=reply_to)
        for text, reply_to in [
            ("/ask", None),
            ("/ask@usher_test_bot due", None),
            ("hey @Usher_Test_Bot", None),
            ("and when?", answered),
        ]
    ]
    unheard = [await platform.say(ann, text, chat=group) for text in ("/ask@other_bot", "@other_bot hi", "a/b")]
    assert [message.update is not None for message in [*heard, hello, *unheard]] == [True] * 4 + [False] * 4
    platform.can_read_all_group_messages = True
    assert (await bot.get_me()).can_read_all_group_messages
    assert (await platform.say(ann, "Hello again", chat=group)).update
    updates = await bot.get_updates()
    replies = [update.message.reply_to_message for update in updates if update.message is not None]
    assert [reply is not None for reply in replies] == [False, False, False, True, False]


async def test_every_kind_of_update_is_read_by_the_client(platform: TelegramPlatform, bot: Bot) -> None:
    ann, group = platform.user(101, "Ann", started=True), platform.group(-5, "Small", kind="group")
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="g")]])
    await bot.send_message(ann.id, "x", reply_markup=keyboard)
    await platform.press(ann, platform.shown_to(ann)[0], "Go")
    for kind in ("sticker", "voice", "photo"):
        await platform.attach(ann, kind)
    await platform.attach(ann, "document", "the /form")
    await platform.edit(await platform.say(ann, "one"), "two")
    await platform.block(ann)
    await platform.migrate(group, by=ann)
    await platform.remove(platform.group(-1006, "Other"), by=ann)
    updates = await bot.get_updates()
    kinds = ["callback_query", *["message"] * 5, "edited_message", "my_chat_member", *["message"] * 2, "my_chat_member"]
    assert [next(iter(set(update.to_dict()) - {"update_id"})) for update in updates] == kinds
    document = updates[4].message
    assert document
    assert (document.caption, document.caption_entities[0].type, document.text) == ("the /form", "bot_command", None)
    migrated = updates[8].message
    assert migrated
    assert migrated.migrate_to_chat_id == -1002000000005
    for update in updates:
        assert not update.api_kwargs
        assert update.effective_message is None or not update.effective_message.api_kwargs


async def test_a_webhook_gets_an_update_until_it_takes_it(platform: TelegramPlatform, bot: Bot, hook: Hook) -> None:
    ann = platform.user(101, "Ann")
    hook.statuses = [500, 302]
    await bot.set_webhook(hook.url, secret_token="open-sesame")
    message = await platform.say(ann, "one")
    await platform.until(lambda: hook.taken == [number(message.update)])
    await platform.until(lambda: not platform.updates.pending)
    assert hook.secrets == ["open-sesame"] * 3
    assert [status for _, status in platform.updates.posted] == [500, 302, 200]
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count) == (hook.url, 0)
    assert info.last_error_message == "Wrong response from the webhook: 302"
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_a_webhook_that_nobody_serves_keeps_the_updates(platform: TelegramPlatform, bot: Bot) -> None:
    ann = platform.user(101, "Ann")
    await bot.set_webhook("http://127.0.0.1:9/hook")
    await platform.say(ann, "one")
    await platform.until(lambda: platform.updates.posted)
    info = await bot.get_webhook_info()
    assert (info.pending_update_count, info.last_error_message) == (1, "Connection refused")
    await bot.delete_webhook(drop_pending_updates=True)
    assert (await bot.get_webhook_info()).pending_update_count == 0


async def test_one_chat_keeps_its_order_and_chats_come_side_by_side(
    platform: TelegramPlatform, bot: Bot, hook: Hook
) -> None:
    ann, ben = platform.user(101, "Ann"), platform.user(102, "Ben")
    await bot.set_webhook(hook.url)
    sent = [await platform.say(person, str(turn)) for turn in range(3) for person in (ann, ben)]
    await platform.until(lambda: len(hook.taken) == 6)
    for person in (ann, ben):
        theirs = [number(message.update) for message in sent if message.sender is person]
        assert [taken for taken in hook.taken if taken in theirs] == theirs
    assert hook.most_at_work == 2


async def test_updates_come_twice_at_once_and_out_of_order(platform: TelegramPlatform, bot: Bot, hook: Hook) -> None:
    ann = platform.user(101, "Ann")
    await bot.set_webhook(hook.url)
    with platform.updates.held() as held:
        for text in ("one", "two"):
            await platform.say(ann, text)
    one, two = held
    assert hook.taken == []
    platform.updates.put(two, one, one)
    await platform.until(lambda: len(hook.taken) == 3)
    assert hook.taken == [number(two), number(one), number(one)]
    assert await platform.updates.at_once(two, two) == [200, 200]
    assert hook.most_at_work == 2


async def test_strangers_may_post_anything(platform: TelegramPlatform, bot: Bot, hook: Hook) -> None:
    await bot.set_webhook(hook.url, secret_token="open-sesame")
    for body, secret in ((b"{", "wrong"), (b"x" * 2 * 1024**2, "open-sesame")):
        assert (await platform.updates.post(body, {SECRET: secret}))[0] == 200
    assert hook.sizes == [1, 2 * 1024**2]
    assert hook.secrets == ["wrong", "open-sesame"]
    assert platform.updates.posted == []


async def test_waiting_in_vain_tells_the_calls(platform: TelegramPlatform, bot: Bot) -> None:
    with pytest.raises(AssertionError, match="getMe"):
        await platform.until(lambda: False, seconds=0.05)
