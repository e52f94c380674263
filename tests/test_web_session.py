"""Signing out forgets, an ended session opens nothing, and too much from one visitor or address is told, never lost."""

import asyncio
import logging
import re
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient

from bot.app import App
from bot.buckets import Buckets
from bot.page.limits import VISITOR_BURST
from bot.web import web
from models.conversation import turns
from models.message import Address
from models.sessions import EndedSession, end_session, standing
from models.store import Store
from tests.web_cast import (
    MORNING,
    OURS,
    Browse,
    ask,
    ask_by_script,
    cookie_of,
    kept,
    send,
    visitor_of,
)

# ---------------------------------------------------------------------------------------------------------- signing out


async def test_signing_out_forgets_the_conversation_and_gives_a_new_session(ann: AsyncClient) -> None:
    await ask(ann, "When is it due?")
    before = cookie_of(ann)
    out = await send(ann, "/signout")
    assert (out.status_code, out.headers["location"]) == (303, "/?signed-out=1")

    page = await ann.get("/?signed-out=1")
    assert "Signed out. This browser has forgotten the conversation." in page.text
    assert "When is it due?" not in page.text
    visitor, session, *_ = before.split(".")
    assert visitor not in cookie_of(ann)
    assert session not in cookie_of(ann)


async def test_a_cookie_kept_from_before_opens_nothing_and_the_records_stay(
    ann: AsyncClient, browse: Browse, store: Store
) -> None:
    await ask(ann, "When is it due?")
    stolen, victim = cookie_of(ann), visitor_of(ann)
    await send(ann, "/signout")

    thief = browse()
    thief.cookies.set("usher", stolen, domain="usher.test")
    page = await thief.get("/")
    assert "When is it due?" not in page.text
    assert victim not in page.headers["set-cookie"]

    again = browse()
    again.cookies.set("usher", stolen, domain="usher.test")
    asked = await ask_by_script(again, "hello", after="0")
    assert (asked.status_code, asked.json()) == (409, {"reload": True})  # the page of before must not go on
    form, headers = {"text": "hello", "nonce": "n" * 20}, {"origin": OURS, "cookie": f"usher={stolen}"}
    sent = await browse().post("/", data=form, headers=headers)
    assert sent.status_code == 303
    assert victim not in sent.headers["set-cookie"]
    assert [turn.asked for turn in await store.read(turns, Address("web", victim), 9)] == ["When is it due?"]


async def test_a_page_of_an_earlier_visitor_gets_nothing_of_the_next_one(ann: AsyncClient) -> None:
    page = (await ann.get("/")).text
    (earlier,) = re.findall(r'data-visitor="(\w+)"', page)
    await ask(ann, "When is it due?")
    await send(ann, "/signout")
    asked = await ask_by_script(ann, "hello", after="1", visitor=earlier)
    assert (asked.status_code, asked.json()) == (409, {"reload": True})
    stream = await ann.get("/stream", params={"after": "1", "visitor": earlier})
    assert stream.text == "event: gone\ndata: {}\n\n"
    assert (await ask_by_script(ann, "hello", visitor=earlier)).status_code == 200  # a page that shows nothing yet


async def test_signing_out_twice_at_once_is_signing_out_once(store: Store) -> None:
    ends = (store.write(end_session, "twice", MORNING, MORNING.replace(month=5)) for _ in range(8))
    await asyncio.gather(*ends)
    assert await store.read(standing, "twice", MORNING) == "ended"


@pytest.mark.parametrize("path", ["/signout", "/language", "/time"])
async def test_a_form_of_another_site_does_nothing(app: App, browse: Browse, path: str) -> None:
    ann = browse(app)
    await ask(ann, "When is it due?")
    refused = await ann.post(path, data={"language": "zh-Hant"}, headers={"origin": "https://evil.example"})
    assert refused.status_code in (403, 404)
    assert "set-cookie" not in refused.headers
    assert "When is it due?" in (await ann.get("/")).text


async def test_an_ended_session_is_remembered_as_long_as_its_cookie_would_be_taken(store: Store) -> None:
    later = MORNING.replace(month=6)
    await store.write(end_session, "old", MORNING, MORNING.replace(month=5))
    await store.write(end_session, "old", MORNING, MORNING.replace(month=5))
    assert await store.read(standing, "old", MORNING) == "ended"
    await store.write(end_session, "new", later, later.replace(month=7))
    stand = [await store.read(standing, one, later) for one in ("old", "new", "other")]
    assert stand == ["open", "ended", "open"]
    row = await store.read(lambda session: session.get(EndedSession, "new"))
    assert row is None  # the id itself is not in the database


# ------------------------------------------------------------------------------------------------------------- language


async def test_the_page_speaks_the_browsers_language_until_another_is_chosen(browse: Browse) -> None:
    ann = browse()
    for accepted, tag in (("zh-TW,en;q=0.8", "zh-Hant-HK"), ("de,zh;q=0.5", "zh-Hant-HK"), ("fr", "en"), ("*", "en")):
        page = (await ann.get("/", headers={"accept-language": accepted})).text
        assert f'<html lang="{tag}" ' in page
    switched = await send(ann, "/language", language="zh-Hant", back="/circular/small/0123456789ab")
    assert (switched.status_code, switched.headers["location"]) == (303, "/circular/small/0123456789ab")
    page = (await ann.get("/")).text
    assert '<html lang="zh-Hant-HK" ' in page
    assert "小通告" in page
    assert '<button class="plain" name="language" value="en" lang="en">English</button>' in page


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/signout", "/circular/../x?y", ""])
async def test_a_switch_leads_nowhere_else(ann: AsyncClient, back: str) -> None:
    switched = await send(ann, "/language", language="xx", back=back)
    assert switched.headers["location"] == "/"
    assert "set-cookie" not in switched.headers


# --------------------------------------------------------------------------------------------------------------- limits


async def test_fifty_messages_in_a_second_are_taken_or_told_and_others_go_on(
    ann: AsyncClient, browse: Browse, store: Store
) -> None:
    await ann.get("/")
    sent = await asyncio.gather(*(ask_by_script(ann, f"question {n}", f"{n:024d}") for n in range(50)))
    taken = [answer for answer in sent if answer.status_code == 200]
    told = [answer for answer in sent if answer.status_code == 429]
    assert len(taken) + len(told) == 50
    assert VISITOR_BURST <= len(taken) <= VISITOR_BURST + 5
    assert len(await kept(store, ann)) == len(taken)
    for answer in told:
        assert answer.headers["retry-after"] == str(answer.json()["wait"]) == "1"
        assert "Please wait 1 s" in answer.json()["note"]
    assert (await ask_by_script(browse(), "When is it due?")).status_code == 200


async def test_without_script_too_many_give_the_text_back(ann: AsyncClient) -> None:
    *_, last = [await ask(ann, f"question {number}.") for number in range(VISITOR_BURST + 2)]
    assert last.status_code == 429
    assert "Please wait 1 s" in last.text
    assert f">\nquestion {VISITOR_BURST + 1}.</textarea>" in last.text


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three messages from an address, and then none for a long time."""
    monkeypatch.setattr("bot.page.limits.ADDRESS_BURST", 3)
    monkeypatch.setattr("bot.page.limits.ADDRESS_RATE", 0.001)


@pytest.mark.usefixtures("three")
async def test_whoever_sends_no_cookie_is_counted_by_address(app: App) -> None:
    page = web(app)

    async def one(address: str) -> int:
        async with AsyncClient(transport=ASGITransport(page, client=(address, 1)), base_url=OURS) as client:
            return (await ask_by_script(client, "hello")).status_code

    assert [await one("192.0.2.7") for _ in range(5)] == [200, 200, 200, 429, 429]
    assert await one("192.0.2.8") == 200


@pytest.mark.usefixtures("three")
async def test_a_forwarded_address_counts_only_from_a_trusted_proxy(app: App, caplog: pytest.LogCaptureFixture) -> None:
    async def statuses(trusted: tuple[str, ...], peer: str) -> set[int]:
        page = web(replace(app, settings=app.settings.model_copy(update={"trusted_proxies": trusted})))
        seen = set()
        for number in range(5):
            async with AsyncClient(transport=ASGITransport(page, client=(peer, 1)), base_url=OURS) as client:
                # The first is what the client itself made up; a proxy adds what it saw at the end.
                client.headers["x-forwarded-for"] = f"203.0.113.1, 198.51.100.{number}"
                seen.add((await ask_by_script(client, "hello")).status_code)
        return seen

    assert await statuses((), "127.0.0.1") == {200, 429}  # nobody is trusted: all are the one peer
    warned = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert warned == ["a proxy stands before Usher: name it in TRUSTED_PROXIES, or all visitors count as one address"]
    assert await statuses(("127.0.0.1/32",), "192.0.2.1") == {200, 429}  # this peer is not the trusted one
    assert await statuses(("127.0.0.1/32",), "127.0.0.1") == {200}


def test_a_bucket_fills_again_and_never_overflows() -> None:
    now = [0.0]
    buckets = Buckets(2, 0.5, elapsed=lambda: now[0])
    assert [buckets.take("ann") for _ in range(3)] == [0, 0, 2]
    now[0] = 1.0
    assert buckets.take("ann") == 1
    now[0] = 2.0
    assert [buckets.take("ann"), buckets.take("bob")] == [0, 0]
    now[0] = 1000.0
    assert [buckets.take("ann") for _ in range(3)] == [0, 0, 2]


@pytest.mark.parametrize(("scheme", "secure"), [("https", True), ("http", False)])
async def test_a_trusted_proxy_tells_whether_it_was_https(app: App, scheme: str, secure: bool) -> None:
    page = web(replace(app, settings=app.settings.model_copy(update={"trusted_proxies": ("127.0.0.1/32",)})))
    for peer, believed in (("127.0.0.1", secure), ("192.0.2.1", False)):
        async with AsyncClient(transport=ASGITransport(page, client=(peer, 1)), base_url=OURS) as client:
            cookie = (await client.get("/", headers={"x-forwarded-proto": scheme})).headers["set-cookie"]
            assert ("Secure" in cookie) is believed
