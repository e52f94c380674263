"""The webhook that Telegram posts to: who may come in, what is refused, what comes again. No secret gets out."""

import hmac
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from sqlalchemy.exc import OperationalError

from bot.telegram import Access
from bot.telegram.read import UPDATES
from models.inbox import counted
from models.store import Store
from tests.channels_cast import ONE_DATABASE, WEBHOOK_SECRET, Start, listener_of
from tests.telegram_chats import User
from tests.telegram_platform import Fault, TelegramPlatform
from tests.telegram_updates import SECRET

pytestmark = ONE_DATABASE


@pytest.fixture
def ann(telegram: TelegramPlatform) -> User:
    return telegram.user(101, "Ann", language_code="en")


def update(number: int = 1, text: str = "/help") -> dict[str, Any]:
    ann = {"id": 101, "is_bot": False, "first_name": "Ann"}
    chat = {"id": 101, "type": "private", "first_name": "Ann"}
    return {"update_id": number, "message": {"message_id": 1, "from": ann, "chat": chat, "date": 1, "text": text}}


async def test_the_webhook_is_set_at_the_start_and_answers_come(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    async with start_usher(webhook=True):
        await telegram.until(lambda: telegram.updates.webhook)
        told = telegram.updates.webhook
        assert (told["secret_token"], told["allowed_updates"]) == (WEBHOOK_SECRET, UPDATES)
        assert told["url"].endswith("/telegram/webhook")
        answer = await telegram.reply(ann, telegram.say(ann, "/deadlines"))
        assert "3 deadlines" in answer.text
        await telegram.until(lambda: not telegram.updates.pending)
    assert not telegram.called("getUpdates")


@pytest.mark.parametrize(
    ("body", "headers", "status", "why"),
    [
        (json.dumps(update()).encode(), {}, 403, "secret"),
        (json.dumps(update()).encode(), {SECRET: "wrong"}, 403, "secret"),
        (json.dumps(update()).encode(), {SECRET: WEBHOOK_SECRET + "x"}, 403, "secret"),
        (json.dumps(update()).encode(), {SECRET: "gehéim"}, 403, "secret"),
        (b"{", {SECRET: WEBHOOK_SECRET}, 400, "unreadable"),
        (b"\xff\xfe", {SECRET: WEBHOOK_SECRET}, 400, "unreadable"),
        (b"[" * 100_000, {SECRET: WEBHOOK_SECRET}, 400, "unreadable"),
        (b"[1, 2]", {SECRET: WEBHOOK_SECRET}, 400, "unreadable"),
        (b"null", {SECRET: WEBHOOK_SECRET}, 400, "unreadable"),
        (b"", {SECRET: WEBHOOK_SECRET}, 400, "unreadable"),
        (b'{"x": "' + b"x" * 2_000_000 + b'"}', {SECRET: WEBHOOK_SECRET}, 413, "too long"),
        (b"{}", {SECRET: WEBHOOK_SECRET}, 200, "unreadable"),
        (b'{"update_id": 1, "message": 7}', {SECRET: WEBHOOK_SECRET}, 200, "unreadable"),
        (b'{"update_id": 1, "callback_query": "?"}', {SECRET: WEBHOOK_SECRET}, 200, "unreadable"),
    ],
    ids=lambda one: repr(one)[:30],
)
async def test_what_must_not_come_in_is_refused_and_counted(
    start_usher: Start,
    telegram: TelegramPlatform,
    store: Store,
    body: bytes,
    headers: dict[str, str],
    status: int,
    why: str,
) -> None:
    async with start_usher(webhook=True) as app:
        await telegram.until(lambda: telegram.updates.webhook)
        assert (await telegram.updates.post(body, headers))[0] == status
        assert listener_of(app).refused == {why: 1}
        assert await store.read(counted) == {}


async def test_a_body_that_does_not_tell_its_length_is_read_up_to_the_limit(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    ann.started = True
    async with start_usher(webhook=True) as app:
        await telegram.until(lambda: telegram.updates.webhook)
        assert await _chunked(telegram, b"x" * 2_000_000) in {413, 0}
        assert listener_of(app).refused == {"too long": 1}
        assert await _chunked(telegram, json.dumps(update()).encode()) == 200
        await telegram.until(lambda: telegram.shown_to(ann))


async def test_without_a_webhook_its_door_is_closed_also_to_an_empty_secret(
    start_usher: Start, telegram: TelegramPlatform, store: Store
) -> None:
    async with start_usher() as app:
        listener = listener_of(app)
        await telegram.until(lambda: listener.me)
        for given in ({}, {SECRET: ""}):
            answer = await listener.handle(_Asked(given))  # type: ignore[arg-type]  # all that it may look at
            assert answer.status_code == 403
        assert listener.refused == {"secret": 2}
        assert await store.read(counted) == {}


async def test_the_secret_is_compared_in_constant_time(
    start_usher: Start, telegram: TelegramPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def spy(given: Any, expected: Any) -> bool:
        compared.append((given, expected))
        return compare(given, expected)

    async with start_usher(webhook=True):
        await telegram.until(lambda: telegram.updates.webhook)
        monkeypatch.setattr(hmac, "compare_digest", spy)
        await telegram.updates.post(b"{}", {SECRET: "wrong"})
    assert (b"wrong", WEBHOOK_SECRET.encode()) in compared


async def test_an_update_before_telegram_has_introduced_the_bot_comes_again(
    start_usher: Start, telegram: TelegramPlatform, store: Store, ann: User
) -> None:
    async with start_usher(webhook=True) as app:
        await telegram.until(lambda: telegram.updates.webhook)
        listener = listener_of(app)
        me, listener.me = listener.me, None
        await telegram.say(ann, "/help")
        await telegram.until(lambda: listener.refused["not now"])
        await telegram.until(lambda: telegram.updates.posted)  # it has the answer a moment later
        assert telegram.updates.posted[0][1] == 503
        assert await store.read(counted) == {}
        listener.me = me
        await telegram.until(lambda: telegram.shown_to(ann))
        await telegram.until(lambda: not telegram.updates.pending)
    assert len(telegram.shown_to(ann)) == 1


async def test_while_the_database_is_down_updates_come_again(
    start_usher: Start, telegram: TelegramPlatform, store: Store, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start_usher(webhook=True):
        await telegram.reply(ann, telegram.say(ann, "/start"))
        with monkeypatch.context() as broken:
            broken.setattr(store, "write", _down)
            with telegram.updates.held() as kept:
                await telegram.say(ann, "/deadlines")
                await telegram.block(ann)
            assert await telegram.updates.at_once(*kept) == [503, 503]
        await telegram.unblock(ann)
        telegram.updates.put(kept[0])
        await telegram.until(lambda: any("3 deadlines" in one.text for one in telegram.shown_to(ann)))
        # Meanwhile it was told, once, that something is wrong.
        assert sum("3 deadlines" in one.text for one in telegram.shown_to(ann)) == 1


async def test_the_same_updates_side_by_side_are_answered_once(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    ann.started = True
    async with start_usher(webhook=True):
        await telegram.until(lambda: telegram.updates.webhook)
        again = [update(1, "/help"), update(2, "/deadlines")]
        assert await telegram.updates.at_once(*again, *again, *reversed(again)) == [200] * 6
        await telegram.until(lambda: len(telegram.shown_to(ann)) == 2)
        await telegram.reply(ann, telegram.say(ann, "/language"))
    assert len(telegram.shown_to(ann)) == 3


async def test_no_secret_is_in_any_log(
    start_usher: Start, telegram: TelegramPlatform, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    ann.started = True
    with caplog.at_level(logging.DEBUG):
        for logger in ("telegram", "telegram.Bot", "aiohttp", "asyncio", "bot", "httpx", "httpcore", "uvicorn"):
            caplog.set_level(logging.DEBUG, logger)
        for webhook in (True, False):
            telegram.fail("getMe", Fault.broken(502, html=True), Fault.lost_before(), Fault.refused(401, "No"))
            if webhook:
                telegram.fail("setWebhook", Fault.lost_after(), Fault.refused(400, "Bad Request: bad webhook"))
            else:
                telegram.fail("getUpdates", Fault.lost_before(), Fault.refused(409, "Conflict: another"))
            telegram.fail("sendMessage", Fault.lost_after(), Fault.refused(400, "Bad Request: no"))
            async with start_usher(webhook=webhook):
                await telegram.until(lambda: any(call.status == 200 for call in telegram.called("getMe")))
                await telegram.say(ann, "/help")
                await telegram.say(ann, "/deadlines")
                await telegram.until(lambda: not telegram._faults["sendMessage"])
                if webhook:
                    await telegram.updates.post(b"{}", {SECRET: "wrong"})
    told = [caplog.text, *(f"{record.getMessage()} {record.exc_text} {record.args}" for record in caplog.records)]
    token = telegram.token.partition(":")[2]
    assert [text for text in told if token in text or WEBHOOK_SECRET in text] == []
    assert any(record.name == "telegram.Bot" and "setWebhook" in record.getMessage() for record in caplog.records)
    assert "setWebhook" in caplog.text
    access = Access(telegram.token, telegram.url, "https://usher.example", WEBHOOK_SECRET)
    assert token not in repr(access)
    assert WEBHOOK_SECRET not in repr(access)


class _Asked:
    """A request that has nothing but headers."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = {name.lower(): value for name, value in headers.items()}


async def _chunked(telegram: TelegramPlatform, body: bytes) -> int:
    """The status; 0 where the connection was cut while the body was still on its way."""

    async def parts() -> AsyncIterator[bytes]:
        for begin in range(0, len(body), 65_536):
            yield body[begin : begin + 65_536]

    async with aiohttp.ClientSession() as session:
        try:
            headers = {SECRET: WEBHOOK_SECRET}
            async with session.post(telegram.updates.webhook["url"], data=parts(), headers=headers) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0


async def _down(*_: Any) -> Any:
    raise OperationalError("SELECT", {}, Exception("the database is down"))
