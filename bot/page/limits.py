"""How much one visitor and one network address may ask for, so that the others go on undisturbed."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from models.store import Watch

VISITOR_BURST, VISITOR_RATE = 10, 1.0  # messages at once, and then a second: nobody types faster
ADDRESS_BURST, ADDRESS_RATE = 100, 20.0  # a firm's whole office may stand behind one address
REMEMBERED = 10_000  # buckets; the ones that were used longest ago are full again by then

VISITOR_STREAMS = 4  # a browser opens no more than six connections to one host, and must keep some for asking
ADDRESS_STREAMS = 400
ALL_STREAMS = 5_000
REST = "rest"  # what a stream is told that gives its place to a newer one of the same visitor
CLOSING = "closing"  # what all of them are told when Usher stops


class Buckets:
    """Lets everybody do something `burst` times at once, and then `rate` times a second."""

    def __init__(self, burst: int, rate: float, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._rate, self._elapsed = burst, rate, elapsed
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what is left, and when that was so

    def take(self, key: str) -> float:
        """0 where it may be done now, and is counted; else the seconds to wait."""
        now = self._elapsed()
        left, then = self._buckets.pop(key, (float(self._burst), now))
        left = min(self._burst, left + (now - then) * self._rate)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate
        self._buckets[key] = (left if wait else left - 1, now)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return wait


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
