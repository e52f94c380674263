"""The web page when something is wrong: what a person reads, what is refused, and whether Usher says that it is ill."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from httpx import AsyncClient

from bot.app import App
from bot.page.form import BODY_BYTES
from bot.web import web
from models.store import Store
from tests.web_cast import OURS, Browse, ask, kept, nonce_of


async def test_a_body_beyond_all_measure_is_refused_before_it_is_read_whole(ann: AsyncClient) -> None:
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while given < 50 * BODY_BYTES:
            given += 100_000
            yield b"x" * 100_000

    form = {"content-type": "application/x-www-form-urlencoded", "origin": OURS}
    refused = await ann.post("/", content=endless(), headers=form)
    assert refused.status_code == 413
    assert "Please go back and shorten it" in refused.text
    assert given <= 2 * BODY_BYTES


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"text=%ff%fe&nonce=" + b"n" * 20, "application/x-www-form-urlencoded", 400),
        (b"text=\xff&nonce=" + b"n" * 20, "application/x-www-form-urlencoded", 400),
        (b"text=hello", "application/x-www-form-urlencoded", 400),
        (b"text=hello&nonce=a+b'c", "application/x-www-form-urlencoded", 400),
        (b"&".join([b"a=b"] * 50), "application/x-www-form-urlencoded", 400),
        (b'{"text": "hello"}', "application/json", 415),
    ],
)
async def test_what_is_not_our_form_gets_a_sentence(ann: AsyncClient, body: bytes, kind: str, status: int) -> None:
    refused = await ann.post("/", content=body, headers={"content-type": kind, "origin": OURS})
    assert refused.status_code == status
    assert "<h2>That did not work</h2>" in refused.text
    assert "Back to the conversation" in refused.text


async def test_an_unknown_path_is_a_plain_page(ann: AsyncClient) -> None:
    missing = await ann.get("/admin?<script>")
    assert missing.status_code == 404
    assert "There is no such page." in missing.text
    assert "<script>" not in missing.text
    assert (await ann.put("/")).status_code == 405


async def test_a_fault_says_the_fixed_sentence_with_the_hotline_and_gives_the_question_back(
    ann: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    failed = await ask(ann, "break")
    assert failed.status_code == 500
    assert "contact the Help Line: 2979 0000" in failed.text
    assert "secret detail" not in failed.text
    assert "Traceback" not in failed.text
    assert ">\nbreak</textarea>" in failed.text
    assert ("bot.web", logging.ERROR, "POST / failed: RuntimeError") in caplog.record_tuples


async def test_a_press_that_failed_comes_back_as_a_button_and_not_as_its_action(ann: AsyncClient, store: Store) -> None:
    nonce = nonce_of(await ann.get("/"))
    await store.close()
    failed = await ask(ann, "/a small due", nonce, under="7")
    assert '<button name="text" value="/a small due">Try again: Deadlines</button>' in failed.text
    assert '<input type="hidden" name="under" value="7">' in failed.text
    assert "<textarea" not in failed.text


async def test_what_failed_is_asked_once_when_it_is_tried_again(app: App, ann: AsyncClient, store: Store) -> None:
    failed = await ask(ann, "break")
    rehearsed: Any = app.reception
    rehearsed.broken = False
    assert (await ask(ann, "break", nonce_of(failed))).status_code == 303
    assert [turn.asked for turn in await kept(store, ann)] == ["break"]


async def test_a_page_closed_while_sending_is_no_fault(app: App, caplog: pytest.LogCaptureFixture) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [
            (b"host", b"usher.test"),
            (b"origin", OURS.encode()),
            (b"content-type", b"application/x-www-form-urlencoded"),
        ],
    }

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(_: object) -> None:
        pass

    await web(app)(scope, receive, send)
    assert caplog.records == []


async def test_with_the_database_gone_both_reading_and_asking_give_the_sentence(ann: AsyncClient, store: Store) -> None:
    nonce = nonce_of(await ann.get("/"))
    await store.close()
    for failed in (await ask(ann, "When is it due?", nonce), await ann.get("/")):
        assert failed.status_code == 500
        assert "2979 0000" in failed.text


async def test_health_and_readiness(app: App, browse: Browse, store: Store) -> None:
    ann = browse()
    assert [(await ann.get(path)).status_code for path in ("/healthz", "/readyz")] == [200, 200]

    unread = await browse(replace(app, campaigns=())).get("/readyz")
    assert (unread.status_code, unread.text) == (503, "not ready: campaigns")

    await store.close()
    closed = await ann.get("/readyz")
    assert (closed.status_code, closed.text) == (503, "not ready: database")
    assert (await ann.get("/healthz")).text == "ok"
    assert "set-cookie" not in closed.headers
