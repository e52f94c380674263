"""Slack limits, refuses, fails or is silent: nothing is sent twice, and only an address that is gone counts as gone."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout, web
from sqlmodel import select

from bot.app import App
from bot.slack import errors
from bot.slack.calls import CALL_SECONDS
from models import outbox
from models.message import Address, Reply, SendError
from models.outbox import Message, Posting
from models.reach import closed
from tests.slack_cast import DEADLINE, answers, channel, idle, only_sqlite
from tests.slack_platform import RESPONSE_URL, Fault, Platform, rate_limited
from tests.slack_workspace import User
from tests.web_cast import MORNING

pytestmark = only_sqlite
ANN = Address("slack", "T0USHER:U0ANN")


@pytest.fixture
def ann(slack: Platform) -> User:
    return slack.users["U0ANN"]


async def failure(app: App, slack: Platform, *faults: Fault, to: Address = ANN) -> SendError:
    slack.fail("chat.postMessage", *faults)
    with pytest.raises(SendError) as caught:
        await channel(app).send(to, Reply("Hello"), "key")
    return caught.value


def marks(error: SendError) -> dict[str, Any]:
    """What the error says, without its words."""
    names = ("permanent", "refused", "retry_after", "outcome_unknown")
    return {name: getattr(error, name) for name in names if getattr(error, name) not in (False, None)}


async def test_each_of_slack_s_errors_has_its_meaning(in_slack: App, slack: Platform) -> None:
    meanings: dict[str, tuple[set[str], dict[str, Any]]] = {
        "gone": (errors.GONE, {"permanent": True}),
        "ours": (errors.OURS, {}),
        "later": (errors.LATER, {}),
        "unknown": (errors.UNKNOWN, {"outcome_unknown": True}),
        "limited": (errors.LIMITED, {"retry_after": errors.WAIT_SECONDS}),
        "refused": ({"msg_blocks_too_long", "invalid_blocks", "no_text", "a_new_one"}, {"refused": True}),
    }
    for meaning, (codes, expected) in meanings.items():
        for code in codes:
            error = await failure(in_slack, slack, Fault(code))
            assert (meaning, code, marks(error)) == (meaning, code, expected)
            assert slack.bot_token not in error.reason
    assert len(slack.called("chat.postMessage")) == sum(len(codes) for codes, _ in meanings.values())
    assert {"channel_not_found", "not_in_channel", "is_archived", "user_disabled", "user_not_found"} <= errors.GONE
    # This one means the bot's own account: no asker's address is at fault.
    assert {"account_inactive", "token_revoked", "invalid_auth", "missing_scope"} <= errors.OURS


async def test_each_way_in_which_a_call_ends_badly_has_its_meaning(in_slack: App, slack: Platform) -> None:
    unknown = {"outcome_unknown": True}
    ways = [
        (rate_limited(7), {"retry_after": 7.0}),
        (Fault("ratelimited", 429), {"retry_after": errors.WAIT_SECONDS}),
        (Fault(status=500), unknown),
        (Fault(status=502), unknown),
        (Fault("service_unavailable", 503), {}),
        (Fault(status=503), {}),
        (Fault(reset="before"), unknown),
        (Fault(reset="after"), unknown),
    ]
    for fault, expected in ways:
        assert (fault, marks(await failure(in_slack, slack, fault))) == (fault, expected)
    assert len(slack.messages("D0ANN")) == 1  # that of the answer that was lost


async def test_the_workspace_s_own_refusals_are_permanent(in_slack: App, slack: Platform) -> None:
    slack.channel("C0OUT", bot=False)
    slack.channel("C0OLD").archived = True
    for place, why in (("C0NONE", "channel_not_found"), ("C0OUT", "not_in_channel"), ("C0OLD", "is_archived")):
        error = await failure(in_slack, slack, to=Address("slack", place))
        assert (error.permanent, error.reason) == (True, f"Slack: {why}")


async def test_slack_out_of_reach_means_not_sent_and_broken_json_that_nobody_knows(in_slack: App) -> None:
    async def broken(_: web.Request) -> web.Response:
        return web.Response(text="{broken", content_type="application/json")

    app = web.Application()
    app.router.add_post("/api/{method}", broken)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    slack = channel(in_slack)
    address = runner.addresses[0]
    slack._calls.client.base_url = f"http://{address[0]}:{address[1]}/api/"
    with pytest.raises(SendError) as caught:
        await slack.send(ANN, Reply("Hello"), "key")
    assert marks(caught.value) == {"outcome_unknown": True}
    await runner.cleanup()
    async with ClientSession() as session:
        slack._calls.client.session = session
        with pytest.raises(SendError) as caught:
            await slack.send(ANN, Reply("Hello"), "key")
    assert (marks(caught.value), caught.value.reason) == ({}, "Slack cannot be reached")


async def test_an_answer_waits_as_long_as_slack_asks(in_slack: App, slack: Platform, ann: User) -> None:
    slack.fail("chat.postMessage", rate_limited(1))
    await slack.say(ann, DEADLINE)
    await answers(slack, ann)
    first, second = slack.called("chat.postMessage")
    assert 1 <= second.at - first.at < 3
    assert await idle(in_slack) == {"answered": 1}


async def test_an_answer_to_a_command_waits_too(in_slack: App, slack: Platform, ann: User) -> None:
    slack.fail(RESPONSE_URL, rate_limited(1), Fault("down", 503))
    await slack.command(ann, "C0GEN", "deadlines")
    await answers(slack, ann)
    first, second, _ = slack.called(RESPONSE_URL)
    assert 1 <= second.at - first.at < 3


@pytest.mark.parametrize(
    ("method", "fault", "arrived"),
    [
        ("chat.postMessage", Fault(reset="after"), 1),
        ("chat.postMessage", Fault(status=500), 0),
        (RESPONSE_URL, Fault(reset="after"), 1),
        (RESPONSE_URL, Fault(status=500), 0),
    ],
)
async def test_an_answer_that_may_have_arrived_is_not_sent_again(
    in_slack: App, slack: Platform, ann: User, method: str, fault: Fault, arrived: int
) -> None:
    slack.fail(method, fault)
    await (slack.command(ann, "C0GEN", "deadlines") if method == RESPONSE_URL else slack.say(ann, DEADLINE))
    await slack.until(lambda: slack.called(method))
    assert await idle(in_slack) == {"uncertain": 1}
    assert (len(slack.called(method)), len(slack.shown_to(ann))) == (1, arrived)


async def test_a_hanging_slack_is_not_waited_for_without_end(in_slack: App, slack: Platform) -> None:
    session = channel(in_slack)._calls.session
    assert session.timeout.total == CALL_SECONDS
    session._timeout = ClientTimeout(total=0.1)
    error = await failure(in_slack, slack, Fault(seconds=0.5))
    assert marks(error) == {"outcome_unknown": True}


async def test_a_revoked_token_is_told_once_and_nobody_is_given_up(
    in_slack: App, slack: Platform, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    slack.fail("chat.postMessage", Fault("token_revoked"), Fault("token_revoked"), Fault("account_inactive"))
    now = datetime.now(UTC)
    await in_slack.store.write(outbox.post, Posting("one", ANN, Reply("Hello"), MORNING), now)
    await slack.say(ann, DEADLINE)
    await answers(slack, ann, 2)
    await idle(in_slack)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert told[0] == "Slack refuses SLACK_BOT_TOKEN (token_revoked): nothing can be sent there until that is mended"
    assert len(told) == 2  # and the other reason
    assert await in_slack.store.read(closed, ANN) is None


async def test_a_token_that_is_refused_again_later_is_told_again(
    in_slack: App, slack: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        for _ in range(2):
            await failure(in_slack, slack, Fault("invalid_auth"))
        await channel(in_slack).send(ANN, Reply("Hello"), "key")
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 2


async def test_a_person_who_has_left_is_given_up_until_they_write_again(
    in_slack: App, slack: Platform, ann: User
) -> None:
    slack.fail("chat.postMessage", Fault("user_disabled"))
    await in_slack.store.write(outbox.post, Posting("one", ANN, Reply("Hello"), MORNING), datetime.now(UTC))
    assert await ended(in_slack) == "failed"
    assert await in_slack.store.read(closed, ANN)
    await slack.say(ann, DEADLINE)
    await answers(slack, ann)
    assert await in_slack.store.read(closed, ANN) is None


async def ended(app: App) -> str:
    """How the only message of the outbox ended."""
    while True:
        state = await app.store.read(lambda session: session.exec(select(Message.state)).one())
        if state not in ("pending", "sending"):
            return str(state)
        await asyncio.sleep(0.01)
