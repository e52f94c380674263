"""The dates of a circular as it states them, and the days on which business is done."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

DateKind = Literal["by", "before", "on", "from", "window", "fuzzy"]
DATE_KINDS: frozenset[str] = frozenset(get_args(DateKind))
Part = Literal["early", "mid", "late"]

_FUZZY = re.compile(r"(?:(early|mid|late) )?(\d{4})-(\d{2})")
_PART_DAYS: dict[str | None, tuple[int, int]] = {None: (1, 31), "early": (1, 10), "mid": (11, 20), "late": (21, 31)}


@dataclass(frozen=True)
class Fuzzy:
    """A part of a month, with no day: "late May 2023"."""

    part: str | None
    year: int
    month: int

    @property
    def first(self) -> date:
        return date(self.year, self.month, _PART_DAYS[self.part][0])

    @property
    def last(self) -> date:
        following = date(self.year + self.month // 12, self.month % 12 + 1, 1)
        return (
            min(date(self.year, self.month, 28) + timedelta(days=3), following - timedelta(days=1))
            if (_PART_DAYS[self.part][1] == 31)
            else date(self.year, self.month, _PART_DAYS[self.part][1])
        )


@dataclass(frozen=True)
class When:
    """A stated date. `first` and `last` bound it; for `fuzzy` they only serve to put it in order, never to be shown."""

    kind: DateKind
    first: date
    last: date
    at: time | None = None
    fuzzy: tuple[Fuzzy, ...] = ()


def read_when(kind: DateKind, value: str, at: time | None = None) -> When:
    """Read `2023-04-28`, `2023-04-24/2023-04-26` or, for `fuzzy`, `late 2023-04/2023-05`. Raises ValueError."""
    ends = value.split("/")
    if len(ends) > 2:
        raise ValueError(f"{value!r} has more than two ends")
    if kind == "fuzzy":
        parts = tuple(_read_fuzzy(end) for end in ends)
        return When(kind, parts[0].first, parts[-1].last, at, parts)
    days = [date.fromisoformat(end) for end in ends]
    if (kind == "window") != (len(days) == 2):
        raise ValueError(f"{value!r} does not fit the kind {kind!r}: a window has two dates, any other kind has one")
    if days[-1] < days[0]:
        raise ValueError(f"{value!r} ends before it begins")
    return When(kind, days[0], days[-1], at)


def _read_fuzzy(text: str) -> Fuzzy:
    found = _FUZZY.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a part of a month such as 'late 2023-05'")
    return Fuzzy(found[1], int(found[2]), int(found[3]))


@dataclass(frozen=True)
class BusinessDays:
    """Which days are business days: not in the weekend (0 is Monday) and not closed."""

    weekend: frozenset[int]
    closed: frozenset[date]

    def is_open(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day not in self.closed

    def shift(self, day: date, count: int) -> date:
        """The business day `count` business days after (before, when negative) `day`."""
        step = timedelta(days=1 if count > 0 else -1)
        for _ in range(abs(count)):
            day += step
            while not self.is_open(day):
                day += step
        return day

    def on_or_before(self, day: date) -> date:
        return day if self.is_open(day) else self.shift(day, -1)

    def between(self, after: date, until: date) -> int:
        """How many business days there are after `after`, up to and with `until`."""
        return sum(self.is_open(day) for day in _days(after + timedelta(days=1), until))

    def safe_day(self, when: When) -> date:
        """The last day on which doing it is in time without doubt: the business day before, where "before" is said."""
        return self.shift(when.last, -1) if when.kind == "before" else when.last


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def safe_instant(days: BusinessDays, when: When, zone: ZoneInfo) -> datetime:
    """The instant after which it is no longer in time without doubt: the stated clock time, else the end of the day."""
    day = days.safe_day(when)
    if when.at is not None:
        return datetime.combine(day, when.at, zone)
    return datetime.combine(day + timedelta(days=1), time(), zone)
