"""Compares what a campaign says with what the quoted words print: dates, weekdays, times, numbers, addresses."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, time

from models.campaign._answer import Grounded
from models.campaign._dates import Fuzzy, When
from models.campaign._printed import Printed, PrintedDate, digits, read_printed
from models.campaign._schema import Briefing, Contact, Fact, Link
from models.campaign._target import Target

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# The words in front of a date that settle its kind. A clock time may stand between: "by 17:00 London time on 26 March".
_CLOCK = r"\s+(?:\d{1,2}:\d\d[^.;,]{0,25}\bon\s+)?(?:the\s+)?$"
_KIND_WORDS: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (re.compile(rf"\b(?:on or before|no later than|not later than|by){_CLOCK}", re.IGNORECASE), frozenset({"by"})),
    (re.compile(r"\bbefore\s+\d{1,2}:\d\d[^.;,]{0,25}\bon\s+$", re.IGNORECASE), frozenset({"by"})),
    (re.compile(rf"\b(?:until|till|up to){_CLOCK}", re.IGNORECASE), frozenset({"by", "window"})),
    (re.compile(r"\b(?:before|prior to|earlier than)\s+(?:the\s+)?$", re.IGNORECASE), frozenset({"before"})),
    (re.compile(rf"\b(?:from|since|starting|with effect from){_CLOCK}", re.IGNORECASE), frozenset({"from", "window"})),
)
_ONWARDS = re.compile(r"^\s*(?:onwards?|and after|and later)\b", re.IGNORECASE)


def disagreements(ground: Grounded) -> Iterator[tuple[str, str]]:
    """Each field whose value is not what its quote prints, with the reason.

    What is inferred may be absent from the quote, and a ruling may contradict it; a fact that is stated may do neither.
    """
    printed = read_printed(ground.quote)
    if ground.status == "ruled":
        return
    for day in printed.dates:
        if wrong := _wrong_weekday(day, ground):
            yield "quote", wrong
    if isinstance(ground, Fact):
        yield from _fact(ground, printed)
    elif isinstance(ground, Briefing):
        yield from _briefing(ground, printed)
    elif isinstance(ground, Contact):
        yield from _contact(ground, printed)
    elif isinstance(ground, Target):
        yield from _target(ground, printed)
    elif isinstance(ground, Link) and ground.url and ground.url not in printed.urls and "](" not in ground.quote:
        yield "url", f"{ground.url} is not printed in the quote"


def _wrong_weekday(printed: PrintedDate, ground: Grounded) -> str | None:
    """The quote leaves the year out at times; then the value's own year is meant, if it has one."""
    year = printed.year or _year_of(ground)
    if printed.weekday is None or year is None:
        return None
    try:
        day = date(year, printed.month, printed.day)
    except ValueError:
        return f"it prints {printed.day}/{printed.month}/{year}, which is no day"
    if day.weekday() == printed.weekday:
        return None
    return f"it prints {_WEEKDAYS[printed.weekday]}, but {day} is a {_WEEKDAYS[day.weekday()]}"


def _year_of(ground: Grounded) -> int | None:
    if isinstance(ground, Briefing):
        return ground.on.year
    return ground.when.first.year if isinstance(ground, Fact) and ground.when else None


def _fact(fact: Fact, printed: Printed) -> Iterator[tuple[str, str]]:
    if fact.when is not None:
        yield from _dated(fact, fact.when, printed)
    elif fact.kind == "number":
        if _asks(fact, printed.numbers) and fact.value not in printed.numbers:
            yield "value", f"{fact.value} is not among the numbers that the quote prints: {_listed(printed.numbers)}"
    elif fact.status == "stated":
        # A free text may word it otherwise, but no figure in it may come from elsewhere.
        for thing in unprinted(str(fact.value), printed, numbers=True):
            yield "value", f"{thing} is not printed in the quote"


def _dated(fact: Fact, when: When, printed: Printed) -> Iterator[tuple[str, str]]:
    if fact.status == "stated":
        if not _is_printed(when, printed):
            yield "value", f"{fact.value} is not a date that the quote prints: {_dates(printed) or 'none'}"
        elif (kinds := _kinds_of(when, printed)) and fact.kind not in kinds:
            yield "kind", f"it is {fact.kind!r}, but the quote's words say {' or '.join(sorted(kinds))!r}"
    if when.at is not None and _asks(fact, printed.times) and when.at not in printed.times:
        yield "at", f"{when.at:%H:%M} is not a time that the quote prints: {_clock(printed.times)}"
    # Who reads "by 26 March" believes the whole day is left, where the circular names an hour.
    if when.at is None and fact.status == "stated" and fact.kind in {"by", "before"} and printed.times:
        yield "at", f"is absent, but the quote prints {_clock(printed.times)}"


def _is_printed(when: When, printed: Printed) -> bool:
    if when.kind == "fuzzy":
        return when.fuzzy in printed.fuzzy
    return all(any(day.is_day(end) for day in printed.dates) for end in (when.first, when.last))


def _kinds_of(when: When, printed: Printed) -> frozenset[str]:
    """The kinds that the words around the date allow; empty if there are no such words."""
    days = [day for day in printed.dates if day.is_day(when.first) or day.is_day(when.last)]
    found = [_kinds_around(day) for day in days]
    return frozenset() if frozenset() in found else frozenset().union(*found)


def _kinds_around(day: PrintedDate) -> frozenset[str]:
    if _ONWARDS.search(day.behind):
        return frozenset({"from"})
    return next((kinds for words, kinds in _KIND_WORDS if words.search(day.before)), frozenset())


def unprinted(text: str, printed: Printed, *, numbers: bool) -> Iterator[str]:
    """Each date, time and address of a text, and at wish each number, that is not among what is printed elsewhere."""
    own = read_printed(text)
    for day in own.dates:
        if not any(_same_day(day, other) for other in printed.dates):
            yield _day(day)
    kinds = ("fuzzy", "times", "urls", "emails", "hosts", "ports", "phones", *(["numbers"] if numbers else []))
    for kind in kinds:
        for thing in sorted(set(getattr(own, kind)) - set(getattr(printed, kind)), key=str):
            yield _worded(thing)


def _same_day(said: PrintedDate, printed: PrintedDate) -> bool:
    return (said.month, said.day) == (printed.month, printed.day) and said.year in (None, printed.year)


def _briefing(briefing: Briefing, printed: Printed) -> Iterator[tuple[str, str]]:
    if _asks(briefing, printed.dates) and not any(day.is_day(briefing.on) for day in printed.dates):
        yield "on", f"{briefing.on} is not a date that the quote prints: {_dates(printed) or 'none'}"
    if _asks(briefing, printed.times):
        if briefing.start not in printed.times:
            yield "start", f"{briefing.start:%H:%M} is not a time that the quote prints: {_clock(printed.times)}"
        # An end may be worked out, as where it is printed in another city's time only; a start may not.
        if briefing.status == "stated":
            yield from _times({"end": briefing.end, "door": briefing.door}, printed)
    for field, number in (("limit", briefing.limit), ("capacity", briefing.capacity)):
        if number is not None and number not in printed.numbers:
            yield field, f"{number} is not among the numbers that the quote prints: {_listed(printed.numbers)}"
    for place, clock in briefing.elsewhere.items():
        if missing := set(read_printed(clock).times) - set(printed.times):
            yield f"elsewhere.{place}", f"{_clock(missing)} is not printed in the quote"


def _times(fields: dict[str, time | None], printed: Printed) -> Iterator[tuple[str, str]]:
    for field, clock in fields.items():
        if clock is not None and clock not in printed.times:
            yield field, f"{clock:%H:%M} is not a time that the quote prints: {_clock(printed.times)}"


def _contact(contact: Contact, printed: Printed) -> Iterator[tuple[str, str]]:
    is_printed: dict[str, Callable[[], bool]] = {
        "phone": lambda: digits(contact.value) in printed.phones,
        "email": lambda: contact.value.lower() in printed.emails,
        "url": lambda: contact.value in printed.urls,
    }
    if not is_printed[contact.kind]():
        yield "value", f"{contact.value} is not the {contact.kind} that the quote prints"
    for hours in contact.hours.values():
        if missing := set(read_printed(hours).times) - set(printed.times):
            yield "hours", f"{_clock(missing)} is not printed in the quote"


def _target(target: Target, printed: Printed) -> Iterator[tuple[str, str]]:
    if target.url and target.url not in printed.urls:
        yield "url", f"{target.url} is not printed in the quote"
    if target.host and target.host.lower() not in printed.hosts:
        yield "host", f"{target.host} is not printed in the quote"
    if target.ports and sorted(target.ports) != sorted(printed.ports):
        yield "ports", f"{_listed(target.ports)} are not the ports that the quote prints: {_listed(printed.ports)}"


def _asks(ground: Grounded, found: Iterable[object]) -> bool:
    """Whether the quote must print it: a stated one always, an inferred one if the quote prints any of the sort."""
    return ground.status == "stated" or bool(tuple(found))


def _dates(printed: Printed) -> str:
    days = [_day(day) for day in printed.dates]
    months = [" to ".join(_worded(part) for part in parts) for parts in printed.fuzzy]
    return ", ".join(days + months)


def _day(day: PrintedDate) -> str:
    return f"{day.day}/{day.month}" + (f"/{day.year}" if day.year else "")


def _clock(times: Iterable[time]) -> str:
    return ", ".join(f"{clock:%H:%M}" for clock in sorted(times)) or "none"


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "none"


def _worded(thing: object) -> str:
    if isinstance(thing, tuple):
        return " to ".join(map(_worded, thing))
    if isinstance(thing, Fuzzy):
        return f"{thing.part or ''} {thing.year}-{thing.month:02}".strip()
    return f"{thing:%H:%M}" if isinstance(thing, time) else str(thing)
