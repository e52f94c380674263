"""What is said of briefings: which of them a question means, and how many people may come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from babel import Locale

from handlers.understand import Reading
from models.campaign import Briefing
from models.wording import Wording


@dataclass(frozen=True)
class Wanted:
    """What a question says of the briefing it means."""

    days: tuple[date, ...] = ()
    languages: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    unwanted: frozenset[str] = frozenset()

    @classmethod
    def of(cls, reading: Reading, briefings: Sequence[Briefing]) -> "Wanted":
        keys = reading.keys("qualifier")
        unwanted = frozenset(key.removeprefix("not ") for key in keys if key.startswith("not "))
        named = [key.split(":", 1) for key in keys if not key.startswith("not ") and key not in unwanted]
        held = tuple(one.on for one in briefings if one.on.weekday() in reading.asked.weekdays)
        return cls(
            held or reading.asked.days,
            tuple(value for kind, value in named if kind == "language"),
            tuple(value for kind, value in named if kind == "mode"),
            unwanted,
        )

    def fits(self, briefing: Briefing) -> bool:
        return self.fits_kind(briefing) and (not self.days or briefing.on in self.days)

    def fits_kind(self, briefing: Briefing) -> bool:
        if {f"language:{briefing.language}", f"mode:{briefing.mode}"} & self.unwanted:
            return False
        return (not self.languages or briefing.language in self.languages) and (
            not self.modes or briefing.mode in self.modes
        )


def say_sessions(wording: Wording, reading: Reading) -> str:
    """The briefings that are meant; where none fits, what is wrong with the question's idea, and the nearest."""
    everything, wanted = (
        wording.campaign.briefings,
        _without_today(wording, Wanted.of(reading, wording.campaign.briefings)),
    )
    meant = [one for one in everything if wanted.fits(one)]
    if meant:
        heading = wording.say("sessions.all", count=len(meant)) if len(meant) == len(everything) > 1 else ""
        return _listed(wording, heading, meant)
    on_day = [one for one in everything if one.on in wanted.days]
    of_kind = [one for one in everything if wanted.fits_kind(one)]
    if on_day and of_kind:
        return _listed(wording, _not_on(wording, on_day[0]), of_kind)
    if wanted.days and not on_day:
        return _listed(wording, wording.say("sessions.no_day", day=wording.on(wanted.days[0])), of_kind or everything)
    return _listed(
        wording, wording.say("sessions.none", what=_what(wording, wanted, everything)), _near(wanted, everything)
    )


def _without_today(wording: Wording, wanted: Wanted) -> Wanted:
    """Without today: it only names a briefing's day when there is one; else it is when the person acts."""
    days = tuple(
        day for day in wanted.days if day != wording.today or day in {b.on for b in wording.campaign.briefings}
    )
    due = {fact.when.last for fact in wording.campaign.facts if fact.when and fact.task}
    days = tuple(day for day in days if day not in due)
    return replace(wanted, days=days)


def _near(wanted: Wanted, everything: Sequence[Briefing]) -> Sequence[Briefing]:
    close = [one for one in everything if one.language in wanted.languages or one.mode in wanted.modes]
    return close or everything


def _not_on(wording: Wording, briefing: Briefing) -> str:
    return wording.say("sessions.not", day=wording.on(briefing.on, "short_date"), what=_kind(wording, briefing))


def _kind(wording: Wording, briefing: Briefing) -> str:
    language, mode = wording.word(briefing.language_name), wording.word(briefing.mode_name)
    return wording.say("kind", language=wording.say("in_language", language=language), mode=mode) if language else mode


def _what(wording: Wording, wanted: Wanted, everything: Sequence[Briefing]) -> str:
    modes = {one.mode: wording.word(one.mode_name) for one in everything}
    languages = {one.language: wording.word(one.language_name) for one in everything}
    words = [modes.get(mode, mode) for mode in wanted.modes]
    words += [
        wording.say("in_language", language=languages.get(one) or _language_name(wording, one))
        for one in wanted.languages
    ]
    return wording.say("and").join(words)


def _language_name(wording: Wording, code: str) -> str:
    if code == "cmn":  # the locale data know Mandarin only as Chinese
        return wording.say("mandarin")
    return str(Locale.parse(wording.campaign.locales[wording.language]).languages.get(code, code))


def _listed(wording: Wording, heading: str, briefings: Iterable[Briefing]) -> str:
    shown = list(briefings)
    lines = [say_session(wording, one) for one in shown]
    bullets = [f"• {line}" for line in lines] if len(lines) > 1 else lines
    return "\n".join(part for part in (heading, *bullets, _inferred(wording, shown), _over(wording, shown)) if part)


def _inferred(wording: Wording, briefings: Sequence[Briefing]) -> str:
    """Why something was inferred, said once: the circular's table prints some things once for several rows."""
    reasons = dict.fromkeys(wording.word(one.reason) for one in briefings if one.status == "inferred")
    return wording.say("sessions.reason", reason="; ".join(reasons)) if reasons else ""


def _over(wording: Wording, briefings: Sequence[Briefing]) -> str:
    ends = [datetime.combine(one.on, one.end or one.start, wording.campaign.zone) for one in briefings]
    if not all(end < wording.now for end in ends):
        return ""
    return wording.say("sessions.over" if len(ends) > 1 else "sessions.over.one")


def say_session(wording: Wording, briefing: Briefing) -> str:
    language, place = wording.word(briefing.language_name), wording.word(briefing.place)
    elsewhere = wording.say("comma").join(f"{at} {where}" for where, at in briefing.elsewhere.items())
    return wording.say(
        "session",
        day=wording.on(briefing.on),
        start=wording.clock(briefing.start),
        end=wording.say("session.end", end=wording.clock(briefing.end)) if briefing.end else "",
        zone=wording.zone,
        mode=wording.word(briefing.mode_name),
        language=wording.say("session.language", language=language) if language else "",
        place=wording.say("session.place", place=place) if place else "",
        door=wording.say("session.door", door=wording.clock(briefing.door)) if briefing.door else "",
        elsewhere=wording.say("session.elsewhere", elsewhere=elsewhere) if elsewhere else "",
    )


def say_limit(wording: Wording, reading: Reading) -> str:
    """How many of a firm may come to the briefings meant; where none is stated, that it is not stated."""
    wanted, everything = Wanted.of(reading, wording.campaign.briefings), wording.campaign.briefings
    meant = [one for one in everything if wanted.fits(one)] or list(everything)
    limited = [one for one in meant if one.limit is not None]
    open_ones = [one for one in meant if one.limit is None]
    parts = [_premise(wording, limited, reading.asked.count)] if limited else []
    parts += [_say_limit(wording, one) for one in limited]
    if not limited:
        parts += [_say_limit(wording, one) for one in everything if one.limit is not None][:1]
    if open_ones:
        parts.append(wording.say("limit.none", others=_others(wording, open_ones)))
    return wording.join(*parts)


def _premise(wording: Wording, limited: Sequence[Briefing], count: int | None) -> str:
    if count is None:
        return ""
    most = max(one.limit or 0 for one in limited)
    return wording.say("limit.too_many" if count > most else "limit.fits", count=count)


def _say_limit(wording: Wording, briefing: Briefing) -> str:
    place = wording.word(briefing.place).split(",")[0].split("（")[0]
    said = wording.say("limit", limit=briefing.limit, mode=place or wording.word(briefing.mode_name),
                       day=wording.on(briefing.on, "short_date"))  # fmt: skip
    capacity = wording.say("limit.capacity", capacity=briefing.capacity) if briefing.capacity else ""
    return wording.join(said, capacity)


def _others(wording: Wording, briefings: Sequence[Briefing]) -> str:
    by_mode: dict[str, list[Briefing]] = {}
    for one in briefings:
        by_mode.setdefault(wording.word(one.mode_name), []).append(one)
    return wording.say("and").join(
        wording.say(
            "limit.other", mode=mode, days=wording.say("and").join(wording.on(one.on, "short_date") for one in ones)
        )
        for mode, ones in by_mode.items()
    )
