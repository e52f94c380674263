"""The database is gone for a while: whoever asks Usher is told so, nothing is lost, and all goes on by itself."""

import asyncio
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from bot.web import PATIENCE
from models.campaign import Campaign
from models.store import _sqlite
from tests.database_cast import POSTGRESQL, SQLITE
from tests.gone_cast import (
    DEADLINES,
    HOTLINE,
    SORRY,
    Database,
    Scene,
    behind_a_line,
    eventually,
    failing_disk,
    scene,
    taken_file,
)
from tests.slack_platform import Platform
from tests.telegram_platform import TelegramPlatform

QUESTION = "When is the deadline?"
A_MINUTE = 4.0  # of these tests: longer than every wait for the database, and than the lease on Telegram's updates
SOON = 6.0  # seconds within which somebody is told
WAYS = {"disk fails": SQLITE, "taken by another": SQLITE, "cut": POSTGRESQL, "dead": POSTGRESQL}


def ways(*names: str) -> pytest.MarkDecorator:
    given = [(WAYS[how], how) for how in names]
    return pytest.mark.parametrize(("database_url", "database"), given, indirect=True, ids=names)


@pytest.fixture
async def database(
    request: pytest.FixtureRequest, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    monkeypatch.setattr(_sqlite, "BUSY_SECONDS", 1)
    opened = {"disk fails": failing_disk, "taken by another": taken_file}
    how = str(request.param)
    async with opened[how](database_url) if how in opened else behind_a_line(database_url, how) as database:
        yield database


@pytest.fixture
async def usher(
    database: Database, campaign: Campaign, understanding: Path, slack: Platform, telegram: TelegramPlatform
) -> AsyncIterator[Scene]:
    async with scene(database, campaign, understanding, slack, telegram) as playing:
        yield playing


@ways(*WAYS)
async def test_on_the_page_it_is_said_at_once_and_afterwards_it_answers(usher: Scene) -> None:
    nonce = await usher.nonce()
    async with usher.database.gone():
        async with asyncio.timeout(PATIENCE + SOON):
            failed = await usher.ask_page(nonce, QUESTION)
        assert failed.status_code == 500
        assert SORRY in unescape(failed.text)
        assert HOTLINE in failed.text
        if not usher.database.readable:
            async with asyncio.timeout(PATIENCE + SOON):
                assert HOTLINE in (await usher.page.get("/")).text
    answered = await usher.ask_page(nonce, QUESTION)
    assert answered.status_code == 303
    assert DEADLINES in (await usher.page.get("/")).text


@ways(*WAYS)
async def test_in_slack_and_telegram_it_is_said_and_what_was_asked_is_answered_afterwards(usher: Scene) -> None:
    usher.slack.retry_after = (A_MINUTE + 2, 2, 2)
    async with usher.database.gone():
        asking = asyncio.create_task(usher.slack.say(usher.ann, QUESTION))
        await usher.telegram.say(usher.ben, QUESTION)
        await eventually(lambda: _apologised(usher.told(usher.ann)) and _apologised(usher.told(usher.ben)), SOON)
        await asyncio.sleep(A_MINUTE)
        await usher.telegram.say(usher.cid, QUESTION)  # long after it went
        await eventually(lambda: _apologised(usher.told(usher.cid)), SOON)
    await asking
    for who in (usher.ann, usher.ben, usher.cid):
        await eventually(lambda who=who: len(usher.told(who)) > 1)  # type: ignore[misc]  # the loop's own
        assert [DEADLINES in text for text in usher.told(who)] == [False, True]


@ways(*WAYS)
async def test_what_waits_is_sent_and_the_clock_ticks_again(usher: Scene) -> None:
    await usher.post("before", 0)
    await usher.post("meanwhile", 2)
    await eventually(lambda: len(usher.slack.messages("C0GEN")) == 1 and bool(usher.ticks))
    async with usher.database.gone():
        await asyncio.sleep(A_MINUTE)
        usher.ticks.clear()
        await asyncio.sleep(1)
        assert usher.ticks == []
    await eventually(lambda: len(usher.ticks) > 5)
    await eventually(lambda: len(usher.slack.messages("C0GEN")) == 2)
    await usher.post("after", 0)
    await eventually(lambda: len(usher.slack.messages("C0GEN")) == 3)
    assert [message.text for message in usher.slack.messages("C0GEN")] == [
        f"text of {key}" for key in ("before", "meanwhile", "after")
    ]


def _apologised(told: list[str]) -> bool:
    return len(told) == 1 and SORRY in told[0] and HOTLINE in told[0]
