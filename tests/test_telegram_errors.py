"""What the refusals and faults of Telegram mean, as its own library raises them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram import Bot
from telegram.error import TelegramError

from bot.telegram.errors import send_error
from bot.telegram.request import Request
from models.message import Address
from tests.telegram_chats import User
from tests.telegram_platform import Fault, TelegramPlatform

NOT_SENT = {"permanent": False, "refused": False, "outcome_unknown": False, "retry_after": None, "moved_to": None}
PERMANENT = NOT_SENT | {"permanent": True}
REFUSED = NOT_SENT | {"refused": True}
UNKNOWN = NOT_SENT | {"outcome_unknown": True}


@pytest.fixture
def ann(telegram: TelegramPlatform) -> User:
    return telegram.user(101, "Ann", started=True)


@pytest.fixture
async def bot(telegram: TelegramPlatform) -> AsyncIterator[Bot]:
    request = Request()
    await request.initialize()
    yield Bot(telegram.token, base_url=telegram.url, request=request, get_updates_request=request)
    await request.shutdown()


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        (Fault.refused(403, "Forbidden: bot was blocked by the user"), PERMANENT),
        (Fault.refused(403, "Forbidden: user is deactivated"), PERMANENT),
        (Fault.refused(403, "Forbidden: bot can't initiate conversation with a user"), PERMANENT),
        (Fault.refused(403, "Forbidden: bot was kicked from the supergroup chat"), PERMANENT),
        (Fault.refused(400, "Bad Request: chat not found"), PERMANENT),
        (Fault.refused(400, "Bad Request: PEER_ID_INVALID"), PERMANENT),
        (Fault.refused(400, "Bad Request: not enough rights to send text messages to the chat"), PERMANENT),
        (Fault.refused(400, "Bad Request: need administrator rights in the channel chat"), PERMANENT),
        (Fault.refused(400, "Bad Request: message is too long"), REFUSED),
        (Fault.refused(400, "Bad Request: can't parse entities: oh"), REFUSED),
        (Fault.refused(400, "Bad Request: message thread not found"), REFUSED),
        (Fault.refused(401, "Unauthorized"), NOT_SENT),
        (Fault.refused(404, "Not Found"), NOT_SENT),
        (Fault.too_many(7), NOT_SENT | {"retry_after": 7.0}),
        (Fault(429, "Too Many", html=True), NOT_SENT | {"retry_after": 1.0}),
        (
            Fault.refused(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1005),
            NOT_SENT | {"moved_to": Address("telegram", "-1005")},
        ),
        (Fault.broken(500), UNKNOWN),
        (Fault.broken(500, html=True), UNKNOWN),
        (Fault.broken(502, html=True), UNKNOWN),
        (Fault.broken(503), NOT_SENT),
        (Fault.broken(503, html=True), NOT_SENT),
        (Fault(403, "of a proxy's own", html=True), NOT_SENT),
        (Fault(302, "somewhere else", html=True), NOT_SENT),
        (Fault(200, "no JSON at all", html=True), UNKNOWN),
        (Fault.lost_before(), UNKNOWN),
        (Fault.lost_after(), UNKNOWN),
    ],
    ids=lambda one: f"{one.code} {one.description} {one.lost}" if isinstance(one, Fault) else "",
)
async def test_what_telegram_says_against_a_message_is_understood(
    telegram: TelegramPlatform, bot: Bot, ann: User, fault: Fault, meaning: dict[str, Any]
) -> None:
    telegram.fail("sendMessage", fault)
    with pytest.raises(TelegramError) as raised:
        await bot.send_message(ann.id, "Due")
    error = send_error(raised.value)
    assert {name: getattr(error, name) for name in NOT_SENT} == meaning
    assert telegram.token not in error.reason


async def test_where_nobody_listens_nothing_was_sent_and_a_slow_answer_is_unknown(
    telegram: TelegramPlatform, bot: Bot, ann: User
) -> None:
    telegram.fail("sendMessage", Fault.slow(1))
    with pytest.raises(TelegramError) as raised:
        await bot.send_message(ann.id, "Due", read_timeout=0.1)
    assert send_error(raised.value).outcome_unknown
    nowhere = Request()
    await nowhere.initialize()
    silent = Bot(telegram.token, base_url="http://127.0.0.1:1/bot", request=nowhere, get_updates_request=nowhere)
    with pytest.raises(TelegramError) as raised:
        await silent.send_message(ann.id, "Due")
    error = send_error(raised.value)
    assert {name: getattr(error, name) for name in NOT_SENT} == NOT_SENT
    await nowhere.shutdown()
    with pytest.raises(TelegramError):
        await silent.send_message(ann.id, "Due")
