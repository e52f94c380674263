"""People ask Usher in Slack: in direct messages, by a mention in a channel, by /usher, and in its Home."""

from contextlib import suppress

import pytest

from bot.app import App
from models.conversation import turns
from models.message import Address
from tests.channels_cast import ROOM
from tests.slack_cast import DEADLINE, DEADLINES, NO, UNKNOWN, answers, buttons, channel, idle, only_sqlite, shown
from tests.slack_events import mention_event
from tests.slack_platform import Fault, Platform
from tests.slack_workspace import User

pytestmark = only_sqlite


@pytest.fixture
def ann(slack: Platform) -> User:
    return slack.users["U0ANN"]


async def test_a_direct_message_is_answered_there_with_its_source(in_slack: App, slack: Platform, ann: User) -> None:
    sent = await slack.say(ann, DEADLINE)
    (answer,) = await answers(slack, ann)
    assert (sent.status, sent.body, answer.channel, answer.thread_ts) == (200, "", "D0ANN", None)
    assert DEADLINES in shown(answer)
    assert "Source · Body, paragraph 2: “CPs should register" in shown(answer)


async def test_a_direct_message_in_a_thread_is_answered_in_it(in_slack: App, slack: Platform, ann: User) -> None:
    first = slack.written(ann, "some words")
    await slack.say(ann, DEADLINE, thread_ts=first.ts)
    assert [answer.thread_ts for answer in await answers(slack, ann)] == [first.ts]


async def test_a_mention_is_answered_in_a_thread_that_begins_there(in_slack: App, slack: Platform, ann: User) -> None:
    sent = await slack.mention(ann, "C0GEN", DEADLINE)
    (answer,) = await answers(slack, ann, at="C0GEN")
    assert (answer.thread_ts, answer.only_for) == (sent.ts, None)
    assert DEADLINES in shown(answer)


async def test_a_mention_in_a_thread_is_answered_in_the_same_one(in_slack: App, slack: Platform, ann: User) -> None:
    first = slack.written(ann, "Lunch?", "C0GEN")
    await slack.mention(ann, "C0GEN", DEADLINE, thread_ts=first.ts)
    assert [answer.thread_ts for answer in await answers(slack, ann, at="C0GEN")] == [first.ts]


async def test_a_mention_without_words_gets_the_help(in_slack: App, slack: Platform, ann: User) -> None:
    await slack.mention(ann, "C0GEN", "")
    (answer,) = await answers(slack, ann)
    assert answer.text.startswith("I answer questions about this circular")


@pytest.mark.parametrize("place", ["C0GEN", ROOM])
async def test_a_mention_that_also_comes_as_a_message_is_answered_once(
    in_slack: App, slack: Platform, ann: User, place: str
) -> None:
    sent = await slack.mention(ann, place, DEADLINE)
    await slack.also_message(sent)
    await answers(slack, ann)
    await idle(in_slack)
    assert len(slack.shown_to(ann)) == 1


async def test_a_mention_that_is_edited_and_comes_again_is_answered_once(
    in_slack: App, slack: Platform, ann: User
) -> None:
    sent = await slack.mention(ann, "C0GEN", DEADLINE)
    await answers(slack, ann)
    message = next(one for one in slack.messages("C0GEN") if one.ts == sent.ts)
    await slack.deliver(mention_event(message, ann, slack.channels["C0GEN"]))  # with an id of its own
    await idle(in_slack)
    assert len(slack.shown_to(ann)) == 1


async def test_talk_in_a_channel_without_a_mention_is_nobody_s_business(
    in_slack: App, slack: Platform, ann: User
) -> None:
    await slack.say(ann, DEADLINE, "C0GEN")
    await slack.mention(ann, "C0GEN", "help")
    await answers(slack, ann)
    assert await idle(in_slack) == {"answered": 1}


async def test_the_same_delivery_again_is_answered_once(in_slack: App, slack: Platform, ann: User) -> None:
    sent = await slack.say(ann, DEADLINE)
    await answers(slack, ann)
    assert (await slack.deliver(sent.payload)).ok
    assert await idle(in_slack) == {"answered": 1}
    assert len(slack.shown_to(ann)) == 1


SAID = {
    "": "I answer questions about this circular",
    "help": "I answer questions about this circular",
    "Deadlines": DEADLINES,
    "briefings": "There are ",
    "language": "In which language shall I answer",
    "language zh-Hant": "當你的說話看不出語言時，",
    DEADLINE: DEADLINES,
    "截止日期係幾時？": "共有3個",
    "截止日期是什么时候？": "共有3个",
    "support": "",
}


async def test_a_slash_command_is_answered_to_its_sender_alone(in_slack: App, slack: Platform, ann: User) -> None:
    slack.channel("C0OTHER", ann, bot=False)
    for number, (words, begins) in enumerate(SAID.items(), start=1):
        sent = await slack.command(ann, "C0OTHER", words)
        answer = (await answers(slack, ann, number))[-1]
        assert (sent.status, sent.body, answer.channel, answer.only_for) == (200, "", "C0OTHER", ann.id)
        assert shown(answer).startswith(begins)


async def test_a_lone_command_acts_as_one_and_a_question_is_understood(
    in_slack: App, slack: Platform, ann: User
) -> None:
    for number, words in enumerate(("deadlines", "timeline", "help me with the deadlines"), start=1):
        await slack.command(ann, "C0GEN", words)
        await answers(slack, ann, number)
    await idle(in_slack)
    person = Address("slack", "T0USHER:U0ANN")
    kept = await in_slack.store.read(turns, person, 9)
    assert [turn.action for turn in kept] == ["/deadlines", "/timeline", None]


async def test_a_slash_command_whose_address_has_ended_is_answered_directly(
    in_slack: App, slack: Platform, ann: User
) -> None:
    slack.fail("response_url", Fault("expired_url", 404))
    await slack.command(ann, "C0GEN", "deadlines")
    (answer,) = await answers(slack, ann)
    assert (answer.channel, answer.only_for) == ("D0ANN", None)


NOT_SLACK_S = (
    "https://hooks.slack.com.example.org/commands/1",
    "https://evil-slack.com/commands/1",
    "https://hooks.slack.com@127.0.0.1/x",
    "https://127.0.0.1\\@hooks.slack.com/x",
    "https://hooks.slack.com:8443/x",
    "https://hooks.slack.com:https/x",
    "http://hooks.slack.com/x",
    "https://[",
    "file:///etc/passwd",
)


async def test_no_address_but_slack_s_is_answered_to(
    in_slack: App, slack: Platform, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, url in enumerate(NOT_SLACK_S, start=1):
        monkeypatch.setattr(slack, "url_of_link", lambda _, url=url: url)
        await slack.command(ann, "C0GEN", "deadlines")
        assert (await answers(slack, ann, number))[-1].channel == "D0ANN"
    assert slack.called("response_url") == []
    assert channel(in_slack)._calls.is_slacks("https://hooks.slack.com/commands/T0/1/x")
    assert channel(in_slack)._calls.is_slacks("https://hooks.slack-gov.com/commands/T0/1/x")


async def test_the_home_shows_what_is_due_and_where_to_begin(in_slack: App, slack: Platform, ann: User) -> None:
    await slack.open_home(ann)
    home = await slack.until(lambda: slack.home(ann))
    words = str(home["blocks"])
    assert "by Wednesday 19 April 2023 (5 business days are left after today)" in words
    assert buttons(home["blocks"])[-1] == "Ask support"


async def test_the_home_speaks_the_language_that_was_chosen(in_slack: App, slack: Platform, ann: User) -> None:
    await slack.command(ann, "", "language zh-Hant")
    await answers(slack, ann)
    await slack.open_home(ann)
    home = await slack.until(lambda: slack.home(ann))
    assert buttons(home["blocks"])[-1] == "聯絡支援"
    assert "共有3個" in str(home["blocks"])


async def test_only_the_home_tab_is_filled(in_slack: App, slack: Platform, ann: User) -> None:
    await slack.open_home(ann, "messages")
    await slack.say(ann, DEADLINE)
    await answers(slack, ann)
    assert slack.called("views.publish") == []


async def test_a_home_that_slack_cannot_show_breaks_nothing(
    in_slack: App, slack: Platform, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    slack.fail("views.publish", Fault(status=500), Fault(reset="before"))
    for _ in range(2):
        assert (await slack.open_home(ann)).ok
    await slack.until(lambda: len(slack.called("views.publish")) == 2)
    await slack.open_home(ann)
    await slack.until(lambda: slack.home(ann))
    assert [line for line in caplog.messages if line.startswith("home of slack:T0USHER:U0ANN: ")]


async def test_a_file_without_words_gets_a_sentence_and_with_words_an_answer(
    in_slack: App, slack: Platform, ann: User
) -> None:
    await slack.share_file(ann, "form.pdf")
    await answers(slack, ann)
    await slack.share_file(ann, "form.pdf", DEADLINE)
    first, second = await answers(slack, ann, 2)
    assert first.text.startswith("I read text only, and cannot open what you sent: please write your question.")
    assert DEADLINES in shown(second)


async def test_an_edited_message_is_not_answered_anew_but_once_with_a_sentence(
    in_slack: App, slack: Platform, ann: User
) -> None:
    sent = await slack.say(ann, DEADLINE)
    await answers(slack, ann)
    for words in ("Where are the briefings?", "How many are there?"):
        await slack.edit(ann, sent.ts, words)
    await answers(slack, ann, 2)
    await idle(in_slack)
    assert [shown(one).split(":")[0] for one in slack.shown_to(ann)] == [
        "There are 3 deadlines",
        "I have answered the message as it was sent first. Please send the changed question as a new message.",
    ]


async def test_bots_joins_and_edits_in_channels_are_left_alone(in_slack: App, slack: Platform, ann: User) -> None:
    await slack.another_bot_says("C0GEN", f"<@U0USHER> {DEADLINE}")
    await slack.another_bot_says("D0ANN", DEADLINE)
    said = await slack.say(ann, "Lunch?", "C0GEN")
    await slack.edit(ann, said.ts, DEADLINE)
    joined = {"type": "message", "subtype": "channel_join", "user": ann.id, "text": "has joined", "channel": "D0ANN"}
    event = said.payload["event"] | joined | {"channel_type": "im"}
    assert (await slack.deliver(said.payload | {"event": event})).ok
    assert await idle(in_slack) == {}


async def test_what_was_asked_before_is_gone_on_with(in_slack: App, slack: Platform, ann: User) -> None:
    await slack.say(ann, UNKNOWN)
    await answers(slack, ann)
    await slack.say(ann, "no")
    (question, told) = await answers(slack, ann, 2)
    assert told.text == "All right, it is not passed on."
    await slack.until(lambda: f"✓ {NO}" in shown(question))


async def test_people_of_another_organisation_are_persons_of_their_own_team(
    in_slack: App, slack: Platform, ann: User
) -> None:
    guest = slack.user("U0GUEST", "Gus", team="T0OTHER")
    slack.channel("C0SHARED", ann, guest, shared=True)
    await slack.mention(guest, "C0SHARED", UNKNOWN)
    (answer,) = await answers(slack, guest)
    await slack.press(guest, answer, NO)
    await answers(slack, guest, 2)
    await idle(in_slack)
    kept = await in_slack.store.read(turns, Address("slack", f"C0SHARED:{answer.thread_ts}"), 9)
    assert {turn.sender for turn in kept} == {"slack:T0OTHER:U0GUEST"}


async def test_usher_that_was_never_started_can_be_closed(in_slack: App) -> None:
    from bot.slack import Access, Slack

    assert in_slack.channels
    made = Slack(Access("xoxb-1", "http://127.0.0.1:9/api/", "secret"), in_slack.channels._inside, in_slack.clock.now)
    with suppress(TimeoutError):
        await made.stop_listening()
    await made.close()
