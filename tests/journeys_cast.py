"""The cast of the journeys: one Usher, and people who reach it by the web page, by Slack and by Telegram alike."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Protocol

import httpx
import pytest

from bot.app import App
from models import codes
from models.campaign import Campaign
from models.participants import Participant
from models.store import Store
from scheduler.reminders import Planner
from tests.channels_cast import running
from tests.slack_platform import Platform
from tests.support_cast import slack_text
from tests.telegram_platform import TelegramPlatform

HARBOUR, PEAK = "A001", "B002"
_BUTTON = re.compile(r'<button[^>]*name="text"[^>]*value="([^"]*)"[^>]*>(.*?)</button>', re.DOTALL)
_UNDER = re.compile(r'name="under"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="under"')
_TAGS = re.compile(r"<[^>]+>")
_numbers = count(1)


class Somebody(Protocol):
    """A person at their own end of a channel. `say` and `press` give the text of Usher's answer."""

    async def say(self, text: str) -> str: ...

    async def press(self, label: str) -> str: ...

    async def told(self, part: str) -> str:
        """The text of a message with these words, which comes by itself."""
        ...


@dataclass
class OnTheWeb:
    address: str
    client: httpx.AsyncClient = field(init=False)
    page: str = ""

    def __post_init__(self) -> None:
        self.client = httpx.AsyncClient(base_url=self.address, headers={"Origin": self.address}, timeout=30)

    async def say(self, text: str) -> str:
        return await self._send({"text": text})

    async def press(self, label: str) -> str:
        found = [(value, under) for value, shown, under in self._buttons() if shown.startswith(label)]
        assert found, f"no button {label!r} among {[shown for _, shown, _ in self._buttons()]}"
        value, under = found[-1]
        return await self._send({"text": value, "under": under})

    async def told(self, part: str) -> str:
        for _ in range(400):
            self.page = (await self.client.get("/")).text
            if part in _plain(self.page):
                return _plain(self.page)
            await asyncio.sleep(0.05)
        raise AssertionError(f"{part!r} is not there: {_plain(self.page)[-800:]}")

    async def _send(self, fields: dict[str, str]) -> str:
        before = self.page
        nonce = f"nonce-of-the-tests-{next(_numbers):06d}"
        answer = await self.client.post("/", data=fields | {"nonce": nonce})
        assert answer.status_code == 303, answer.text
        self.page = (await self.client.get("/")).text
        assert self.page != before
        return _plain(_last(self.page))

    def _buttons(self) -> list[tuple[str, str, str]]:
        last = _last(self.page)
        under = _UNDER.search(last)
        number = next(filter(None, under.groups()), "") if under else ""
        return [(html.unescape(value), _plain(shown).strip(), number) for value, shown in _BUTTON.findall(last)]


@dataclass
class InSlack:
    slack: Platform
    user: Any

    async def say(self, text: str) -> str:
        return await self._after(lambda: self.slack.say(self.user, text))

    async def press(self, label: str) -> str:
        message = self._texts()[-1]
        return await self._after(lambda: self.slack.press(self.user, message, _label(label, _slack_labels(message))))

    async def told(self, part: str) -> str:
        await self.slack.until(lambda: any(part in slack_text(one) for one in self._texts()))
        return next(slack_text(one) for one in self._texts() if part in slack_text(one))

    def _texts(self) -> list[Any]:
        """The messages with words: a calendar file is one of its own."""
        return [one for one in self.slack.shown_to(self.user) if not one.files]

    async def _after(self, does: Callable[[], Awaitable[Any]]) -> str:
        before = len(self._texts())
        await does()
        await self.slack.until(lambda: len(self._texts()) > before)
        return slack_text(self._texts()[-1])


@dataclass
class InTelegram:
    telegram: TelegramPlatform
    user: Any

    async def say(self, text: str) -> str:
        return await self._after(lambda: self.telegram.say(self.user, text))

    async def press(self, label: str) -> str:
        message = self._texts()[-1]
        return await self._after(lambda: self.telegram.press(self.user, message, _label(label, message.buttons)))

    async def told(self, part: str) -> str:
        await self.telegram.until(lambda: any(part in one.text for one in self._texts()))
        return str(next(one.text for one in self._texts() if part in one.text))

    def _texts(self) -> list[Any]:
        """The messages with words: a calendar file is one of its own."""
        return [one for one in self.telegram.shown_to(self.user) if one.text and one.file is None]

    async def _after(self, does: Callable[[], Awaitable[Any]]) -> str:
        before = len(self._texts())
        await does()
        await self.telegram.until(lambda: len(self._texts()) > before)
        return str(self._texts()[-1].text)


@dataclass
class Journey:
    """One Usher and one channel; `meet` gives somebody new on it, `code` is the enrolment code of each firm."""

    app: App
    store: Store
    meet: Callable[[str], Somebody]
    code: dict[str, str]

    async def comes(self, when: str) -> None:
        """Let that time of the campaign come, and have planned what is due then."""
        self.app.clock.set(datetime.fromisoformat(when))
        assert self.app.channels
        reminders = self.app.channels.reminders
        await Planner(
            self.store, reminders.timetable, reminders.channels, lambda: reminders.times, reminders.unreached
        ).plan()


@pytest.fixture(params=["web", "slack", "telegram"])
async def journey(
    request: pytest.FixtureRequest,
    store: Store,
    campaign: Campaign,
    slack: Platform,
    telegram: TelegramPlatform,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Journey]:
    where: list[str] = []
    codes_made = await store.write(_found)
    numbers = count(301)
    keep = tmp_path_factory.getbasetemp() / "understanding"
    by_slack = slack if request.param == "slack" else None
    by_telegram = telegram if request.param == "telegram" else None

    clients: list[httpx.AsyncClient] = []

    def meet(name: str) -> Somebody:
        if by_slack:
            return InSlack(slack, slack.user(f"U0{name.upper()}", name))
        if by_telegram:
            return InTelegram(telegram, telegram.user(next(numbers), name, started=True))
        browser = OnTheWeb(where[0])
        clients.append(browser.client)
        return browser

    async with running(
        store, campaign, keep, by_slack, by_telegram, before=lambda _, address: where.append(address)
    ) as app:
        yield Journey(app, store, meet, codes_made)
        for client in clients:
            await client.aclose()


def _found(session: Any) -> dict[str, str]:
    now = datetime.now(UTC)
    made = {}
    for code, name in ((HARBOUR, "Harbour Futures"), (PEAK, "Peak Clearing")):
        session.add(Participant(code=code, name=name, imported_at=now))
        session.flush()
        made[code] = codes.make(session, code, 20, now + timedelta(days=30), now)
    return made


def _label(begins: str, labels: list[str]) -> str:
    found = [label for label in labels if label.startswith(begins)]
    assert found, f"no button {begins!r} among {labels}"
    return found[0]


def _slack_labels(message: Any) -> list[str]:
    return [one["text"]["text"] for block in message.blocks if block["type"] == "actions" for one in block["elements"]]


def _last(page: str) -> str:
    """The part of the page from the newest exchange on."""
    at = page.rfind('class="exchange" id="turn-')
    end = page.find("</form>", at)
    return page[at : end if 0 < end < page.find('class="exchange pending"', at) else page.find("</li>", at)]


def _plain(markup: str) -> str:
    return html.unescape(_TAGS.sub("", markup))
