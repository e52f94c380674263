"""Finds out which of the desk's channels are shared with another organisation: no case may be shown there."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bot.slack.calls import Calls
from models.message import Address, SendError

log = logging.getLogger(__name__)


class Inside(Protocol):
    """What this needs of Usher."""

    def room_is_shared(self, room: Address, shared: bool) -> None: ...


class Rooms:
    """The desk's own channels. Slack is asked at the start, where it may be; and each event from one tells it too."""

    def __init__(self, calls: Calls, inside: Inside, rooms: Sequence[Address]) -> None:
        self._calls, self._inside = calls, inside
        self._rooms = {room.id: room for room in rooms if room.channel == "slack"}

    async def look(self) -> None:
        for room in self._rooms.values():
            try:
                told = await self._calls.tried(self._calls.client.conversations_info(channel=room.id))
            except SendError as error:
                log.warning(
                    "whether %s is shared with another organisation cannot be asked (%s): that shows once somebody "
                    "writes there",
                    room,
                    error.reason,
                )
            else:
                self._inside.room_is_shared(room, bool(told["channel"].get("is_ext_shared")))

    def learn(self, payload: Mapping[str, Any]) -> None:
        """Take from an event whether its channel is shared."""
        event, shared = payload.get("event"), payload.get("is_ext_shared_channel")
        channel = event.get("channel") if isinstance(event, dict) else None
        if isinstance(channel, str) and isinstance(shared, bool) and channel in self._rooms:
            self._inside.room_is_shared(self._rooms[channel], shared)
