"""The door for Slack's requests: forged, old, huge and broken ones are refused, and all are acknowledged in time."""

import asyncio
import json
import logging
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.app import App
from bot.slack import Access, Slack
from tests import slack_events as events
from tests.slack_cast import DEADLINE, DEADLINES, answers, channel, idle, only_sqlite, refused, shown
from tests.slack_platform import Platform
from tests.slack_workspace import User

pytestmark = only_sqlite
FORM = "application/x-www-form-urlencoded"
SECRET_WORDS = "my mother's maiden name"


@pytest.fixture
def ann(slack: Platform) -> User:
    return slack.users["U0ANN"]


def asked(slack: Platform, ann: User, words: str = SECRET_WORDS) -> bytes:
    return json.dumps(events.message_event(slack.written(ann, words), ann, slack.channels["D0ANN"])).encode()


def headers(slack: Platform, body: bytes, case: str) -> dict[str, str]:
    """Those of a request that was not made by Slack just now."""
    signed = slack.signed(body)
    now = time.time()
    return {
        "another secret": slack.signed(body, secret="another"),
        "old": slack.signed(body, at=now - 301),
        "of the future": slack.signed(body, at=now + 301),
        "unsigned": {"Content-Type": "application/json"},
        "no time": {name: value for name, value in signed.items() if "Timestamp" not in name},
        "no number": signed | {"X-Slack-Request-Timestamp": "now"},
        "another body": slack.signed(b"{}"),
        "not ASCII": signed | {"X-Slack-Signature": "v0=é"},
        "empty": signed | {"X-Slack-Signature": ""},
    }[case]


WRONG = (
    "another secret",
    "old",
    "of the future",
    "unsigned",
    "no time",
    "no number",
    "another body",
    "not ASCII",
    "empty",
)


async def test_what_slack_has_not_signed_just_now_is_refused_and_not_logged(
    in_slack: App, slack: Platform, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for number, case in enumerate(WRONG, start=1):
        body = asked(slack, ann)
        assert (case, (await slack.post(body, headers(slack, body, case))).status) == (case, 401)
        assert refused(in_slack) == {"signature": number}
    assert await idle(in_slack) == {}
    assert slack.shown_to(ann) == []
    assert SECRET_WORDS not in caplog.text
    told = [line for line in caplog.messages if line.startswith("refused at /slack/events")]
    assert told[0] == "refused at /slack/events: signature (1 times by now)"
    assert len(told) == 4  # after 1, 2, 4 and 8


async def test_a_request_of_299_seconds_ago_is_taken(in_slack: App, slack: Platform, ann: User) -> None:
    body = asked(slack, ann, DEADLINE)
    assert (await slack.post(body, slack.signed(body, at=time.time() - 299))).ok
    await answers(slack, ann)


async def test_a_request_that_is_replayed_does_nothing_twice(in_slack: App, slack: Platform, ann: User) -> None:
    command = urlencode(events.command(slack, ann, slack.channels["C0GEN"], "/usher", "deadlines")).encode()
    for body, kind in ((asked(slack, ann, DEADLINE), "application/json"), (command, FORM)):
        signed = slack.signed(body, kind=kind)
        assert [(await slack.post(body, signed)).status for _ in range(3)] == [200, 200, 200]
    await answers(slack, ann, 2)
    assert await idle(in_slack) == {"answered": 2}
    assert len(slack.shown_to(ann)) == 2


async def test_a_body_that_is_too_long_is_refused_with_and_without_its_length(
    in_slack: App, slack: Platform, ann: User
) -> None:
    body = b'{"type": "event_callback", "x": "' + b"a" * 2_000_000 + b'"}'
    assert (await slack.post(body, slack.signed(body))).status in (413, 0)  # 0: closed before all was sent

    async def pieces() -> Any:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    async with aiohttp.ClientSession() as http:
        try:
            async with http.post(slack.request_url, data=pieces(), headers=slack.signed(body)) as response:
                assert response.status == 413
        except aiohttp.ClientError:  # as above
            pass
    assert refused(in_slack) == {"too long": 2}


async def test_a_body_in_pieces_is_taken(in_slack: App, slack: Platform, ann: User) -> None:
    body = asked(slack, ann, DEADLINE)

    async def pieces() -> Any:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    async with (
        aiohttp.ClientSession() as http,
        http.post(slack.request_url, data=pieces(), headers=slack.signed(body)) as response,
    ):
        assert response.status == 200
    await answers(slack, ann)


BROKEN = (
    (b"{", "application/json"),
    (b"[]", "application/json"),
    (b'"text"', "application/json"),
    (b"[" * 100_000, "application/json"),
    (b"", "application/json"),
    (b"payload=%7B", FORM),
    (b"payload=[1]", FORM),
    (b"&".join(b"a=1" for _ in range(60)), FORM),
)


async def test_what_cannot_be_read_is_refused(in_slack: App, slack: Platform) -> None:
    for body, kind in BROKEN:
        assert (body[:10], (await slack.post(body, slack.signed(body, kind=kind))).status) == (body[:10], 400)
    assert refused(in_slack) == {"unreadable": len(BROKEN)}
    invalid = b'{"type": "\xff"}'
    assert (await slack.post(invalid, slack.signed(b"{}"))).status == 401
    assert await idle(in_slack) == {}


async def test_events_that_lack_what_they_must_have_are_refused(
    in_slack: App, slack: Platform, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    event = json.loads(asked(slack, ann))
    without = [
        event | {"event": {name: value for name, value in event["event"].items() if name != gone}}
        for gone in ("ts", "channel", "type")
    ]
    for payload in (*without, {"type": "event_callback"}, {"type": "view_submission"}, {"command": "/usher"}):
        body = json.dumps(payload).encode()
        assert (await slack.post(body, slack.signed(body))).status == 400
    assert refused(in_slack) == {"unreadable": 6}
    assert SECRET_WORDS not in caplog.text


async def test_kinds_that_usher_does_not_know_are_acknowledged_and_counted(in_slack: App, slack: Platform) -> None:
    for payload in ({"type": "workflow_step"}, {}, {"type": "shortcut"}):
        body = json.dumps(payload).encode()
        assert (await slack.post(body, slack.signed(body))).ok
    assert refused(in_slack) == {"unknown: workflow_step": 1, "unknown: None": 1}
    assert await idle(in_slack) == {}


async def test_half_a_character_is_no_reason_to_fail(in_slack: App, slack: Platform, ann: User) -> None:
    event = json.loads(asked(slack, ann))
    event["event"]["text"] = f"{DEADLINE} \ud83d\x00"
    body = json.dumps(event).encode()
    assert (await slack.post(body, slack.signed(body))).ok
    (answer,) = await answers(slack, ann)
    assert DEADLINES in shown(answer)


async def test_slack_may_check_the_address(in_slack: App, slack: Platform) -> None:
    answer = await slack.verify_url("3eZbrw1a<b>")
    assert (answer.status, json.loads(answer.body)) == (200, {"challenge": "3eZbrw1a<b>"})
    assert any("application/json" in value for value in answer.headers.values())
    body = b"ssl_check=1&token=x"
    assert (await slack.post(body, slack.signed(body, kind=FORM))).ok


async def test_a_question_that_takes_long_is_acknowledged_at_once_and_answered(
    in_slack: App, slack: Platform, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    thought, hear = asyncio.Event(), in_slack.reception.hear

    async def slowly(*given: Any) -> Any:
        await thought.wait()
        return await hear(*given)

    monkeypatch.setattr(in_slack.reception, "hear", slowly)
    sent = await slack.say(ann, DEADLINE)
    commanded = await slack.command(ann, "C0GEN", DEADLINE)
    assert (sent.ok, commanded.ok, slack.shown_to(ann)) == (True, True, [])
    assert max(sent.seconds, commanded.seconds) < 3
    thought.set()
    assert len(await answers(slack, ann, 2)) == 2


async def test_what_cannot_be_written_down_is_not_acknowledged(
    in_slack: App, slack: Platform, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.intake import NotTaken

    take, tried = in_slack.channels._inside.take, []  # type: ignore[union-attr]  # it is there

    async def second(*asks: Any) -> None:
        tried.append(asks)
        if len(tried) == 1:
            raise NotTaken
        await take(*asks)

    monkeypatch.setattr(in_slack.channels._inside, "take", second)  # type: ignore[union-attr]  # as above
    sent = await slack.say(ann, DEADLINE)
    assert [answer.status for answer in sent.answers] == [503, 200]
    await answers(slack, ann)


async def test_there_is_no_door_without_a_secret(in_slack: App) -> None:
    assert in_slack.channels
    with pytest.raises(ValueError, match="must not be empty"):
        Slack(Access("xoxb-1", "http://127.0.0.1:9/api/"), in_slack.channels._inside, in_slack.clock.now)


async def test_nothing_secret_and_nothing_said_stands_in_the_log(
    in_slack: App, slack: Platform, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("bot", "handlers", "scheduler", "models", "slack_sdk"):
        caplog.set_level(logging.DEBUG, name)
    await slack.say(ann, SECRET_WORDS)
    await slack.command(ann, "C0GEN", SECRET_WORDS)
    await slack.open_home(ann)
    await answers(slack, ann, 2)
    await slack.until(lambda: slack.home(ann))
    await idle(in_slack)
    secrets = (slack.bot_token, slack.app_token, slack.signing_secret, SECRET_WORDS, "/actions/")
    assert [secret for secret in secrets if secret in caplog.text] == []
    assert [record for record in caplog.records if record.levelno > logging.INFO or "sdk" in record.name] == []
    assert channel(in_slack).refused == {}
