"""The App Home of Slack shows somebody enrolled their firm and what is theirs, and everybody else how to enrol."""

import logging
from datetime import timedelta

import pytest
from sqlmodel import Session

from bot.app import App
from bot.clock import machine_time
from handlers.talk import Act
from models import codes
from models.contacts import Contact, ContactAddress, Membership
from models.conversation import turns
from models.message import Address, Reply
from models.participants import Participant
from tests.acts_cast import know
from tests.slack_blocks import Json
from tests.slack_cast import answers, buttons, idle, only_sqlite
from tests.slack_platform import Fault, Platform
from tests.slack_workspace import User

pytestmark = only_sqlite
ANN, SAM = Address("slack", "T0USHER:U0ANN"), Address("slack", "T0USHER:U0SAM")


@pytest.fixture
def ann(slack: Platform) -> User:
    return slack.users["U0ANN"]


@pytest.fixture
async def firms(in_slack: App) -> None:
    def kept(session: Session) -> None:
        for code, name in (("CP001", "Harbour <Securities>"), ("CP002", "Peak & Co")):
            session.add(Participant(code=code, name=name, imported_at=machine_time()))

    await in_slack.store.write(kept)


async def enrol(app: App, person: Address, *codes: str) -> None:
    def kept(session: Session) -> None:
        contact = Contact(created_at=machine_time())
        session.add(contact)
        session.flush()
        who = contact.id or 0
        session.add(ContactAddress(address=str(person), contact_id=who, since=machine_time()))
        session.add_all(
            Membership(contact_id=who, participant=code, how="import", since=machine_time()) for code in codes
        )

    await app.store.write(kept)


async def home(slack: Platform, user: User) -> Json:
    count = len(slack.called("views.publish"))
    await slack.open_home(user)
    await slack.until(lambda: len(slack.called("views.publish")) > count)
    shown = slack.home(user)
    assert shown
    return shown


async def test_somebody_unknown_can_enrol_in_a_form(in_slack: App, slack: Platform, ann: User) -> None:
    shown = await home(slack, ann)
    assert "I do not know yet which CP you act for." in str(shown["blocks"][0])
    assert buttons(shown["blocks"])[0] == "Enrol"
    assert "Seats" not in buttons(shown["blocks"])
    await slack.press(ann, shown, "Enrol")
    view = await slack.until(lambda: slack.modals.get(ann.id))
    assert view.content["title"]["text"] == "Enrol"
    assert '"action": "/join"' in view.content["private_metadata"]


async def test_somebody_enrolled_sees_their_firm_and_what_is_theirs(
    in_slack: App, slack: Platform, ann: User, firms: None
) -> None:
    await enrol(in_slack, ANN, "CP001")
    names, own, *_ = (await home(slack, ann))["blocks"]
    assert names["text"]["text"] == "You act for:\n• CP001 · Harbour &lt;Securities&gt;"
    assert [one["value"] for one in own["elements"]] == ["/status", "/seats", "/check", "/calendar", "/mydata"]
    assert "Enrol" not in buttons((await home(slack, ann))["blocks"])


async def test_all_firms_of_somebody_are_named_and_nobody_else_s(
    in_slack: App, slack: Platform, ann: User, firms: None
) -> None:
    await enrol(in_slack, ANN, "CP001", "CP002")
    assert "CP002 · Peak &amp; Co" in str((await home(slack, ann))["blocks"][0])
    assert "CP00" not in str(await home(slack, slack.users["U0SAM"]))


async def test_it_speaks_the_chosen_language(in_slack: App, slack: Platform, ann: User, firms: None) -> None:
    await slack.say(ann, "/language zh-Hant")
    await answers(slack, ann)
    assert buttons((await home(slack, ann))["blocks"])[0] == "登記身分"
    await enrol(in_slack, ANN, "CP001")
    names, own, *_ = (await home(slack, ann))["blocks"]
    assert names["text"]["text"].startswith("你代表：\n• CP001")
    assert "座位" in [one["text"]["text"] for one in own["elements"]]


@pytest.mark.parametrize("trouble", [False, True])
async def test_it_is_shown_anew_once_somebody_is_enrolled(
    in_slack: App, slack: Platform, ann: User, firms: None, monkeypatch: pytest.MonkeyPatch, trouble: bool
) -> None:
    know(monkeypatch, "/welcome", Act(lambda talk, argument: Reply("Welcome.", renews=True)))
    await home(slack, ann)
    await enrol(in_slack, ANN, "CP001")
    slack.fail("views.publish", *[Fault(status=500)] * trouble)
    await slack.say(ann, "/welcome")
    await answers(slack, ann)
    await slack.until(lambda: len(slack.called("views.publish")) == 2)
    assert ("CP001" in str(slack.home(ann))) is not trouble
    assert await idle(in_slack) == {"answered": 1}


async def test_who_enrols_by_the_form_of_the_home_sees_their_firm_there(
    in_slack: App, slack: Platform, ann: User, firms: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    now = machine_time()
    code = await in_slack.store.write(codes.make, "CP001", 1, now + timedelta(days=1), now)
    await slack.press(ann, await home(slack, ann), "Enrol")
    view = await slack.until(lambda: slack.modals.get(ann.id))
    assert (await slack.submit(ann, view, {"field-0/text": f" {code} "})).ok
    (told,) = await answers(slack, ann)
    assert (told.channel, "Harbour &lt;Securities&gt;" in told.text) == ("D0ANN", True)
    await slack.until(lambda: "CP001" in str(slack.home(ann)))
    kept = await in_slack.store.read(turns, ANN, 9)
    secret = code.rpartition("-")[2]
    assert secret not in "".join(f"{turn.asked} {turn.action} {turn.reply_json}" for turn in kept) + caplog.text
