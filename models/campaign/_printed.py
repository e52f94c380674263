"""Reads the dates, times, numbers and addresses that a quote prints."""

import re
from calendar import month_abbr, month_name
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time

from models.campaign._dates import Fuzzy
from models.campaign._quotes import plain

_MONTHS = {name.lower(): number for names in (month_name, month_abbr) for number, name in enumerate(names) if name}
_MONTHS["sept"] = 9
_WEEKDAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?"
_JOINT = r"\s*(?:,|&|\band\b|\bor\b|\bto\b|[-–—])\s*(?:and\s+)?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"

_DATES = re.compile(
    rf"\b(?:(?P<ahead>{_WEEKDAY}),?\s+)?(?:the\s+)?(?P<days>{_DAY}(?:{_JOINT}{_DAY})*)\s+(?:of\s+)?(?P<month>{_MONTH})"
    rf"(?:,?\s+(?P<year>(?:19|20)\d\d)\b)?(?:,?\s*\(?(?P<behind>{_WEEKDAY})\)?)?",
    re.IGNORECASE,
)
_AMERICAN = re.compile(
    rf"\b(?:(?P<ahead>{_WEEKDAY}),?\s+)?(?P<month>{_MONTH})\s+(?P<days>{_DAY}(?:{_JOINT}{_DAY})*),\s+(?P<year>(?:19|20)\d\d)\b"
    rf"(?:,?\s*\(?(?P<behind>{_WEEKDAY})\)?)?",
    re.IGNORECASE,
)
_ISO = re.compile(r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<days>\d\d)\b(?P<ahead>)(?P<behind>)")
_CHINESE = re.compile(
    r"(?:(?P<year>(?:19|20)\d\d)\s*年\s*)?(?P<month>\d{1,2})\s*月\s*(?P<days>\d{1,2})\s*[日號号](?P<ahead>)"
    r"(?:\s*[(（]?(?:星期|週|周|禮拜|礼拜)(?P<behind>[一二三四五六日天])[)）]?)?"
)
_PART_OF_MONTH = (
    rf"(?:(?P<part{{0}}>early|mid|late)[\s-]+)?(?P<month{{0}}>{_MONTH})(?:\s+(?P<year{{0}}>(?:19|20)\d\d)\b)?"
)
_FUZZY = re.compile(
    rf"\b{_PART_OF_MONTH.format(1)}(?:\s*(?:[-–—]|\bto\b|\band\b)\s*{_PART_OF_MONTH.format(2)})?", re.IGNORECASE
)

_URL = re.compile(r"https?://[^\s<>\"'()]+[^\s<>\"'().,;:]", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HOST = re.compile(r"\b(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}\b", re.IGNORECASE)
_PORTS = re.compile(r"\bports?\s+(\d{1,5}(?:(?:\s*,\s*|\s*&\s*|\s+and\s+|\s*,\s*and\s+)\d{1,5})*)\b", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d[\d ()-]{5,}\d(?![\w.]\d)")
_TIME = re.compile(
    r"\b([01]?\d|2[0-3]):([0-5]\d)(?!\d)(?:\s*([ap])\.?m\b)?|\b(1[0-2]|0?[1-9])\s*([ap])\.?m\b", re.IGNORECASE
)
_NOON = re.compile(r"\bnoon\b", re.IGNORECASE)
_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_TENS = {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100}
_NUMBER_WORDS = {word: number for number, word in enumerate(_WORDS)} | _TENS
_NUMBER = re.compile(
    rf"(?<![\w.,])(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?!\.\d|\w)|\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE
)


@dataclass(frozen=True)
class PrintedDate:
    """A day as printed. The year may be left out ("3 May"), and so may the weekday (0 is Monday)."""

    year: int | None
    month: int
    day: int
    weekday: int | None
    before: str  # the words in front of it, which say whether "by" or "before" is meant
    behind: str

    def is_day(self, day: date) -> bool:
        return (self.month, self.day) == (day.month, day.day) and self.year in (None, day.year)


@dataclass(frozen=True)
class Printed:
    """Everything in a text that a value can be held against."""

    dates: tuple[PrintedDate, ...]
    fuzzy: tuple[tuple[Fuzzy, ...], ...]
    times: tuple[time, ...]
    numbers: frozenset[int]
    urls: frozenset[str]
    emails: frozenset[str]
    hosts: frozenset[str]
    ports: tuple[int, ...]
    phones: frozenset[str]


def read_printed(text: str) -> Printed:
    """Each kind is taken out of the text before the next is looked for: the 28 of a date is not also a number."""
    rest = plain(text)
    urls, rest = _take(_URL, rest)
    emails, rest = _take(_EMAIL, rest)
    hosts, rest = _take(_HOST, rest)
    ports, rest = _take(_PORTS, rest)
    dates = tuple(_dates(rest))
    for pattern in (_DATES, _AMERICAN, _ISO, _CHINESE):
        rest = _take(pattern, rest)[1]
    fuzzy = tuple(parts for found in _FUZZY.finditer(rest) if (parts := _fuzzy(found)))
    rest = _FUZZY.sub(" ", rest)
    times = tuple(_times(rest))
    rest = _TIME.sub(" ", rest)
    phones, rest = _take(_PHONE, rest)
    return Printed(
        dates, fuzzy, times,
        numbers=frozenset(_number(found[0]) for found in _NUMBER.finditer(rest)),
        urls=frozenset(urls), emails=frozenset(email.lower() for email in emails),
        hosts=frozenset(host.lower() for host in hosts),
        ports=tuple(int(port) for listed in ports for port in re.findall(r"\d+", listed)),
        phones=frozenset(digits(phone) for phone in phones),
    )  # fmt: skip


def digits(text: str) -> str:
    """A telephone number as it is dialled: two ways of printing it give the same."""
    return re.sub(r"\D", "", text)


def _take(pattern: re.Pattern[str], text: str) -> tuple[list[str], str]:
    return [found[0] for found in pattern.finditer(text)], pattern.sub(" ", text)


def _dates(text: str) -> Iterator[PrintedDate]:
    for pattern in (_DATES, _AMERICAN, _ISO, _CHINESE):
        for found in pattern.finditer(text):
            listed = [int(day) for day in re.findall(r"\d+", found["days"])]
            weekday = _weekday(found["ahead"] or found["behind"]) if len(listed) == 1 else None
            around = text[: found.start()], text[found.end() :]
            for day in listed:
                yield PrintedDate(_year(found["year"]), _month(found["month"]), day, weekday, *around)


def _year(text: str | None) -> int | None:
    return int(text) if text else None


def _month(text: str) -> int:
    return int(text) if text.isdigit() else _MONTHS[text.lower().rstrip(".")]


def _weekday(text: str | None) -> int | None:
    if not text:
        return None
    chinese = "一二三四五六日".find(text.replace("天", "日"))
    return chinese if chinese >= 0 else _WEEKDAYS[text.lower()[:3]]


def _fuzzy(found: re.Match[str]) -> tuple[Fuzzy, ...]:
    """A part of a month, or two that bound a window. The year may stand behind the second only."""
    year = _year(found["year1"]) or _year(found["year2"])
    if year is None:  # "may" and "march" are words as well: without a year nothing is read into them
        return ()
    first = Fuzzy(_part(found["part1"]), year, _month(found["month1"]))
    if not found["month2"]:
        return (first,)
    return first, Fuzzy(_part(found["part2"]), _year(found["year2"]) or year, _month(found["month2"]))


def _part(text: str | None) -> str | None:
    return text.lower() if text else None


def _times(text: str) -> Iterator[time]:
    for found in _TIME.finditer(text):
        hour, minute = int(found[1] or found[4]), int(found[2] or 0)
        half = (found[3] or found[5] or "").lower()
        yield time(hour % 12 + (12 if half == "p" else 0) if half and hour <= 12 else hour, minute)
    for _ in _NOON.finditer(text):
        yield time(12)


def _number(text: str) -> int:
    return _NUMBER_WORDS[text.lower()] if text.isalpha() else int(text.replace(",", ""))
