"""What Telegram's updates mean: who asks what and where, and what is nobody's question."""

from typing import Any

import pytest

from bot.telegram.read import KINDS, UPDATES, Left, Me, Moved, language_of, read
from models.message import Address, Ask
from tests.telegram_contract import CONTRACT
from tests.web_cast import MORNING

ME = Me(7000000001, "usher_test_bot", frozenset({"/start", "/help", "/deadlines", "/reply"}))
ANN = {"id": 101, "is_bot": False, "first_name": "Ann", "last_name": "Lee", "language_code": "en"}
BOT = {"id": ME.id, "is_bot": True, "first_name": "Usher"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Team"}
ROOM = Address("telegram", "-1001")


def message(text: str = "", chat: Any = None, **more: Any) -> dict[str, Any]:
    private = {"id": 101, "type": "private", "first_name": "Ann"}
    told = {"message_id": 5, "from": ANN, "chat": chat or private, "date": 1, **more}
    return told | ({"text": text} if text else {})


def seen(kind: str, told: dict[str, Any]) -> Any:
    return read({"update_id": 9, kind: told}, ME, MORNING, (Address("telegram", "-1009"),))


def asked(text: str, **more: Any) -> str | None:
    found = seen("message", message(text, **more))
    return found.text if isinstance(found, Ask) else None


def test_a_private_question_carries_who_where_and_in_which_language() -> None:
    person = Address("telegram", "101")
    expected = Ask("telegram:7000000001:9", person, person, "When?", MORNING, "en", name="Ann Lee")
    assert seen("message", message("When?")) == expected


def test_a_question_in_a_topic_names_the_topic_as_its_room_and_itself_as_the_place() -> None:
    first = {"message_id": 7, "from": ANN, "chat": GROUP, "date": 1}
    found = seen(
        "message",
        message("/help", GROUP, message_thread_id=7, is_topic_message=True, reply_to_message=first),
    )
    assert (found.room.id, found.answer_at.id, found.replies_to) == ("-1001:7", "-1001:7:5", None)


def test_a_reply_in_a_supergroup_without_topics_is_one_although_its_thread_has_the_same_number() -> None:
    card = {"message_id": 50, "from": BOT, "chat": {"id": -1009, "type": "supergroup"}, "date": 1}
    told = message("reply: yes", {"id": -1009, "type": "supergroup"}, message_thread_id=50, reply_to_message=card)
    found = seen("message", told)
    assert (found.replies_to, found.room.id, found.overheard) == ("telegram:-1009:50", "-1009", True)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("/deadlines", "/deadlines"),
        ("/Deadlines", "/deadlines"),
        ("/help!", "/help"),
        ("/deadlines?", "/deadlines"),
        ("/deadlines\nplease", "/deadlines please"),
        ("/deadlines@Usher_Test_Bot", "/deadlines"),
        ("/weather@usher_test_bot", "/weather"),
        ("/reply 7 Is it? Yes!", "/reply 7 Is it? Yes!"),
        ("/start@usher_test_bot deadlines", "/deadlines"),
        ("@usher_test_bot, when?", "when?"),
        ("when, @USHER_TEST_BOT ?", "when,  ?"),
        ("請問@usher_test_bot幾時死線", "請問幾時死線"),
        ("@usher_test_bot：幾時死線", "幾時死線"),
        ("@usher_test_bot /Deadlines", "/deadlines"),
        ("@usher_test_bot", "/help"),
        ("İİİİ @usher_test_bot when?", "İİİİ  when?"),
        ("/deadlines@other_bot", None),
        ("/deadlines@other_bot and @usher_test_bot", None),
        ("/weather", None),
        ("/a ccms-2fa-2023 deadlines", None),
        ("/etc/hosts", None),
        ("/help/me", None),
        ("me@usher_test_bot.org", None),
        ("@usher_test_bot_2 when?", None),
        ("when?", None),
    ],
)
def test_in_a_group_only_what_is_addressed_to_usher_is_heard(said: str, words: str | None) -> None:
    assert asked(said, chat=GROUP) == words


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("when?", "when?"),
        ("@usher_test_bot when?", "when?"),
        ("/a ccms-2fa-2023 deadlines", "/a ccms-2fa-2023 deadlines"),
        ("/weather", "/weather"),
        ("/start deadlines", "/deadlines"),
        ("/start", "/start"),
        ("/start weather", "/start weather"),
        ("/start USHER-7K3M-Q9D2-TAXW-4PB8", "/start USHER-7K3M-Q9D2-TAXW-4PB8"),
        ("/start@other_bot deadlines", "/start@other_bot deadlines"),
        ("half a \ud83d and \x00", "half a ? and "),
    ],
)
def test_in_private_everything_is_heard(said: str, words: str) -> None:
    assert asked(said) == words


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_no_words_is_told_so_in_private_and_ignored_in_a_group(kind: str) -> None:
    assert asked("", **{kind: {}}) == "/no-text"
    assert asked("", chat=GROUP, **{kind: {}}) is None
    assert asked("", caption="When?", **{kind: {}}) == "When?"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"document": {"file_name": "slip of\nMonday.pdf"}}, "slip of Monday.pdf"),
        ({"document": {}}, "document"),
        ({"photo": [{"file_id": "x"}]}, "photo"),
        ({"video_note": {}}, "video note"),
        ({"animation": {"file_name": "a.gif"}, "document": {"file_name": "a.gif"}}, "a.gif"),  # Telegram says both
        ({"sticker": {}}, None),
        ({"contact": {}}, None),
    ],
)
def test_a_file_goes_by_its_name_or_its_kind(content: Any, named: str | None) -> None:
    found = seen("message", message(caption="see", **content))
    assert [one.name for one in found.attachments] == ([named] if named else [])
    assert not any(one.link for one in found.attachments)  # a private chat has none


def test_a_file_in_a_supergroup_has_the_link_of_its_message() -> None:
    supergroup = {"id": -1001234567890, "type": "supergroup", "title": "Team"}
    told = message(caption="@usher_test_bot see", chat=supergroup, photo=[{}])
    assert [one.link for one in seen("message", told).attachments] == ["https://t.me/c/1234567890/5"]
    topic = message(caption="@usher_test_bot", chat=supergroup, photo=[{}], message_thread_id=9, is_topic_message=True)
    assert [one.link for one in seen("message", topic).attachments] == ["https://t.me/c/1234567890/9/5"]
    small = message(caption="@usher_test_bot see", chat={"id": -1, "type": "group", "title": "Team"}, photo=[{}])
    assert [one.link for one in seen("message", small).attachments] == [None]


def test_every_kind_is_one_that_telegram_has() -> None:
    names = CONTRACT["types"].get("Message", {}).get("fields", {})
    assert not names or set(KINDS) <= set(names)
    assert set(UPDATES) <= set(CONTRACT["updates"])


def test_an_album_without_words_is_one_event() -> None:
    keys = {seen("message", message("", photo=[], media_group_id="77", message_id=number)).id for number in (1, 2, 3)}
    assert keys == {"telegram:7000000001:album:77"}
    assert seen("message", message("", photo=[], media_group_id="77", caption="When?")).id == "telegram:7000000001:9"


@pytest.mark.parametrize(
    "told",
    [
        message("", pinned_message={}),
        message("", new_chat_members=[BOT]),
        message("/help", GROUP, sender_chat=GROUP),
        {"message_id": 5, "from": BOT, "chat": GROUP, "date": 1, "text": "/help"},
        {"message_id": 5, "chat": GROUP, "date": 1, "text": "/help"},
    ],
)
def test_notes_of_telegram_and_what_bots_channels_and_anonymous_people_say_is_nobodys_question(told: Any) -> None:
    assert seen("message", told) is None


def test_a_changed_text_is_met_in_private_only_and_a_moving_position_is_no_changed_text() -> None:
    assert seen("edited_message", message("When?", edit_date=2)).text == "/edited"
    assert seen("edited_message", message("@usher_test_bot when?", GROUP)) is None
    assert seen("edited_message", message("", location={"latitude": 1, "longitude": 2})) is None


def test_a_group_that_moves_and_a_chat_that_is_lost_are_told() -> None:
    group = {"id": -55, "type": "group", "title": "Team"}
    assert seen("message", message("", group, migrate_to_chat_id=-1002)) == Moved(
        Address("telegram", "-55"), Address("telegram", "-1002")
    )
    assert seen("message", message("", GROUP, migrate_from_chat_id=-55)) is None
    for status, left in (("kicked", True), ("left", True), ("member", False), ("administrator", False)):
        changed = {"chat": GROUP, "from": ANN, "date": 1, "new_chat_member": {"user": BOT, "status": status}}
        assert seen("my_chat_member", changed) == (Left(ROOM, status) if left else None)


def press(action: str | None, keyboard: tuple[str, ...], chat: Any = None, **more: Any) -> Any:
    rows = [[{"text": "x", "callback_data": one}] for one in keyboard]
    below = message("x", chat, **{"from": BOT, "reply_markup": {"inline_keyboard": rows}}) | more
    return seen("callback_query", {"id": "1", "from": ANN, "message": below, "data": action, "chat_instance": "7"})


def test_a_press_on_a_choice_is_one_event_and_on_a_quick_start_one_each_time() -> None:
    settled = press("/a small due", ("/a small due", "/support 0123"))
    assert settled.id == "telegram:7000000001:press:101:telegram:101:5:/a small due"
    assert settled.pressed == "telegram:101:5"
    assert press("/support", ("/a small due", "/support")).id == "telegram:7000000001:9"


@pytest.mark.parametrize(("asker", "heard"), [(ANN, True), (BOT, True), ({"id": 102, "is_bot": False}, False)])
def test_another_members_choice_cannot_be_made(asker: Any, heard: bool) -> None:
    below = {"reply_to_message": message("When?", GROUP, **{"from": asker})}
    assert (press("/no", ("/no",), GROUP, **below) is not None) == heard
    assert press("/a small due", ("/a small due",), GROUP, **below) is not None


def test_a_press_without_its_message_or_its_data_asks_nothing() -> None:
    assert press(None, ("/no",)) is None
    assert seen("callback_query", {"id": "1", "from": ANN, "data": "/no", "inline_message_id": "x"}) is None


@pytest.mark.parametrize(
    ("code", "language"),
    [("en", "en"), ("en-GB", "en"), ("zh-hans", "zh-Hans"), ("zh-CN", "zh-Hans"), ("zh-hant", "zh-Hant"),
     ("zh-TW", "zh-Hant"), ("zh", "zh-Hant"), ("pt-br", None), ("", None)],
)  # fmt: skip
def test_the_language_of_the_app_is_one_of_ours_or_none(code: str, language: str | None) -> None:
    assert language_of({"language_code": code} if code else {}) == language
