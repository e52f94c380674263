"""A button in Slack opens a form; what is written in it completes the action once, in its writer's conversation."""

import json

import pytest

from bot.app import App
from models.wording import in_script, phrases
from tests import slack_events as events
from tests.slack_cast import answers, buttons, idle, only_sqlite, refused, shown
from tests.slack_forms import AMY, OFFER, PEOPLE, offered, opened, register
from tests.slack_platform import Fault, Platform, rate_limited
from tests.slack_workspace import User

pytestmark = only_sqlite


@pytest.fixture(autouse=True)
def _acts(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


@pytest.fixture
def ann(slack: Platform) -> User:
    return slack.users["U0ANN"]


async def test_what_is_written_in_the_form_is_answered_in_the_direct_message(
    in_slack: App, slack: Platform, ann: User
) -> None:
    view = await opened(slack, ann, await offered(slack, ann))
    content = view.content
    assert [content[part]["text"] for part in ("title", "submit", "close")] == ["Register people", "Send", "Cancel"]
    sent = await slack.submit(ann, view, {PEOPLE: AMY})
    assert (sent.status, sent.body, slack.modals) == (200, "", {})
    _, told = await answers(slack, ann, 2)
    assert (told.channel, told.thread_ts, shown(told)) == ("D0ANN", None, f"(en) Held: kom {AMY}")
    assert await idle(in_slack) == {"answered": 2}


@pytest.mark.parametrize("way", ["mention", "command"])
async def test_a_form_that_was_opened_in_a_channel_is_answered_in_private(
    in_slack: App, slack: Platform, ann: User, way: str
) -> None:
    if way == "command":
        await slack.command(ann, "C0GEN", "/offer")
        (offer,) = await answers(slack, ann)
    else:
        offer = await offered(slack, ann, "C0GEN")
    await slack.submit(ann, await opened(slack, ann, offer), {PEOPLE: AMY})
    _, told = await answers(slack, ann, 2)
    await idle(in_slack)
    assert (told.channel, shown(told)) == ("D0ANN", f"(en) Held: kom {AMY}")
    assert slack.shown_to(slack.users["U0SAM"], "C0GEN") == ([offer] if way == "mention" else [])


async def test_a_form_of_a_thread_is_answered_in_the_thread(in_slack: App, slack: Platform, ann: User) -> None:
    first = slack.written(ann, "some words")
    view = await opened(slack, ann, await offered(slack, ann, thread_ts=first.ts))
    await slack.submit(ann, view, {PEOPLE: AMY})
    _, told = await answers(slack, ann, 2)
    assert (told.channel, told.thread_ts) == ("D0ANN", first.ts)


async def test_two_presses_show_two_windows_and_one_that_is_sent_is_answered_once(
    in_slack: App, slack: Platform, ann: User
) -> None:
    offer = await offered(slack, ann)
    first = await opened(slack, ann, offer)
    second = await opened(slack, ann, offer)
    assert first.id != second.id
    await slack.submit(ann, second, {PEOPLE: AMY})
    await answers(slack, ann, 2)
    assert await idle(in_slack) == {"answered": 2}


async def test_a_press_that_comes_twice_shows_its_window_and_asks_nothing_in_the_chat(
    in_slack: App, slack: Platform, ann: User
) -> None:
    press = events.press(slack, ann, await offered(slack, ann), OFFER)
    for count in (1, 2):
        assert (await slack.interact(press)).ok
        await slack.until(lambda count=count: len(slack.called("views.open")) == count)  # type: ignore[misc]  # bound now
    assert slack.called("views.open")[1].answer["error"] == "exchanged_trigger_id"
    assert await idle(in_slack) == {"answered": 1}


async def test_a_form_that_slack_sends_again_is_answered_once(in_slack: App, slack: Platform, ann: User) -> None:
    view = await opened(slack, ann, await offered(slack, ann))
    submission = events.submission(slack, ann, view, {PEOPLE: AMY})
    for _ in range(3):
        assert (await slack.interact(submission)).ok
    other = submission | {"trigger_id": slack.new_trigger(ann)}
    assert (await slack.interact(other)).ok
    await answers(slack, ann, 2)
    assert await idle(in_slack) == {"answered": 2}
    assert len(slack.shown_to(ann)) == 2


async def test_a_form_that_cannot_be_written_down_stays_open_and_may_be_sent_again(
    in_slack: App, slack: Platform, ann: User
) -> None:
    assert in_slack.channels
    view = await opened(slack, ann, await offered(slack, ann))
    in_slack.channels.intake._stopping = True
    assert (await slack.submit(ann, view, {PEOPLE: AMY})).status == 503
    in_slack.channels.intake._stopping = False
    assert (await slack.submit(ann, view, {PEOPLE: AMY})).ok
    await answers(slack, ann, 2)
    assert await idle(in_slack) == {"answered": 2}


TROUBLE = {
    "late": (),
    "expired": (Fault("expired_trigger_id"),),
    "limited": (rate_limited(30),),
    "broken": (Fault(status=500),),
    "away": (Fault(reset="before"),),
    "lost": (Fault(reset="after"),),
}


@pytest.mark.parametrize("place", ["", "C0GEN"])
@pytest.mark.parametrize("trouble", TROUBLE)
async def test_without_a_window_it_is_asked_step_by_step_in_the_direct_message(
    in_slack: App, slack: Platform, ann: User, trouble: str, place: str
) -> None:
    offer = await offered(slack, ann, place)
    press = events.press(slack, ann, offer, OFFER)
    slack.fail("views.open", *TROUBLE[trouble])
    slack.age(4 if trouble == "late" else 0)
    assert (await slack.interact(press)).ok
    _, question = await answers(slack, ann, 2)
    assert (question.channel, shown(question)) == ("D0ANN", "Who comes to kom?")
    await slack.say(ann, "Amy Wong, amy@example.com")
    told = (await answers(slack, ann, 3))[-1]
    assert (told.channel, shown(told)) == ("D0ANN", "(en) Held: kom Amy Wong, amy@example.com")


async def test_under_a_command_s_answer_it_is_asked_step_by_step_where_one_can_answer(
    in_slack: App, slack: Platform, ann: User
) -> None:
    await slack.command(ann, "C0GEN", "/offer")
    (offer,) = await answers(slack, ann)
    slack.fail("views.open", Fault("expired_trigger_id"))
    await slack.press(ann, offer, OFFER)
    _, question = await answers(slack, ann, 2)
    assert (question.channel, question.only_for) == ("D0ANN", None)


async def test_a_button_of_before_there_were_forms_still_asks(in_slack: App, slack: Platform, ann: User) -> None:
    press = events.press(slack, ann, await offered(slack, ann), OFFER)
    press["actions"][0]["action_id"] = "choice-0"
    await slack.interact(press)
    assert shown((await answers(slack, ann, 2))[-1]) == "Who comes to kom?"
    assert slack.called("views.open") == []


async def test_a_form_button_without_a_form_asks_as_any_button_does(in_slack: App, slack: Platform, ann: User) -> None:
    press = events.press(slack, ann, await offered(slack, ann), OFFER)
    press["actions"][0]["value"] = "/offer"
    await slack.interact(press)
    assert shown((await answers(slack, ann, 2))[-1]) == "Who comes?"
    assert slack.called("views.open") == []


async def test_a_field_without_words_is_told_in_the_window(in_slack: App, slack: Platform, ann: User) -> None:
    view = await opened(slack, ann, await offered(slack, ann))
    sent = await slack.submit(ann, view, {PEOPLE: " \n "})
    assert json.loads(sent.body) == {"response_action": "errors", "errors": {"field-0": "Please fill this in."}}
    assert slack.modals[ann.id] is view
    assert await idle(in_slack) == {"answered": 1}
    await slack.submit(ann, view, {PEOPLE: AMY})
    await answers(slack, ann, 2)


async def test_a_window_that_is_cancelled_leaves_nothing_behind(in_slack: App, slack: Platform, ann: User) -> None:
    view = await opened(slack, ann, await offered(slack, ann))
    closed = events.submission(slack, ann, view, {PEOPLE: AMY}) | {"type": "view_closed", "is_cleared": False}
    assert (await slack.interact(closed)).status == 200
    assert await idle(in_slack) == {"answered": 1}


async def test_a_window_of_another_version_of_usher_is_let_go(in_slack: App, slack: Platform, ann: User) -> None:
    view = await opened(slack, ann, await offered(slack, ann))
    sent = events.submission(slack, ann, view, {PEOPLE: AMY})
    assert (await slack.interact(sent | {"view": sent["view"] | {"callback_id": "form-of-old"}})).status == 200
    assert await idle(in_slack) == {"answered": 1}
    assert refused(in_slack) == {"unknown: a window of another version": 1}


@pytest.mark.parametrize(
    ("question", "title", "mark"),
    [("/language zh-Hant", "為他人登記", "zh-Hant"), ("/language zh-Hans", "为他人登记", "zh-Hans")],
)
async def test_the_form_and_its_answer_speak_the_chosen_language(
    in_slack: App, slack: Platform, ann: User, question: str, title: str, mark: str
) -> None:
    await slack.say(ann, question)
    await answers(slack, ann)
    await slack.say(ann, "/offer")
    offer = (await answers(slack, ann, 2))[-1]
    view = await opened(slack, ann, offer, "登記")
    assert view.content["title"]["text"] == title
    sent = await slack.submit(ann, view, {PEOPLE: " "})
    assert json.loads(sent.body)["errors"]["field-0"] == in_script(phrases()["zh-Hant"]["form.empty"], mark)
    await slack.submit(ann, view, {PEOPLE: AMY})
    assert shown((await answers(slack, ann, 3))[-1]).startswith(f"({mark}) Held:")


async def test_a_form_under_a_reply_speaks_the_reply_s_language(in_slack: App, slack: Platform, ann: User) -> None:
    """Also in a channel, where her own conversation has shown none yet."""
    await slack.mention(ann, "C0GEN", "截止日期係幾時？")
    await answers(slack, ann)
    await slack.mention(ann, "C0GEN", "/offer", thread_ts=slack.shown_to(ann)[0].thread_ts)
    offer = (await answers(slack, ann, 2))[-1]
    view = await opened(slack, ann, offer, "登記")
    await slack.submit(ann, view, {PEOPLE: AMY})
    assert view.content["title"]["text"] == "為他人登記"
    assert shown((await answers(slack, ann, 3))[-1]).startswith("(zh-Hant) Held:")


async def test_a_form_s_button_is_known_by_its_id(in_slack: App, slack: Platform, ann: User) -> None:
    offer = await offered(slack, ann)
    assert buttons(offer.blocks) == [OFFER]
    assert [one["action_id"] for one in offer.blocks[-1]["elements"]] == ["form-0"]
