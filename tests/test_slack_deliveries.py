"""The local Slack of the tests delivers as Slack does: to bolt over HTTP and Socket Mode, also twice or forged."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from aiohttp import ClientSession, web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Route

from tests.slack_blocks import Json
from tests.slack_events import message_event
from tests.slack_platform import Platform, slack_platform

HELLO: Json = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}
MORE: Json = {"type": "button", "text": {"type": "plain_text", "text": "More"}, "action_id": "go"}
MODAL: Json = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Support"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "note",
            "label": {"type": "plain_text", "text": "What about?"},
            "element": {"type": "plain_text_input", "action_id": "words"},
        }
    ],
}


@pytest.fixture
async def slack() -> AsyncIterator[Platform]:
    async with slack_platform() as platform:
        platform.user("U0ANN")
        yield platform


@pytest.fixture
async def app(slack: Platform) -> AsyncIterator[AsyncApp]:
    """A bot that echoes."""
    async with ClientSession() as session:
        yield echo(slack, AsyncWebClient(slack.bot_token, slack.api_url, session=session))


@pytest.fixture
async def bolt(slack: Platform, app: AsyncApp) -> AsyncIterator[AsyncApp]:
    """The same, behind a real port."""
    async with served(app) as address:
        slack.request_url = address
        yield app


def echo(slack: Platform, client: AsyncWebClient) -> AsyncApp:
    app = AsyncApp(client=client, signing_secret=slack.signing_secret)

    @app.event("message")
    async def _(event: Json, say: Any) -> None:
        await say(f"You said {event['text']}", blocks=[HELLO, {"type": "actions", "elements": [MORE]}])

    @app.event("app_mention")
    async def _(event: Json, say: Any) -> None:
        await say("Here", thread_ts=event.get("thread_ts", event["ts"]))

    @app.event("app_home_opened")
    async def _(event: Json) -> None:
        view = {"type": "home", "blocks": [{"type": "actions", "elements": [MORE]}]}
        await client.views_publish(user_id=event["user"], view=view)

    @app.command("/usher")
    async def _(ack: Any, command: Json) -> None:
        await ack(f"Only for you: {command['text']}")

    @app.action("go")
    async def _(ack: Any, body: Json) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("")
    async def _(ack: Any, view: Json) -> None:
        typed = view["state"]["values"]["note"]["words"]["value"]
        await ack(response_action="errors", errors={"note": "too short"}) if typed == "x" else await ack()

    return app


@asynccontextmanager
async def served(app: AsyncApp) -> AsyncIterator[str]:
    handler = AsyncSlackRequestHandler(app)
    site = Starlette(routes=[Route("/slack", handler.handle, methods=["POST"])])
    config = uvicorn.Config(site, log_config=None, lifespan="off", ws="none")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as port:
        await server.startup(sockets=[port])
        running = asyncio.create_task(server.main_loop())
        yield f"http://127.0.0.1:{port.getsockname()[1]}/slack"
        server.should_exit = True
        await running
        await server.shutdown(sockets=[port])


@asynccontextmanager
async def listening(serve: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """A bot that is a function."""
    site = web.Application()
    site.router.add_post("/slack", serve)
    runner = web.AppRunner(site, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack"
    await runner.cleanup()


async def test_a_message_is_answered_and_its_button_opens_a_window(slack: Platform, bolt: AsyncApp) -> None:
    ann = slack.user("U0ANN")
    sent = await slack.say(ann, "a < b & https://x.test")
    (answer,) = await slack.until(lambda: slack.shown_to(ann))
    assert (sent.status, len(sent.answers), answer.channel) == (200, 1, "D0ANN")
    assert answer.text == "You said a &lt; b &amp; <https://x.test>"
    await slack.press(ann, answer, "More")
    view = await slack.until(lambda: slack.modals.get("U0ANN"))
    await slack.submit(ann, view, {"note/words": "x"})
    assert slack.modals["U0ANN"] is view
    await slack.submit(ann, view, {"note/words": "enough"})
    assert (slack.modals, slack.violations) == ({}, [])


async def test_a_mention_is_answered_in_its_thread_and_the_home_is_kept(slack: Platform, bolt: AsyncApp) -> None:
    ann = slack.user("U0ANN")
    sent = await slack.mention(ann, "C0GEN", "when?")
    answer = await slack.until(lambda: slack.messages("C0GEN")[1:])
    assert answer[0].thread_ts == sent.ts
    await slack.open_home(ann)
    home = await slack.until(lambda: slack.home(ann))
    assert (await slack.press(ann, home, "More")).status == 200
    await slack.until(lambda: slack.modals)
    assert slack.violations == []


async def test_the_answer_to_a_command_is_for_one_user(slack: Platform, bolt: AsyncApp) -> None:
    ann, bob = slack.user("U0ANN"), slack.user("U0BOB")
    await slack.command(ann, "C0GEN", "deadlines")
    assert [message.text for message in slack.shown_to(ann)] == ["Only for you: deadlines"]
    assert (slack.messages("C0GEN"), slack.shown_to(bob)) == ([], [])


async def test_socket_mode_carries_the_same(slack: Platform, app: AsyncApp) -> None:
    ann = slack.user("U0ANN")
    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # bolt leaves it without types
    await slack.until(lambda: slack.sockets)
    assert (await slack.say(ann, "hello")).status == 200
    assert (await slack.command(ann, "", "deadlines")).ok
    assert await slack.until(lambda: [one.text for one in slack.shown_to(ann)][1:])
    first = slack.sockets[0]
    await slack.disconnect()
    await slack.until(lambda: slack.sockets and first not in slack.sockets)
    assert (await slack.say(ann, "again")).status == 200
    await slack.until(lambda: len(slack.shown_to(ann)) == 3)
    await handler.close_async()  # type: ignore[no-untyped-call]  # as above
    assert slack.violations == []


async def test_what_nobody_takes_is_sent_again_and_a_command_is_not(slack: Platform) -> None:
    heard: list[tuple[str | None, str | None]] = []

    async def serve(request: web.Request) -> web.Response:
        heard.append((request.headers.get("X-Slack-Retry-Num"), request.headers.get("X-Slack-Retry-Reason")))
        await asyncio.sleep(0.5 if len(heard) == 1 else 0)
        return web.Response(status=500 if len(heard) < 3 else 200)

    ann = slack.user("U0ANN")
    slack.ack_seconds = 0.2
    async with listening(serve) as slack.request_url:
        sent = await slack.say(ann, "hello")
        assert [answer.status for answer in sent.answers] == [0, 500, 200]
        assert heard == [(None, None), ("1", "http_timeout"), ("2", "http_error")]
        del heard[:]
        assert (await slack.command(ann, "C0GEN")).status == 0
    gone = await slack.say(ann, "anybody?")
    assert [answer.body for answer in gone.answers] == ["connection_failed"] * 4


async def test_the_same_event_can_come_twice_at_once(slack: Platform, bolt: AsyncApp) -> None:
    ann = slack.user("U0ANN")
    message = slack.written(ann, "hello")
    event = message_event(message, ann, slack.channels["D0ANN"])
    both = await asyncio.gather(slack.deliver(event), slack.deliver(event))
    assert [sent.status for sent in both] == [200, 200]
    await slack.until(lambda: len(slack.shown_to(ann)) == 2)


async def test_forged_old_and_broken_requests_can_be_sent(slack: Platform, bolt: AsyncApp) -> None:
    ann = slack.user("U0ANN")
    event = message_event(slack.written(ann, "hello"), ann, slack.channels["D0ANN"])
    body = json.dumps(event).encode()
    assert (await slack.post(body, slack.signed(body, secret="another"))).status == 401
    assert (await slack.post(body, slack.signed(body, at=time.time() - 301))).status == 401
    assert (await slack.post(body, {"Content-Type": "application/json"})).status == 401
    large = json.dumps(event | {"more": "a" * 2_000_000}).encode()
    assert (await slack.post(large, slack.signed(large))).status == 200
    await slack.until(lambda: slack.shown_to(ann))
    broken = b"{"
    assert (await slack.post(broken, slack.signed(broken))).status >= 400
    assert len(slack.shown_to(ann)) == 1


async def test_every_kind_of_event_is_signed_and_full(slack: Platform) -> None:
    heard: list[Json] = []
    verifier = SignatureVerifier(slack.signing_secret)

    async def serve(request: web.Request) -> web.Response:
        body = await request.text()
        assert verifier.is_valid_request(body, dict(request.headers))
        heard.append(json.loads(body))
        return web.Response(text=heard[-1].get("challenge", ""))

    ann, guest = slack.user("U0ANN"), slack.user("U0GUEST", team="T0OTHER")
    slack.channel("C0EXT", ann, guest, shared=True)
    async with listening(serve) as slack.request_url:
        assert (await slack.verify_url("abc")).body == "abc"
        first = await slack.say(ann, "first", "C0GEN")
        await slack.say(ann, "in the thread", "C0GEN", first.ts)
        await slack.edit(ann, first.ts, "changed")
        await slack.share_file(ann, "list.pdf")
        await slack.another_bot_says("C0GEN", "beep")
        await slack.also_message(await slack.mention(guest, "C0EXT", "when?"))
        await slack.open_home(ann)
    events = [one["event"] for one in heard[1:]]
    assert [(event["type"], event.get("subtype"), event.get("channel_type")) for event in events] == [
        ("message", None, "channel"),
        ("message", None, "channel"),
        ("message", "message_changed", "channel"),
        ("message", "file_share", "im"),
        ("message", "bot_message", "channel"),
        ("app_mention", None, None),
        ("message", None, "channel"),
        ("app_home_opened", None, None),
    ]
    assert events[1]["thread_ts"] == first.ts
    assert (events[2]["message"]["text"], events[2]["previous_message"]["text"]) == ("changed", "first")
    assert (events[5]["user_team"], heard[6]["is_ext_shared_channel"]) == ("T0OTHER", True)
    assert len({one["event_id"] for one in heard[1:]}) == len(events)


async def test_a_press_knows_whether_the_message_was_ephemeral(slack: Platform, app: AsyncApp) -> None:
    heard: list[Json] = []

    async def serve(request: web.Request) -> web.Response:
        heard.append(json.loads(str((await request.post())["payload"])))
        return web.Response()

    ann, bob = slack.user("U0ANN"), slack.user("U0BOB")
    slack.channel("C0GEN", ann, bob)
    more = [{"type": "actions", "elements": [MORE]}]
    await app.client.chat_postMessage(channel="C0GEN", text="All", blocks=more)
    await app.client.chat_postEphemeral(channel="C0GEN", user="U0ANN", text="You", blocks=more)
    to_all, to_ann = slack.shown_to(ann)
    async with listening(serve) as slack.request_url:
        await slack.press(bob, to_all, "More")
        await slack.press(ann, to_ann, "More")
        with pytest.raises(AssertionError, match="does not see"):
            await slack.press(bob, to_ann, "More")
        with pytest.raises(AssertionError, match="nothing to press"):
            await slack.press(bob, to_all, "Less")
    assert [(one["container"]["is_ephemeral"], "message" in one) for one in heard] == [(False, True), (True, False)]
    assert heard[0]["actions"][0]["action_id"] == "go"
    assert {"trigger_id", "response_url", "user", "team", "channel"} <= heard[1].keys()
