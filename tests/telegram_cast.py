"""The people of the tests' Telegram: they write, answer, press buttons, block the bot, and move their groups."""

from itertools import count
from typing import Any

from tests.telegram_chats import Chat, Chats, Message, Press, User
from tests.telegram_contract import JSON
from tests.telegram_text import found
from tests.telegram_updates import Updates

_UNIQUE = {"file_id": "BQACAgIAAxkBAAIB", "file_unique_id": "AgADrwADF", "file_size": 20_480}
ATTACHMENTS: dict[str, Any] = {
    "sticker": _UNIQUE
    | {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False, "emoji": "👍"},
    "voice": _UNIQUE | {"duration": 3, "mime_type": "audio/ogg"},
    "document": _UNIQUE | {"file_name": "form.pdf", "mime_type": "application/pdf"},
    "photo": [_UNIQUE | {"width": 90, "height": 67}, _UNIQUE | {"width": 1280, "height": 960}],
}


class Cast:
    """What a test lets people do. Each does it in Telegram, and the bot is told if Telegram would tell it."""

    def __init__(self, chats: Chats, updates: Updates) -> None:
        self.chats = chats
        self.updates = updates
        self._presses = count(4_382_000_000_000_001)

    @property
    def bot(self) -> User:
        return self.chats.bot

    @property
    def can_read_all_group_messages(self) -> bool:
        """False is privacy mode, as with a new bot."""
        return self.chats.reads_all

    @can_read_all_group_messages.setter
    def can_read_all_group_messages(self, on: bool) -> None:
        self.chats.reads_all = on

    def user(
        self,
        number: int,
        first_name: str,
        *,
        language_code: str | None = None,
        username: str | None = None,
        started: bool = False,
    ) -> User:
        """Somebody who has opened no chat with the bot yet, unless `started`."""
        assert number not in self.chats.users, f"there is a user {number} already"
        person = User(number, first_name, language_code, username, started=started)
        self.chats.users[number] = person
        return person

    def group(self, number: int, title: str, *, kind: str = "supergroup", topics: dict[int, str] | None = None) -> Chat:
        """A group with the bot in it. `number` is negative, and that of a supergroup begins with -100."""
        assert number < 0, "the number of a group is negative"
        assert str(number).startswith("-100") == (kind == "supergroup")
        assert number not in self.chats.chats, f"there is a chat {number} already"
        chat = Chat(number, kind, title, topics=topics or {})
        self.chats.chats[number] = chat
        return chat

    def shown_to(self, place: Chat | User) -> list[Message]:
        """The bot's messages as they stand in the chat now, in their order."""
        messages = self._place(place).messages
        return [messages[number] for number in sorted(messages) if messages[number].sender is self.bot]

    async def say(
        self,
        sender: User,
        text: str,
        *,
        chat: Chat | None = None,
        reply_to: Message | None = None,
        thread: int | None = None,
    ) -> Message:
        """Write to the bot, or into `chat`. Whoever writes to it has started it."""
        place = self._entered(sender, chat, thread)
        told = {"text": text, "entities": found(text), "reply_to": reply_to, "thread": thread}
        return self._tell("message", self.chats.add(place, sender, **told))

    async def attach(
        self,
        sender: User,
        kind: str,
        caption: str = "",
        *,
        chat: Chat | None = None,
        reply_to: Message | None = None,
        thread: int | None = None,
    ) -> Message:
        """Send a "sticker", "voice", "document" or "photo"."""
        place = self._entered(sender, chat, thread)
        told = {"text": caption, "entities": found(caption), "reply_to": reply_to, "thread": thread}
        message = self.chats.add(place, sender, content={kind: ATTACHMENTS[kind]}, **told)
        return self._tell("message", message)

    async def edit(self, message: Message, text: str) -> Message:
        """Its sender changes what they wrote."""
        assert message.sender is not self.bot
        message.text, message.entities = text, found(text)
        message.edited = int(self.chats.now())
        return self._tell("edited_message", message)

    async def press(self, person: User, message: Message, button: str) -> Press:
        """Press the button of the bot's message that has this text."""
        assert message.chat.messages.get(message.id) is message, "the message was deleted"
        labels = {told["text"]: told for row in message.keyboard for told in row}
        assert button in labels, f"there is no button {button!r}, only {list(labels)}"
        assert "callback_data" in labels[button], f"the button {button!r} does not call the bot"
        press = Press(str(next(self._presses)), message, self.chats.now())
        self.chats.presses[press.id] = press
        told = {"id": press.id, "from": person.payload(), "message": message.payload()}
        told |= {"chat_instance": str(7_000 + message.chat.id), "data": labels[button]["callback_data"]}
        press.update = self.updates.tell("callback_query", told)
        return press

    async def block(self, person: User) -> None:
        person.blocked = True
        self._membership(self.chats.private(person), person, "member", "kicked")

    async def unblock(self, person: User) -> None:
        person.blocked = False
        self._membership(self.chats.private(person), person, "kicked", "member")

    async def remove(self, chat: Chat, by: User, *, kicked: bool = True) -> None:
        """The bot is no longer in the group: somebody kicked it, or else it left."""
        before, chat.member = chat.member, "kicked" if kicked else "left"
        self._membership(chat, by, before, chat.member)

    async def invite(self, chat: Chat, by: User) -> Message:
        before, chat.member = chat.member, "member"
        self._membership(chat, by, before if before != "member" else "left", "member")
        return self._note(chat, by, new_chat_members=[self.bot.payload()])

    async def migrate(self, chat: Chat, by: User) -> Chat:
        """The group becomes a supergroup, with another number; the bot is told in both."""
        assert chat.kind == "group"
        larger = self.group(int(f"-100{2_000_000_000 - chat.id}"), chat.title)
        chat.migrated_to = larger.id
        self._note(chat, by, migrate_to_chat_id=larger.id)
        self._note(larger, by, migrate_from_chat_id=chat.id)
        return larger

    def _place(self, place: Chat | User) -> Chat:
        return self.chats.private(place) if isinstance(place, User) else place

    def _entered(self, sender: User, chat: Chat | None, thread: int | None) -> Chat:
        place = chat or self.chats.private(sender)
        assert not place.migrated_to, "nobody can write in a group that has become a supergroup"
        assert thread is None or thread in place.topics or place.kind == "supergroup"
        if place.user:
            assert place.user is sender
            assert not sender.blocked, "whoever blocked the bot must unblock it to write"
            sender.started = True
        return place

    def _tell(self, kind: str, message: Message) -> Message:
        if message.chat.member == "member" and self._heard(message):
            message.update = self.updates.tell(kind, message.payload())
        return message

    def _heard(self, message: Message) -> bool:
        """In privacy mode a bot in a group hears commands, its name, and answers to itself."""
        if message.chat.kind == "private" or self.chats.reads_all:
            return True
        name = f"@{self.bot.username}".lower()
        words = [(entity["type"], _words(message, entity).lower()) for entity in message.entities]
        named = any(kind == "mention" and word == name for kind, word in words)
        # A command that names another bot is for that one.
        called = any(kind == "bot_command" and ("@" not in word or word.endswith(name)) for kind, word in words)
        return named or called or (message.reply_to is not None and message.reply_to.sender is self.bot)

    def _note(self, chat: Chat, by: User, **content: Any) -> Message:
        """A message of Telegram's own, which every bot hears."""
        message = self.chats.add(chat, by, content=content)
        message.update = self.updates.tell("message", message.payload())
        return message

    def _membership(self, chat: Chat, by: User, before: str, after: str) -> JSON | None:
        told = {"chat": chat.payload(), "from": by.payload(), "date": int(self.chats.now())}
        told |= {"old_chat_member": self._member(before), "new_chat_member": self._member(after)}
        return self.updates.tell("my_chat_member", told)

    def _member(self, status: str) -> JSON:
        told = {"user": self.bot.payload(), "status": status}
        return told | ({"until_date": 0} if status == "kicked" else {})


def _words(message: Message, entity: JSON) -> str:
    encoded = message.text.encode("utf-16-le")
    return encoded[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")
