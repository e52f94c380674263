"""How much one visitor and one network address may ask for, so that the others go on undisturbed."""

import logging
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.requests import Request

from bot.buckets import Buckets
from models.store import Watch

log = logging.getLogger(__name__)

VISITOR_BURST, VISITOR_RATE = 10, 1.0  # messages at once, and then a second: nobody types faster
ADDRESS_BURST, ADDRESS_RATE = 100, 20.0  # a firm's whole office may stand behind one address

VISITOR_STREAMS = 4  # a browser opens no more than six connections to one host, and must keep some for asking
ADDRESS_STREAMS = 400
ALL_STREAMS = 5_000
REST = "rest"  # what a stream is told that gives its place to a newer one of the same visitor
CLOSING = "closing"  # what all of them are told when Usher stops


class Pace:
    """Counts what is sent, by visitor and by network address. `proxies`: those that tell the address are named."""

    def __init__(self, *, proxies: bool) -> None:
        self._by_visitor = Buckets(VISITOR_BURST, VISITOR_RATE)
        self._by_address = Buckets(ADDRESS_BURST, ADDRESS_RATE)
        self._warned = proxies

    def wait(self, request: Request, visitor: str | None) -> int:
        """The seconds to wait before another message is taken from this visitor, or from where it comes; 0: none."""
        by_visitor = self._by_visitor.take(visitor) if visitor else 0.0
        return math.ceil(by_visitor or self._by_address.take(self.address(request)))

    def address(self, request: Request) -> str:
        if not self._warned and "x-forwarded-for" in request.headers:
            self._warned = True
            log.warning("a proxy stands before Usher: name it in TRUSTED_PROXIES, or all visitors count as one address")
        return request.client.host if request.client else ""


@dataclass(frozen=True, eq=False)
class _Stream:
    visitor: str
    address: str
    watch: Watch


class Streams:
    """The open streams. A visitor's newest are kept, and older ones are told to rest."""

    def __init__(self) -> None:
        self._open: dict[str, list[_Stream]] = {}
        self._addresses: Counter[str] = Counter()

    def has_room(self, address: str) -> bool:
        return self._addresses[address] < ADDRESS_STREAMS and self._addresses.total() < ALL_STREAMS

    @contextmanager
    def place(self, visitor: str, address: str, watch: Watch) -> Iterator[None]:
        stream = _Stream(visitor, address, watch)
        mine = self._open.setdefault(visitor, [])
        mine.append(stream)
        self._addresses[address] += 1
        while len(mine) > VISITOR_STREAMS:
            mine.pop(0).watch.wake((REST,))
        try:
            yield
        finally:
            if stream in mine:
                mine.remove(stream)
            if not mine and self._open.get(visitor) is mine:
                del self._open[visitor]
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def close(self) -> None:
        """Tell all of them to end: they would hold up the stop of the server."""
        for mine in self._open.values():
            for stream in mine:
                stream.watch.wake((CLOSING,))
