"""Knows when people of the support desk are there, and counts time as they do: in business hours only."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.campaign import BusinessDays

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WRITTEN = re.compile(r"(?i)(?:(mon|tue|wed|thu|fri|sat|sun)-(mon|tue|wed|thu|fri|sat|sun) )?(\d\d:\d\d)-(\d\d:\d\d)")
AHEAD = 60  # days among which the next opening is looked for: no calendar is closed for so long


class BadHours(ValueError):  # noqa: N818 - named after the situation
    """That is not how hours are written."""


@dataclass(frozen=True)
class Hours:
    """The hours of the desk: on these weekdays (0 is Monday) from `opens` to `closes`, but for closed days of `days`.

    All instants are campaign time; the hours are those of `zone`.
    """

    opens: time
    closes: time
    weekdays: frozenset[int]
    days: BusinessDays
    zone: ZoneInfo

    @classmethod
    def of(cls, written: str, days: BusinessDays, zone: ZoneInfo) -> "Hours":
        """Those that are written `Mon-Fri 09:00-18:00`, without days on the calendar's. Raises `BadHours`."""
        found = _WRITTEN.fullmatch(written.strip())
        if found is None:
            raise BadHours(written)
        first, last, opens, closes = found.groups()
        try:
            begin, end = time.fromisoformat(opens), time.fromisoformat(closes)
        except ValueError as error:
            raise BadHours(written) from error
        if begin >= end:
            raise BadHours(written)
        return cls(begin, end, _weekdays(first, last, days), days, zone)

    def is_open(self, at: datetime) -> bool:
        local = at.astimezone(self.zone)
        return self._works_on(local.date()) and self.opens <= local.time() < self.closes

    def opening(self, at: datetime) -> datetime:
        """When people are there next: now, if they are."""
        if self.is_open(at):
            return at
        local = at.astimezone(self.zone)
        for offset in range(AHEAD):
            day = local.date() + timedelta(days=offset)
            opens = datetime.combine(day, self.opens, self.zone)
            if self._works_on(day) and opens >= at:
                return opens
        raise BadHours(f"nobody is there within {AHEAD} days")

    def closing(self, at: datetime) -> datetime:
        """Until when people are there, who are there now or next."""
        return datetime.combine(self.opening(at).astimezone(self.zone).date(), self.closes, self.zone)

    def worked(self, since: datetime, until: datetime) -> timedelta:
        """How much of the time from `since` to `until` people were there."""
        first, last = since.astimezone(self.zone).date(), until.astimezone(self.zone).date()
        days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
        return sum((self._on(day, since, until) for day in days if self._works_on(day)), timedelta())

    def after(self, since: datetime, worked: timedelta) -> datetime:
        """The instant at which people will have been there for so long since then."""
        at = self.opening(since)
        while (left := self.closing(at) - at) < worked:
            worked -= left
            at = self.opening(self.closing(at))
        return at + worked

    def _works_on(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.days.closed

    def _on(self, day: date, since: datetime, until: datetime) -> timedelta:
        begin = max(since, datetime.combine(day, self.opens, self.zone))
        end = min(until, datetime.combine(day, self.closes, self.zone))
        # Subtracted as instants: two times of one zone would forget that summer time began between them.
        return max(timedelta(seconds=end.timestamp() - begin.timestamp()), timedelta())


def _weekdays(first: str | None, last: str | None, days: BusinessDays) -> frozenset[int]:
    if first is None or last is None:
        return frozenset(range(7)) - days.weekend
    begin, end = _DAYS.index(first.lower()), _DAYS.index(last.lower())
    return frozenset((begin + offset) % 7 for offset in range((end - begin) % 7 + 1))
