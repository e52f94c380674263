"""Usher fetches its events from Slack by Socket Mode, comes back whenever the connection ends, and waits for Slack."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import App
from bot.slack import link
from models.campaign import Campaign
from models.store import Store
from tests.channels_cast import running
from tests.slack_cast import DEADLINE, DEADLINES, answers, channel, idle, only_sqlite, refused, shown
from tests.slack_platform import Fault, Platform
from tests.slack_workspace import User

pytestmark = only_sqlite


@pytest.fixture
def ann(slack: Platform) -> User:
    return slack.users["U0ANN"]


@pytest.fixture
def keep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "understanding"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(link, "LONGEST_PAUSE", 0.1)


@pytest.fixture
async def linked(store: Store, campaign: Campaign, slack: Platform, keep: Path) -> AsyncIterator[App]:
    async with running(store, campaign, keep, slack, slack_app_token=SecretStr(slack.app_token)) as app:
        await slack.until(lambda: slack.sockets)
        yield app


async def test_questions_commands_presses_and_the_home_come_through_the_socket(
    linked: App, slack: Platform, ann: User
) -> None:
    sent = await slack.say(ann, DEADLINE)
    commanded = await slack.command(ann, "C0GEN", "help")
    _, helped = await answers(slack, ann, 2)
    pressed = await slack.press(ann, helped, "Deadlines")
    mentioned = await slack.mention(ann, "C0GEN", DEADLINE)
    opened = await slack.open_home(ann)
    assert [one.body for one in (sent, commanded, pressed, mentioned, opened)] == [""] * 5
    await slack.until(lambda: slack.home(ann))
    seen = await answers(slack, ann, 4)
    assert [(one.channel, bool(one.only_for), bool(one.thread_ts)) for one in seen[2:]] == [
        ("C0GEN", True, False),
        ("C0GEN", False, True),
    ]


async def test_a_form_s_empty_field_is_told_in_its_window_through_the_socket(
    linked: App, slack: Platform, ann: User
) -> None:
    await slack.open_home(ann)
    await slack.press(ann, await slack.until(lambda: slack.home(ann)), "Enrol")
    view = await slack.until(lambda: slack.modals.get(ann.id))
    sent = await slack.submit(ann, view, {"field-0/text": "  "})
    assert (sent.status, json.loads(sent.body)["errors"]) == (200, {"field-0": "Please fill this in."})
    assert slack.modals == {ann.id: view}
    assert (await slack.submit(ann, view, {"field-0/text": "USHER"})).body == ""
    assert slack.modals == {}


async def test_an_envelope_that_comes_again_is_answered_once(linked: App, slack: Platform, ann: User) -> None:
    sent = await slack.say(ann, DEADLINE)
    assert (await slack.deliver(sent.payload)).ok
    await answers(slack, ann)
    assert await idle(linked) == {"answered": 1}


async def test_what_cannot_be_read_is_not_acknowledged_and_harms_nothing(
    linked: App, slack: Platform, ann: User
) -> None:
    slack.ack_seconds, slack.retry_after = 0.2, ()
    assert not (await slack.deliver({"type": "event_callback", "event": {"type": "message", "user": "U0ANN"}})).ok
    slack.ack_seconds = 3
    assert (await slack.say(ann, DEADLINE)).ok
    await answers(slack, ann)
    assert refused(linked) == {"unreadable": 1}


async def test_a_connection_that_slack_takes_leave_of_is_replaced_and_read_on_meanwhile(
    linked: App, slack: Platform, ann: User
) -> None:
    (old,) = slack.sockets
    await slack.disconnect("warning")
    await slack.until(lambda: len(slack.sockets) == 2)
    slack.sockets.reverse()  # the old one still carries an event
    assert (await slack.say(ann, DEADLINE)).ok
    await old.close()
    await slack.until(lambda: len(slack.sockets) == 1)
    assert (await slack.say(ann, DEADLINE)).ok
    assert len(await answers(slack, ann, 2)) == 2


async def test_a_connection_that_slack_takes_leave_of_is_let_go_at_last(
    linked: App, slack: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "LINGER_SECONDS", 0.05)
    (old,) = slack.sockets
    await slack.disconnect()
    await slack.until(lambda: old.closed and slack.sockets)


async def test_a_connection_that_was_cut_is_opened_again(linked: App, slack: Platform, ann: User) -> None:
    for abruptly in (True, False):
        (old,) = slack.sockets
        if abruptly and old._req and old._req.transport:
            old._req.transport.abort()
        else:
            await slack.hang_up()
        await slack.until(lambda: [one for one in slack.sockets if one is not old])  # noqa: B023 - asked at once
    assert (await slack.say(ann, DEADLINE)).ok
    (answer,) = await answers(slack, ann)
    assert DEADLINES in shown(answer)


async def test_slack_may_be_out_of_reach_when_usher_starts(
    store: Store, campaign: Campaign, slack: Platform, ann: User, keep: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = [Fault(reset="before"), Fault(reset="before"), Fault(status=500), Fault("ratelimited", 429, 0)]
    slack.fail("apps.connections.open", *away)
    async with running(store, campaign, keep, slack, slack_app_token=SecretStr(slack.app_token)):
        await slack.until(lambda: slack.sockets)
        await slack.say(ann, DEADLINE)
        await answers(slack, ann)
    told = [record.getMessage() for record in caplog.records if record.name == "bot.slack.link"]
    assert told[2] == "Slack's Socket Mode cannot be reached (ratelimited); trying again"
    assert len(told) == 3  # once for each reason, not for each attempt


async def test_an_address_that_leads_nowhere_is_not_tried_for_ever(
    store: Store, campaign: Campaign, slack: Platform, keep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ["/link/?ticket=expired"] * 2
    real = slack.socket_path
    monkeypatch.setattr(slack, "socket_path", lambda: paths.pop() if paths else real())
    async with running(store, campaign, keep, slack, slack_app_token=SecretStr(slack.app_token)):
        await slack.until(lambda: slack.sockets)
    assert len(slack.called("apps.connections.open")) == 3


async def test_a_token_that_slack_refuses_is_told_once_and_not_shown(
    store: Store, campaign: Campaign, slack: Platform, keep: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    async with running(store, campaign, keep, slack, slack_app_token=SecretStr("xapp-1-revoked")):
        await slack.until(lambda: len(slack.called("apps.connections.open")) > 2)
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == ["Slack's Socket Mode refuses SLACK_APP_TOKEN (invalid_auth); trying again"]
    assert "xapp-1-revoked" not in caplog.text


async def test_nobody_gets_in_by_http_while_events_are_fetched(linked: App, slack: Platform) -> None:
    body = b'{"type": "url_verification", "challenge": "x"}'
    answer = await slack.post(body, slack.signed(body))
    assert (answer.status, answer.body, refused(linked)) == (404, "", {"Socket Mode is used": 1})


async def test_the_connection_ends_with_usher(
    store: Store, campaign: Campaign, slack: Platform, keep: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(store, campaign, keep, slack, slack_app_token=SecretStr(slack.app_token)) as app:
        await slack.until(lambda: slack.sockets)
        held = channel(app)._link
    await slack.until(lambda: not slack.sockets)
    assert held.done()
    assert [task for task in asyncio.all_tasks() if "Socket Mode" in task.get_name()] == []
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
