"""Examines Telegram: the token, the webhook, the bot's privacy mode, the clock, and the support team's chat."""

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import datetime
from urllib.parse import urlsplit

from telegram import Bot, User, WebhookInfo
from telegram.error import ChatMigrated, InvalidToken, TelegramError

from bot.doctor.finding import Finding, Findings, broken, clocks, ok, warning
from bot.rooms import named_rooms
from bot.settings import Settings
from bot.skew import Skew
from bot.telegram.errors import send_error
from bot.telegram.request import Request

TELEGRAM = "Telegram"
HOOK_PATH = "/telegram/webhook"
OTHERWISE = "start Usher, which sets this right; if it runs, another program uses this token: take a new one (/revoke)"


async def examine(settings: Settings, now: Callable[[], datetime]) -> Findings:
    if not settings.telegram_bot_token:
        yield ok(TELEGRAM, "not used (no TELEGRAM_BOT_TOKEN); docs/channels.md tells how to set it up")
        return
    skew = Skew(TELEGRAM, now, logs=False)
    base, request = settings.telegram_api_url.rstrip("/"), Request(skew)
    token = settings.telegram_bot_token.get_secret_value()
    bot = Bot(token, base_url=f"{base}/bot", request=request, get_updates_request=Request())
    async with AsyncExitStack() as closing:
        await request.initialize()
        closing.push_async_callback(request.shutdown)
        async for finding in _called(bot, settings):
            yield finding
    for finding in clocks(TELEGRAM, skew):
        yield finding


async def _called(bot: Bot, settings: Settings) -> Findings:
    try:
        me = await bot.get_me()
        yield ok(TELEGRAM, f"TELEGRAM_BOT_TOKEN works: @{me.username}")
        for finding in webhook(await bot.get_webhook_info(), settings):
            yield finding
        rooms = [(name, int(number)) for name, number in named_rooms(settings, "telegram")]
        for finding in groups(me, room=next((number for _, number in rooms), None)):
            yield finding
        for name, number in rooms:
            yield await _chat(bot, name, number)
    except TelegramError as error:
        yield _trouble(error)


def webhook(info: WebhookInfo, settings: Settings) -> Iterator[Finding]:
    """Where Telegram sends what people write, beside where it should."""
    waiting = f"{info.pending_update_count} waiting"
    wanted = f"{(settings.public_url or '').rstrip('/')}{HOOK_PATH}" if settings.telegram_webhook_secret else ""
    if info.url != wanted:
        yield _elsewhere(info.url, wanted)
    elif wanted:
        yield ok(TELEGRAM, f"updates are sent to {wanted}; {waiting}")
    else:
        yield ok(TELEGRAM, f"updates are fetched; {waiting}")
    if wanted and not wanted.startswith("https://"):
        yield broken(
            TELEGRAM, "PUBLIC_URL must begin with https:// for a webhook; or leave TELEGRAM_WEBHOOK_SECRET out"
        )
    if info.last_error_date:
        mark = broken if info.url and info.pending_update_count else warning
        when = f"{info.last_error_date:%Y-%m-%d %H:%M:%S} UTC"
        yield mark(TELEGRAM, f"the last try to send an update failed at {when}: {info.last_error_message}; {waiting}")


def _elsewhere(set_to: str, wanted: str) -> Finding:
    if not set_to:
        return warning(TELEGRAM, f"no webhook is set yet: Usher sets {wanted} when it starts")
    # Only the host is shown: many programs hide a password in the rest.
    host = urlsplit(set_to).hostname or "another address"
    if wanted:
        return broken(TELEGRAM, f"updates are sent to another address (at {host}) than {wanted}: {OTHERWISE}")
    return broken(TELEGRAM, f"a webhook is set (at {host}), so nothing can be fetched: {OTHERWISE}")


def groups(me: User, room: int | None) -> Iterator[Finding]:
    """What the bot may hear in groups, and what that means for a support room."""
    if not me.can_join_groups:
        mark = broken if room and room < 0 else warning
        yield mark(TELEGRAM, "it cannot be added to groups: /setjoingroups at @BotFather, Enable")
    if me.can_read_all_group_messages:
        yield warning(
            TELEGRAM,
            "privacy mode is off: all that is written in its groups is sent to Usher, which needs none of it: "
            "/setprivacy at @BotFather, Enable, then take Usher out of its groups and add it again",
        )
    else:
        meant = "; in the support room reply to a card, or write /reply CASE TEXT" if room else ""
        yield ok(TELEGRAM, f"privacy mode is on: in groups it hears commands, its name and replies to it{meant}")


async def _chat(bot: Bot, name: str, room: int) -> Finding:
    try:
        chat = await bot.get_chat(room)
    except ChatMigrated as moved:
        return broken(TELEGRAM, f"{name} has become a supergroup: set {_moved(name, moved)}")
    except TelegramError as error:
        if not send_error(error).permanent:
            return _trouble(error)
        return broken(TELEGRAM, f"{name} cannot be reached ({error}): add Usher to the group, and look at the number")
    if chat.type == "channel":
        return broken(TELEGRAM, f"{name} is a channel, where nobody can reply to a card: take a group")
    return ok(TELEGRAM, f"{name} is reached: {chat.title or chat.full_name} ({chat.type})")


def _moved(name: str, moved: ChatMigrated) -> str:
    return f"{name.partition('=')[0]}=telegram:{moved.new_chat_id}"


def _trouble(error: TelegramError) -> Finding:
    if isinstance(error, InvalidToken):
        return broken(
            TELEGRAM, "TELEGRAM_BOT_TOKEN: Telegram does not know it; copy it again from @BotFather (/mybots)"
        )
    told = send_error(error)
    mark = broken if told.retry_after is None else warning
    return mark(TELEGRAM, f"TELEGRAM_BOT_TOKEN could not be checked: {told.reason}")
