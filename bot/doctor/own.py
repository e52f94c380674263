"""Examines what Usher has of its own: whether the database answers, and who may reply to what is passed to support."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from bot.doctor.finding import Finding, Findings, broken, ok, warning
from bot.rooms import alarms, named_rooms, second_tier
from bot.settings import Settings
from models.people import Staff, staff
from models.store import Store, StoreError

DATABASE, SUPPORT = "Database", "Support"


async def examine(settings: Settings, _: Callable[[], datetime]) -> Findings:
    file = settings.sqlite_file
    if file and not file.exists():
        yield ok(DATABASE, f"{file} is not there yet: it is made at the first start")
        for finding in support(settings, ()):
            yield finding
        return
    try:
        store = await Store.open(settings.database_url.get_secret_value())
    except StoreError as error:
        yield broken(DATABASE, str(error))
        return
    try:
        async for finding in _of_store(store, settings):
            yield finding
    finally:
        await store.close()


async def _of_store(store: Store, settings: Settings) -> Findings:
    if not await store.reachable():
        yield broken(DATABASE, "it does not answer within 3 seconds")
        return
    yield ok(DATABASE, f"{settings.sqlite_file or 'PostgreSQL'} answers")
    for finding in support(settings, await store.read(staff)):
        yield finding


def support(settings: Settings, team: Sequence[Staff]) -> Iterator[Finding]:
    """When the desk is there, and who may work in its rooms. Without a room they work on the desk page."""
    rooms = [*named_rooms(settings, "slack"), *named_rooms(settings, "telegram")]
    for name, _ in rooms:
        yield from _room(name, "slack" if "=slack:" in name else "telegram", team)
    if not rooms:
        yield ok(SUPPORT, "no room in Slack or Telegram (SUPPORT_ROOM): python -m bot cases lists what is passed on")
    yield ok(
        SUPPORT, f"people are there {settings.support_hours} (SUPPORT_HOURS){_told_again(settings) if rooms else ''}"
    )


def _told_again(settings: Settings) -> str:
    first, second = alarms(settings)
    tier = f"after {second} in the second tier" if second_tier(settings) else "there is no SUPPORT_SECOND_TIER"
    return f"; an unclaimed case is told again after {first} minutes of that, and {tier}"


def _room(room: str, channel: str, team: Sequence[Staff]) -> Iterator[Finding]:
    named = [member.name for member in team if getattr(member, channel)]
    elsewhere = [member.name for member in team if not getattr(member, channel)]
    if not named:
        account = "--slack TEAM:USER" if channel == "slack" else "--telegram ID"
        yield broken(SUPPORT, f"nobody may reply in {room}: python -m bot staff add NAME {account}")
        return
    yield ok(SUPPORT, f"may reply in {room}: {', '.join(named)}")
    if elsewhere:
        yield warning(SUPPORT, f"has no account of {channel.title()}, so cannot reply there: {', '.join(elsewhere)}")
