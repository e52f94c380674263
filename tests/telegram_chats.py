"""The people, chats and messages of the tests' Telegram, and what the bot's calls do to them."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.telegram_contract import JSON, Breach, Refused
from tests.telegram_text import captioned, formatted

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
GONE = {
    ("group", "kicked"): "bot was kicked from the group chat",
    ("supergroup", "kicked"): "bot was kicked from the supergroup chat",
    ("group", "left"): "bot is not a member of the group chat",
    ("supergroup", "left"): "bot is not a member of the supergroup chat",
}


@dataclass(eq=False)
class User:
    id: int
    first_name: str
    language_code: str | None = None
    username: str | None = None
    is_bot: bool = False
    started: bool = False
    blocked: bool = False
    deactivated: bool = False

    def payload(self) -> JSON:
        told = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        return told | _given(username=self.username, language_code=self.language_code)


@dataclass(eq=False)
class Chat:
    id: int
    kind: str
    title: str = ""
    user: User | None = None
    topics: dict[int, str] = field(default_factory=dict)
    member: str = "member"  # what the bot is here; or "left", "kicked"
    migrated_to: int | None = None
    messages: dict[int, "Message"] = field(default_factory=dict)

    def payload(self) -> JSON:
        if self.user:
            told = {"id": self.id, "type": "private", "first_name": self.user.first_name}
            return told | _given(username=self.user.username)
        return {"id": self.id, "type": self.kind, "title": self.title} | _given(is_forum=bool(self.topics) or None)


@dataclass(eq=False)
class Message:
    """A message as it stands now."""

    chat: Chat
    id: int
    sender: User
    date: int
    text: str = ""
    entities: list[JSON] = field(default_factory=list)
    keyboard: list[list[JSON]] = field(default_factory=list)
    thread: int | None = None
    reply_to: "Message | None" = None
    content: JSON = field(default_factory=dict)  # a sticker, a photo, a note of Telegram's own
    edited: int | None = None
    update: JSON | None = None  # the one that told the bot of this message
    file: bytes | None = None  # of a document

    @property
    def buttons(self) -> list[str]:
        return [button["text"] for row in self.keyboard for button in row]

    def payload(self, *, with_reply: bool = True) -> JSON:
        told = {"message_id": self.id, "from": self.sender.payload(), "chat": self.chat.payload(), "date": self.date}
        told |= _given(edit_date=self.edited, message_thread_id=self.thread)
        told |= _given(is_topic_message=(self.thread in self.chat.topics) or None)
        if with_reply and self.reply_to:
            told["reply_to_message"] = self.reply_to.payload(with_reply=False)
        words, marks = ("caption", "caption_entities") if self.content else ("text", "entities")
        told |= _given(**{words: self.text or None, marks: self.entities or None})
        if self.keyboard:
            told["reply_markup"] = {"inline_keyboard": self.keyboard}
        return told | self.content


@dataclass(eq=False)
class Press:
    """A button that somebody pressed, and what the bot showed in answer; it spins until `answered`."""

    id: str
    message: Message
    at: float
    answered: bool = False
    text: str = ""
    alert: bool = False
    update: JSON | None = None


def _given(**told: Any) -> JSON:
    return {name: value for name, value in told.items() if value is not None}


class Chats:
    """All that Telegram keeps for the bot, and the calls that read and change it, under their own names."""

    def __init__(self, bot: User, now: Callable[[], float] = time.time) -> None:
        self.bot = bot
        self.now = now
        self.reads_all = False
        self.users: dict[int, User] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        self.presses: dict[str, Press] = {}
        self.commands: dict[tuple[str, str], list[JSON]] = {}
        self.descriptions: dict[tuple[str, str], str] = {}
        self.actions: list[tuple[int, str]] = []
        self._ids = count(1)  # those of private chats and small groups run through all of them
        self.calls: dict[str, Callable[[JSON], Any]] = {
            "getMe": self._get_me,
            "getChat": self._get_chat,
            "sendMessage": self._send_message,
            "sendDocument": self._send_document,
            "editMessageText": self._edit_text,
            "editMessageReplyMarkup": self._edit_keyboard,
            "deleteMessage": self._delete,
            "answerCallbackQuery": self._answer,
            "sendChatAction": self._act,
            "setMyCommands": self._set_commands,
            "getMyCommands": self._get_commands,
            "setMyDescription": self._describe,
            "setMyShortDescription": self._describe,
        }

    def private(self, user: User) -> Chat:
        return self.chats.setdefault(user.id, Chat(user.id, "private", user=user))

    def add(self, chat: Chat, sender: User, **told: Any) -> Message:
        """A new message in `chat`, with the next number there."""
        number = max(chat.messages, default=0) + 1 if chat.kind == "supergroup" else next(self._ids)
        # A topic is the message that opened it, so its number is taken.
        while number in chat.topics:
            number += 1
        chat.messages[number] = Message(chat, number, sender, int(self.now()), **told)
        return chat.messages[number]

    def spinning(self) -> list[Press]:
        return [press for press in self.presses.values() if not press.answered]

    def _get_me(self, _: JSON) -> JSON:
        told = {"can_join_groups": True, "can_read_all_group_messages": self.reads_all}
        others = ("supports_inline_queries", "can_connect_to_business", "has_main_web_app")
        return self.bot.payload() | told | dict.fromkeys(others, False)

    def _get_chat(self, asked: JSON) -> JSON:
        chat = self._reached(asked["chat_id"])
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        told = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(gifts, False)}
        return chat.payload() | told

    def _send_message(self, asked: JSON) -> JSON:
        text, entities = formatted(asked)  # the text is looked at before the chat is
        return self._put(asked, text=text, entities=entities).payload()

    def _send_document(self, asked: JSON) -> JSON:
        text, entities = captioned(asked)
        file, content = asked["document"], asked["document"].file.read()
        told = {"file_name": file.filename, "mime_type": file.content_type, "file_size": len(content)}
        told |= {"file_id": "BQACAgIAAxkDAAIB", "file_unique_id": "AgADsAADF"}
        return self._put(asked, text=text, entities=entities, content={"document": told}, file=content).payload()

    def _put(self, asked: JSON, **told: Any) -> Message:
        """A new message of the bot's, where it may stand."""
        chat = self._reached(asked["chat_id"])
        reply_to = self._replied(chat, asked.get("reply_parameters"))
        thread = asked.get("message_thread_id") or (reply_to.thread if reply_to else None)
        if thread is not None and thread not in chat.topics and (chat.kind != "supergroup" or not reply_to):
            raise Refused("message thread not found")
        if reply_to and reply_to.thread != thread and chat.topics:
            raise Refused("message to be replied not found")  # it stands in another topic
        keyboard = _rows(asked.get("reply_markup"))
        message = self.add(chat, self.bot, keyboard=keyboard, **told)
        message.thread, message.reply_to = thread, reply_to
        return message

    def _edit_text(self, asked: JSON) -> JSON:
        if "text" not in asked:
            raise Breach("message text is empty")  # rich messages are no part of this server
        text, entities = formatted(asked)
        return self._change(self._own(asked, "edit"), text, entities, _rows(asked.get("reply_markup")))

    def _edit_keyboard(self, asked: JSON) -> JSON:
        message = self._own(asked, "edit")
        return self._change(message, message.text, message.entities, _rows(asked.get("reply_markup")))

    def _change(self, message: Message, text: str, entities: list[JSON], keyboard: list[list[JSON]]) -> JSON:
        if (text, entities, keyboard) == (message.text, message.entities, message.keyboard):
            raise Refused(
                "message is not modified: specified new message content and reply markup are exactly the same as a "
                "current content and reply markup of the message"
            )
        message.text, message.entities, message.keyboard = text, entities, keyboard
        message.edited = int(self.now())
        return message.payload()

    def _delete(self, asked: JSON) -> bool:
        chat = self._reached(asked["chat_id"])
        message = chat.messages.get(asked["message_id"])
        if not message:
            raise Refused("message to delete not found")
        if message.sender is not self.bot and chat.kind != "private":
            raise Refused("message can't be deleted")
        del chat.messages[message.id]
        return True

    def _answer(self, asked: JSON) -> bool:
        press = self.presses.get(asked["callback_query_id"])
        if not press or press.answered or self.now() - press.at > 15:
            raise Refused(TOO_OLD)
        press.answered, press.text = True, asked.get("text", "")
        press.alert = asked.get("show_alert", False)
        return True

    def _act(self, asked: JSON) -> bool:
        self.actions.append((self._reached(asked["chat_id"]).id, asked["action"]))
        return True

    def _set_commands(self, asked: JSON) -> bool:
        self.commands[_scope(asked)] = asked["commands"]
        return True

    def _get_commands(self, asked: JSON) -> list[JSON]:
        return self.commands.get(_scope(asked), [])

    def _describe(self, asked: JSON) -> bool:
        kind = next((name for name in asked if name.endswith("description")), "description")
        self.descriptions[kind, asked.get("language_code", "")] = asked.get(kind, "")
        return True

    def _reached(self, chat_id: int | str) -> Chat:
        """The chat, if the bot may write there."""
        user = self.users.get(chat_id) if isinstance(chat_id, int) else None
        chat = self.private(user) if user else self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if not chat or user is self.bot:
            raise Refused("chat not found")
        if chat.migrated_to:
            raise Refused("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
        if chat.member != "member":
            raise Refused(GONE[chat.kind, chat.member], 403)
        if user and user.deactivated:
            raise Refused("user is deactivated", 403)
        if user and user.blocked:
            raise Refused("bot was blocked by the user", 403)
        if user and not user.started:
            raise Refused("bot can't initiate conversation with a user", 403)
        return chat

    def _own(self, asked: JSON, what: str) -> Message:
        if "chat_id" not in asked or "message_id" not in asked:
            raise Breach("message identifier is not specified")
        message = self._reached(asked["chat_id"]).messages.get(asked["message_id"])
        if not message:
            raise Refused(f"message to {what} not found")
        if message.sender is not self.bot:
            raise Refused(f"message can't be {what}ed")
        return message

    def _replied(self, chat: Chat, asked: JSON | None) -> Message | None:
        if not asked:
            return None
        if asked.get("chat_id", chat.id) != chat.id:
            raise Refused("message to be replied not found")  # replies across chats are no part of this server
        message = chat.messages.get(asked["message_id"])
        if not message and not asked.get("allow_sending_without_reply", False):
            raise Refused("message to be replied not found")
        if message and asked.get("quote", "") not in message.text:
            raise Refused("QUOTE_TEXT_INVALID")
        return message


def _rows(markup: JSON | None) -> list[list[JSON]]:
    return [row for row in (markup or {}).get("inline_keyboard", []) if row]


def _scope(asked: JSON) -> tuple[str, str]:
    scope = json.dumps(asked.get("scope", {"type": "default"}), sort_keys=True)
    return scope, asked.get("language_code", "")
