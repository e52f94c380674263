"""The tests' own Telegram is as strict as the real one: a real client works with it, and what is wrong is refused."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    ReplyParameters,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from tests.telegram_platform import Fault, TelegramPlatform, telegram_platform

JSON = dict[str, Any]
OTHER_TOKEN = "7000000001:" + "B" * 35


@pytest.fixture
async def platform() -> AsyncIterator[TelegramPlatform]:
    async with telegram_platform() as platform:
        yield platform
        platform.check()


@pytest.fixture
async def bot(platform: TelegramPlatform, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # without it the client warns each time that it is told to wait
    async with Bot(platform.token, base_url=platform.url) as bot:
        yield bot


def keyboard(*rows: list[str]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(text, callback_data=f"do {text}") for text in row] for row in rows]
    )


def told(platform: TelegramPlatform) -> str:
    """The violations, which the test expected and settles."""
    violations = "\n".join(platform.violations)
    platform.violations.clear()
    return violations


async def test_a_message_is_shown_as_its_html_says(platform: TelegramPlatform, bot: Bot) -> None:
    ann = platform.user(101, "Ann", started=True)
    html = "  <b>Due</b> &lt;soon&gt; 😀 <i>see <a href='https://x.org/?a=1&amp;b=2'>here</a></i>\n"
    sent = await bot.send_message(ann.id, html, parse_mode="HTML", reply_markup=keyboard(["Yes", "No"], ["Later"]))
    assert sent.text == "Due <soon> 😀 see here"
    assert {entity.type: sent.parse_entity(entity) for entity in sent.entities} == {
        "bold": "Due",
        "italic": "see here",
        "text_link": "here",
    }
    (shown,) = platform.shown_to(ann)
    assert (shown.text, shown.buttons) == (sent.text, ["Yes", "No", "Later"])
    assert not sent.api_kwargs


@pytest.mark.parametrize(
    ("html", "entity"),
    [
        ("<tg-spoiler>x</tg-spoiler>", {"type": "spoiler"}),
        ('<span class="tg-spoiler">x</span>', {"type": "spoiler"}),
        ("<blockquote expandable>x</blockquote>", {"type": "expandable_blockquote"}),
        ('<pre><code class="language-python">x</code></pre>', {"type": "pre", "language": "python"}),
        ('<tg-emoji emoji-id="5368">👍</tg-emoji>', {"type": "custom_emoji", "custom_emoji_id": "5368"}),
        ("&#128077; <del>x</del>", {"type": "strikethrough", "offset": 3}),
        ("&#x1F44D; @usher_bot", {"type": "mention", "offset": 3, "length": 10}),
    ],
)
async def test_html_is_read(platform: TelegramPlatform, bot: Bot, html: str, entity: JSON) -> None:
    ann = platform.user(101, "Ann", started=True)
    (read,) = (await bot.send_message(ann.id, html, parse_mode="HTML")).entities
    assert read.to_dict().items() >= entity.items()


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<b>Due", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é <b>Due</i>", 'Unmatched end tag at byte offset 9, expected "</b>", found "</i>"'),
        ("Due</b>", "Unexpected end tag at byte offset 3"),
        ("<p>Due</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("one<br/>two", 'Unsupported start tag "br" at byte offset 3'),
        ("3 < 4", "Unclosed start tag at byte offset 2"),
        ("A & B", "Unsupported entity at byte offset 2"),
        ("&nbsp;", "Unsupported entity at byte offset 0"),
        ('<b class="x">Due</b>', 'Tag "b" has an unexpected attribute'),
        ('<span class="red">Due</span>', 'must have class "tg-spoiler"'),
        ("<a href='due'>Due</a>", "is no link"),
    ],
)
async def test_html_that_telegram_does_not_know_is_refused(
    platform: TelegramPlatform, bot: Bot, html: str, why: str
) -> None:
    ann = platform.user(101, "Ann", started=True)
    with pytest.raises(BadRequest, match="Can't parse entities"):
        await bot.send_message(ann.id, html, parse_mode="HTML")
    assert why in told(platform)
    assert platform.shown_to(ann) == []


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": " \n "}, "message text is empty"),
        ({}, "parameter text is missing"),
        ({"text": "x", "colour": "red"}, "parameter colour is unknown"),
        ({"text": "x", "disable_notification": "perhaps"}, "disable_notification must be of type Boolean"),
        ({"text": "x", "reply_parameters": {"message_id": "one"}}, "message_id must be of type Integer"),
        ({"text": "x", "reply_parameters": {"message_id": 1, "lang": "en"}}, "ReplyParameters has no field lang"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply_markup JSON object"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [{"text": "x"}]}}, "must be an array"),
        ({"text": "x", "reply_markup": keyboard(["x" * 62]).to_dict()}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": keyboard(list("123456789")).to_dict()}, "8 in a row"),
        ({"text": "x", "reply_markup": keyboard(*[list("12345")] * 21).to_dict()}, "at most 100 buttons"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "x"}]]}}, "exactly one of its actions"),
        ({"text": "x", "parse_mode": "MarkdownV2"}, "unsupported parse_mode"),
    ],
)
async def test_a_wrong_message_is_refused(platform: TelegramPlatform, bot: Bot, parameters: JSON, why: str) -> None:
    ann = platform.user(101, "Ann", started=True)
    with pytest.raises(BadRequest):
        await bot._post("sendMessage", {"chat_id": ann.id} | parameters)
    assert why in told(platform)
    assert platform.shown_to(ann) == []


async def test_the_longest_message_and_button_are_taken(platform: TelegramPlatform, bot: Bot) -> None:
    ann = platform.user(101, "Ann", started=True)
    await bot.send_message(ann.id, f"<b>{'😀' * 2048}</b>", "HTML", reply_markup=keyboard(["x" * 61]))
    assert len(platform.shown_to(ann)) == 1


async def test_commands_answers_and_webhooks_have_their_limits(platform: TelegramPlatform, bot: Bot) -> None:
    for wrong in ([BotCommand("Help", "x")], [BotCommand("help", "x" * 257)], [BotCommand("help", "x")] * 101):
        with pytest.raises(BadRequest, match="Bot_command"):
            await bot.set_my_commands(wrong)
    with pytest.raises(BadRequest, match="Message_too_long"):
        await bot.answer_callback_query("1", "x" * 201)
    with pytest.raises(BadRequest, match="Secret token"):
        await bot.set_webhook("https://usher.example", secret_token="not allowed!")
    with pytest.raises(BadRequest, match="https url"):
        await bot.set_webhook("http://usher.example")
    assert len(told(platform).splitlines()) == 6
    certificate = InputFile(b"pem", filename="usher.pem")
    assert await bot.set_webhook("https://usher.example", certificate, drop_pending_updates=True)
    commands, scope = [BotCommand("help", "Help")], BotCommandScopeAllPrivateChats()
    await bot.set_my_commands(commands, scope, "zh")
    assert list(await bot.get_my_commands(scope, "zh")) == commands
    assert list(await bot.get_my_commands(scope)) == []


async def test_only_the_bot_s_token_opens_and_json_is_read(platform: TelegramPlatform) -> None:
    for token, code in ((OTHER_TOKEN, 401), ("wrong", 404)):
        async with aiohttp.ClientSession() as session, session.get(f"{platform.url}{token}/getMe") as answer:
            assert (answer.status, (await answer.json())["error_code"]) == (code, code)
    stranger = Bot(OTHER_TOKEN, base_url=platform.url)
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()
    assert "Unauthorized" in told(platform)
    ann = platform.user(101, "Ann", started=True)
    async with aiohttp.ClientSession() as session:
        for body, status in (({"chat_id": ann.id, "text": "x"}, 200), ({"chat_id": 1.5, "text": "x"}, 400)):
            async with session.post(f"{platform.url}{platform.token}/sendMessage", json=body) as answer:
                assert answer.status == status
        async with session.post(f"{platform.url}{platform.token}/sendFax") as answer:
            assert answer.status == 404
    assert "chat_id must be of type Integer" in told(platform)


async def test_a_bot_cannot_write_where_it_is_not_welcome(platform: TelegramPlatform, bot: Bot) -> None:
    ann, ben = platform.user(101, "Ann"), platform.user(102, "Ben", started=True)
    small, large = platform.group(-5, "Small", kind="group"), platform.group(-1005, "Large")
    with pytest.raises(Forbidden, match="can't initiate conversation"):
        await bot.send_message(ann.id, "x")
    await platform.block(ben)
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(ben.id, "x")
    ben.deactivated = True
    with pytest.raises(Forbidden, match="deactivated"):
        await bot.send_message(ben.id, "x")
    await platform.remove(large, by=ben)
    with pytest.raises(Forbidden, match="kicked from the supergroup chat"):
        await bot.send_message(large.id, "x")
    larger = await platform.migrate(small, by=ben)
    with pytest.raises(ChatMigrated) as migrated:
        await bot.send_message(small.id, "x")
    assert migrated.value.new_chat_id == larger.id
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(999, "x")


async def test_messages_are_edited_deleted_and_answered(platform: TelegramPlatform, bot: Bot) -> None:
    ann, forum = platform.user(101, "Ann"), platform.group(-1005, "Forum", topics={7: "Help"})
    asked = await platform.say(ann, "/ask me", chat=forum, thread=7)
    sent = await bot.send_message(forum.id, "One", reply_parameters=ReplyParameters(asked.id), message_thread_id=7)
    assert sent.reply_to_message
    assert (sent.message_thread_id, sent.is_topic_message, sent.reply_to_message.message_id) == (7, True, asked.id)
    await bot.edit_message_text("Two", forum.id, sent.message_id, reply_markup=keyboard(["Go"]))
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("Two", forum.id, sent.message_id, reply_markup=keyboard(["Go"]))
    await bot.edit_message_reply_markup(forum.id, sent.message_id)
    assert [(shown.text, shown.buttons) for shown in platform.shown_to(forum)] == [("Two", [])]
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(forum.id, "x", message_thread_id=8)
    await bot.delete_message(forum.id, sent.message_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("Three", forum.id, sent.message_id)
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(forum.id, "x", reply_parameters=ReplyParameters(sent.message_id))
    assert (await bot.get_chat(forum.id)).is_forum


async def test_a_pressed_button_is_answered_once_and_soon(platform: TelegramPlatform, bot: Bot) -> None:
    ann = platform.user(101, "Ann", language_code="en", started=True)
    await bot.send_message(ann.id, "Sure?", reply_markup=keyboard(["Yes"]))
    soon, late = [await platform.press(ann, platform.shown_to(ann)[0], "Yes") for _ in range(2)]
    update = (await bot.get_updates())[0]
    assert update.callback_query
    assert (update.callback_query.data, update.callback_query.from_user.language_code) == ("do Yes", "en")
    assert await bot.answer_callback_query(update.callback_query.id, "Done", show_alert=True)
    assert (soon.answered, soon.text, soon.alert) == (True, "Done", True)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(soon.id)
    platform.later(16)
    for wrong in (late.id, "none"):
        with pytest.raises(BadRequest, match="Query is too old"):
            await bot.answer_callback_query(wrong)
    assert platform.chats.spinning() == [late]


async def test_faults_and_lost_answers(platform: TelegramPlatform, bot: Bot) -> None:
    ann = platform.user(101, "Ann", started=True)
    cases: list[tuple[Fault, type[TelegramError], int]] = [
        (Fault.too_many(3), RetryAfter, 0),
        (Fault.broken(500), NetworkError, 0),
        (Fault.broken(502, html=True), NetworkError, 0),
        (Fault.refused(403, "Forbidden: bot was blocked by the user"), Forbidden, 0),
        (Fault.lost_before(), NetworkError, 0),
        (Fault.lost_after(), NetworkError, 1),
        (Fault.slow(0.5), TimedOut, 2),
    ]
    platform.fail("sendMessage", *(fault for fault, _, _ in cases))
    for fault, error, shown in cases:
        with pytest.raises(error):
            await bot.send_message(ann.id, "x", read_timeout=0.2)
        assert len(platform.shown_to(ann)) == shown, fault
    await bot.send_message(ann.id, "x")
    assert [call.status for call in platform.called("sendMessage")] == [429, 500, 502, 403, 0, 0, 0, 200]


async def test_rates(platform: TelegramPlatform, bot: Bot) -> None:
    platform.rates = True
    people = [platform.user(number, "Ann", started=True) for number in range(101, 132)]
    group = platform.group(-1005, "Group")
    for person in people[:30]:
        await bot.send_message(person.id, "x")
    with pytest.raises(RetryAfter):
        await bot.send_message(people[30].id, "x")
    platform.later(2)
    for _ in range(20):
        await bot.send_message(group.id, "x")
        platform.later(1.1)
    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(group.id, "x")
    assert 30 < refused.value._retry_after.total_seconds() < 60
    await bot.send_message(people[0].id, "x")
    with pytest.raises(RetryAfter):
        await bot.send_message(people[0].id, "x")
