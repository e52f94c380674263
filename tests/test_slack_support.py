"""The support team works in its Slack channel: replies by a window or under the card, and only those who are named."""

import asyncio
import time
from pathlib import Path

import pytest
from sqlmodel import Session, select

from bot.app import App
from bot.clock import machine_time
from models.campaign import Campaign
from models.message import Reply
from models.outbox import Message as Outgoing
from models.outbox import Posting, post
from models.people import add_staff
from models.store import Store
from models.support import open_cases
from tests import slack_events as events
from tests.channels_cast import ROOM, running
from tests.slack_cast import UNKNOWN, YES, answers, idle, only_sqlite, shown
from tests.slack_platform import Fault, Platform
from tests.slack_workspace import Message, User
from tests.web_cast import MORNING

pytestmark = only_sqlite
REPLY = "reply/text"  # the field of the window


@pytest.fixture
def ann(slack: Platform) -> User:
    return slack.user("U0EVE", "Eve")  # not in the support room


@pytest.fixture
def sam(slack: Platform) -> User:
    return slack.users["U0SAM"]


@pytest.fixture
async def card(in_slack: App, slack: Platform, ann: User, sam: User) -> Message:
    """The question that Eve had passed on."""
    await slack.say(ann, UNKNOWN)
    (offer,) = await answers(slack, ann)
    await slack.press(ann, offer, YES)
    await answers(slack, ann, 2)
    (card,) = await answers(slack, sam, at=ROOM)
    assert f"\n\n{UNKNOWN}\n\n" in shown(card)
    assert "<@U0EVE>" in shown(card)
    return card


async def relayed(slack: Platform, ann: User) -> str:
    return (await answers(slack, ann, 3))[-1].text


async def test_the_window_s_words_reach_the_asker(slack: Platform, ann: User, sam: User, card: Message) -> None:
    await slack.press(sam, card, "Reply")
    await slack.until(lambda: slack.modals.get(sam.id))
    sent = await slack.submit(sam, slack.modals[sam.id], {REPLY: "It is <free> & *yours*."})
    assert (sent.status, sent.body, slack.modals) == (200, "", {})
    assert "It is &lt;free&gt; &amp; *yours*." in await relayed(slack, ann)
    _, told = await answers(slack, sam, 2, at=ROOM)
    assert (told.thread_ts, told.text.startswith("Your reply to case 1 is on its way")) == (card.ts, True)


async def test_a_window_that_is_sent_twice_replies_once(
    in_slack: App, slack: Platform, ann: User, sam: User, card: Message
) -> None:
    await slack.press(sam, card, "Reply")
    await slack.until(lambda: slack.modals.get(sam.id))
    submission = events.submission(slack, sam, slack.modals[sam.id], {REPLY: "Yes."})
    for _ in range(2):
        assert (await slack.interact(submission)).ok
    await relayed(slack, ann)
    await idle(in_slack)
    assert len(slack.shown_to(ann)) == 3


async def test_who_is_not_named_gets_no_window_but_a_private_refusal(
    in_slack: App, slack: Platform, card: Message, caplog: pytest.LogCaptureFixture
) -> None:
    other = slack.users["U0ANN"]  # a member of the channel
    await slack.press(other, card, "Reply")
    _, refusal = await answers(slack, other, 2, at=ROOM)
    assert (refusal.only_for, slack.called("views.open")) == (other.id, [])
    assert refusal.text.startswith("Only named members of the support team may reply")
    assert "slack:T0USHER:U0ANN may not do that: not of the support desk" in caplog.messages


async def test_a_refusal_that_cannot_be_shown_in_the_channel_is_sent_directly(
    in_slack: App, slack: Platform, card: Message
) -> None:
    other = slack.users["U0ANN"]
    slack.fail("chat.postEphemeral", Fault("user_not_in_channel"))
    await slack.press(other, card, "Reply")
    (refusal,) = await answers(slack, other, at="D0ANN")
    assert refusal.text.startswith("Only named members")
    assert len(slack.messages(ROOM)) == 1


async def test_a_private_answer_to_a_mention_is_shown_where_slack_shows_it(in_slack: App, slack: Platform) -> None:
    other = slack.users["U0ANN"]
    await slack.mention(other, "C0GEN", "/reply 1 I am the boss")
    (refusal,) = await answers(slack, other)
    # In a thread that nobody has begun Slack would show it to nobody.
    assert (refusal.channel, refusal.only_for, refusal.thread_ts) == ("C0GEN", other.id, None)


@pytest.mark.parametrize("late", [True, False])
async def test_a_window_that_cannot_be_opened_leaves_a_hint(
    in_slack: App, slack: Platform, sam: User, card: Message, late: bool
) -> None:
    press = events.press(slack, sam, card, "Reply")
    if late:
        slack.age(10)
    else:
        slack.fail("views.open", Fault(status=500))
    await slack.interact(press)
    _, hint = await answers(slack, sam, 2, at=ROOM)
    assert 'begin with "reply:" and your words' in shown(hint)


async def test_a_reply_under_the_card_goes_out_and_other_talk_stays_inside(
    in_slack: App, slack: Platform, ann: User, sam: User, card: Message
) -> None:
    await slack.say(sam, "Who knows that?", ROOM, thread_ts=card.ts)
    await slack.say(sam, "What a day. When is the deadline?", ROOM)
    await slack.say(sam, "Reply: Nobody <https://example.org|does>.", ROOM, thread_ts=card.ts)
    assert "\n\nNobody " in await relayed(slack, ann)
    _, told = await answers(slack, sam, 2, at=ROOM)
    assert (await idle(in_slack))["silent"] == 2
    assert (told.thread_ts, len(slack.shown_to(sam, ROOM))) == (card.ts, 2)


async def test_a_reply_by_somebody_who_is_not_named_is_refused_privately(
    in_slack: App, slack: Platform, ann: User, card: Message
) -> None:
    other = slack.users["U0ANN"]
    await slack.say(other, "reply: Pay me.", ROOM, thread_ts=card.ts)
    _, refusal = await answers(slack, other, 2, at=ROOM)
    await idle(in_slack)
    assert (refusal.only_for, refusal.thread_ts, len(slack.shown_to(ann))) == (other.id, card.ts, 2)


async def test_a_reply_under_a_mention_of_usher_goes_out_once(
    in_slack: App, slack: Platform, ann: User, sam: User, card: Message
) -> None:
    sent = await slack.mention(sam, ROOM, "reply: Yes.", thread_ts=card.ts)
    await slack.also_message(sent)
    await relayed(slack, ann)
    await idle(in_slack)
    assert len(slack.shown_to(ann)) == 3


async def test_a_forged_window_replies_to_nothing(in_slack: App, slack: Platform, sam: User, card: Message) -> None:
    await slack.press(sam, card, "Reply")
    await slack.until(lambda: slack.modals.get(sam.id))
    submission = events.submission(slack, sam, slack.modals[sam.id], {REPLY: "Yes."})
    for number, forged in enumerate(("", "[]", '{"room": "slack:C0GEN"}')):
        view = submission["view"] | {"private_metadata": forged, "id": f"V{number}"}
        assert (await slack.interact(submission | {"view": view})).status == 400
    other = submission | {"user": submission["user"] | {"id": "U0ANN"}}
    assert (await slack.interact(other)).ok
    await idle(in_slack)
    assert len(await in_slack.store.read(open_cases)) == 1


async def test_a_claim_is_shown_on_the_card_and_said_nowhere(
    in_slack: App, slack: Platform, sam: User, card: Message
) -> None:
    before = time.monotonic()
    await slack.press(sam, card, "Claim")
    await slack.until(lambda: "open · Sam has it" in card.text)
    assert time.monotonic() - before < 2.0
    await idle(in_slack)
    assert len(slack.shown_to(sam, ROOM)) == 1


async def test_the_card_says_when_a_reply_was_delivered(
    in_slack: App, slack: Platform, ann: User, sam: User, card: Message
) -> None:
    await slack.say(sam, "reply: Yes.", ROOM, thread_ts=card.ts)
    await relayed(slack, ann)
    await slack.until(lambda: "Reply 1 by Sam, 10:00: delivered ✓" in shown(card))


async def test_a_case_is_handed_over_in_a_window(in_slack: App, slack: Platform, sam: User, card: Message) -> None:
    await in_slack.store.write(add_staff, "Kim", None, machine_time())
    await slack.press(sam, card, "Hand over")
    await slack.until(lambda: slack.modals.get(sam.id))
    sent = await slack.submit(sam, slack.modals[sam.id], {"choice/chosen": "Kim"})
    assert (sent.status, sent.body) == (200, "")
    await slack.until(lambda: "open · Kim has it" in card.text)
    await idle(in_slack)
    assert (len(slack.shown_to(sam, ROOM)), slack.shown_to(sam, "D0SAM")) == (1, [])


async def test_who_is_not_named_gets_no_window_to_hand_over(in_slack: App, slack: Platform, card: Message) -> None:
    other = slack.users["U0ANN"]
    await slack.press(other, card, "Hand over")
    _, refusal = await answers(slack, other, 2, at=ROOM)
    assert (refusal.only_for, slack.called("views.open")) == (other.id, [])


async def test_this_is_sends_the_circular_s_own_words(
    in_slack: App, slack: Platform, ann: User, sam: User, card: Message
) -> None:
    await slack.press(sam, card, "This is …")
    _, offered = await answers(slack, sam, 2, at=ROOM)
    assert (offered.thread_ts, "Which answer is right for case 1?" in offered.text) == (card.ts, True)
    actions = [element for block in offered.blocks for element in block.get("elements", ()) if "value" in element]
    await slack.press(sam, offered, actions[0]["text"]["text"])
    assert "This is what the circular says of it:" in await relayed(slack, ann)
    await slack.until(lambda: "✓ " in shown(offered))


async def test_a_channel_that_becomes_shared_takes_no_replies_of_anybody(
    in_slack: App, slack: Platform, ann: User, sam: User, card: Message, caplog: pytest.LogCaptureFixture
) -> None:
    slack.channels[ROOM].shared = True
    await slack.say(sam, "reply: Yes.", ROOM, thread_ts=card.ts)
    _, refusal = await answers(slack, sam, 2, at=ROOM)
    await idle(in_slack)
    assert (refusal.only_for, len(slack.shown_to(ann))) == (sam.id, 2)
    assert "shared with another organisation" in refusal.text
    assert any("slack:C0SUPPORT is shared with another organisation" in one for one in caplog.messages)


async def test_in_a_channel_that_is_shared_from_the_start_no_card_is_shown(
    store: Store, campaign: Campaign, slack: Platform, ann: User, understanding: Path
) -> None:
    slack.channels[ROOM].shared = True
    async with running(store, campaign, understanding, slack, support_room=f"slack:{ROOM}"):
        await slack.until(lambda: slack.called("conversations.info"))
        await slack.say(ann, UNKNOWN)
        (offer,) = await answers(slack, ann)
        await slack.press(ann, offer, YES)
        await answers(slack, ann, 2)
        assert slack.messages(ROOM) == []


async def test_what_waits_for_a_channel_that_is_shared_now_is_not_sent(in_slack: App, slack: Platform) -> None:
    await slack.until(lambda: slack.called("conversations.info"))
    desk = in_slack.reception.support
    desk.note_shared(desk.rooms[0], shared=True)
    told = Posting("alarm:1:1:1", desk.rooms[0], Reply("Nobody has claimed case 1."), MORNING, about="case:1")
    await in_slack.store.write(post, told, machine_time())
    states = [await in_slack.store.read(state_of_alarm)]
    while states[-1] in {"pending", "sending"} and len(states) < 500:
        await asyncio.sleep(0.02)
        states.append(await in_slack.store.read(state_of_alarm))
    assert (states[-1], slack.messages(ROOM)) == ("cancelled", [])


def state_of_alarm(session: Session) -> str:
    return session.exec(select(Outgoing.state).where(Outgoing.key == "alarm:1:1:1")).one()
