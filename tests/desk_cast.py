"""The cast of the desk page: Sam and Olivia of the desk at their browsers, and askers with cases."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from html import unescape

import pytest
from httpx import ASGITransport, AsyncClient, Response
from pydantic import SecretStr
from sqlmodel import Session

from bot.app import App
from bot.clock import CampaignClock, machine_time
from bot.settings import Settings
from bot.web import web
from handlers.reception import Reception
from models.conversation import record
from models.desk import make_link
from models.message import Address, Ask, Reply
from models.people import add_staff
from models.store import Store
from models.support import Opening, open_case
from tests.web_cast import KEY, MORNING, OURS, Browse, origin_of, small_campaign

SAM, OLIVIA = "Sam Lee", "Olivia <Ng>"
QUESTION = "May we pay by <b>cheque</b>?\nThe form does not say."


def desk_app(store: Store) -> App:
    """An Usher with a small circular, whose desk is Sam, who supports, and Olivia, who operates it."""
    settings = Settings(secret_key=SecretStr(KEY))
    reception = Reception(store, [small_campaign()], machine_time)
    return App(settings, store, (small_campaign(),), reception, CampaignClock(MORNING, elapsed=lambda: 0.0))


def name_the_desk(session: Session) -> None:
    for name, role in ((SAM, "support"), (OLIVIA, "operator")):
        add_staff(session, name, None, machine_time(), role)


def open_one(
    session: Session,
    name: str = "amy",
    question: str = QUESTION,
    at: datetime = MORNING,
    participant: str | None = None,
    language: str = "en",
) -> int:
    """A case of that person, passed on; its number."""
    person, now = Address("web", name), machine_time()
    told = Reply("The circular does not say.", "escalate", language=language)
    turn = record(session, Ask(f"{name}:{question}:{at}", person, person, question, at), told, recorded_at=now)
    session.flush()
    opened = open_case(session, Opening(turn, at, now, name=name.title(), participant=participant))
    return opened.case.number or 0


def earlier(minutes: float) -> datetime:
    return MORNING - timedelta(minutes=minutes)


@pytest.fixture
async def desk_usher(store: Store) -> App:
    await store.write(name_the_desk)
    return desk_app(store)


@pytest.fixture
async def desk_browse(desk_usher: App) -> AsyncIterator[Browse]:
    """Opens browsers on one page of the desk: making one takes longer than most tests."""
    transport, opened = ASGITransport(web(desk_usher), raise_app_exceptions=False), list[AsyncClient]()

    def browse(origin: str = OURS) -> AsyncClient:
        opened.append(AsyncClient(transport=transport, base_url=origin, headers={"accept-language": "en"}))
        return opened[-1]

    yield browse
    for client in opened:
        await client.aclose()


@pytest.fixture
async def sam(desk_browse: Browse, store: Store) -> AsyncClient:
    """His browser, signed in."""
    return await signed_in(desk_browse(), store, SAM)


@pytest.fixture
async def olivia(desk_browse: Browse, store: Store) -> AsyncClient:
    return await signed_in(desk_browse(), store, OLIVIA)


async def signed_in(client: AsyncClient, store: Store, name: str) -> AsyncClient:
    answer = await use_link(client, await link_for(store, name))
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    return client


async def link_for(store: Store, name: str, at: datetime | None = None) -> str:
    """The token of a new link; empty for who gets none."""
    return (await store.write(make_link, name, at or machine_time())) or ""


async def use_link(client: AsyncClient, token: str) -> Response:
    return await client.post("/desk/in", data={"token": token}, headers={"origin": origin_of(client)})


async def press(client: AsyncClient, page: str, to: str, /, **fields: str) -> Response:
    """Send the form of that page which goes there, as a browser does."""
    marks = marks_of((await client.get(page)).text)
    return await client.post(to, data=marks | fields, headers={"origin": origin_of(client)})


def marks_of(page: str) -> dict[str, str]:
    """The token and a nonce, as every form of the page carries them."""
    found = dict(re.findall(r'<input type="hidden" name="(form_token|nonce)" value="([^"]+)">', page))
    assert set(found) == {"form_token", "nonce"}
    return {name: unescape(value) for name, value in found.items()}
