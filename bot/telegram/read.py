"""Reads what Telegram hands over: which person asks what, and where; everything else of its updates is left aside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers.commands import EDITED, HELP, NO_TEXT
from handlers.facts import NO_SUPPORT, SUPPORT
from models.message import Address, Ask

Payload = Mapping[str, Any]

KINDS = ("sticker", "voice", "video", "video_note", "audio", "document", "photo", "animation", "location", "contact",
         "poll", "dice", "venue", "story")  # fmt: skip
UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]


@dataclass(frozen=True)
class Me:
    """The bot's own account."""

    id: int
    username: str


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


def read(update: Payload, me: Me, now: datetime, support_room: Address | None = None) -> Ask | Moved | Left | None:
    """What the update asks of Usher; None where it asks nothing."""
    key = f"telegram:{me.id}:{update['update_id']}"
    if pressed := update.get("callback_query"):
        return _press(key, pressed, me, now)
    if changed := update.get("my_chat_member"):
        status = changed["new_chat_member"]["status"]
        return Left(_address(changed["chat"]["id"]), status) if status in ("kicked", "left") else None
    if edited := update.get("edited_message"):
        return _ask(key, edited, EDITED, now) if _is_private(edited) else None
    message = update.get("message")
    if message and "migrate_to_chat_id" in message:
        return Moved(_address(message["chat"]["id"]), _address(message["migrate_to_chat_id"]))
    return _message(key, message, me, now, support_room) if message else None


def _message(key: str, message: Payload, me: Me, now: datetime, support_room: Address | None) -> Ask | None:
    if message.get("from", {}).get("is_bot", True):
        return None
    text = str(message.get("text") or message.get("caption") or "")
    if _is_private(message):
        return _ask(key, message, _addressed(text, me) or text or _unreadable(message), now)
    if words := _addressed(text, me):
        return _ask(key, message, words, now)
    if support_room and _address(message["chat"]["id"]).within(support_room) and text:
        return _ask(key, message, text, now, overheard=True)
    return None


def _unreadable(message: Payload) -> str:
    """What is said of a message without words; a service message (a pinned one, say) is nobody's question."""
    return NO_TEXT if any(kind in message for kind in KINDS) else ""


def _addressed(text: str, me: Me) -> str | None:
    """The words of a command or of a mention, as an action or without the name; None where it is neither."""
    name = f"@{me.username}"
    if text.startswith("/"):
        command, _, rest = text.partition(" ")
        word, _, whom = command.partition("@")
        return f"{word} {rest}".strip() if not whom or whom.lower() == me.username.lower() else None
    at = text.lower().find(name.lower())
    if at < 0 or text[at + len(name) : at + len(name) + 1].replace("_", "a").isalnum():
        return None
    return (text[:at] + text[at + len(name) :]).strip(" ,:，：") or HELP


def _ask(key: str, message: Payload, text: str, now: datetime, *, overheard: bool = False) -> Ask | None:
    if not text:
        return None
    person, room, place = _places(message, message["from"])
    reply = message.get("reply_to_message", {}).get("message_id")
    # In a topic everything that replies to nothing replies to the topic's first message.
    is_reply = reply is not None and reply != message.get("message_thread_id")
    return Ask(
        key,
        person,
        room,
        text,
        now,
        language=_language(message["from"]),
        name=_name(message["from"]),
        answer_at=place,
        replies_to=str(_address(message["chat"]["id"], reply)) if is_reply else None,
        overheard=overheard,
    )


def _press(key: str, pressed: Payload, me: Me, now: datetime) -> Ask | None:
    message, action = pressed.get("message"), pressed.get("data")
    if not message or not action:
        return None
    person, room, place = _places(message, pressed["from"])
    reference = str(_address(message["chat"]["id"], message["message_id"]))
    if _is_gone_once_pressed(message):
        # However often it is pressed before it is gone, it is one event.
        key = f"telegram:{me.id}:press:{person.id}:{reference}:{action}"
    language, name = _language(pressed["from"]), _name(pressed["from"])
    return Ask(key, person, room, action, now, language, name=name, answer_at=place, pressed=reference)


def _is_gone_once_pressed(message: Payload) -> bool:
    rows = message.get("reply_markup", {}).get("inline_keyboard", ())
    actions = [button.get("callback_data", "") for row in rows for button in row]
    return any(action == NO_SUPPORT or action.startswith(f"{SUPPORT} ") for action in actions)


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


def _name(user: Payload) -> str:
    return " ".join(filter(None, (user.get("first_name"), user.get("last_name"))))


def _language(user: Payload) -> str | None:
    """The language of the person's app, where it is one that Usher speaks."""
    code = user.get("language_code", "").lower()
    if code.startswith("zh"):
        return "zh-Hans" if code in ("zh-hans", "zh-cn", "zh-sg") else "zh-Hant"
    return "en" if code.startswith("en") else None
