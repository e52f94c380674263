"""Reads when somebody wishes to be reminded: "tomorrow", "on Monday", "on 20 April", "in two days", "next week"."""

import re
from datetime import UTC, date, datetime, time, timedelta

from handlers.understand import fold, read_figures
from models.campaign import BusinessDays

_COUNTED = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
            "nine": 9, "ten": 10, "half an": 0, "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6,
            "七": 7, "八": 8, "九": 9, "十": 10}  # fmt: skip
_COUNT = rf"(\d{{1,2}}|{'|'.join(sorted(_COUNTED, key=len, reverse=True))})"
_AFTER = r"(?:之?后|以后)"
_UNITS = (
    ("business", re.compile(rf"\b{_COUNT} (?:business|working) days?\b|{_COUNT} ?个?(?:工作|营业)[天日]{_AFTER}?")),
    ("hour", re.compile(rf"\bin {_COUNT} (?:hours?|hrs?|h)\b|{_COUNT} ?个?(?:小时|钟头){_AFTER}")),
    ("week", re.compile(rf"\bin {_COUNT} weeks?\b|{_COUNT} ?个?(?:星期|周|礼拜){_AFTER}")),
    ("day", re.compile(rf"\bin {_COUNT} days?\b|{_COUNT} ?[天日]{_AFTER}")),
)
_SOON = re.compile(r"\b(?:later today|this (?:morning|afternoon|evening)|tonight|today)\b|今[天日晚]|晚[点些]")
_NEXT_WEEK = re.compile(r"\bnext week\b|下个?(?:星期|周|礼拜)(?![一二三四五六日天])")
_ACTION = re.compile(r"\+(\d{1,2})h")
HOURS = 2  # "later today"


def read_when(text: str, now: datetime, hour: time, days: BusinessDays) -> datetime | None:
    """The moment that the words name, by the calendar of `now`: a day is its business morning, at that hour.

    A day on which nobody works is the next business day. None where the words name none; it may have passed.
    """
    folded = " ".join(fold(text).split())
    if found := _ACTION.fullmatch(folded):
        return _later(now, timedelta(hours=int(found[1])))
    for unit, words in _UNITS:
        if counted := words.search(folded):
            return _counted(unit, next(filter(None, counted.groups())), now, hour, days)
    if _NEXT_WEEK.search(folded):
        return _morning(now.date() + timedelta(days=7 - now.weekday()), now, hour, days)
    named = read_figures(folded, now, ())
    if named.days and named.days[0] != now.date():
        return _morning(named.days[0], now, hour, days)
    if named.weekdays:  # today is Monday, and "on Monday" is no more meant for today
        return _morning(now.date() + timedelta(days=7), now, hour, days)
    return _later(now, timedelta(hours=HOURS)) if named.days or _SOON.search(folded) else None


def _counted(unit: str, count: str, now: datetime, hour: time, days: BusinessDays) -> datetime:
    number = int(count) if count.isdigit() else _COUNTED[count]
    if unit == "hour":
        return _later(now, timedelta(hours=number) if number else timedelta(minutes=30))
    if unit == "business":
        return datetime.combine(days.shift(now.date(), number), hour, now.tzinfo)
    return _morning(now.date() + timedelta(days=number * (7 if unit == "week" else 1)), now, hour, days)


def _later(now: datetime, by: timedelta) -> datetime:
    """In UTC: in local time an hour would vanish or count twice where the clocks change."""
    return (now.astimezone(UTC) + by).astimezone(now.tzinfo)


def _morning(day: date, now: datetime, hour: time, days: BusinessDays) -> datetime:
    on = day if days.is_open(day) or day < now.date() else days.shift(day, 1)
    return datetime.combine(on, hour, now.tzinfo)
