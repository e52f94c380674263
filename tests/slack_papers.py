"""The cast of the tests of Slack's files: acts that answer with a file, and what people see of it."""

import asyncio

import pytest

from bot.app import App
from bot.slack import files
from handlers.talk import Act, Talk
from models.message import Address, Choice, File, Reply
from tests.acts_cast import know
from tests.slack_cast import channel, idle
from tests.slack_platform import UPLOAD_URL, Platform
from tests.slack_workspace import Message

ANN = Address("slack", "T0USHER:U0ANN")
DATES = File("dates.ics", "BEGIN:VCALENDAR\r\nSUMMARY:簡報會 & more\r\nEND:VCALENDAR\r\n", method="PUBLISH")
LIST = File("seats.csv", "\ufeffname,seat\r\n黃,1\r\n", "text/csv")
TEXT = "Here they are."
MISSING = "Something went wrong with the file dates.ics."
STEPS = ("files.getUploadURLExternal", UPLOAD_URL, "files.completeUploadExternal")


def _public(talk: Talk, argument: str) -> Reply:
    return Reply(f"{TEXT} {argument}".strip(), files=(DATES, LIST) if argument == "both" else (DATES,))


def _private(talk: Talk, argument: str) -> Reply:
    return Reply(TEXT, files=(DATES,), private=True)


def _offer(talk: Talk, argument: str) -> Reply:
    return Reply("Which?", choices=(Choice("Dates", "/private"),))


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Usher know these acts, and lose no time, for one test."""
    know(monkeypatch, "/public", Act(_public))
    know(monkeypatch, "/private", Act(_private))
    know(monkeypatch, "/offer", Act(_offer))
    monkeypatch.setattr(files, "PAUSE", 0.01)


async def came(slack: Platform, count: int = 1) -> list[Message]:
    """The messages of the files that people see."""
    return await slack.until(lambda: [message for message, _ in found] if len(found := slack.shared) >= count else None)


async def settled(app: App) -> None:
    await idle(app)
    background = channel(app)._following
    async with asyncio.timeout(20):
        while not background.idle:  # noqa: ASYNC110 - nothing tells when it is
            await asyncio.sleep(0.01)


def check_texts(slack: Platform) -> None:
    """Whatever happens to a file, its words are there once at most."""
    words = [message for message in slack._messages if TEXT in message.text]
    assert len(words) == len({(message.channel, message.thread_ts, message.text) for message in words})
