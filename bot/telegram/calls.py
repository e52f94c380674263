"""The calls by which Usher writes to Telegram: a message, a file, another text in the place of the first."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from telegram import Bot, InputFile, LinkPreviewOptions, ReplyParameters
from telegram.error import TelegramError

from bot.telegram.errors import send_error
from bot.telegram.render import Piece
from models.message import Address, File

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True)
class Place:
    """Where a message goes: `chat:thread:message`, where the last two may be missing or empty."""

    chat: int
    thread: int | None = None
    replies_to: int | None = None

    @classmethod
    def of(cls, to: Address) -> "Place":
        chat, thread, message, *_ = [*to.id.split(":"), "", ""]
        return cls(int(chat), int(thread) if thread else None, int(message) if message else None)


class Calls:
    """Each raises `SendError`."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def post(self, place: Place, piece: Piece) -> Any:
        replies_to = place.replies_to
        reply = ReplyParameters(replies_to, allow_sending_without_reply=True) if replies_to else None
        return await _told(
            self._bot.send_message(
                place.chat,
                piece.text,
                parse_mode="HTML",
                message_thread_id=place.thread,
                reply_parameters=reply,
                reply_markup=piece.keyboard,
                link_preview_options=NO_PREVIEW,
            )
        )

    async def post_file(self, place: Place, file: File) -> None:
        await _told(
            self._bot.send_document(
                place.chat,
                InputFile(file.content.encode(), filename=file.name),
                message_thread_id=place.thread,
                disable_notification=True,  # the text before it was told aloud
                disable_content_type_detection=True,
            )
        )

    async def change(self, chat: int, message: int, piece: Piece) -> None:
        await _told(
            self._bot.edit_message_text(
                piece.text,
                chat_id=chat,
                message_id=message,
                parse_mode="HTML",
                reply_markup=piece.keyboard,
                link_preview_options=NO_PREVIEW,
            )
        )


async def _told(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except TelegramError as error:
        raise send_error(error) from error
