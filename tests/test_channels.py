"""One contract for every channel: what it sends, what it may not send twice, and what each refusal means."""

import asyncio
import html
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.channels import Inside
from bot.clock import CampaignClock, machine_time
from bot.mail import Mail
from bot.page.channel import WebChat
from handlers.reception import Reception
from models.campaign import Campaign
from models.conversation import turns
from models.message import Address, Channel, Choice, Reply, SendError, Source
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.mail_platform import mail_platform
from tests.slack_platform import Fault as SlackFault
from tests.slack_platform import Platform
from tests.support_cast import slack_text
from tests.telegram_platform import Fault as TelegramFault
from tests.telegram_platform import TelegramPlatform
from tests.web_cast import MORNING

REPLY = Reply(
    "Complete it by Thursday 27 April 2023.\n<b>Ask</b> the hotline & *nobody* else.",
    choices=(Choice("Yes, ask support", "/support 0123456789abcdef"), Choice("No, thanks", "/no")),
    sources=(Source("small", "paragraph 3", "CPs shall verify <b>before</b> 28 April 2023 (Friday)."),),
)
Shown = Callable[[], Awaitable[list[str]]]


@dataclass
class Contract:
    """A channel, an address on it, what is shown there, and how its platform is made to fail."""

    channel: Channel
    to: Address
    shown: Shown
    fail: dict[str, Callable[[], Any]] = field(default_factory=dict)


@pytest.fixture
async def contract(
    request: pytest.FixtureRequest, store: Store, campaign: Campaign, slack: Platform, telegram: TelegramPlatform
) -> AsyncIterator[Contract]:
    name: str = request.param
    if name == "web":
        yield _web(store)
    elif name == "mail":
        async with mail_platform() as mail:
            yield _mail(mail, campaign)
    else:
        reception = Reception(store, [campaign], machine_time, request.getfixturevalue("understanding"))
        inside = Inside(store, reception, (campaign,), CampaignClock(MORNING), "copy")
        made = _slack(slack, inside) if name == "slack" else _telegram(telegram, inside)
        await made.channel.start()  # type: ignore[attr-defined]  # only these two listen
        yield made
        await made.channel.stop_listening()  # type: ignore[attr-defined]  # as above
        await made.channel.close()  # type: ignore[attr-defined]  # as above


def _web(store: Store) -> Contract:
    room = Address("web", "ann")

    async def shown() -> list[str]:
        return [turn.reply.text for turn in await store.read(turns, room, 100)]

    return Contract(WebChat(store, lambda: MORNING, machine_time), room, shown)


def _mail(mail: Any, campaign: Campaign) -> Contract:
    async def shown() -> list[str]:
        return [message.get_body(("plain",)).get_content() for message in mail.received]

    def refuse(code: int, text: str, at: str) -> Callable[[], None]:
        return lambda: mail.refuse(code, text, at=at)

    fail = {
        "not sent": refuse(451, "4.3.0 try again later", "rcpt"),
        "gone": refuse(550, "5.1.1 no such user", "rcpt"),
        "refused": refuse(554, "5.6.0 this is spam", "data"),
        "unknown": mail.cut_after_data,
    }
    channel = Mail(mail.url, "Usher <usher@example.org>", machine_time, [campaign])
    return Contract(channel, Address("mail", "ann@example.org"), shown, fail)


def _slack(slack: Platform, inside: Inside) -> Contract:
    from bot.slack import Access, Slack

    async def shown() -> list[str]:
        return [slack_text(one) for one in slack.shown_to(slack.users["U0ANN"])]

    def fault(**what: Any) -> Callable[[], None]:
        return lambda: slack.fail("chat.postMessage", SlackFault(**what))

    fail = {
        "not sent": fault(status=503),
        "wait": fault(status=429, error="ratelimited", retry_after=7),
        "gone": fault(error="user_disabled"),
        "refused": fault(error="invalid_blocks"),
        "unknown": fault(reset="after"),
        "perhaps": fault(status=500),
    }
    channel = Slack(Access(slack.bot_token, slack.api_url, slack.signing_secret), inside, lambda: MORNING)
    return Contract(channel, Address("slack", "T0USHER:U0ANN"), shown, fail)


def _telegram(telegram: TelegramPlatform, inside: Inside) -> Contract:
    from bot.telegram import Access, Telegram

    ann = telegram.user(101, "Ann", started=True)

    async def shown() -> list[str]:
        return [one.text for one in telegram.shown_to(ann)]

    def fault(what: TelegramFault) -> Callable[[], None]:
        return lambda: telegram.fail("sendMessage", what)

    fail = {
        "not sent": fault(TelegramFault.broken(503)),
        "wait": fault(TelegramFault.too_many(7)),
        "gone": fault(TelegramFault.refused(403, "Forbidden: bot was blocked by the user")),
        "refused": fault(TelegramFault.refused(400, "Bad Request: can't parse entities")),
        "unknown": fault(TelegramFault.lost_after()),
        "perhaps": fault(TelegramFault.broken(502, html=True)),
    }
    channel = Telegram(Access(telegram.token, telegram.url.removesuffix("/bot")), inside, lambda: MORNING)
    return Contract(channel, Address("telegram", "101"), shown, fail)


EVERY = pytest.mark.parametrize("contract", ["slack", "telegram", "web", "mail"], indirect=True)
PLATFORMS = pytest.mark.parametrize("contract", ["slack", "telegram", "mail"], indirect=True)
CHATS = pytest.mark.parametrize("contract", ["slack", "telegram"], indirect=True)


@ONE_DATABASE
@EVERY
async def test_what_is_sent_is_there_word_for_word_with_a_reference_of_its_own(contract: Contract) -> None:
    references = [await contract.channel.send(contract.to, REPLY, key) for key in ("a", "b")]
    first, second = await contract.shown()
    assert all(line in first for line in REPLY.text.split("\n"))
    assert first == second
    assert len(set(references)) == 2


@ONE_DATABASE
@pytest.mark.parametrize("contract", ["slack", "telegram", "mail"], indirect=True)
async def test_the_source_goes_with_it(contract: Contract) -> None:
    await contract.channel.send(contract.to, REPLY, "a")
    (shown,) = await contract.shown()
    assert "paragraph 3" in shown
    assert REPLY.sources[0].quote in shown


@ONE_DATABASE
@EVERY
async def test_a_reference_names_its_channel(contract: Contract) -> None:
    reference = await contract.channel.send(contract.to, REPLY, "a")
    assert reference.startswith(f"{contract.channel.name}:") or contract.channel.name == "mail"


@ONE_DATABASE
@pytest.mark.parametrize("contract", ["slack", "telegram", "web"], indirect=True)
async def test_it_can_be_changed_where_it_stands_also_twice(contract: Contract) -> None:
    reference = await contract.channel.send(contract.to, REPLY, "a")
    for _ in range(2):
        await contract.channel.edit(reference, Reply("Changed."))
    assert [text.strip() for text in await contract.shown()] == ["Changed."]


@ONE_DATABASE
@CHATS
async def test_a_choice_that_was_made_is_shown_and_no_other_can_be(
    contract: Contract, slack: Any, telegram: Any
) -> None:
    reference = await contract.channel.send(contract.to, REPLY, "a")
    await contract.channel.edit(reference, Reply(REPLY.text, choices=REPLY.choices, chosen="/no"))
    (shown,) = await contract.shown()
    assert "✓ No, thanks" in shown
    assert "Yes, ask support" not in shown
    keyboards = (
        [one.buttons for one in telegram.shown_to(telegram.chats.users[101])] if 101 in telegram.chats.users else []
    )
    blocks = [block["type"] for one in slack.shown_to(slack.users["U0ANN"]) for block in one.blocks]
    assert not any(keyboards)
    assert "actions" not in blocks


@ONE_DATABASE
@pytest.mark.parametrize("contract", ["mail"], indirect=True)
async def test_a_mail_that_was_sent_is_not_changed(contract: Contract) -> None:
    reference = await contract.channel.send(contract.to, REPLY, "a")
    with pytest.raises(SendError) as raised:
        await contract.channel.edit(reference, REPLY)
    assert raised.value.permanent or raised.value.refused


@ONE_DATABASE
@pytest.mark.parametrize("contract", ["web", "mail"], indirect=True)
async def test_the_same_key_again_is_the_same_message(contract: Contract) -> None:
    """Slack and Telegram have nothing of the kind: what is sent twice is there twice."""
    references = [await contract.channel.send(contract.to, REPLY, "a") for _ in range(2)]
    assert references[0] == references[1]
    assert len(await contract.shown()) == (1 if contract.channel.name == "web" else 2)


@ONE_DATABASE
@PLATFORMS
@pytest.mark.parametrize("way", ["not sent", "wait", "gone", "refused", "unknown", "perhaps"])
async def test_each_refusal_says_what_may_be_done(contract: Contract, way: str) -> None:
    if way not in contract.fail:
        return  # mail knows no such refusal
    contract.fail[way]()
    with pytest.raises(SendError) as raised:
        await contract.channel.send(contract.to, REPLY, "a")
    error = raised.value
    marks = (error.permanent, error.refused, error.retry_after is not None, error.outcome_unknown)
    assert (
        marks
        == {
            "not sent": (False, False, False, False),
            "wait": (False, False, True, False),
            "gone": (True, False, False, False),
            "refused": (False, True, False, False),
            "unknown": (False, False, False, True),
            "perhaps": (False, False, False, True),
        }[way]
    )
    assert error.retry_after in (None, 7)
    assert len(await contract.shown()) == (1 if way == "unknown" else 0)  # nothing is sent again by itself


@ONE_DATABASE
@CHATS
async def test_it_goes_on_after_a_refusal(contract: Contract) -> None:
    for way in ("not sent", "wait", "refused"):
        contract.fail[way]()
        with pytest.raises(SendError):
            await contract.channel.send(contract.to, REPLY, "a")
    await contract.channel.send(contract.to, REPLY, "a")
    assert len(await contract.shown()) == 1


@ONE_DATABASE
@EVERY
async def test_ten_at_once_all_arrive(contract: Contract) -> None:
    sends = (contract.channel.send(contract.to, Reply(f"Number {number}."), str(number)) for number in range(10))
    references = await asyncio.gather(*sends)
    assert len(set(references)) == 10
    shown = html.unescape("\n".join(await contract.shown()))
    assert all(f"Number {number}." in shown for number in range(10))


@ONE_DATABASE
@EVERY
async def test_the_paces_are_what_the_platforms_want(contract: Contract) -> None:
    wanted = {"slack": (0.1, 1.0), "telegram": (1 / 29.55, 1.2), "web": (0.0, 0.0), "mail": (2.0, 0.0)}
    assert (contract.channel.interval, contract.channel.pause(contract.to)) == wanted[contract.channel.name]


@ONE_DATABASE
@EVERY
async def test_no_secret_stands_in_what_is_raised(
    contract: Contract, slack: Platform, telegram: TelegramPlatform
) -> None:
    secrets = [slack.bot_token, slack.signing_secret, telegram.token]
    for fail in contract.fail.values():
        fail()
        with pytest.raises(SendError) as raised:
            await contract.channel.send(contract.to, REPLY, "a")
        told = f"{raised.value!r} {raised.value} {raised.value.__cause__!r}"
        assert not any(secret in told for secret in secrets)
