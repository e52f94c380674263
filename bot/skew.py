"""Compares this machine's clock with those of Slack and Telegram, and says in the log when it has gone wrong."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.clock import machine_time

log = logging.getLogger(__name__)

TOLERANCE = 30.0  # seconds; Slack's signatures hold for 300
LOOK_SECONDS = 60.0  # between two looks: every answer tells the time, and reading it costs
SAY_AGAIN_SECONDS = 3600.0
HALF = 0.5  # a Date tells whole seconds: the time is half a second later, give or take as much


@dataclass(frozen=True)
class Reading:
    """How far this machine's clock is ahead of another one, or behind it if below 0; surely so but for the `doubt`."""

    ahead: float
    doubt: float

    @property
    def wrong(self) -> bool:
        return abs(self.ahead) - self.doubt > TOLERANCE

    @property
    def well(self) -> bool:
        return abs(self.ahead) + self.doubt <= TOLERANCE

    @property
    def told(self) -> str:
        return f"{abs(self.ahead):.0f} s {'ahead of' if self.ahead > 0 else 'behind'}"


def reading(headers: Mapping[str, str], asked: datetime, answered: datetime) -> Reading | None:
    """What the `Date` of an answer tells; None where it has none that can be read.

    It was written at some time between the two. Both are the machine's own times and not a stopwatch's, which stands
    while the machine sleeps: an answer that was read only after that is of much doubt then, and proves nothing.
    """
    theirs, way = _date(headers), (answered - asked).total_seconds()
    if theirs is None or way < 0:  # below 0 the clock was put back meanwhile
        return None
    return Reading((answered - theirs).total_seconds() - way / 2 - HALF, way / 2)


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        told = parsedate_to_datetime(headers["Date"])
    except (KeyError, ValueError, OverflowError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


class Skew:
    """Looks at the answers of one platform. Nothing is decided by what it finds: it is only told.

    `last` is what was found last; `logs` is off where somebody else tells it.
    """

    def __init__(
        self,
        platform: str,
        now: Callable[[], datetime] = machine_time,
        elapsed: Callable[[], float] = time.monotonic,
        *,
        logs: bool = True,
    ) -> None:
        self._platform, self._now, self._elapsed, self._logs = platform, now, elapsed, logs
        self.last: Reading | None = None
        self._next_look = self._may_say = float("-inf")
        self._said = False

    def begin(self) -> datetime | None:
        """Before a call: the time, where its answer is to be looked at."""
        return self._now() if self._elapsed() >= self._next_look else None

    def end(self, begun: datetime | None, headers: Mapping[str, str]) -> None:
        """After the call, with what `begin` gave. Looks seldom; where an answer proves nothing, at the next one."""
        now = self._elapsed()
        if begun is None or "Date" not in headers or now < self._next_look:
            return
        self.last = found = reading(headers, begun, self._now())
        if found is None or found.wrong or found.well:
            self._next_look = now + LOOK_SECONDS
        if found and self._logs:
            self._tell(found, now)

    def _tell(self, found: Reading, now: float) -> None:
        if found.wrong and now >= self._may_say:
            self._said, self._may_say = True, now + SAY_AGAIN_SECONDS
            log.warning(
                "this machine's clock is %s %s's: have the clock set by NTP (timedatectl set-ntp true, for example)",
                found.told,
                self._platform,
            )
        elif found.well and self._said:
            self._said = False
            log.info("this machine's clock agrees with %s's again", self._platform)
