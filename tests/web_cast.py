"""The cast of the page's tests: a small circular, a reception that says what a test wants and keeps it, browsers."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, HTTPError, Response
from pydantic import SecretStr
from sqlmodel import Session

from bot.app import App
from bot.clock import CampaignClock
from bot.settings import Settings
from bot.web import web
from handlers.reception import Also
from models.campaign import Campaign
from models.conversation import Turn, record, turn_asked, turns
from models.message import Address, Ask, Choice, File, Reply, Source
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
    choices=(Choice("E-mails & DAs", "/a small emails"), Choice("None of these: ask support", "/support 0123")),
)
TASKS = Reply(
    "Two things are to be done.",
    choices=(Choice("E-mails registered", "/done small emails"), Choice("DAs registered", "/done small das")),
)
CALENDAR = "BEGIN:VCALENDAR\r\nSUMMARY:Briefing 座談會\r\nEND:VCALENDAR\r\n"
HELD = Reply("Held.", files=(File("briefing.ics", CALENDAR, method="REQUEST"), File("清單.csv", "a,b\r\n", "text/csv")))
SAID = {
    "When is it due?": DEADLINE,
    "幾時死線呀?": CHINESE,
    "几时截止？": SIMPLIFIED,
    "register": WHICH,
    "status": TASKS,
    "hold": HELD,
    "/done small emails": Reply("Noted."),
    "become Amy": Reply("You act for a firm now.", renews=True),
}


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

    async def take(self, ask: Ask, also: Also) -> Turn:
        self.asked.append(ask)
        if ask.text == "break" and self.broken:
            raise RuntimeError("secret detail of the inside")
        return await self._store.write(_keep, ask, also)


def _keep(session: Session, ask: Ask, also: Also) -> Turn:
    then = also(session)
    if again := turn_asked(session, ask.id):
        return again
    reply = SAID.get(ask.text, Reply("The circular does not say.", "escalate"))
    if then:
        then(reply)
    action = ask.text if ask.text.startswith("/") else None
    return record(session, ask, reply, recorded_at=MORNING, campaign="small", action=action)


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
        opened.append(AsyncClient(transport=transport, base_url=origin, headers={"accept-language": "en"}))
        return opened[-1]

    yield browse
    for client in opened:
        await client.aclose()


@pytest.fixture
def app(store: Store) -> App:
    return new_app(store)


@pytest.fixture
async def browse(app: App) -> AsyncIterator[Browse]:
    async with browsers(app) as browse:
        yield browse


@pytest.fixture
def ann(browse: Browse) -> AsyncClient:
    return browse()


async def ask(
    client: AsyncClient, text: str, nonce: str | None = None, origin: str | None = None, **fields: str
) -> Response:
    """Write `text` into the box of the page and send it, as a browser without script does."""
    fields |= {"text": text, "nonce": nonce or nonce_of(await client.get("/"))}
    return await client.post("/", data=fields, headers={"origin": origin or origin_of(client)})


async def ask_by_script(client: AsyncClient, text: str, nonce: str = "n" * 24, **fields: str) -> Response:
    """Send `text` as the page's own script does."""
    fields |= {"text": text, "nonce": nonce}
    return await client.post("/", data=fields, headers={"origin": origin_of(client), "accept": "application/json"})


async def send(client: AsyncClient, path: str, **fields: str) -> Response:
    """Send one of the page's other forms."""
    return await client.post(path, data=fields, headers={"origin": origin_of(client)})


def origin_of(client: AsyncClient) -> str:
    return str(client.base_url).rstrip("/")


def nonce_of(page: Response) -> str:
    """That of the question box."""
    found = re.search(r'class="composer"[^>]*>\s*<input type="hidden" name="nonce" value="([^"]+)"', page.text)
    assert found
    return found[1]


def visitor_of(client: AsyncClient) -> str:
    return cookie_of(client).split(".")[0]


def cookie_of(client: AsyncClient) -> str:
    return next(cookie.value or "" for cookie in client.cookies.jar if cookie.name in ("usher", "__Host-usher"))


async def kept(store: Store, client: AsyncClient) -> list[Turn]:
    return await store.read(turns, Address("web", visitor_of(client)), 1000)


Event = tuple[str, dict[str, str], int]


class Heard:
    """One open stream of a page: its events, one after the other."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    async def read(self, response: Response) -> None:
        name, data, number = "", {}, 0
        with suppress(HTTPError):  # the test has heard enough
            async for line in response.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "id":
                    number = int(value)
                elif field == "data":
                    data = json.loads(value)
                elif not line and name == "beat":
                    name = ""
                elif not line and name:
                    await self._events.put((name, data, number))
                    name, data, number = "", {}, 0
        await self._events.put(("", {}, 0))

    async def next(self, seconds: float = 20) -> Event:
        """The next event's name, data and number (0 where it has none); an empty name where the stream has ended."""
        return await asyncio.wait_for(self._events.get(), seconds)

    async def silent(self, seconds: float = 0.4) -> bool:
        await asyncio.sleep(seconds)
        return self._events.empty()


@asynccontextmanager
async def listening(
    client: AsyncClient,
    after: int = 0,
    stamp: str = "2023-04-12",
    headers: dict[str, str] | None = None,
    **has: str,
) -> AsyncIterator[Heard]:
    """The stream that the page of this browser opens. `stamp` is that of the page's frame."""
    asked = {"after": str(after), "stamp": stamp, **has}
    async with client.stream("GET", "/stream", params=asked, headers=headers, timeout=30) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        heard = Heard()
        reading = asyncio.create_task(heard.read(response))
        yield heard
        reading.cancel()


@asynccontextmanager
async def visitor(address: str) -> AsyncIterator[AsyncClient]:
    """A browser that has opened the page."""
    async with AsyncClient(base_url=address, headers={"accept-language": "en"}) as client:
        assert (await client.get("/")).status_code == 200
        yield client
