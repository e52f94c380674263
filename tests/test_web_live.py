"""What arrives on an open page by itself, over a real port: once, in order, for nobody else, and again after a cut."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from httpx import AsyncClient

from bot.app import App
from bot.clock import machine_time
from bot.page import live
from bot.page.channel import WebChat
from bot.page.limits import VISITOR_STREAMS
from models.message import Address, Reply
from models.store import Store
from tests.page_server import served
from tests.web_cast import Heard, ask_by_script, kept, listening, new_app, send, visitor, visitor_of


@pytest.fixture
async def address(app: App) -> AsyncIterator[str]:
    async with served(app) as address:
        yield address


@pytest.fixture
async def ann(address: str) -> AsyncIterator[AsyncClient]:
    async with visitor(address) as ann:
        yield ann


async def asked(heard: Heard) -> list[str]:
    """The questions that the next event brings."""
    name, data, _ = await heard.next()
    assert name == "turns"
    return re.findall(r'<div class="bubble" dir="auto">([^<]+)</div>', data["html"])


async def test_what_is_asked_in_one_tab_arrives_in_the_other_at_once(ann: AsyncClient, store: Store) -> None:
    async with listening(ann) as heard:
        await ask_by_script(ann, "When is it due?")
        name, data, number = await heard.next(2)
        (turn,) = await kept(store, ann)
        assert (name, number) == ("turns", turn.id)
        assert "Complete it by Thursday 27 April 2023." in data["html"]
        assert await heard.silent()


async def test_after_a_cut_comes_what_was_missed_and_nothing_twice(ann: AsyncClient) -> None:
    async with listening(ann) as heard:
        await ask_by_script(ann, "one")
        _, _, number = await heard.next()
    await ask_by_script(ann, "two", "2" * 24)
    await ask_by_script(ann, "three", "3" * 24)
    # The browser tells the last event that it had; what the page began with stands in its address still.
    async with listening(ann, headers={"last-event-id": str(number)}) as heard:
        assert await asked(heard) == ["two", "three"]
        assert await heard.silent()


async def test_a_page_that_missed_very_much_is_made_anew(ann: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MISSED", 2)
    for number in range(3):
        await ask_by_script(ann, f"question {number}", f"{number}" * 24)
    async with listening(ann) as heard:
        assert (await heard.next())[0] == "reload"
    assert len((await ann.get("/")).text.split('class="exchange"')) - 1 == 3


async def test_a_press_in_one_tab_settles_the_choices_in_the_other(ann: AsyncClient, store: Store) -> None:
    await ask_by_script(ann, "register")
    (offered,) = await kept(store, ann)
    async with listening(ann, after=offered.id or 0) as heard:
        await ask_by_script(ann, "/a small emails", "press-000000000001", under=str(offered.id))
        _, data, _ = await heard.next()
    first, second = re.findall(r'id="turn-(\d+)"', data["html"])
    assert (int(first), int(second) > int(first)) == (offered.id, True)
    assert 'aria-pressed="true">E-mails &amp; DAs</button>' in data["html"]
    assert '<div class="bubble" dir="auto">E-mails &amp; DAs</div>' in data["html"]


async def test_a_message_that_is_changed_is_shown_anew_on_the_open_page_each_time(
    ann: AsyncClient, app: App, store: Store
) -> None:
    await ask_by_script(ann, "When is it due?")
    room = Address("web", visitor_of(ann))
    channel = WebChat(store, app.clock.now, machine_time)
    reference = await channel.send(room, Reply("so far: one"), "stages")
    number = int(Address.of(reference).id)
    async with listening(ann, after=number) as heard:
        assert await heard.silent()
        for words in ("so far: one, two", "so far: one, two, three"):
            await channel.edit(reference, Reply(words))
            name, data, last = await heard.next(2)
            assert (name, last) == ("turns", number)
            assert re.findall(r'id="turn-(\d+)"', data["html"]) == [str(number)]
            assert words in data["html"]
        assert await heard.silent()
    async with listening(ann, after=number) as heard:  # a page that was made just before the change
        assert "three" in (await heard.next(2))[1]["html"]
        assert await heard.silent()


async def test_the_one_who_asks_gets_the_turn_at_once_and_again_by_the_stream(ann: AsyncClient, store: Store) -> None:
    async with listening(ann) as heard:
        said = (await ask_by_script(ann, "register")).json()
        (turn,) = await kept(store, ann)
        assert re.findall(r'id="turn-(\d+)"', said["html"]) == [str(turn.id)]
        name, data, _ = await heard.next()
        assert (name, data["html"]) == ("turns", said["html"])
        pressed = (await ask_by_script(ann, "/a small emails", "press-000000000001", under=str(turn.id))).json()
        assert (await heard.next())[1]["html"] == pressed["html"]
        assert pressed["html"].count('class="day"') == 1  # not that of the turn which is only settled


async def test_nobody_else_hears_of_it(ann: AsyncClient, address: str) -> None:
    async with visitor(address) as bob, listening(bob) as heard:
        await ask_by_script(ann, "When is it due?")
        assert await heard.silent()


async def test_many_questions_at_once_arrive_each_once_and_in_order(ann: AsyncClient, store: Store) -> None:
    async with listening(ann) as heard:
        await asyncio.gather(*(ask_by_script(ann, f"question {n}", f"{n}" * 24) for n in range(8)))
        arrived: list[str] = []
        while len(arrived) < 8:
            arrived += await asked(heard)
        assert await heard.silent()
    assert arrived == [turn.asked for turn in await kept(store, ann)]
    assert len(set(arrived)) == 8


async def test_without_a_session_there_is_nothing_to_hear(address: str) -> None:
    async with AsyncClient(base_url=address) as nobody:
        for cookie in ("", "usher=forged.session.and.signature"):
            refused = await nobody.get("/stream", headers={"cookie": cookie})
            assert (refused.status_code, refused.content) == (204, b"")  # a browser does not come again


async def test_signing_out_ends_the_streams_of_every_tab(ann: AsyncClient) -> None:
    cookie = {"cookie": f"usher={ann.cookies['usher']}"}
    async with listening(ann) as one, listening(ann) as other:
        await send(ann, "/signout")
        assert [(await heard.next())[0] for heard in (one, other)] == ["gone", "gone"]
    async with listening(ann, headers=cookie) as kept_cookie:
        assert (await kept_cookie.next())[0] == "gone"


async def test_a_thousand_streams_of_one_visitor_leave_four_and_disturb_nobody(ann: AsyncClient, address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    request = (
        f"GET /stream?after=0&stamp=2023-04-12 HTTP/1.1\r\nHost: {host}\r\nCookie: usher={ann.cookies['usher']}\r\n\r\n"
    )
    async with visitor(address) as bob, listening(bob) as heard, AsyncExitStack() as opened:
        streams = []
        for _ in range(1000):
            reader, writer = await asyncio.open_connection(host, int(port))
            opened.callback(writer.close)
            writer.write(request.encode())
            streams.append(reader)
        resting = await asyncio.gather(*(stream.readuntil(b"event: rest") for stream in streams[:-VISITOR_STREAMS]))
        assert len(resting) == 1000 - VISITOR_STREAMS
        await ask_by_script(bob, "When is it due?")
        assert await asked(heard) == ["When is it due?"]
        await ask_by_script(ann, "register")
        for newest in streams[-VISITOR_STREAMS:]:
            async with asyncio.timeout(5):
                await newest.readuntil(b"Which do you mean?")


async def test_a_stop_does_not_wait_for_open_streams(app: App) -> None:
    began = asyncio.get_running_loop().time()
    async with served(app) as address, visitor(address) as ann, listening(ann):
        pass
    assert asyncio.get_running_loop().time() - began < 4


async def test_with_the_database_gone_a_stream_ends_quietly(
    ann: AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.05)
    async with listening(ann) as heard:
        await store.close()
        assert (await heard.next())[0] == ""
    assert [record.message for record in caplog.records if record.name == "bot.page.live"] == [
        "a page gets no news until it comes again (StoreError)"
    ]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_what_is_asked_at_one_copy_of_usher_arrives_from_another(
    app: App, ann: AsyncClient, store: Store, database_url: str
) -> None:
    other = await Store.open(database_url)
    async with served(new_app(other)) as second, AsyncClient(base_url=second, cookies=ann.cookies) as tab:
        async with listening(tab) as heard:
            await ask_by_script(ann, "When is it due?")
            assert await asked(heard) == ["When is it due?"]
        assert visitor_of(tab) == visitor_of(ann)
    await other.close()
