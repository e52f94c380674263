"""The cast of the channels' tests: a whole Usher behind a real port, with a Slack, a Telegram and a mail server."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.app import App
from bot.channels import Channels, mail_sender
from bot.clock import CampaignClock, machine_time
from bot.rooms import support_rooms
from bot.settings import Settings
from bot.telegram import Pace, Telegram
from bot.telegram.listen import Listener
from handlers.reception import Reception
from models.campaign import Campaign
from models.message import Address
from models.people import add_staff
from models.store import Store
from tests.page_server import served
from tests.slack_platform import Platform, slack_platform
from tests.telegram_platform import TelegramPlatform, telegram_platform
from tests.web_cast import KEY, MORNING

ROOM = "C0SUPPORT"
# For what touches the database in no way of its own: one kind of it will do.
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
QUICK = Pace(poll=5, lease=0.6, again=0.05, longest=0.2)
WEBHOOK_SECRET = "webhook-secret_of_the_tests"
Start = Callable[..., Any]


@pytest.fixture
async def slack() -> AsyncIterator[Platform]:
    """Slack, with two people of the workspace, a channel, and the support team's own room."""
    async with slack_platform() as platform:
        ann, sam = platform.user("U0ANN", "Ann"), platform.user("U0SAM", "Sam")
        platform.channel(ROOM, ann, sam, kind="private")
        platform.channels["C0GEN"].members.update({ann.id, sam.id})
        yield platform
        assert platform.violations == []


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramPlatform]:
    async with telegram_platform() as platform:
        yield platform
        platform.check()


@asynccontextmanager
async def running(
    store: Store,
    campaign: Campaign,
    keep: Path,
    slack: Platform | None = None,
    telegram: TelegramPlatform | None = None,
    before: Callable[[App, str], None] | None = None,
    **settings: Any,
) -> AsyncIterator[App]:
    """One copy of Usher, reached by HTTP from Slack and fetching from Telegram unless `settings` say otherwise."""
    given: dict[str, Any] = {"secret_key": SecretStr(KEY)}
    if slack:
        given |= {"slack_bot_token": SecretStr(slack.bot_token), "slack_api_url": slack.api_url}
        given |= {"slack_signing_secret": SecretStr(slack.signing_secret)}
    if telegram:
        url = telegram.url.removesuffix("/bot")
        given |= {"telegram_bot_token": SecretStr(telegram.token), "telegram_api_url": url}
    made = Settings.model_construct(**(Settings().model_dump() | given | settings))
    clock = CampaignClock(MORNING)
    reception = Reception(store, [campaign], machine_time, keep, support_rooms(made), sender=mail_sender(made))
    channels = Channels(made, store, reception, (campaign,), clock)
    app = App(made, store, (campaign,), reception, clock, None, channels)
    async with served(app) as address:
        if slack:
            slack.request_url = f"{address}/slack/events"
        if before:
            before(app, address)
        await channels.start()
        try:
            yield app
        finally:
            await channels.stop()


@pytest.fixture
def start_usher(
    store: Store, campaign: Campaign, tmp_path_factory: pytest.TempPathFactory, telegram: TelegramPlatform
) -> Start:
    """Starts copies of Usher on Telegram. With `webhook` updates are sent to it; its pauses are short."""
    keep = tmp_path_factory.getbasetemp() / "understanding"

    def start(
        *, webhook: bool = False, pace: Pace = QUICK, before: Callable[[App], None] | None = None, **settings: Any
    ) -> AbstractAsyncContextManager[App]:
        def prepare(app: App, address: str) -> None:
            listener = listener_of(app)
            listener.pace = pace
            if webhook:
                listener._access = replace(
                    listener._access, webhook=f"{address}/telegram/webhook", secret=WEBHOOK_SECRET
                )
            if before:
                before(app)

        return running(store, campaign, keep, telegram=telegram, before=prepare, **settings)

    return start


def listener_of(app: App) -> Listener:
    assert app.channels
    channel = app.channels.listening["telegram"]
    assert isinstance(channel, Telegram)
    return channel.listener


@pytest.fixture
async def staff(store: Store) -> None:
    """Sam is of the support team, on Slack and on Telegram."""
    now = datetime.now(UTC)
    await store.write(add_staff, "Sam", Address("slack", "T0USHER:U0SAM"), now)
    await store.write(add_staff, "Sam", Address("telegram", "202"), now)


@pytest.fixture
async def in_slack(
    store: Store, campaign: Campaign, slack: Platform, staff: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[App]:
    """Usher in Slack, which reaches it by HTTP, with the support team's own room."""
    keep = tmp_path_factory.getbasetemp() / "understanding"
    async with running(store, campaign, keep, slack, support_room=f"slack:{ROOM}") as app:
        yield app
