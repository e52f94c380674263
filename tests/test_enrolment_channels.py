"""One enrols on the web page, in Slack and in Telegram, by a code or by mail, and links one to the other."""

import html
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import AsyncClient
from pydantic import SecretStr

from bot.app import App
from models import contacts
from models.campaign import Campaign
from models.message import Address
from models.store import Store
from tests.channels_cast import ONE_DATABASE, running
from tests.enrolment_cast import ALPHA, FIRM, WORK_MAIL, code_of, everything_kept, found_firms
from tests.mail_platform import MailPlatform, mail_platform
from tests.slack_cast import idle
from tests.slack_platform import Platform
from tests.support_cast import slack_text
from tests.telegram_chats import User
from tests.telegram_platform import TelegramPlatform
from tests.web_cast import ask, cookie_of, visitor_of

pytestmark = ONE_DATABASE

CROWD = -1001234567890
WELCOME = f"Welcome. You act for {FIRM[ALPHA]} now."
NOT_USED = "I have not used that code, for others can read it here."
NEEDED = "I must know which CP you act for"


@dataclass
class House:
    """One Usher with a page, Slack, Telegram and mail, a code of a firm, and Ann, who can be reached by all of them."""

    app: App
    store: Store
    address: str
    slack: Platform
    telegram: TelegramPlatform
    mail: MailPlatform
    code: str
    tg_ann: User

    @property
    def slack_ann(self) -> Any:
        return self.slack.users["U0ANN"]

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[AsyncClient]:
        async with AsyncClient(base_url=self.address, headers={"accept-language": "en"}) as client:
            yield client

    async def on_page(self, client: AsyncClient, text: str) -> str:
        """What the page shows once that was sent from it."""
        answered = await ask(client, text)
        assert answered.status_code == 303
        return shown(await client.get("/"))

    async def in_slack(self, text: str) -> str:
        seen = len(self.slack.shown_to(self.slack_ann))
        await self.slack.say(self.slack_ann, text)
        return slack_text((await self.slack.until(lambda: self.slack.shown_to(self.slack_ann)[seen:]))[-1])

    async def in_telegram(self, text: str) -> str:
        return (await self.telegram.reply(self.tg_ann, self.telegram.say(self.tg_ann, text))).text

    async def digits(self) -> str:
        await self.telegram.until(lambda: self.mail.received)
        body = self.mail.received[-1].get_body(("plain",))
        assert body
        (digits,) = [line for line in str(body.get_content()).splitlines() if line.isdigit()]
        return digits

    async def firms_of(self, address: str) -> list[str]:
        return [one.code for one in await self.store.read(contacts.participants_of, Address.of(address))]


def shown(page: Any) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.text))


@pytest.fixture
async def house(
    store: Store,
    campaign: Campaign,
    slack: Platform,
    telegram: TelegramPlatform,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[House]:
    keep = tmp_path_factory.getbasetemp() / "understanding"
    await store.write(found_firms)
    code = await code_of(store, ALPHA, now=datetime.now(UTC))
    ann = telegram.user(101, "Ann", language_code="en")
    addresses: list[str] = []
    async with mail_platform() as mail:
        settings = {"smtp_url": SecretStr(mail.url), "mail_from": "Usher <usher@example.org>"}
        async with running(
            store, campaign, keep, slack, telegram, lambda _, at: addresses.append(at), **settings
        ) as app:
            yield House(app, store, addresses[0], slack, telegram, mail, code, ann)


# ------------------------------------------------------------------------------------------------------ each of them


async def test_on_the_page_a_code_enrols_and_begins_a_new_session(house: House) -> None:
    async with house.browser() as client:
        assert NEEDED in await house.on_page(client, "/status")
        before = cookie_of(client)
        page = await house.on_page(client, f"my enrolment code is {house.code}")
        assert WELCOME in page
        assert house.code not in page
        assert cookie_of(client).split(".")[1] != before.split(".")[1]
        assert await house.firms_of(f"web:{visitor_of(client)}") == [ALPHA]


async def test_on_the_page_digits_from_a_mail_enrol(house: House) -> None:
    async with house.browser() as client:
        assert "six digits are on their way" in await house.on_page(client, f"/join {WORK_MAIL}")
        digits = await house.digits()
        page = await house.on_page(client, digits)
        assert WELCOME in page
        assert digits not in page
    assert house.mail.seen[0].rcpt_tos == [WORK_MAIL]
    assert house.mail.received[0]["Subject"] == "Confirm your address to Usher"


async def test_on_the_page_leaving_shows_the_old_session_nothing_private_any_more(house: House) -> None:
    async with house.browser() as client, house.browser() as old:
        await house.on_page(client, house.code)
        old.cookies.set("usher", cookie_of(client))
        assert "You no longer act for" in await house.on_page(client, f"/leave {ALPHA} yes")
        assert NEEDED in await house.on_page(client, "/firms")
        assert "Welcome." not in shown(await old.get("/"))


async def test_in_slack_a_code_in_a_direct_message_enrols(house: House) -> None:
    assert NEEDED in await house.in_slack("/status")
    assert WELCOME in await house.in_slack(f"Hi, {house.code}")
    assert await house.firms_of("slack:T0USHER:U0ANN") == [ALPHA]


async def test_in_slack_an_address_is_read_as_slack_writes_it(house: House) -> None:
    await house.in_slack("/join")
    await house.in_slack(f"<mailto:{WORK_MAIL}|{WORK_MAIL}>")
    assert WELCOME in await house.in_slack(await house.digits())


async def test_in_slack_a_code_behind_the_slash_command_is_read_by_nobody_else_and_enrols(house: House) -> None:
    await house.slack.command(house.slack_ann, "C0GEN", f"join {house.code}")
    told = await house.slack.until(lambda: house.slack.shown_to(house.slack_ann))
    assert WELCOME in slack_text(told[-1])


async def test_in_a_channel_of_slack_a_code_is_not_used_and_only_its_sender_is_told(house: House) -> None:
    sam = house.slack.users["U0SAM"]
    await house.slack.mention(house.slack_ann, "C0GEN", f"my code is {house.code}")
    told = await house.slack.until(lambda: house.slack.shown_to(house.slack_ann))
    assert NOT_USED in slack_text(told[-1])
    assert house.slack.shown_to(sam) == []
    assert await house.firms_of("slack:T0USHER:U0ANN") == []


async def test_in_telegram_the_link_of_a_firm_enrols(house: House) -> None:
    """t.me/…?start=USHER-…: pressed, it sends that behind /start; only letters, figures, _ and - may stand there."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", house.code)
    assert WELCOME in await house.in_telegram(f"/start {house.code}")
    assert await house.firms_of("telegram:101") == [ALPHA]
    assert "I call you Ann." in await house.in_telegram("/firms")


async def test_in_telegram_a_code_and_the_digits_of_a_mail_enrol(house: House) -> None:
    assert "six digits are on their way" in await house.in_telegram(f"/join {WORK_MAIL}")
    assert WELCOME in await house.in_telegram(await house.digits())
    assert "nothing had to be changed" in await house.in_telegram(house.code)


async def test_in_a_group_of_telegram_a_code_is_not_used_and_its_sender_is_told_in_private(house: House) -> None:
    telegram, crowd = house.telegram, house.telegram.group(CROWD, "A firm")
    house.tg_ann.started = True
    name = telegram.bot.username
    told = await telegram.reply(house.tg_ann, telegram.say(house.tg_ann, f"@{name} {house.code}", chat=crowd))
    assert NOT_USED in told.text
    assert telegram.shown_to(crowd) == []
    assert await house.firms_of("telegram:101") == []


# --------------------------------------------------------------------------------------------- from one to another


async def test_a_link_code_of_telegram_makes_the_page_the_same_persons(house: House) -> None:
    await house.in_telegram(house.code)
    (code,) = re.findall(r"LINK-[0-9A-Z-]+", await house.in_telegram("/link"))
    async with house.browser() as client:
        assert "Done: there and here you are one person" in await house.on_page(client, code)
        assert "You reach me by Telegram, the web page." in await house.on_page(client, "/firms")
    assert "You reach me by Telegram, the web page." in await house.in_telegram("/firms")


async def test_a_removed_person_gets_nothing_by_a_button_of_before_on_any_channel(house: House) -> None:
    await house.in_telegram(house.code)
    welcome = house.telegram.shown_to(house.tg_ann)[-1]
    (code,) = re.findall(r"LINK-[0-9A-Z-]+", await house.in_telegram("/link"))
    await house.in_slack(code)
    removed = await house.store.read(contacts.known, Address("telegram", "101"))
    assert removed
    await house.store.write(contacts.leave, removed.id or 0, ALPHA, "Sam", datetime.now(UTC))
    pressed = house.telegram.press(house.tg_ann, welcome, "Our status")
    assert NEEDED in (await house.telegram.reply(house.tg_ann, pressed)).text
    assert NEEDED in await house.in_slack("/status")


# ---------------------------------------------------------------------------------------------------------- no trace


async def test_no_channel_keeps_or_logs_a_code_or_the_digits(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await house.in_slack(f"/join {WORK_MAIL}")
    digits = await house.digits()
    await house.in_slack(digits)
    await house.in_telegram(f"/start {house.code}")
    async with house.browser() as client:
        await house.on_page(client, house.code)
    secrets = {house.code, house.code[-9:], digits}
    await idle(house.app)  # what is being answered is kept word for word until it is
    kept = await house.store.read(everything_kept)
    assert {table for table, text in kept.items() if any(secret in text for secret in secrets)} == {"outbox"}
    assert [secret for secret in secrets if secret in caplog.text] == []
