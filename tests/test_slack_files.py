"""Files follow their message into the same conversation, once, privately where that is private, whatever Slack does."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.app import App
from models import outbox
from models.message import Address, Reply
from models.outbox import Posting
from tests import slack_events as events
from tests.channels_cast import ROOM
from tests.slack_cast import answers, channel, idle, only_sqlite, shown
from tests.slack_papers import ANN, DATES, LIST, STEPS, TEXT, came, check_texts, register, settled
from tests.slack_platform import Fault, Platform, rate_limited
from tests.slack_workspace import User
from tests.test_slack_faults import ended
from tests.web_cast import MORNING

pytestmark = only_sqlite


@pytest.fixture(autouse=True)
def _acts(slack: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    register(monkeypatch)
    yield
    check_texts(slack)


@pytest.fixture
def ann(slack: Platform) -> User:
    return slack.users["U0ANN"]


async def test_the_file_follows_its_words_byte_for_byte(in_slack: App, slack: Platform, ann: User) -> None:
    await slack.say(ann, "/public")
    (message,) = await came(slack)
    ((_, file),) = slack.shared
    assert (file.name, file.title, file.content) == ("dates.ics", "dates.ics", DATES.content.encode())
    words, with_file = slack.shown_to(ann)
    assert (shown(words), with_file, message.channel) == (TEXT, message, "D0ANN")
    assert await idle(in_slack) == {"answered": 1}


async def test_several_files_come_in_their_order(in_slack: App, slack: Platform, ann: User) -> None:
    await slack.say(ann, "/public both")
    await came(slack, 2)
    assert [file.name for _, file in slack.shared] == ["dates.ics", "seats.csv"]
    assert slack.shared[1][1].content == LIST.content.encode()


@pytest.mark.parametrize("place", ["", "C0GEN"])
async def test_in_a_thread_the_file_is_in_the_thread(in_slack: App, slack: Platform, ann: User, place: str) -> None:
    first = slack.written(ann, "some words", place)
    if place:
        await slack.mention(ann, place, "/public", thread_ts=first.ts)
    else:
        await slack.say(ann, "/public", thread_ts=first.ts)
    (message,) = await came(slack)
    assert (message.channel, message.thread_ts) == (place or "D0ANN", first.ts)


@pytest.mark.parametrize("way", ["mention", "command", "press under a command", "mention that cannot be whispered to"])
async def test_a_private_file_goes_to_the_direct_messages_only(
    in_slack: App, slack: Platform, ann: User, way: str
) -> None:
    if "whispered" in way:
        slack.fail("chat.postEphemeral", Fault("user_not_in_channel"))
    if way.startswith("mention"):
        await slack.mention(ann, "C0GEN", "/private")
    else:
        await slack.command(ann, "C0GEN", "/private" if way == "command" else "/offer")
    if way.startswith("press"):
        (offer,) = await answers(slack, ann)
        await slack.press(ann, offer, "Dates")
    (message,) = await came(slack)
    await settled(in_slack)
    assert message.channel == "D0ANN"
    assert slack.shown_to(slack.users["U0SAM"]) == []
    told = [shown(one) for one in slack.shown_to(ann, "D0ANN") if not one.files]
    assert told == [TEXT if "whispered" in way else "The file for my last answer: dates.ics"]


async def test_a_private_message_in_a_channel_goes_without_its_file(
    in_slack: App, slack: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    """It should never be; if it is, the file is not what is shown to all."""
    await channel(in_slack).send(Address("slack", "C0GEN"), Reply(TEXT, files=(DATES,), private=True), "key")
    await settled(in_slack)
    assert (slack.shared, slack.called(STEPS[0])) == ([], [])
    assert "the files of a private message are not sent to C0GEN, where others read them" in caplog.messages


async def test_a_file_from_the_outbox_counts_as_sent_with_its_words(in_slack: App, slack: Platform) -> None:
    slack.fail(STEPS[2], rate_limited(0), rate_limited(0))
    posting = Posting("one", ANN, Reply(TEXT, files=(DATES,), private=True), MORNING)
    await in_slack.store.write(outbox.post, posting, datetime.now(UTC))
    assert await ended(in_slack) == "sent"
    (message,) = await came(slack)
    await settled(in_slack)
    assert (message.channel, len(slack.called("chat.postMessage"))) == ("D0ANN", 1)


async def test_who_asks_on_is_not_held_up_by_a_file(in_slack: App, slack: Platform, ann: User) -> None:
    slack.fail(STEPS[0], rate_limited(30))
    await slack.say(ann, "/public")
    await slack.say(ann, "/help")
    _, helped = await answers(slack, ann, 2)
    assert helped.text.startswith("I answer questions")
    assert (await idle(in_slack), slack.shared) == ({"answered": 2}, [])


async def test_a_changed_message_does_not_send_its_files_again(in_slack: App, slack: Platform) -> None:
    reply = Reply(TEXT, files=(DATES,))
    reference = await channel(in_slack).send(ANN, reply, "key")
    await came(slack)
    await channel(in_slack).edit(reference, reply)
    await settled(in_slack)
    assert len(slack.shared) == 1


async def test_usher_does_not_answer_its_own_file(in_slack: App, slack: Platform, ann: User) -> None:
    """Slack tells of it as of a person's, and need not say that a bot has sent it."""
    await slack.say(ann, "/public")
    (message,) = await came(slack)
    usher = User("U0USHER", "usher")
    for name in ("D0ANN", ROOM):
        event = events.file_event(message, usher, slack.channels[name], "dates.ics")
        event["event"] |= {"channel": name, "channel_type": "im", "bot_id": None}
        assert (await slack.deliver(event)).ok
    assert await idle(in_slack) == {"answered": 1}
