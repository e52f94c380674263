"""Reads what Telegram hands over: which person asks what, and where; everything else of its updates is left aside."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers.commands import EDITED, HELP, NO_TEXT, START
from handlers.facts import NO_SUPPORT, SUPPORT
from handlers.talk import CANCEL
from models.message import Address, Ask, Attachment

Payload = Mapping[str, Any]

KINDS = ("sticker", "voice", "video", "video_note", "audio", "document", "photo", "animation", "location", "contact",
         "poll", "dice", "venue", "story", "checklist", "game")  # fmt: skip
FILES = ("document", "photo", "video", "audio", "voice", "animation", "video_note")
NAMED = 120  # letters of a file's name
UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
# A command ends where Telegram ends it: "/help!" is one, "/etc/hosts" and "/help@OtherBot" for somebody else are not.
_COMMAND = re.compile(r"/([a-z0-9_]{1,64})(?:@([a-z0-9_]+))?(?![\w/@])(.*)", re.IGNORECASE | re.DOTALL)
_MARKS = " \t\n\u3000,.:!?，。：！？"


@dataclass(frozen=True)
class Me:
    """The bot's own account, and the commands that are its own, with their slashes."""

    id: int
    username: str
    commands: frozenset[str]


@dataclass(frozen=True)
class Moved:
    """A group has become a supergroup, with another id."""

    old: Address
    new: Address


@dataclass(frozen=True)
class Left:
    """Usher was blocked, or is in a group no more."""

    room: Address
    why: str


def read(update: Payload, me: Me, now: datetime, support_rooms: Sequence[Address] = ()) -> Ask | Moved | Left | None:
    """What the update asks of Usher; None where it asks nothing."""
    key = f"telegram:{me.id}:{update['update_id']}"
    if pressed := update.get("callback_query"):
        return _press(key, pressed, me, now)
    if changed := update.get("my_chat_member"):
        status = changed["new_chat_member"]["status"]
        return Left(_address(changed["chat"]["id"]), status) if status in ("kicked", "left") else None
    if edited := update.get("edited_message"):
        # A shared live position is "edited" every few seconds.
        return _ask(key, edited, EDITED, now) if _is_private(edited) and _text(edited) else None
    message = update.get("message")
    if message and "migrate_to_chat_id" in message:
        return Moved(_address(message["chat"]["id"]), _address(message["migrate_to_chat_id"]))
    return _message(key, message, me, now, support_rooms) if message else None


def _message(key: str, message: Payload, me: Me, now: datetime, support_rooms: Sequence[Address]) -> Ask | None:
    if message.get("from", {}).get("is_bot", True) or "sender_chat" in message:
        return None  # a bot, or a channel or an anonymous admin, of whom nobody knows who it is
    text = _text(message)
    if _is_private(message):
        words = _addressed(text, me) or text
        return _ask(key, message, words, now) if words else _wordless(key, message, me, now)
    if words := _addressed(text, me) or "":
        return _ask(key, message, words, now)
    if text and any(_address(message["chat"]["id"]).within(room) for room in support_rooms):
        return _ask(key, message, text, now, overheard=True)
    return None


def _wordless(key: str, message: Payload, me: Me, now: datetime) -> Ask | None:
    """A message without words is told so, an album once; a note of Telegram's own (a pinned message) is nobody's."""
    if album := message.get("media_group_id"):
        key = f"telegram:{me.id}:album:{album}"
    return _ask(key, message, NO_TEXT, now) if any(kind in message for kind in KINDS) else None


def _addressed(text: str, me: Me) -> str | None:
    """The words of a command or of a mention, as an action or without the name; None where it is neither."""
    if text.startswith("/"):
        return _command(text, me)
    # Not \w: in Chinese the next word follows without a space.
    words, found = re.subn(rf"(?<![a-z0-9_])@{me.username}(?![a-z0-9_])", "", text, flags=re.IGNORECASE)
    if not found:
        return None
    words = words.strip(" \t\n\u3000,:，：、")
    return _command(words, me) or words or HELP


def _command(text: str, me: Me) -> str | None:
    """The command as an action, if it is Usher's own or names Usher: in a group other bots have theirs."""
    found = _COMMAND.fullmatch(text)
    if found is None:
        return None
    word, whom, rest = f"/{found[1].lower()}", found[2], found[3].lstrip(_MARKS)
    mine = whom.lower() == me.username.lower() if whom else word in me.commands
    if mine and word == START and f"/{rest}" in me.commands:  # from a link that names a command
        return f"/{rest}"
    return f"{word} {rest}".rstrip() if mine else None


def _ask(key: str, message: Payload, text: str, now: datetime, *, overheard: bool = False) -> Ask:
    person, room, place = _places(message, message["from"])
    reply = message.get("reply_to_message", {}).get("message_id")
    # In a topic everything that replies to nothing replies to the topic's first message. Elsewhere a thread is named by
    # the message that is replied to.
    is_reply = reply is not None and not (message.get("is_topic_message") and reply == message["message_thread_id"])
    return Ask(
        key,
        person,
        room,
        text,
        now,
        language=language_of(message["from"]),
        name=_name(message["from"]),
        answer_at=place,
        replies_to=str(_address(message["chat"]["id"], reply)) if is_reply else None,
        overheard=overheard,
        attachments=() if overheard else tuple(_attached(message)),
    )


def _attached(message: Payload) -> Iterator[Attachment]:
    """A file goes by its own name, if it has one, and by its kind."""
    for kind in FILES:
        if kind in message and not (kind == "document" and "animation" in message):
            found = message[kind]
            name = found.get("file_name") if isinstance(found, Mapping) else None
            yield Attachment(
                " ".join(_clean(str(name or kind.replace("_", " "))).split())[:NAMED] or kind, _link(message)
            )


def _link(message: Payload) -> str | None:
    """Where those who are in the group find the message; nobody else can read a private chat, nor a small group."""
    chat = message["chat"]
    if chat["type"] != "supergroup":
        return None
    thread = f"/{message['message_thread_id']}" if message.get("is_topic_message") else ""
    return f"https://t.me/c/{str(chat['id']).removeprefix('-100')}{thread}/{message['message_id']}"


def _press(key: str, pressed: Payload, me: Me, now: datetime) -> Ask | None:
    """A message that is too old comes without its buttons, or not at all: then nobody knows where it was pressed."""
    message, action = pressed.get("message"), pressed.get("data")
    if not message or not action:
        return None
    user = pressed["from"]
    person, room, place = _places(message, user)
    reference = str(_address(message["chat"]["id"], message["message_id"]))
    if _is_settled_once_pressed(message, action):
        if place and _asker(message) not in (None, me.id, user["id"]):
            return None  # a member's own choice, and somebody else in the group pressed it
        # However often it is pressed before it is gone, it is one event.
        key = f"telegram:{me.id}:press:{person.id}:{reference}:{action}"
    return Ask(
        key, person, room, _clean(action), now, language_of(user), name=_name(user), answer_at=place, pressed=reference
    )


def _is_settled_once_pressed(message: Payload, action: str) -> bool:
    rows = message.get("reply_markup", {}).get("inline_keyboard", ())
    actions = [action, *(button.get("callback_data", "") for row in rows for button in row)]
    return any(one in (NO_SUPPORT, CANCEL) or one.startswith(f"{SUPPORT} ") for one in actions)


def _asker(message: Payload) -> int | None:
    """Whose message was answered by this one."""
    asker: int | None = message.get("reply_to_message", {}).get("from", {}).get("id")
    return asker


def _places(message: Payload, user: Payload) -> tuple[Address, Address, Address | None]:
    """The person, the room (of a group with topics: the topic), and in a group the message that is answered."""
    person, chat = _address(user["id"]), message["chat"]["id"]
    if _is_private(message):
        return person, person, None
    thread = message.get("message_thread_id") if message.get("is_topic_message") else None
    room = _address(chat, thread) if thread else _address(chat)
    return person, room, Address("telegram", f"{chat}:{thread or ''}:{message['message_id']}")


def _is_private(message: Payload) -> bool:
    return bool(message["chat"]["type"] == "private")


def _address(*parts: object) -> Address:
    return Address("telegram", ":".join(str(part) for part in parts))


def _text(message: Payload) -> str:
    return _clean(str(message.get("text") or message.get("caption") or ""))


def _clean(text: str) -> str:
    """Without what no database takes."""
    return text.encode(errors="replace").decode().replace("\x00", "")


def _name(user: Payload) -> str:
    return _clean(" ".join(filter(None, (user.get("first_name"), user.get("last_name")))))


def language_of(user: Payload) -> str | None:
    """The language of the person's app, where it is one that Usher speaks."""
    code = str(user.get("language_code", "")).lower()
    if code.startswith("zh"):
        return "zh-Hans" if code.startswith(("zh-hans", "zh-cn", "zh-sg")) else "zh-Hant"
    return "en" if code.startswith("en") else None
