"""Puts a message that nobody asked for just now into a visitor's conversation, where the open page shows it at once."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from models.conversation import Turn, news_of, packed, record_message
from models.message import Address, Reply, SendError
from models.store import Store, StoreError, announce

Clock = Callable[[], datetime]


class WebChat:
    """The web chat as a channel: what is sent is a row, so that it is there once and for certain."""

    name = "web"
    interval = 0.0

    def __init__(
        self, store: Store, campaign_time: Callable[[], datetime], machine_time: Callable[[], datetime]
    ) -> None:
        self._store, self._campaign_time, self._machine_time = store, campaign_time, machine_time

    def pause(self, to: Address) -> float:
        return 0.0

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        at, now = self._campaign_time(), self._machine_time()
        try:
            turn = await self._store.write(record_message, to, key, reply, at=at, recorded_at=now)
        except (DBAPIError, StoreError) as error:
            raise SendError(f"the database cannot be written to ({type(error).__name__})") from error
        return str(Address("web", str(turn.id)))

    async def edit(self, reference: str, reply: Reply) -> None:
        try:
            found = await self._store.write(_change, int(Address.of(reference).id), reply, self._machine_time())
        except (DBAPIError, StoreError) as error:
            raise SendError(f"the database cannot be written to ({type(error).__name__})") from error
        if not found:
            raise SendError("there is no such message", refused=True)


def _change(session: Session, number: int, reply: Reply, now: datetime) -> bool:
    turn = session.get(Turn, number)
    if turn is None:
        return False
    turn.reply_json, turn.changed_at = packed(reply), now
    session.add(turn)
    announce(session, news_of(Address.of(turn.room)))
    return True
