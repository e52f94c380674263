"""The cast of the support room: the team in Slack, in Telegram or at a terminal, and askers in every channel."""

import asyncio
import html
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from models.campaign import Campaign
from models.conversation import turns
from models.message import Address, Ask
from models.store import Store
from tests.channels_cast import ROOM, running
from tests.program import told
from tests.slack_platform import Platform
from tests.telegram_platform import TelegramPlatform
from tests.web_cast import MORNING

CROWD = -1001234567890
FEE = "How much does it cost, <b>in all</b> & for *everyone*?"
WORDS = "It costs nothing in 2023.\nAsk <us> again & again, _any_ time."
ROOMS = {"slack": f"slack:{ROOM}", "telegram": f"telegram:{CROWD}", "terminal": "web"}
Texts = Callable[[], Awaitable[list[str]]]


@dataclass
class Stage:
    """One Usher with everybody in their places; `room` is where the support team is."""

    app: App
    store: Store
    slack: Platform
    telegram: TelegramPlatform
    database: str
    room: str

    @property
    def crowd(self) -> Any:
        return self.telegram.chats.chats[CROWD]

    @property
    def room_texts(self) -> list[str]:
        """What Usher has said in the support room."""
        if self.room == "slack":
            return [slack_text(one) for one in self.slack.messages(ROOM) if one.user == "U0USHER"]
        return [one.text for one in self.telegram.shown_to(self.crowd)]

    async def card(self) -> Any:
        def cards() -> list[Any]:
            if self.room == "slack":
                return [one for one in self.slack.messages(ROOM) if one.text.startswith("Case ")]
            return [one for one in self.telegram.shown_to(self.crowd) if one.text.startswith("Case ")]

        await self.slack.until(cards)
        return cards()[-1]

    async def write_under_card(self, text: str, slack: str = "U0SAM", telegram: int = 202) -> None:
        card = await self.card()
        if self.room == "slack":
            await self.slack.say(self.slack.users[slack], text, ROOM, thread_ts=card.ts)
        else:
            await self.telegram.say(self.telegram.chats.users[telegram], text, chat=self.crowd, reply_to=card)

    async def reply(self, text: str) -> None:
        """Somebody of the team replies to the case."""
        if self.room != "terminal":
            return await self.write_under_card(f"reply: {text}")
        command = ("reply", "1", text)
        ended = await asyncio.to_thread(told, Path.cwd(), *command, DATABASE_URL=self.database)
        assert (ended.returncode, ended.stderr) == (0, "")
        return None


def slack_text(message: Any) -> str:
    """Everything that the blocks show."""
    shown = []
    for block in message.blocks:
        texts = [block["text"]] if "text" in block else block.get("elements", [])
        for text in texts:
            words = str(text.get("text", ""))
            shown.append(html.unescape(words) if text.get("type") == "mrkdwn" else words)
    return "\n".join(shown)


@pytest.fixture(params=["slack"])
async def desk(  # noqa: PLR0917 - it needs the whole cast
    request: pytest.FixtureRequest,
    store: Store,
    database_url: str,
    campaign: Campaign,
    slack: Platform,
    telegram: TelegramPlatform,
    staff: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stage]:
    keep = tmp_path_factory.getbasetemp() / "understanding"
    telegram.can_read_all_group_messages = True
    telegram.user(101, "Ann", username="ann", started=True)
    telegram.user(202, "Sam", started=True)
    telegram.group(CROWD, "Support")
    telegram.group(-100777, "A firm", topics={9: "Circulars"})
    room = ROOMS[request.param]
    async with running(store, campaign, keep, slack, telegram, support_room=room) as app:
        yield Stage(app, store, slack, telegram, database_url, request.param)


async def ask_in_slack(desk: Stage, send: Callable[[Any], Awaitable[Any]]) -> Texts:
    ann, slack = desk.slack.users["U0ANN"], desk.slack
    await send(ann)

    def offers() -> list[Any]:
        return [one for one in slack.shown_to(ann) if "Shall I pass" in one.text]

    await slack.until(offers)
    await slack.press(ann, offers()[-1], "Yes, ask support")

    async def texts() -> list[str]:
        return [
            f"{one.channel} {one.thread_ts} {slack_text(one)}" for one in slack.shown_to(ann) if one.channel != ROOM
        ]

    return texts


async def slack_direct(desk: Stage) -> tuple[Texts, str]:
    texts = await ask_in_slack(desk, lambda ann: desk.slack.say(ann, FEE))
    return texts, "D0ANN None"


async def slack_thread(desk: Stage) -> tuple[Texts, str]:
    sent: list[Any] = []

    async def mention(ann: Any) -> None:
        sent.append(await desk.slack.mention(ann, "C0GEN", FEE))

    texts = await ask_in_slack(desk, mention)
    return texts, f"C0GEN {sent[0].ts}"


async def slack_command(desk: Stage) -> tuple[Texts, str]:
    texts = await ask_in_slack(desk, lambda ann: desk.slack.command(ann, "C0GEN", FEE))
    return texts, "D0ANN None"  # only the sender saw the question


async def ask_in_telegram(desk: Stage, where: str, chat: Any = None, thread: int | None = None) -> tuple[Texts, str]:
    telegram, ann = desk.telegram, desk.telegram.chats.users[101]
    named = f"@{telegram.bot.username} {FEE}" if chat else FEE
    await telegram.say(ann, named, chat=chat, thread=thread)

    def shown() -> list[Any]:
        return telegram.shown_to(chat or ann)

    await telegram.until(lambda: shown() and shown()[-1].buttons)
    await telegram.press(ann, shown()[-1], "Yes, ask support")

    async def texts() -> list[str]:
        return [f"{one.chat.id} {one.thread} {one.text}" for one in shown()]

    return texts, where


async def telegram_private(desk: Stage) -> tuple[Texts, str]:
    return await ask_in_telegram(desk, "101 None")


async def telegram_topic(desk: Stage) -> tuple[Texts, str]:
    return await ask_in_telegram(desk, "-100777 9", desk.telegram.chats.chats[-100777], 9)


async def web(desk: Stage) -> tuple[Texts, str]:
    ann = Address("web", "ann")
    reception = desk.app.reception
    offered = (await reception.take(Ask("web:1", ann, ann, FEE, MORNING))).reply
    await reception.take(Ask("web:2", ann, ann, offered.choices[0].action, MORNING))

    async def texts() -> list[str]:
        return [f"ann None {turn.reply.text}" for turn in await desk.store.read(turns, ann, 100)]

    return texts, "ann None"


async def eventually(desk: Stage, texts: Texts, part: str, seconds: float = 20) -> str:
    for _ in range(int(seconds / 0.05)):
        if found := [text for text in await texts() if part in text]:
            return found[-1]
        await asyncio.sleep(0.05)
    raise AssertionError(f"{part!r} is not there: {await texts()}\n{desk.slack.calls[-8:]}")
