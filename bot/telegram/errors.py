"""Tells what it means when Telegram does not take a message."""

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from bot.telegram.request import Unreachable, Wait
from models.message import Address, SendError

# Parts of what Telegram says where nothing can be sent to a chat any more.
GONE = ("chat not found", "user not found", "peer_id_invalid", "have no rights to send", "not enough rights",
        "chat_write_forbidden", "need administrator rights", "bot is not a member", "chat_restricted")  # fmt: skip


def send_error(error: TelegramError) -> SendError:
    """What `error`, raised by a call, means for the message."""
    said = str(error)
    if isinstance(error, Wait):
        return SendError("Telegram asks to wait", retry_after=error.seconds)
    if isinstance(error, ChatMigrated):
        moved_to = Address("telegram", str(error.new_chat_id))
        return SendError("the group has become a supergroup", moved_to=moved_to)
    if isinstance(error, InvalidToken):
        return SendError("Telegram does not know the token; python -m bot doctor tells more")
    if isinstance(error, Unreachable):
        return SendError(said)
    if isinstance(error, Forbidden | BadRequest):
        # Forbidden: blocked, never begun, a deleted account, thrown out of the group.
        gone = isinstance(error, Forbidden) or any(part in said.lower() for part in GONE)
        return SendError(f"Telegram: {said}", permanent=gone, refused=not gone)
    # Whatever is left, as a broken connection or an answer that cannot be read, does not say that it was not sent.
    return SendError(said, outcome_unknown=True)
