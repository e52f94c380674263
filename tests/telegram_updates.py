"""How the tests' Telegram hands updates to the bot: it answers polls, or posts to the webhook until that takes them."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any

import aiohttp

from tests.telegram_contract import JSON, RARE, Refused

SECRET = "X-Telegram-Bot-Api-Secret-Token"
POLLED_WITH_WEBHOOK = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"


class Updates:
    """The updates that the bot has not taken yet, and the two ways to it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.pause = 0.05  # seconds until a webhook that did not take an update gets it again
        self.patience = 10.0  # seconds that a webhook has to answer
        self.webhook: JSON = {}
        self.posted: list[tuple[JSON, int]] = []  # each try at the webhook and its status; 0 where nobody answered
        self.pending: list[JSON] = []
        self.calls: dict[str, Callable[[JSON], Any]] = {
            "getUpdates": self._poll,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._info,
        }
        self._next_id = 10_000_001
        self._allowed: list[str] = []
        self._held: list[JSON] | None = None
        self._polls = 0
        self._set = 0  # how often a webhook was set
        self._failure: JSON = {}
        self._changed = asyncio.Event()  # for what posts to the webhook
        self._news = asyncio.Event()  # for polls: what one of the two clears, the other must not miss
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._worker: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession()
        self._worker = asyncio.create_task(self._work())

    async def close(self) -> None:
        assert self._session
        assert self._worker
        tasks = [self._worker, *self._busy.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()

    def tell(self, kind: str, payload: JSON) -> JSON | None:
        """A new update for the bot, or None where the bot did not want this kind."""
        if (self._allowed and kind not in self._allowed) or (not self._allowed and kind in RARE):
            return None
        update = {"update_id": self._next_id, kind: payload}
        self._next_id += 1
        if self._held is None:
            self.put(update)
        else:
            self._held.append(update)
        return update

    def put(self, *updates: JSON) -> None:
        """Hands these to the bot in this order, whether it had them before or not."""
        self.pending += updates
        self._wake()

    @contextmanager
    def held(self) -> Iterator[list[JSON]]:
        """Keeps back what is told meanwhile; the test hands it over with `put` or `at_once`."""
        kept: list[JSON] = []
        self._held = kept
        yield kept
        self._held = None

    async def at_once(self, *updates: JSON) -> list[int]:
        """Posts all of these to the webhook side by side, once each; the statuses."""
        return await asyncio.gather(*(self._try(update) for update in updates))

    async def post(self, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Sends anything to the webhook, as a stranger would; the status and the body of the answer."""
        assert self._session
        assert self.webhook, "the bot has set no webhook"
        told = {"Content-Type": "application/json"} | (headers or {})
        timeout = aiohttp.ClientTimeout(self.patience)
        # As a file, because aiohttp warns of large bodies in one piece.
        sending = self._session.post(
            self.webhook["url"], data=BytesIO(body), headers=told, timeout=timeout, allow_redirects=False
        )
        async with sending as answer:
            return answer.status, await answer.text(errors="replace")

    async def _poll(self, asked: JSON) -> list[JSON]:
        if self.webhook:
            raise Refused(POLLED_WITH_WEBHOOK, 409)
        self._polls += 1
        mine, webhooks = self._polls, self._set
        self._allow(asked)
        self._wake()  # an earlier poll ends
        offset = asked.get("offset", 0)
        if offset < 0:
            self.pending = self.pending[offset:]
        else:
            self.pending = [update for update in self.pending if update["update_id"] >= offset]
        until = asyncio.get_running_loop().time() + asked.get("timeout", 0)
        while not self.pending:
            self._news.clear()
            left = until - asyncio.get_running_loop().time()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), max(left, 0))
            if self._polls != mine:
                raise Refused(OTHER_POLL, 409)
            if self._set != webhooks:
                raise Refused("terminated by setWebhook request", 409)
            if left <= 0:
                break
        return self.pending[: asked.get("limit", 100)]

    def _set_webhook(self, asked: JSON) -> bool:
        if not asked["url"]:
            return self._delete_webhook(asked)
        self._allow(asked)
        self._drop(asked)
        self.webhook = asked
        self._failure = {}
        self._set += 1
        self._wake()
        return True

    def _delete_webhook(self, asked: JSON) -> bool:
        self._drop(asked)
        self.webhook = {}
        return True

    def _wake(self) -> None:
        self._changed.set()
        self._news.set()

    def _info(self, _: JSON) -> JSON:
        told = {"url": self.webhook.get("url", ""), "has_custom_certificate": False}
        told |= {"pending_update_count": len(self.pending)} | self._failure
        if self.webhook:
            told |= {"max_connections": self._connections(), "ip_address": "127.0.0.1"}
        return told | ({"allowed_updates": self._allowed} if self._allowed else {})

    def _allow(self, asked: JSON) -> None:
        """Without the parameter what was asked for before holds on; an empty list asks for the usual ones."""
        self._allowed = asked.get("allowed_updates", self._allowed)

    def _drop(self, asked: JSON) -> None:
        if asked.get("drop_pending_updates", False):
            self.pending.clear()

    def _connections(self) -> int:
        return int(self.webhook.get("max_connections", 40))

    async def _work(self) -> None:
        """Posts what is pending: chats side by side, the updates of one chat one after the other."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            for update in list(self.pending) if self.webhook else []:
                place = _place(update)
                if place not in self._busy and len(self._busy) < self._connections():
                    self._busy[place] = asyncio.create_task(self._insist(place, update))

    async def _insist(self, place: int, update: JSON) -> None:
        if not self.webhook or not 200 <= await self._try(update) <= 299:
            await asyncio.sleep(self.pause)
        elif any(update is other for other in self.pending):
            # The same update may wait here twice: by `is`, the one that was taken goes.
            self.pending.pop(next(at for at, other in enumerate(self.pending) if update is other))
        del self._busy[place]
        self._wake()

    async def _try(self, update: JSON) -> int:
        secret = self.webhook.get("secret_token")
        headers = {SECRET: secret} if secret else {}
        status = 0
        try:
            status, _ = await self.post(json.dumps(update).encode(), headers)
            why = "" if 200 <= status <= 299 else f"Wrong response from the webhook: {status}"
        except TimeoutError:
            why = "Read timeout expired"
        except aiohttp.ClientConnectorError:
            why = "Connection refused"
        except aiohttp.ClientError as error:
            why = f"Connection closed: {error}"
        if why:
            self._failure = {"last_error_date": int(self.now()), "last_error_message": why}
        self.posted.append((update, status))
        return status


def _place(update: JSON) -> int:
    """What keeps its order: the chat, and for what has none the update alone."""
    told = next(value for name, value in update.items() if name != "update_id")
    chat = told.get("chat") or told.get("message", {}).get("chat") or {"id": update["update_id"]}
    return int(chat["id"])
