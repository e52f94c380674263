"""The rules for what a campaign claims: its source says so, and no two claims contradict each other in silence."""

from collections.abc import Iterator
from itertools import combinations

from models.campaign._agree import disagreements
from models.campaign._answer import Grounded, Words
from models.campaign._quotes import find_quote
from models.campaign._schema import Briefing, Campaign, Contact, Fact, Link, Term
from models.campaign._target import Target

LABEL_LENGTH = 40  # what a button shows on every channel without being cut off

_TABLES: dict[type[Grounded], str] = {
    Fact: "fact", Contact: "contact", Briefing: "briefing", Target: "target", Link: "link", Term: "term"
}  # fmt: skip


def _grounds(campaign: Campaign) -> Iterator[tuple[str, Grounded]]:
    for key, ground in campaign.grounds.items():
        yield f"{_TABLES[type(ground)]}.{key}", ground


def sources(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """A ruling is a source of its own, and a term needs one only where an answer rests on it."""
    for place, ground in _grounds(campaign):
        if isinstance(ground, Term) or ground.status == "ruled":
            continue
        if not ground.quote.strip():
            yield place, "has no quote"
        if not ground.clause.strip():
            yield place, "has no clause"


def quotes(campaign: Campaign) -> Iterator[tuple[str, str]]:
    for place, ground in _grounds(campaign):
        if ground.quote.strip() and find_quote(campaign.circular, ground.quote) is None:
            yield f"{place}.quote", f"not in circular.txt: {ground.quote!r}"


def values(campaign: Campaign) -> Iterator[tuple[str, str]]:
    for place, ground in _grounds(campaign):
        if ground.quote.strip():
            for field, message in disagreements(ground):
                yield f"{place}.{field}", message


def status(campaign: Campaign) -> Iterator[tuple[str, str]]:
    for place, ground in _grounds(campaign):
        if ground.status == "inferred" and not ground.reason:
            yield f"{place}.reason", "inferred, but without the reason"
        if ground.status == "ruled" and not (ground.ruled_by and ground.ruled_on):
            yield f"{place}.ruled_by", "ruled, but not by whom and when (ruled_by, ruled_on)"


def conflicts(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Two dates for one thing: somebody rules which holds, or both are shown. A bot must not choose."""
    for one, other in combinations([fact for fact in campaign.facts if fact.when], 2):
        if (one.subject, one.about) != (other.subject, other.about) or one.when == other.when:
            continue
        if "ruled" not in (one.status, other.status) and not _declared(one, other):
            yield (
                f"fact.{other.key}",
                f"says {_date(other)}, but fact.{one.key} says {_date(one)} about the same "
                f"({one.subject}, {one.about}): declare conflicts_with, or record who ruled",
            )


def languages(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """What is shown must be there in every language; what may be absent must be absent in all of them."""
    if campaign.prevails not in campaign.languages:
        yield "prevails", f"{campaign.prevails!r} is not among languages"
    for place, words, required in _words(campaign):
        if words or required:
            for language in campaign.languages:
                if not words.get(language, "").strip():
                    yield place, f"lacks {language}"


def labels(campaign: Campaign) -> Iterator[tuple[str, str]]:
    for place, words in [("name", campaign.name), *((f"subject.{s.key}.name", s.name) for s in campaign.subjects)]:
        yield from too_long(place, words)


def too_long(place: str, words: Words, length: int = LABEL_LENGTH) -> Iterator[tuple[str, str]]:
    for language, label in words.items():
        if len(label) > length:
            yield place, f"{language}: {len(label)} characters do not fit on a button, {length} do: {label!r}"


def _declared(one: Fact, other: Fact) -> bool:
    return one.key in other.conflicts_with or other.key in one.conflicts_with


def _date(fact: Fact) -> str:
    return f"{fact.kind} {fact.value}" + (f" {fact.at:%H:%M}" if fact.at else "")


def _words(campaign: Campaign) -> Iterator[tuple[str, Words, bool]]:
    """Every text in several languages outside the answers: its place, the text, and whether it must be there at all."""
    for field in ("name", "issuer", "audience", "locales", "time_label"):
        yield field, getattr(campaign, field), True
    for closed in campaign.calendar.closed:
        yield f"calendar.closed.{closed.on}", closed.name, True
    for subject in campaign.subjects:
        yield f"subject.{subject.key}.name", subject.name, True
    for place, ground in _grounds(campaign):
        yield f"{place}.reason", ground.reason, False
        for field, required in _shown(ground).items():
            yield f"{place}.{field}", getattr(ground, field), required
    for reminder in campaign.reminders:
        yield f"reminder.{reminder.key}.text", reminder.text, True
        yield f"reminder.{reminder.key}.name", reminder.name, False
        for lead, words in reminder.tones.items():
            yield f"reminder.{reminder.key}.tones.{lead}", words, True


def _shown(ground: Grounded) -> dict[str, bool]:
    match ground:
        case Fact():
            # A deadline without its task would be missing from the list of what is to be done.
            asks = ground.kind in {"by", "before"}
            return {"name": ground.when is not None and ground.timeline, "task": asks and ground.timeline}
        case Contact():
            return {"label": True, "hours": False}
        case Briefing():
            return {"mode_name": True, "language_name": ground.language is not None, "place": False}
        case Term():
            return {"meaning": False}
        case Target():
            return {"name": True, "guide": False}
        case _:
            return {"name": True}


FACT_RULES = (sources, quotes, values, status, conflicts, languages, labels)
