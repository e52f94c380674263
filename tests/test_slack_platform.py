"""The local Slack of the tests keeps to Slack's rules: seen through the real SDK also where it must refuse."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.slack_blocks import Json, Violation
from tests.slack_contract import check_message, check_view
from tests.slack_platform import Fault, Platform, rate_limited, slack_platform

HELLO = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}
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


def button(words: str, action_id: str = "go") -> Json:
    return {"type": "button", "text": {"type": "plain_text", "text": words}, "action_id": action_id, "value": "v"}


def actions(*buttons: Json) -> Json:
    return {"type": "actions", "elements": list(buttons)}


def section(words: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


@pytest.fixture
async def slack() -> AsyncIterator[Platform]:
    async with slack_platform() as platform:
        platform.user("U0ANN")
        yield platform


@pytest.fixture
async def client(slack: Platform) -> AsyncIterator[AsyncWebClient]:
    async with ClientSession() as session:
        yield AsyncWebClient(slack.bot_token, slack.api_url, session=session, retry_handlers=[])


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"text": ""}, "needs text"),
        ({"text": "", "blocks": [HELLO]}, "fallback"),
        ({"text": "a" * 40_001}, "40001"),
        ({"text": "Q & A"}, "bare '&'"),
        ({"text": "a < b"}, "bare '<'"),
        ({"text": "<b>bold</b>"}, "bare"),
        ({"thread_ts": "12"}, "no timestamp"),
        ({"attachments": []}, "attachments"),
        ({"blocks": [HELLO] * 51}, "51 entries"),
        ({"blocks": [{"type": "heading"}]}, "type 'heading'"),
        ({"blocks": [HELLO | {"colour": "red"}]}, "no field 'colour'"),
        ({"blocks": [{"type": "section"}]}, "neither"),
        ({"blocks": [section("")]}, "0 characters"),
        ({"blocks": [section("a" * 3001)]}, "3001 characters"),
        ({"blocks": [section("1 < 2")]}, "bare"),
        ({"blocks": [{"type": "section", "fields": [HELLO["text"]] * 11}]}, "11 entries"),
        ({"blocks": [{"type": "section", "fields": [section("a" * 2001)["text"]]}]}, "2001"),
        ({"blocks": [{"type": "header", "text": HELLO["text"]}]}, "mrkdwn"),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "a" * 151}}]}, "151"),
        ({"blocks": [{"type": "context", "elements": [HELLO["text"]] * 11}]}, "11 entries"),
        ({"blocks": [actions(*(button("a", str(number)) for number in range(26)))]}, "26 entries"),
        ({"blocks": [actions(button("a" * 76))]}, "76"),
        ({"blocks": [actions(button("a") | {"value": "v" * 2001})]}, "2001"),
        ({"blocks": [actions(button("a", "i" * 256))]}, "256"),
        ({"blocks": [actions(button("a"), button("b"))]}, "'go' is there twice"),
        ({"blocks": [HELLO | {"block_id": "one"}] * 2}, "'one' is there twice"),
        ({"blocks": [HELLO | {"block_id": None}]}, "must be a string"),
        ({"blocks": [HELLO | {"accessory": {"type": "static_select", "action_id": "a"}}]}, "options"),
    ],
)
async def test_a_wrong_message_is_refused_with_a_sentence(
    slack: Platform, client: AsyncWebClient, wrong: Json, sentence: str
) -> None:
    said: Json = {"channel": "C0GEN", "text": "Hi"} | wrong
    await refusal(client.api_call("chat.postMessage", json=said))
    assert sentence in slack.violations[0]
    assert (len(slack.violations), slack.messages("C0GEN"), slack.calls[0].answer["ok"]) == (1, [], False)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": {"type": "plain_text", "text": "a" * 25}}, "25 characters"),
        ({"submit": {"type": "plain_text", "text": "a" * 25}}, "25 characters"),
        ({"close": {"type": "plain_text", "text": "a" * 25}}, "25 characters"),
        ({"private_metadata": "a" * 3001}, "3001 characters"),
        ({"type": "home"}, "no field"),
        ({"blocks": [HELLO] * 101}, "101 entries"),
        ({"blocks": [MODAL["blocks"][0] | {"label": {"type": "plain_text", "text": "a" * 2001}}]}, "2001"),
    ],
)
def test_a_wrong_window_is_refused_with_a_sentence(wrong: Json, sentence: str) -> None:
    with pytest.raises(Violation) as caught:
        check_view("views.open", MODAL | wrong)
    assert sentence in caught.value.sentence


def test_what_slack_allows_passes() -> None:
    text = "<@U0ANN> in <#C0GEN|gen> at <!date^1700000000^{date}|noon>:\n"
    text += "<https://x.test/?a=1&b=2|A &amp; B>\n&gt; 1\n> quoted"
    check_message("chat.postMessage", {"text": text, "blocks": [section(text), {"type": "divider"}] * 25})
    check_view("views.open", MODAL | {"blocks": [HELLO] * 100})


async def test_arguments_and_tokens_are_checked(slack: Platform, client: AsyncWebClient) -> None:
    assert await refusal(client.api_call("chat.postMessage", json={"text": "Hi"})) == "missing_argument"
    assert await refusal(client.api_call("chat.postMessage", json={"channel": 1, "text": "Hi"})) == "invalid_arguments"
    assert await refusal(client.chat_postMessage(channel="C0GEN", text="Hi", colour="red")) == "invalid_arguments"
    assert await refusal(client.api_call("chat.shout")) == "unknown_method"
    assert len(slack.violations) == 4
    assert (await client.chat_postMessage(channel="C0GEN", text="Hi", team_id="T0USHER"))["ok"]
    assert await refusal(client.api_call("auth.test", headers={"Authorization": "Bearer xoxb-other"})) == "invalid_auth"
    assert await refusal(client.apps_connections_open(app_token=slack.bot_token)) == "not_allowed_token_type"
    slack.scopes = "commands"
    assert (await client.auth_test()).headers["x-oauth-scopes"] == "commands"
    assert await refusal(client.users_info(user="U0ANN")) == "missing_scope"
    assert len(slack.violations) == 4


async def test_messages_are_posted_changed_and_deleted_where_the_bot_is(
    slack: Platform, client: AsyncWebClient
) -> None:
    ann = slack.user("U0ANN")
    slack.channel("C0OUT", bot=False)
    assert await refusal(client.chat_postMessage(channel="C0OUT", text="Hi")) == "not_in_channel"
    assert await refusal(client.chat_postMessage(channel="C0NIL", text="Hi")) == "channel_not_found"
    said = await client.chat_postMessage(channel="U0ANN", text="Hi", blocks=[HELLO])
    assert said["channel"] == "D0ANN"
    await client.chat_update(channel="D0ANN", ts=said["ts"], text="Changed")
    assert [(one.text, one.blocks, one.edited) for one in slack.shown_to(ann)] == [("Changed", [], True)]
    await client.chat_delete(channel="D0ANN", ts=said["ts"])
    assert await refusal(client.chat_update(channel="D0ANN", ts=said["ts"], text="Late")) == "message_not_found"
    assert await refusal(client.chat_postEphemeral(channel="C0GEN", user="U0ANN", text="Hi")) == "user_not_in_channel"
    assert (await client.conversations_open(users="U0ANN"))["channel"]["id"] == "D0ANN"
    assert (await client.users_info(user="U0ANN", include_locale=True))["user"]["locale"] == "en-GB"
    slack.channel("C0EXT", ann, shared=True)
    await client.chat_postEphemeral(channel="C0EXT", user="U0ANN", text="Hi")
    assert (await client.conversations_info(channel="C0EXT"))["channel"]["is_ext_shared"]
    assert (len(slack.shown_to(ann)), slack.messages("C0EXT"), slack.violations) == (1, [], [])


async def test_a_trigger_opens_one_window_within_three_seconds(slack: Platform, client: AsyncWebClient) -> None:
    ann = slack.user("U0ANN")
    fresh, old = slack.new_trigger(ann), slack.new_trigger(ann)
    assert await refusal(client.views_open(trigger_id="1.2.3", view=MODAL)) == "invalid_trigger_id"
    view = (await client.views_open(trigger_id=fresh, view=MODAL))["view"]
    assert await refusal(client.views_open(trigger_id=fresh, view=MODAL)) == "exchanged_trigger_id"
    slack.age(3.1)
    assert await refusal(client.views_open(trigger_id=old, view=MODAL)) == "expired_trigger_id"
    later = MODAL | {"callback_id": "later"}
    await client.views_update(view_id=view["id"], hash=view["hash"], view=later)
    assert await refusal(client.views_update(view_id=view["id"], hash=view["hash"], view=later)) == "hash_conflict"
    assert (slack.modals["U0ANN"].content["callback_id"], slack.violations) == ("later", [])


async def test_a_response_url_serves_five_times_and_half_an_hour(slack: Platform) -> None:
    ann = slack.user("U0ANN")
    original = slack.write("U0USHER", "D0ANN", "Before")
    async with ClientSession() as session:
        hook = AsyncWebhookClient(slack.url_of_link(slack.new_link(ann, "D0ANN", original)), session=session)
        assert (await hook.send(text="a & b")).status_code == 400
        assert (await hook.send(text="After", replace_original=True)).status_code == 200
        assert [(await hook.send(text="More")).status_code for _ in range(5)] == [200] * 4 + [404]
        other = AsyncWebhookClient(slack.url_of_link(slack.new_link(ann, "C0GEN")), session=session)
        slack.age(30 * 60 + 1)
        assert '"expired_url"' in (await other.send(text="Late")).body
    assert [one.text for one in slack.messages("D0ANN")] == ["After"]
    assert len(slack.shown_to(ann)) == 5
    assert len(slack.violations) == 1
    assert len(slack.called("response_url")) == 8


async def announced(
    client: AsyncWebClient, content: bytes = b"hello", upload: bool = True
) -> list[dict[str, str | None]]:
    place = await client.files_getUploadURLExternal(filename="a.txt", length=5)
    if upload:
        async with ClientSession() as session, session.post(place["upload_url"], data=content) as response:
            assert response.status == (200 if len(content) == 5 else 404)
    return [{"id": place["file_id"], "title": "A"}]


async def test_a_file_is_announced_uploaded_and_shared_where_the_bot_is(
    slack: Platform, client: AsyncWebClient
) -> None:
    first = (await client.chat_postMessage(channel="C0GEN", text="Hi"))["ts"]
    done = await client.files_completeUploadExternal(files=await announced(client), channel_id="C0GEN", thread_ts=first)
    ((message, file),) = slack.shared
    assert (message.channel, message.thread_ts, file.content, file.title) == ("C0GEN", first, b"hello", "A")
    assert (done["files"][0]["id"], message.json()["subtype"]) == (file.id, "file_share")
    by_sdk = await client.files_upload_v2(channel="D0ANN", content="hello", filename="b.txt")
    assert (by_sdk["file"]["name"], len(slack.shared), slack.violations) == ("b.txt", 2, [])
    slack.channel("C0OUT", bot=False)
    for channel, error in (("C0OUT", "not_in_channel"), ("C0NIL", "channel_not_found")):
        call = client.files_completeUploadExternal(files=await announced(client), channel_id=channel)
        assert await refusal(call) == error
    slack.scopes = "chat:write"
    assert await refusal(client.files_getUploadURLExternal(filename="a.txt", length=5)) == "missing_scope"
    assert (len(slack.shared), slack.violations) == (2, [])


async def test_a_wrong_file_is_refused_with_a_sentence(slack: Platform, client: AsyncWebClient) -> None:
    async def shared(files: Any, **where: Any) -> str:
        return await refusal(client.files_completeUploadExternal(files=files, **where))

    assert await refusal(client.files_getUploadURLExternal(filename="a.txt", length=0)) == "missing_argument"
    assert await refusal(client.files_getUploadURLExternal(filename="n" * 256, length=5)) == "invalid_blocks"
    assert await shared(await announced(client), channel_id="U0ANN") == "invalid_arguments"
    assert await shared(await announced(client, upload=False), channel_id="D0ANN") == "file_not_found"
    assert await shared(await announced(client, b"longer than told"), channel_id="D0ANN") == "file_not_found"
    assert await shared([{"id": "F0NIL"}], channel_id="D0ANN") == "file_not_found"
    assert await shared(await announced(client), channel_id="C0GEN", thread_ts="1.2") == "cannot_reply_to_message"
    twice = await announced(client)
    await client.files_completeUploadExternal(files=twice)  # without a channel nobody sees it
    assert await shared(twice, channel_id="D0ANN") == "file_not_found"
    assert (slack.shared, len(slack.violations)) == ([], 8)


async def test_calls_fail_as_they_are_told_to(slack: Platform, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", rate_limited(7), Fault(error="is_archived"), Fault(status=503))
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0GEN", text="1")
    limited = caught.value.response
    assert (limited.status_code, limited.headers["Retry-After"], limited["error"]) == (429, "7", "ratelimited")
    assert await refusal(client.chat_postMessage(channel="C0GEN", text="2")) == "is_archived"
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0GEN", text="3")
    assert caught.value.response.status_code == 503
    await client.chat_postMessage(channel="C0GEN", text="4")
    assert [one.text for one in slack.messages("C0GEN")] == ["4"]
    assert [call.status for call in slack.calls] == [429, 200, 503, 200]


@pytest.mark.parametrize(("reset", "kept"), [("before", []), ("after", ["Hi"])])
async def test_a_connection_is_reset_before_or_after_the_call_is_carried_out(
    slack: Platform, client: AsyncWebClient, reset: Any, kept: list[str]
) -> None:
    slack.fail("chat.postMessage", Fault(reset=reset))
    with pytest.raises(ClientError):
        await client.chat_postMessage(channel="C0GEN", text="Hi")
    assert [one.text for one in slack.messages("C0GEN")] == kept
    assert slack.calls[0].arguments["text"] == "Hi"


async def test_the_sdk_left_to_itself_posts_twice_after_a_reset(slack: Platform) -> None:
    slack.fail("chat.postMessage", Fault(reset="after"))
    async with ClientSession() as session:
        client = AsyncWebClient(slack.bot_token, slack.api_url, session=session)
        await client.chat_postMessage(channel="C0GEN", text="Hi")
    assert [one.text for one in slack.messages("C0GEN")] == ["Hi", "Hi"]


async def test_a_late_answer_is_that_of_a_call_carried_out_at_once(slack: Platform, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", Fault(seconds=0.3))
    began = time.monotonic()
    posting = asyncio.create_task(client.chat_postMessage(channel="C0GEN", text="Hi"))
    await slack.until(lambda: slack.messages("C0GEN"))
    assert not posting.done()
    await posting
    assert time.monotonic() - began >= 0.3


async def test_waiting_in_vain_lists_the_calls(slack: Platform, client: AsyncWebClient) -> None:
    await client.auth_test()
    with pytest.raises(AssertionError, match=r"auth\.test"):
        await slack.until(lambda: False, seconds=0.01)
