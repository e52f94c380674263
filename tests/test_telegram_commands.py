"""The commands on Telegram: the menu keeps its limits, links begin with one, and what is private stays private."""

import pytest

from bot.telegram.listen import _shown
from handlers.commands import Command
from tests.channels_cast import ONE_DATABASE, Start
from tests.telegram_chats import Chat, User
from tests.telegram_contract import read
from tests.telegram_platform import TelegramPlatform

PRIVATE = "That concerns your firm alone"
LINK = "Please write to me in a private chat for that: https://t.me/usher_test_bot"


@pytest.fixture
def ann(telegram: TelegramPlatform) -> User:
    return telegram.user(101, "Ann", language_code="en")


@pytest.mark.parametrize("title", ["", "Seats", "é" * 500, "😀" * 300, "座位" * 200])
def test_every_title_fits_into_the_menu(title: str) -> None:
    shown = _shown(Command("seats", title)).to_dict()
    assert read("setMyCommands", {"commands": [shown]})["commands"][0]["command"] == "seats"


@ONE_DATABASE
async def test_what_usher_does_for_a_person_stands_in_the_menu(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    async with start_usher():
        await telegram.reply(ann, telegram.say(ann, "/start"))
    for commands in telegram.chats.commands.values():
        assert {"status", "seats", "calendar", "join", "mydata"} < {one["command"] for one in commands}


@ONE_DATABASE
@pytest.mark.parametrize("word", ["/status", "/seats", "/start seats", "/seats@usher_test_bot"])
@pytest.mark.parametrize("began", [True, False], ids=["with a private chat", "without one"])
async def test_in_a_group_what_is_private_is_asked_for_in_private(
    start_usher: Start, telegram: TelegramPlatform, ann: User, word: str, began: bool
) -> None:
    group = telegram.group(-1001, "Team")
    ann.started = began
    async with start_usher():
        where: User | Chat = ann if began else group
        answer = await telegram.reply(where, telegram.say(ann, word, chat=group))
    assert answer.text.startswith(PRIVATE if began else LINK)
    assert telegram.shown_to(group if began else ann) == []


@ONE_DATABASE
async def test_a_link_with_a_command_does_what_the_command_does(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    async with start_usher():
        typed = await telegram.reply(ann, telegram.say(ann, "/seats"))
        linked = await telegram.reply(ann, telegram.say(ann, "/start seats"))
    assert linked.text == typed.text
    assert linked.buttons == typed.buttons


@ONE_DATABASE
@pytest.mark.parametrize("start", ["/start ", "/start@usher_test_bot ", ""])
async def test_a_link_with_a_code_is_read_as_the_code(
    start_usher: Start, telegram: TelegramPlatform, ann: User, start: str
) -> None:
    async with start_usher():
        typed = await telegram.reply(ann, telegram.say(ann, "/join USHER-7K3M-Q9D2-TAXW-4PB8"))
        linked = await telegram.reply(ann, telegram.say(ann, f"{start}USHER-7K3M-Q9D2-TAXW-4PB8"))
    assert linked.text == typed.text
    assert "I answer questions" not in linked.text
