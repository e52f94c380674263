"""Reads what a question says in figures: its dates, its times, and how many people it speaks of."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?"
_ORDINAL = r"(?:st|nd|rd|th)?"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\d/])(?P<day>\d{{1,2}}){_ORDINAL}(?: of)?[ -]*{_MONTH}(?:[ ,]+(?P<year>20\d\d))?\b",
        rf"\b{_MONTH} ?(?:the )?(?P<day>\d{{1,2}}){_ORDINAL}(?![\d:])(?:[ ,]+(?P<year>20\d\d))?",
        r"(?<!\d)(?P<year>20\d\d)[-/年] ?(?P<month>\d{1,2})[-/月] ?(?P<day>\d{1,2})(?!\d)",
        r"(?<!\d)(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})(?:日|号)?",
        r"(?<![\d/.])(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/(?P<year>20\d\d))?(?![\d/])",
    )
)
_DAY = re.compile(r"(?<![\d:.月])(?:the )?(\d{1,2})(?:st|nd|rd|th)\b|\bthe (\d{1,2})\b(?![:.%]| of| people)|"
                  r"(?<![\d月一二三四五六七八九十])(\d{1,2}|[一二三四五六七八九十]{1,3})[号日](?!码)")  # fmt: skip
_YEAR = re.compile(r"(?<![\d/-])(20\d\d)(?!\d)")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = re.compile(
    r"\b(last |this |next |coming )?(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday|s|rs|r)?\b"
    r"|(上|下)?(?:个)?星期([一二三四五六日天])"
)
# The signs before a Chinese word that make another word of it: "最后日期" is no day after tomorrow.
_RELATIVE = (
    (0, re.compile(r"\b(?:today|tonight|this (?:morning|afternoon|evening))\b|今[天日晚]")),
    (1, re.compile(r"\b(?<!after )(?:tomorrow|tmrw?|tomoro)\b|(?<!打)听日|(?<![说证声表注列讲])明[天日]")),
    (2, re.compile(r"\bday after tomorrow\b|(?<![最之以今先然])后[天日]")),
    (-1, re.compile(r"\byesterday\b|昨[天日]")),
)
_PARTS = {
    **dict.fromkeys(("early", "beginning of", "start of", "初", "头", "上旬"), "early"),
    **dict.fromkeys(("mid", "middle of", "中", "中旬"), "mid"),
    **dict.fromkeys(("late", "end of", "底", "尾", "末", "下旬"), "late"),
}
_PART_EN = re.compile(
    rf"\b(?P<part>early|beginning of|start of|mid|middle of|late|end of)[ -]+(?P<month>{'|'.join(_MONTHS)})"
)
_PART_ZH = re.compile(
    r"(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月(?:份)?(?P<part>初|头|上旬|中旬|中|底|尾|末|下旬)"
)
NEAR_DAYS = 20
_COUNT_WORDS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "ten": 10,
    "dozen": 12,
    "both": 2,
    "third": 3,
}
_PEOPLE = r"(?:of us|people|persons?|colleagues?|staff|attendees?|pax|seats?|places|spots|reps?|guys|members?)"
_COUNT_EN = re.compile(rf"\b(\d{{1,3}}|{'|'.join(_COUNT_WORDS)}) (?:more |extra |of (?:my|our) )?{_PEOPLE}\b")
_COUNT_ZH = re.compile(
    r"(\d{1,3}|[两二三四五六七八九十]{1,3}) ?(?:个人|位|人|个同事|名|个位|张|条友|个(?!工作|营业|月|星期|问题))"
)
_HAN_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2}


@dataclass(frozen=True)
class Asked:
    """What a question names: `days` in the order named, of them `dates` those with a number, "today" or "tomorrow".

    `weekdays` (0 is Monday) stand where nothing else names a day: "Monday" may be last week's. `parts` are parts of a
    month ("late", 5). `count` is of people.
    """

    days: tuple[date, ...] = ()
    dates: tuple[date, ...] = ()
    weekdays: tuple[int, ...] = ()
    parts: tuple[tuple[str, int], ...] = ()
    relative: bool = False
    count: int | None = None
    years: tuple[int, ...] = ()


def read(folded: str, now: datetime, known: Iterable[date]) -> Asked:
    """Read dates by the calendar of `now`; a bare day such as "the 28th" is the nearest of the `known` days with it."""
    known = tuple(known)
    rest, dates = _full_dates(folded, now, known)
    relative = [now.date() + timedelta(days=shift) for shift, pattern in _RELATIVE if pattern.search(rest)]
    bare = [day for day in _bare_days(rest, now, known) if day not in dates]
    dates = list(dict.fromkeys((*dates, *bare, *relative)))
    weekdays = [] if dates else _weekdays(rest, now)
    named = tuple(day.weekday() for day in weekdays)
    years = tuple(sorted({int(year) for year in _YEAR.findall(folded)}))
    parts = tuple(dict.fromkeys((*_parts(folded, _PART_EN), *_parts(folded, _PART_ZH))))
    return Asked(
        tuple(dict.fromkeys((*dates, *weekdays))), tuple(dates), named, parts, bool(relative), _count(rest), years
    )


def _parts(text: str, pattern: re.Pattern[str]) -> list[tuple[str, int]]:
    return [(_PARTS[found["part"]], _month(found["month"])) for found in pattern.finditer(text)]


def _month(text: str) -> int:
    return _MONTHS.index(text[:3]) + 1 if text[:3] in _MONTHS else _number(text)


def _full_dates(text: str, now: datetime, known: tuple[date, ...]) -> tuple[str, list[date]]:
    """The dates with a month, in order of place, and the text without them."""
    found: list[tuple[int, date]] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            day = _date(match, now)
            if day:
                found += _listed_before(text, match, day)
                found.append((match.start(), day))
                text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    return text, [day for _, day in sorted(found)]


def _listed_before(text: str, match: re.Match[str], day: date) -> list[tuple[int, date]]:
    """In "24, 25 and 26 april" the month belongs to all of the days."""
    listed = re.search(r"((?:(?<!\d)\d{1,2}(?:st|nd|rd|th)? ?(?:,|&|and|or|/|、|和|或|及) ?)+)$", text[: match.start()])
    numbers = [int(number) for number in re.findall(r"\d{1,2}", listed[1])] if listed else []
    return [(match.start() - 1, day.replace(day=number)) for number in numbers if 1 <= number <= 28]


def _date(match: re.Match[str], now: datetime) -> date | None:
    named = match.groupdict()
    number = _month(named["month"])
    try:
        return date(int(named.get("year") or _year_near(now, number)), number, _number(named["day"]))
    except ValueError:
        return None


def _year_near(now: datetime, month: int) -> int:
    return now.year - (month - now.month > 6) + (now.month - month > 6)


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (_HAN_DIGITS.get(tens, 1) * 10 if ten else 0) + _HAN_DIGITS.get(ones, 0)


def _bare_days(text: str, now: datetime, known: tuple[date, ...]) -> list[date]:
    numbers = [_number(next(group for group in groups if group)) for groups in _DAY.findall(text)]
    return [day for number in numbers if (day := _nearest(number, now, known))]


def _nearest(number: int, now: datetime, known: tuple[date, ...]) -> date | None:
    """The day with this number that is meant: a known one near `now`, else the one in the month of the known days."""
    if not 1 <= number <= 31:
        return None
    near = [day for day in known if abs((day - now.date()).days) <= NEAR_DAYS]
    if fitting := [day for day in near if day.day == number]:
        return min(fitting, key=lambda day: (abs((day - now.date()).days), day))
    months = {day.replace(day=1) for day in near} or {now.date().replace(day=1)}
    first = now.date().replace(day=1)
    try:
        return (first if first in months else min(months)).replace(day=number)
    except ValueError:
        return None


def _weekdays(text: str, now: datetime) -> list[date]:
    days = []
    for which, english, which_zh, chinese in _WEEKDAY.findall(text):
        index = _WEEKDAYS.index(english) if english else min("一二三四五六日天".index(chinese), 6)
        if which_zh:  # of the week before or after this one; without it, as in English, of the seven days from today
            ahead = index - now.weekday() + (7 if which_zh == "下" else -7)
        else:
            ahead = (index - now.weekday()) % 7
            ahead += {"last ": -7, "next ": 7 * (not ahead)}.get(which, 0)
        days.append(now.date() + timedelta(days=ahead))
    return days


def _count(text: str) -> int | None:
    numbers = [_COUNT_WORDS.get(number) or int(number) for number in _COUNT_EN.findall(text)]
    numbers += [_number(number) for number in _COUNT_ZH.findall(text)]
    return max(numbers, default=None)
