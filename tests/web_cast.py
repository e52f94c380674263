"""The cast of the page's tests: a small circular, a reception that says what a test wants and keeps it, browsers."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

from httpx import ASGITransport, AsyncClient, Response
from pydantic import SecretStr

from bot.app import App
from bot.clock import CampaignClock
from bot.settings import Settings
from bot.web import web
from models.campaign import Campaign
from models.conversation import Turn, record, turns
from models.message import Address, Ask, Choice, Reply, Source
from models.store import Store

KEY = "k" * 40
OURS = "http://usher.test"
Browse = Callable[..., AsyncClient]

MORNING = datetime(2023, 4, 12, 2, 0, tzinfo=UTC)  # 10:00 in Hong Kong
QUOTE = "CPs shall verify <b>before</b> 28 April 2023 (Friday)."

DEADLINE = Reply(
    "Complete it by Thursday 27 April 2023.\nAsk the hotline about the 28th.",
    sources=(Source("small", "paragraph 3", QUOTE),),
    answer="small/due",
)
CHINESE = Reply("請在2023年4月27日前完成。", sources=(Source("small", "paragraph 3", QUOTE),), language="zh-Hant")
SIMPLIFIED = Reply("请在2023年4月27日前完成。", sources=CHINESE.sources, language="zh-Hans")
WHICH = Reply(
    "Which do you mean?",
    "clarify",
    choices=(Choice("E-mails & DAs", "small/emails"), Choice("None of these: ask support", "support")),
)
SAID = {"When is it due?": DEADLINE, "幾時死線呀?": CHINESE, "几时截止？": SIMPLIFIED, "register": WHICH}


def start(key: str, title: str, chinese: str, *examples: str) -> dict[str, Any]:
    """An answer with nothing but what a first question on the page needs."""
    return {"key": key, "title": {"en": title, "zh-Hant": chinese}, "examples": examples, "text": {"en": (title,)}}


def small_campaign(key: str = "small", **other: Any) -> Campaign:
    told: dict[str, Any] = {
        "key": key,
        "name": {"en": f"The {key} circular", "zh-Hant": "小通告"},
        "issuer": {"en": "Issuer"},
        "issuer_short": "ISS",
        "audience": {"en": "all"},
        "languages": ("en", "zh-Hant"),
        "prevails": "en",
        "locales": {"en": "en_HK", "zh-Hant": "zh_Hant_HK"},
        "time_zone": "Asia/Hong_Kong",
        "time_label": {"en": "HKT", "zh-Hant": "香港時間"},
        "calendar": {"first": date(2023, 1, 1), "last": date(2023, 12, 31)},
        "subject": (),
        "contact": ({"key": "hotline", "kind": "phone", "value": "2979 0000", "label": {"en": "Help Line"}},),
        "fact": (),
        "starts": ("due", "where"),
        "answer": (
            start("due", "Deadlines", "截止日期", "What is due?", "有咩死線？"),
            start("where", "The venue", "地點", "Where is it?", "在哪裏？"),
        ),
        "circular": "",
        "content_hash": "",
    }
    return Campaign.model_validate(told | other)


class Rehearsed:
    """A reception with fixed answers, which keeps every turn as the real one does. "break" breaks it until mended."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.broken = True
        self.asked: list[Ask] = []

    async def receive(self, ask: Ask) -> Reply:
        self.asked.append(ask)
        if ask.text == "break" and self.broken:
            raise RuntimeError("secret detail of the inside")
        reply = SAID.get(ask.text, Reply("The circular does not say.", "escalate"))
        await self._store.write(record, ask, reply, recorded_at=MORNING, campaign="small")
        return reply


def new_app(store: Store) -> App:
    rehearsed: Any = Rehearsed(store)
    settings = Settings(secret_key=SecretStr(KEY))
    return App(settings, store, (small_campaign(),), rehearsed, CampaignClock(MORNING, elapsed=lambda: 0.0))


@asynccontextmanager
async def browsers(app: App) -> AsyncIterator[Browse]:
    """Opens browsers, each with its own cookies, on `app` or on another one."""
    opened: list[AsyncClient] = []

    def browse(other: App = app, origin: str = OURS) -> AsyncClient:
        transport = ASGITransport(web(other), raise_app_exceptions=False)
        opened.append(AsyncClient(transport=transport, base_url=origin))
        return opened[-1]

    yield browse
    for client in opened:
        await client.aclose()


async def ask(client: AsyncClient, text: str, nonce: str | None = None, origin: str | None = None) -> Response:
    """Write `text` into the box of the page and send it, as a browser does."""
    nonce = nonce or nonce_of(await client.get("/"))
    origin = origin or str(client.base_url).rstrip("/")
    return await client.post("/", data={"text": text, "nonce": nonce}, headers={"origin": origin})


def nonce_of(page: Response) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert found
    return found[1]


def visitor_of(client: AsyncClient) -> str:
    return next(cookie.value or "" for cookie in client.cookies.jar).split(".")[0]


async def kept(store: Store, client: AsyncClient) -> list[Turn]:
    return await store.read(turns, Address("web", visitor_of(client)), 1000)
