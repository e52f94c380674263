"""Whatever weather Slack or Telegram has: each message arrives, or it is known what became of it, and in its order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import cycle
from pathlib import Path

import pytest

from models.campaign import Campaign
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.slack_platform import Platform
from tests.storms_cast import CHATS, EACH, SPEED, Storm, mixed, storming
from tests.telegram_platform import TelegramPlatform

ALL = CHATS * EACH
TEN_MINUTES = 600 / SPEED


@pytest.fixture(params=["slack", "telegram"])
async def storm(
    request: pytest.FixtureRequest,
    store: Store,
    campaign: Campaign,
    understanding: Path,
    slack: Platform,
    telegram: TelegramPlatform,
) -> AsyncIterator[Storm]:
    platform = slack if request.param == "slack" else telegram
    async with storming(store, campaign, understanding, platform) as storm:
        yield storm


async def test_a_storm_of_everything_loses_nothing(storm: Storm) -> None:
    storm.sky.set(mixed(seed=6))
    await storm.post()
    ended = await storm.judge()
    assert ended.total() == ALL


@ONE_DATABASE
async def test_where_every_second_call_is_told_to_wait_all_arrive_once(storm: Storm) -> None:
    storm.sky.set(_in_turn("wait", "well"))
    await storm.post()
    assert await storm.judge() == {"sent": ALL}
    assert sum(one.kind == "wait" for one in storm.sky.tries()) >= ALL - 1


@ONE_DATABASE
async def test_a_platform_that_is_too_busy_for_ten_minutes_gets_everything_once_afterwards(storm: Storm) -> None:
    storm.sky.set(lambda: "busy")
    await storm.post()
    await asyncio.sleep(TEN_MINUTES)
    storm.sky.set(lambda: "well")
    assert await storm.judge() == {"sent": ALL}


@ONE_DATABASE
async def test_what_a_platform_broken_for_ten_minutes_got_is_sent_again_or_told_as_uncertain(storm: Storm) -> None:
    storm.sky.set(lambda: "broken")
    await storm.post()
    await asyncio.sleep(TEN_MINUTES)
    storm.sky.set(lambda: "well")
    ended = await storm.judge()
    assert ended.total() == ALL


@ONE_DATABASE
async def test_where_every_second_answer_is_lost_only_what_may_repeat_is_sent_again(storm: Storm) -> None:
    storm.sky.set(_in_turn("well", "lost after", "well", "lost before", "well", "late"))
    await storm.post()
    ended = await storm.judge()
    assert ended["sent"] > ALL / 2
    assert ended["uncertain"] > 0


def _in_turn(*kinds: str) -> Callable[[], str]:
    following = cycle(kinds)
    return lambda: next(following)
