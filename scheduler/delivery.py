"""Sends what waits in the outbox, at the pace of each platform, and notes what became of it."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, TimeoutError as PoolTimeoutError
from sqlmodel import Session

from models import outbox
from models.message import Channel, SendError
from models.outbox import Message
from models.store import Store, StoreError

log = logging.getLogger(__name__)

# The database is away, busy or full: it comes back. Other errors of it are ours, and no patience helps.
AWAY = (OperationalError, InterfaceError, InternalError, PoolTimeoutError, StoreError)
RESERVED = 2  # places in flight that each channel keeps, so that one which hangs does not hold up the others
LONGEST_PAUSE = 300.0

Settled = Callable[[Session, Message], None]  # what is to happen, in the transaction of the note, once it is settled


@dataclass(frozen=True)
class Limits:
    """How much a copy of Usher takes on itself, and how long it waits. Machine time, in seconds."""

    in_flight: int = 16  # messages of one copy: what a kill may double is no more than these
    poll: float = 1.0  # how often it is looked without any news: another process may have posted something
    send: float = 40.0  # a send that hangs longer has an outcome that nobody knows; shorter than the lease
    lease: timedelta = outbox.LEASE
    stop: float = 10.0  # how long what is in flight may hold up the end
    attempts: int = 30  # some two hours, with a pause of five minutes at most


class Delivery:
    """The sender loop of one copy of Usher. Take, send and note are separate steps, of one message each.

    `copy` is a name that no other copy has, nor had one before.
    """

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        *,
        campaign_time: Callable[[], datetime],
        machine_time: Callable[[], datetime],
        copy: str,
        failed: Settled | None = None,
        limits: Limits = Limits(),  # noqa: B008 - it cannot be changed
    ) -> None:
        self._store, self._channels, self._copy, self._limits = store, channels, copy, limits
        self._campaign_time, self._machine_time, self._failed = campaign_time, machine_time, failed
        self._in_flight: dict[asyncio.Task[None], Message] = {}
        self._hanging: set[asyncio.Timeout] = set()
        self._loop: asyncio.Task[None] | None = None
        self._look_again = asyncio.Event()
        self._stopping = False

    def start(self) -> None:
        self._loop = asyncio.create_task(self._run(), name="delivery")
