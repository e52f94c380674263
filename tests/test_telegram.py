"""People ask Usher on Telegram: in private chats and in groups, by words, commands and buttons."""

import asyncio
from typing import Any

import pytest

from models.support import open_cases
from tests.channels_cast import ONE_DATABASE, Start
from tests.telegram_chats import Chat, User
from tests.telegram_platform import TelegramPlatform

pytestmark = ONE_DATABASE
UNKNOWN = "How do I mount a bicycle rack on the roof?"


@pytest.fixture
def ann(telegram: TelegramPlatform) -> User:
    return telegram.user(101, "Ann", language_code="en")


@pytest.fixture
def ben(telegram: TelegramPlatform) -> User:
    return telegram.user(102, "Ben", language_code="en")


@pytest.fixture
def group(telegram: TelegramPlatform) -> Chat:
    """A group in which the bot hears everything."""
    telegram.can_read_all_group_messages = True
    return telegram.group(-1001, "Our team")


async def test_the_first_start_greets_with_quick_starts_and_a_menu_of_commands(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    async with start_usher():
        greeting = await telegram.reply(ann, telegram.say(ann, "/start"))
        assert greeting.text.startswith("I answer questions about this circular")
        assert greeting.buttons == ["Deadlines", "Briefings", "Connection check", "Ask support"]
        assert [row[0]["text"] for row in greeting.keyboard] == ["Deadlines", "Connection check"]
        menus = {code: commands for (_, code), commands in telegram.chats.commands.items()}
    assert [one["command"] for one in menus[""]][-3:] == ["support", "language", "help"]
    assert {"deadlines", "briefings"} < {one["command"] for one in menus[""]}
    assert [one["command"] for one in menus["zh"]] == [one["command"] for one in menus[""]]
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in one["description"]) for one in menus["zh"])


async def test_every_command_is_answered_also_from_a_link(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    beginnings = {
        "/help": "I answer questions",
        "/HELP": "I answer questions",
        "/deadlines": "There are 3 deadlines",
        "/start deadlines": "There are 3 deadlines",
        "/start gclid_Xy-9": "I answer questions",
        "/start": "I answer questions",
        "/language": "In which language",
        "/support": "What shall support be asked?",
        "/deadlines@usher_test_bot": "There are 3 deadlines",
    }
    async with start_usher():
        told = {said: (await telegram.reply(ann, telegram.say(ann, said))).text for said in beginnings}
        briefings = await telegram.reply(ann, telegram.say(ann, "/briefings"))
    assert {said: text for said, text in told.items() if beginnings[said] not in text} == {}
    assert "briefing" in briefings.text.lower()


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("What is the deadline for registering e-mail addresses?", "April 2023"),
        ("電郵地址最遲幾時要登記？", "2023年4月27日"),
        ("邮箱登记到几号为止", "2023年4月27日"),
    ],
)
async def test_a_question_is_answered_in_its_language_with_the_source_folded(
    start_usher: Start, telegram: TelegramPlatform, ann: User, question: str, part: str
) -> None:
    async with start_usher():
        answer = await telegram.reply(ann, telegram.say(ann, question))
    assert part in answer.text
    kinds = [entity["type"] for entity in answer.entities]
    assert "expandable_blockquote" in kinds
    assert answer.reply_to is None
    assert answer.chat.user is ann


async def test_the_language_of_the_app_decides_until_another_is_chosen_by_button(
    start_usher: Start, telegram: TelegramPlatform
) -> None:
    mei = telegram.user(103, "Mei", language_code="zh-hans")
    async with start_usher():
        greeting = await telegram.reply(mei, telegram.say(mei, "/start"))
        assert "我解答有关" in greeting.text
        which = await telegram.reply(mei, telegram.say(mei, "/language"))
        assert which.buttons == ["English", "繁體中文", "简体中文"]
        chosen = await telegram.reply(mei, telegram.press(mei, which, "English"))
        assert chosen.text.startswith("I answer in English")
    async with start_usher():  # it is remembered
        assert "I answer questions" in (await telegram.reply(mei, telegram.say(mei, "/help"))).text
        await telegram.reply(mei, telegram.press(mei, which, "繁體中文"))
        assert "我解答有關" in (await telegram.reply(mei, telegram.say(mei, "/help"))).text


async def test_in_a_group_only_commands_and_mentions_are_answered_as_a_reply(
    start_usher: Start, telegram: TelegramPlatform, ann: User, ben: User, group: Chat
) -> None:
    async with start_usher():
        for said in ("/deadlines", "/deadlines@usher_test_bot", "when is it due, @Usher_Test_Bot?", "@usher_test_bot"):
            asked = telegram.say(ann, said, chat=group)
            answer = await telegram.reply(group, asked)
            assert answer.reply_to
            assert answer.reply_to.text == said
        mine = await telegram.reply(group, telegram.say(ann, "/help", chat=group))
        for talk in (
            "/deadlines@other_bot",
            "/weather",
            "/etc/hosts is missing",
            "When is the deadline?",
            "mail me@usher_test_bot.example",
            "yes",
        ):
            await telegram.quiet(ben, group, doing=telegram.say(ben, talk, chat=group))
        await telegram.quiet(ben, group, doing=telegram.say(ben, "thanks, and when?", chat=group, reply_to=mine))
        await telegram.quiet(ben, group, doing=telegram.attach(ben, "photo", "When is it due?", chat=group))
        await telegram.quiet(ben, group, doing=telegram.attach(ben, "sticker", chat=group))
        await telegram.quiet(ben, group, doing=telegram.edit(mine.reply_to or mine, "@usher_test_bot and now?"))
        shown = await telegram.reply(
            group, telegram.attach(ben, "photo", "@usher_test_bot when is it due?", chat=group)
        )
        assert shown.reply_to


async def test_the_answer_goes_into_the_topic_where_it_was_asked(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    forum = telegram.group(-1002, "Forum", topics={7: "2FA", 9: "Other"})
    async with start_usher():
        answer = await telegram.reply(forum, telegram.say(ann, "/deadlines", chat=forum, thread=7))
        assert (answer.thread, answer.reply_to and answer.reply_to.text) == (7, "/deadlines")
        answer = await telegram.reply(forum, telegram.say(ann, "/help", chat=forum))  # the general topic
        assert answer.thread is None
        answer = await telegram.reply(forum, telegram.press(ann, answer, "Deadlines"))
        assert (answer.thread, "There are 3 deadlines" in answer.text) == (None, True)


async def test_a_small_group_is_answered_too(start_usher: Start, telegram: TelegramPlatform, ann: User) -> None:
    small = telegram.group(-55, "Three of us", kind="group")
    async with start_usher():
        answer = await telegram.reply(small, telegram.say(ann, "/deadlines@usher_test_bot", chat=small))
    assert answer.reply_to
    assert answer.reply_to.sender is ann


async def test_nobody_decides_for_another_member(
    start_usher: Start, telegram: TelegramPlatform, store: Any, ann: User, ben: User, group: Chat
) -> None:
    async with start_usher():
        offer = await telegram.reply(group, telegram.say(ann, f"@usher_test_bot {UNKNOWN}", chat=group))
        assert offer.buttons == ["Yes, ask support", "No, thanks"]
        answer = await telegram.reply(group, telegram.say(ben, "@usher_test_bot yes", chat=group))
        assert "case" not in answer.text.lower()
        presses = [await telegram.press(ben, offer, button) for button in offer.buttons]
        await telegram.until(lambda: all("ask it again" in press.text for press in presses))
        await telegram.quiet(ben, group, doing=asyncio.sleep(0))
        assert offer.buttons == ["Yes, ask support", "No, thanks"]
        assert await store.read(open_cases) == []
        passed = await telegram.reply(group, telegram.press(ann, offer, "Yes, ask support"))
        assert "case 1" in passed.text
        (case,) = await store.read(open_cases)
        assert case.name == "Ann"


async def test_a_choice_that_was_made_is_shown_and_a_double_press_answered_once(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    async with start_usher():
        offer = await telegram.reply(ann, telegram.say(ann, UNKNOWN))
        with telegram.updates.held() as kept:
            first, second = [await telegram.press(ann, offer, "Yes, ask support") for _ in range(2)]
        telegram.updates.put(*kept)
        await telegram.until(lambda: not offer.keyboard)
        assert offer.text.endswith("✓ Yes, ask support")
        await telegram.until(lambda: first.answered and second.answered)
        await telegram.quiet(ann, doing=asyncio.sleep(0))
        assert ["case 1" in one.text for one in telegram.shown_to(ann)] == [False, True, False]


async def test_quick_starts_can_be_pressed_again_and_again(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    async with start_usher():
        greeting = await telegram.reply(ann, telegram.say(ann, "/start"))
        for _ in range(2):
            answer = await telegram.reply(ann, telegram.press(ann, greeting, "Deadlines"))
            assert "There are 3 deadlines" in answer.text
        assert greeting.keyboard


async def test_a_button_stops_turning_before_the_answer_is_ready(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    go_on = asyncio.Event()
    async with start_usher() as app:
        greeting = await telegram.reply(ann, telegram.say(ann, "/start"))
        hear = app.reception.hear

        async def slow(*told: Any) -> Any:
            await go_on.wait()
            return await hear(*told)

        app.reception.hear = slow  # the answer takes its time
        press = await telegram.press(ann, greeting, "Deadlines")
        await telegram.until(lambda: press.answered)
        assert (press.text, len(telegram.shown_to(ann))) == ("", 1)
        await telegram.reply(ann, _set(go_on))


async def test_presses_that_came_before_or_cannot_be_read_stop_turning_too(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    async with start_usher():
        greeting = await telegram.reply(ann, telegram.say(ann, "/start"))
        press = await telegram.press(ann, greeting, "Deadlines")
        await telegram.until(lambda: press.answered and len(telegram.shown_to(ann)) == 2)
        press.answered = False
        assert press.update
        await telegram.quiet(ann, doing=_put(telegram, press.update))
        await telegram.until(lambda: press.answered)
        with telegram.updates.held() as kept:
            press = await telegram.press(ann, greeting, "Briefings")
        kept[0]["callback_query"]["message"]["chat"] = "of a new form"
        await telegram.quiet(ann, doing=_put(telegram, kept[0]))
        await telegram.until(lambda: press.answered)
        assert "ask it again" in press.text


async def test_a_press_below_a_message_that_is_too_old_is_met(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    async with start_usher():
        offer = await telegram.reply(ann, telegram.say(ann, UNKNOWN))
        with telegram.updates.held() as kept:
            first, second, third = [await telegram.press(ann, offer, "Yes, ask support") for _ in range(3)]
        for update in kept[:2]:
            old = update["callback_query"]["message"]
            update["callback_query"]["message"] = {"chat": old["chat"], "message_id": old["message_id"], "date": 0}
        del kept[2]["callback_query"]["message"]
        passed = await telegram.reply(ann, _put(telegram, *kept))
        assert "case 1" in passed.text
        await telegram.until(lambda: first.answered and second.answered and third.answered)
        assert (first.text, second.text, "ask it again" in third.text) == ("", "", True)
        await telegram.quiet(ann, doing=asyncio.sleep(0))
        assert not offer.keyboard


@pytest.mark.parametrize("data", ["/support 0123456789abcdef", "/a no-campaign nothing", "/reply 1 hello", "/no", "%"])
async def test_forged_data_does_nothing(
    start_usher: Start, telegram: TelegramPlatform, store: Any, ann: User, ben: User, data: str
) -> None:
    async with start_usher():
        bens = await telegram.reply(ben, telegram.say(ben, UNKNOWN))
        await telegram.reply(ben, telegram.press(ben, bens, "Yes, ask support"))
        greeting = await telegram.reply(ann, telegram.say(ann, "/start"))
        with telegram.updates.held() as kept:
            press = await telegram.press(ann, greeting, "Deadlines")
        kept[0]["callback_query"]["data"] = data
        await telegram.reply(ann, _put(telegram, *kept))
        await telegram.until(lambda: press.answered)
        assert len(await store.read(open_cases)) == 1
        assert len(telegram.shown_to(ben)) == 2
        assert greeting.keyboard


async def test_what_has_no_words_is_met_with_a_sentence_and_a_caption_is_a_question(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    async with start_usher():
        for kind in ("sticker", "voice", "document", "photo"):
            assert "text only" in (await telegram.reply(ann, telegram.attach(ann, kind))).text
        answer = await telegram.reply(ann, telegram.attach(ann, "photo", "When is the e-mail registration due?"))
        assert "April 2023" in answer.text
        asked = await telegram.say(ann, "/help")
        await telegram.until(lambda: len(telegram.shown_to(ann)) == 6)
        assert "as it was sent first" in (await telegram.reply(ann, telegram.edit(asked, "/deadlines"))).text


async def _put(telegram: TelegramPlatform, *updates: dict[str, Any]) -> None:
    telegram.updates.put(*updates)


async def _set(event: asyncio.Event) -> None:
    event.set()
