"""What Slack hands over is read as a question, a press, a command, or as nothing; made as Slack makes it, and read."""

from typing import Any

import pytest

from bot.slack.read import Seen, read
from bot.slack.views import Unknown
from handlers.commands import EDITED, NO_TEXT
from models.message import Address, Ask
from tests import slack_events as events
from tests.channels_cast import ROOM
from tests.slack_platform import Platform
from tests.slack_workspace import User
from tests.web_cast import MORNING

ANN = Address("slack", "T0USHER:U0ANN")
COMMANDS = frozenset({"deadlines", "briefings", "support", "language", "help"})
SUPPORT = Address("slack", ROOM)


@pytest.fixture
def ann(slack: Platform) -> User:
    return slack.users["U0ANN"]


def ask(payload: Any, room: Address | None = SUPPORT) -> Ask:
    found = read(payload, MORNING, COMMANDS, (room,) if room else ())
    assert isinstance(found, Ask)
    return found


def said(slack: Platform, ann: User, text: str, place: str = "", **event: Any) -> Any:
    message = slack.written(ann, text, place)
    told = events.message_event(message, ann, slack.channels[message.channel])
    told["event"] |= event
    return told


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Q & A: is 1 < 2 > 0?", "Q & A: is 1 < 2 > 0?"),
        ("&lt;!channel&gt; &amp;", "&lt;!channel&gt; &amp;"),  # typed so, letter by letter
        ("See https://example.org/a?b=1&c=2 or a@example.org", "See https://example.org/a?b=1&c=2 or a@example.org"),
        ("  Hello\n", "Hello"),
        ("<!here> <#C0GEN|general> <@U0SAM> <@U0SAM|sam> hello", "general   sam hello"),
        ("截止日期？", "截止日期？"),
    ],
)
async def test_words_are_read_as_they_were_typed(slack: Platform, ann: User, typed: str, meant: str) -> None:
    assert ask(said(slack, ann, typed)).text == meant


@pytest.mark.parametrize(
    ("marked", "meant"),
    [
        ("call <tel:+85229790000|2979 0000>", "call 2979 0000"),
        ("<http://example.org|example.org>", "example.org"),
        ("<mailto:a@example.org|a@example.org> <mailto:b@example.org>", "a@example.org b@example.org"),
        ("<!date^1392734382^{date}|18 February>", "18 February"),
        ("<!subteam^S012|@desk> hi", "@desk hi"),
    ],
)
async def test_what_slack_marks_in_a_text_is_read_as_words(slack: Platform, ann: User, marked: str, meant: str) -> None:
    payload = said(slack, ann, "")
    payload["event"]["text"] = marked
    assert ask(payload).text == meant


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("", "/help"),
        ("  ", "/help"),
        ("deadlines", "/deadlines"),
        ("Deadlines", "/deadlines"),
        ("/deadlines", "/deadlines"),
        ("language zh-Hant", "/language zh-Hant"),
        ("language", "/language"),
        ("support", "/support"),
        ("support please call me", "/support please call me"),
        ("supportive words", "supportive words"),
        ("deadlines for brokers", "deadlines for brokers"),
        ("language of the briefings", "language of the briefings"),
        ("timetable", "timetable"),
        ("幾時截止？", "幾時截止？"),
    ],
)
async def test_a_lone_word_after_the_command_may_be_a_command_itself(
    slack: Platform, ann: User, words: str, meant: str
) -> None:
    found = ask(events.command(slack, ann, slack.channels["C0GEN"], "/usher", words))
    assert (found.text, found.sender, found.room, found.name) == (meant, ANN, ANN, "Ann")
    assert found.once


async def test_a_message_is_known_by_itself_and_not_by_its_event(slack: Platform, ann: User) -> None:
    first = said(slack, ann, "Hello")
    again = first | {"event_id": "Ev0OTHER"}
    assert ask(first).id == ask(again).id != ask(said(slack, ann, "Hello")).id


async def test_a_file_alone_is_no_words(slack: Platform, ann: User) -> None:
    message = slack.written(ann, "")
    assert ask(events.file_event(message, ann, slack.channels["D0ANN"], "a.pdf")).text == NO_TEXT


@pytest.mark.parametrize(
    ("file", "named", "link"),
    [
        ({"name": "a b.png", "permalink": "https://x.slack.com/f/1"}, "a b.png", "https://x.slack.com/f/1"),
        ({"name": "a\nb\x00.png", "permalink": "javascript:alert(1)"}, "a b\x00.png", None),
        ({"id": "F1", "file_access": "check_file_info"}, "file", None),  # from another organisation
        ({"title": "x" * 500, "permalink": "https://x y"}, "x" * 120, None),
    ],
)
async def test_a_file_is_named_with_its_link(slack: Platform, ann: User, file: Any, named: str, link: str) -> None:
    (attached,) = ask(said(slack, ann, "see this", files=[file])).attachments
    assert (attached.name, attached.link) == (named, link)


async def test_files_that_were_deleted_are_none_and_very_many_are_not_all_named(slack: Platform, ann: User) -> None:
    assert ask(said(slack, ann, "see", files=[{"mode": "tombstone", "name": "gone"}])).attachments == ()
    assert len(ask(said(slack, ann, "see", files=[{"name": "a"}] * 30)).attachments) == 10


@pytest.mark.parametrize(
    ("teams", "team"),
    [
        ({"user_team": "T0OTHER", "team": "T0USHER"}, "T0OTHER"),
        ({"team": "T0OTHER"}, "T0OTHER"),
        ({"user_team": "E0GRID", "team": "T0OTHER"}, "T0OTHER"),
        ({"user_team": "E0GRID", "team": None}, "T0USHER"),
        ({"team": None}, "T0USHER"),
    ],
)
async def test_a_person_is_of_their_own_team(slack: Platform, ann: User, teams: dict[str, Any], team: str) -> None:
    assert ask(said(slack, ann, "Hello", **teams)).sender == Address("slack", f"{team}:U0ANN")


async def test_who_presses_is_of_their_own_team_too(slack: Platform) -> None:
    guest = slack.user("U0GUEST", team="T0OTHER")
    block = {"type": "actions", "elements": [{"type": "button", "text": {"text": "Go"}, "value": "/help"}]}
    message = slack.write("U0USHER", "C0GEN", "Press", blocks=[block])
    found = ask(events.press(slack, guest, message, "Go"))
    assert (found.sender, found.room) == (Address("slack", "T0OTHER:U0GUEST"), Address("slack", "C0GEN"))
    assert found.pressed == f"slack:C0GEN:{message.ts}"


async def test_talk_in_the_support_room_that_is_changed_into_a_reply_asks_nothing(slack: Platform, ann: User) -> None:
    room, plain = slack.channels[ROOM], slack.written(ann, "reply: now it is one", ROOM)
    assert read(events.changed_event(plain, ann, room, "Who knows?"), MORNING, (), (SUPPORT,)) is None
    mention = events.mention_event(slack.written(ann, "<@U0USHER> reply: now it is one", ROOM), ann, room)
    assert ask(mention).text == "reply: now it is one"
    mention["event"]["edited"] = {"user": ann.id, "ts": "1681264900.000000"}
    assert read(mention, MORNING, (), (SUPPORT,)) is None


async def test_the_support_room_is_overheard_and_no_other(slack: Platform, ann: User) -> None:
    card = slack.written(ann, "a card", ROOM)
    reply = said(slack, ann, "reply: Yes", ROOM, thread_ts=card.ts)
    assert ask(reply).overheard
    assert ask(reply).replies_to == f"slack:{ROOM}:{card.ts}"
    assert read(reply, MORNING, COMMANDS) is None
    assert read(said(slack, ann, "Lunch?", "C0GEN"), MORNING, COMMANDS, (SUPPORT,)) is None
    assert read(said(slack, ann, "<@U0USHER> reply: Yes", ROOM), MORNING, COMMANDS, (SUPPORT,)) is None
    assert ask(said(slack, ann, "<@U0SAM> Lunch?", ROOM)).replies_to is None


NOTHING: list[dict[str, Any]] = [
    {"bot_id": "B0OTHER"},
    {"user": None},
    {"subtype": "channel_join"},
    {"subtype": "message_deleted"},
    {"subtype": "bot_message"},
    {"subtype": "channel_topic"},
    {"type": "reaction_added"},
]


@pytest.mark.parametrize("event", NOTHING, ids=str)
async def test_what_asks_nothing_is_left_aside(slack: Platform, ann: User, event: dict[str, Any]) -> None:
    assert read(said(slack, ann, "Hello", **event), MORNING, COMMANDS, (SUPPORT,)) is None


async def test_an_edit_by_a_person_is_told_and_slack_s_own_changes_are_not(slack: Platform, ann: User) -> None:
    message = slack.written(ann, "now")
    changed = events.changed_event(message, ann, slack.channels["D0ANN"], "before")
    assert ask(changed).text == EDITED
    inner = changed["event"]["message"]
    for other in ({**inner, "text": "before"}, {**inner, "edited": None}, {**inner, "bot_id": "B0USHER"}):
        assert read({**changed, "event": {**changed["event"], "message": other}}, MORNING) is None
    in_channel = events.changed_event(slack.written(ann, "now", "C0GEN"), ann, slack.channels["C0GEN"], "before")
    assert read(in_channel, MORNING) is None


async def test_the_home_is_seen_and_the_messages_tab_is_not(slack: Platform, ann: User) -> None:
    assert read(events.home_event(slack, ann), MORNING) == Seen("home", ANN)
    assert read(events.home_event(slack, ann, "messages"), MORNING) is None


OLD_WINDOW = {"type": "view_submission", "view": {"callback_id": "another", "id": "V1"}}


@pytest.mark.parametrize("payload", [{}, {"type": "block_suggestion"}, {"type": 7}, {"type": "event"}, OLD_WINDOW])
def test_an_unknown_kind_is_named(payload: dict[str, Any]) -> None:
    with pytest.raises(Unknown):
        read(payload, MORNING)


def test_kinds_that_ask_nothing_of_usher_are_known() -> None:
    assert read({"type": "app_rate_limited"}, MORNING) is None
    assert read({"type": "view_closed", "view": {"callback_id": "form"}}, MORNING) is None
    assert read({"ssl_check": "1"}, MORNING) is None
