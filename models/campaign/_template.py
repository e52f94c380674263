"""The small language in which answers are written: what may stand in braces, and when a sentence is said."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from models.campaign._answer import Text
from models.campaign._schema import Campaign

Argument = Literal["deadline", "date", "fact", "briefing", "contact", "address", "term", "nothing"]

# Each placeholder, and what must stand behind its name.
PLACEHOLDERS: Mapping[str, Argument] = {
    "deadline": "deadline",
    "stated": "deadline",
    "safe": "deadline",
    "left": "deadline",
    "after": "deadline",
    "date": "date",
    "value": "fact",
    "day": "briefing",
    "contact": "contact",
    "url": "address",
    "meaning": "term",
    "sessions": "nothing",
    "limit": "nothing",
    "timeline": "nothing",
    "deadlines": "nothing",
    "next": "nothing",
    "on_day": "nothing",
    "name": "nothing",
}
# When a sentence is said: before the safe day has passed, between it and the stated day of a "before", and after.
CONDITIONS = ("open", "doubt", "over")

_BRACES = re.compile(r"\{([^{}]*)\}")
_PHRASES: Mapping[Argument, str] = {
    "deadline": "a fact of the kind by or before",
    "date": "a fact with a date",
    "fact": "a fact without a date",
    "briefing": "a briefing",
    "contact": "a contact",
    "address": "a target, or a link with an address",
    "term": "a term with a meaning",
    "nothing": "nothing behind it",
}


def placeholders(text: str) -> Iterator[tuple[str, str]]:
    """Each placeholder of a sentence: its name and its argument, which may be empty."""
    for inner in _BRACES.findall(text):
        name, _, argument = inner.partition(" ")
        yield name, argument


def without_placeholders(text: str) -> str:
    return _BRACES.sub(" ", text)


def wrong_placeholders(campaign: Campaign, text: str) -> Iterator[str]:
    """What is wrong with the placeholders of a sentence, in words."""
    if set("{}") & set(_BRACES.sub("", text)):
        yield f"a brace is not closed or not opened in {text!r}"
    for name, argument in placeholders(text):
        kind = PLACEHOLDERS.get(name)
        if kind is None:
            yield f"there is no placeholder {{{name}}}; there are {', '.join(PLACEHOLDERS)}"
        elif argument not in arguments(campaign, kind):
            yield f"{{{name}}} needs {_PHRASES[kind]}, and {argument or 'nothing'!r} is not that"


def wrong_condition(campaign: Campaign, when: str) -> str | None:
    """What is wrong with the condition of a sentence, in words."""
    state, _, key = when.partition(" ")
    if state not in CONDITIONS:
        return f"there is no condition {state!r}; there are {', '.join(CONDITIONS)}"
    if key not in arguments(campaign, "date"):
        return f"{state!r} needs {_PHRASES['date']}, and {key or 'nothing'!r} is not that"
    return None


def arguments(campaign: Campaign, kind: Argument) -> frozenset[str]:
    """The keys that may stand behind a placeholder of that kind."""
    keys: dict[Argument, Iterable[str]] = {
        "deadline": (fact.key for fact in campaign.facts if fact.kind in {"by", "before"}),
        "date": (fact.key for fact in campaign.facts if fact.when),
        "fact": (fact.key for fact in campaign.facts if not fact.when),
        "briefing": (briefing.key for briefing in campaign.briefings),
        "contact": (contact.key for contact in campaign.contacts),
        "address": (*(target.key for target in campaign.targets), *(link.key for link in campaign.links if link.url)),
        "term": (term.key for term in campaign.glossary if term.meaning),
        "nothing": ("",),
    }
    return frozenset(keys[kind])


def sentences(text: Text) -> Iterator[str]:
    """All sentences of a text, whenever they are said."""
    for line in text:
        yield line if isinstance(line, str) else line.text
