"""Many askers and five people of the desk at once, on platforms that fail: every reply comes to its asker, in order."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.campaign import Campaign
from models.store import Store
from tests.channels_cast import ONE_DATABASE, ROOM, running
from tests.desk_crowd import Crowd, hurry
from tests.slack_platform import Platform
from tests.support_cast import CROWD
from tests.telegram_platform import TelegramPlatform


@pytest.fixture
async def crowd(
    store: Store, campaign: Campaign, understanding: Path, slack: Platform, telegram: TelegramPlatform
) -> AsyncIterator[Crowd]:
    telegram.can_read_all_group_messages = True
    telegram.group(CROWD, "Support")
    rooms = f"slack:{ROOM}, telegram:{CROWD}"
    async with running(store, campaign, understanding, slack, telegram, before=hurry, support_room=rooms) as app:
        yield Crowd(app, slack, telegram, askers=12, cases=24)


@ONE_DATABASE
async def test_every_reply_comes_to_its_asker_in_order_and_no_note_does(crowd: Crowd) -> None:
    told = await crowd.day()
    assert told["cases"] == crowd.cases
    assert told["replies"] >= crowd.cases
