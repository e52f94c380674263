"""Says where the people of the support desk are in Slack and Telegram, and after how long they are told again."""

from collections.abc import Iterator

from bot.settings import Settings
from models.message import Address


def support_rooms(settings: Settings) -> tuple[Address, ...]:
    """Where they are told of cases."""
    written = (one.strip() for one in (settings.support_room or "").split(","))
    return tuple(Address.of(one) for one in dict.fromkeys(written) if one not in ("", "web"))


def second_tier(settings: Settings) -> Address | None:
    """Where those are told who help the first out."""
    return Address.of(settings.support_second_tier) if settings.support_second_tier else None


def desk_rooms(settings: Settings) -> tuple[Address, ...]:
    """All in which cases are worked on."""
    second = second_tier(settings)
    return tuple(dict.fromkeys((*support_rooms(settings), *([second] if second else []))))


def named_rooms(settings: Settings, channel: str) -> Iterator[tuple[str, str]]:
    """Each room of that channel by its setting and its id there, for telling what is wrong with one."""
    second = second_tier(settings)
    for room in desk_rooms(settings):
        if room.channel == channel:
            yield f"SUPPORT_SECOND_TIER={room}" if room == second else f"SUPPORT_ROOM={room}", room.id


def alarms(settings: Settings) -> tuple[int, int]:
    """After how many minutes of desk hours the first tier is told again, and the second."""
    first, second = settings.support_alarms.split()
    return int(first), int(second)
