"""Lets everybody do something so many times at once, and so often after that, and no more."""

import time
from collections import OrderedDict
from collections.abc import Callable

REMEMBERED = 10_000  # buckets; the ones that were used longest ago are full again by then


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
