"""The tests' own Telegram takes files as the real one does, and refuses what that would refuse."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from telegram import Bot, InputFile
from telegram.error import BadRequest, NetworkError, RetryAfter

from tests.telegram_chats import User
from tests.telegram_platform import TelegramPlatform, telegram_platform

MEGABYTE = 1024**2


@pytest.fixture
async def platform() -> AsyncIterator[TelegramPlatform]:
    async with telegram_platform() as platform:
        yield platform
        platform.check()


@pytest.fixture
def ann(platform: TelegramPlatform) -> User:
    return platform.user(101, "Ann", started=True)


@pytest.fixture
async def bot(platform: TelegramPlatform, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    async with Bot(platform.token, base_url=platform.url) as bot:
        yield bot


async def test_a_file_is_kept_with_its_name_its_kind_and_its_caption(
    platform: TelegramPlatform, bot: Bot, ann: User
) -> None:
    sent = await bot.send_document(101, InputFile(b"a,b", filename="名.csv"), caption="<b>all</b>", parse_mode="HTML")
    assert sent.document
    assert (sent.document.file_name, sent.document.file_size, sent.caption) == ("名.csv", 3, "all")
    (shown,) = platform.shown_to(ann)
    assert (shown.file, shown.entities[0]["type"]) == (b"a,b", "bold")


async def test_the_longest_caption_and_the_largest_file_are_taken(bot: Bot, ann: User) -> None:
    await bot.send_document(101, InputFile(b"x", filename="a.txt"), caption="😀" * 512)
    await bot.send_document(101, InputFile(bytes(50 * MEGABYTE), filename="a.bin"))


@pytest.mark.parametrize(
    ("content", "name", "caption", "why"),
    [
        (b"", "a.txt", "", "non-empty"),
        (b"x", "../a.txt", "", "no name"),
        (b"x", "a\u202e.txt", "", "no name"),
        (b"x", "a" * 256, "", "no name"),
        (b"x", "a.txt", "x" * 1025, "caption is too long"),
    ],
)
async def test_a_wrong_file_is_refused(
    platform: TelegramPlatform, bot: Bot, ann: User, content: bytes, name: str, caption: str, why: str
) -> None:
    with pytest.raises(BadRequest):
        await bot.send_document(101, InputFile(content, filename=name), caption=caption)
    assert why in platform.violations.pop()
    assert platform.shown_to(ann) == []


async def test_a_file_that_is_too_large_is_refused(platform: TelegramPlatform, bot: Bot, ann: User) -> None:
    with pytest.raises(NetworkError, match="Too Large"):
        await bot.send_document(101, InputFile(bytes(50 * MEGABYTE + 1), filename="a.bin"))
    assert "Too Large" in platform.violations.pop()


async def test_only_what_is_uploaded_is_taken(platform: TelegramPlatform, bot: Bot, ann: User) -> None:
    with pytest.raises(BadRequest):
        await bot.send_document(101, "BQACAgIAAxkBAAIB")
    assert "wrong file identifier" in platform.violations.pop()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{platform.url}{platform.token}/sendDocument", data={"chat_id": "101"}) as answer,
    ):
        assert answer.status == 400
    assert "document is missing" in platform.violations.pop()


async def test_files_count_for_the_pace(platform: TelegramPlatform, bot: Bot, ann: User) -> None:
    platform.rates = True
    await bot.send_message(101, "words")
    with pytest.raises(RetryAfter):
        await bot.send_document(101, InputFile(b"x", filename="a.txt"))
