"""The rules for a campaign's answers: sourced, in every language, asked in enough ways, and never empty."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from itertools import product

from models.campaign._agree import unprinted
from models.campaign._answer import Answer, Grounded, Line, Text
from models.campaign._dates import When
from models.campaign._lint_facts import too_long
from models.campaign._printed import read_printed
from models.campaign._schema import Briefing, Campaign, Fact
from models.campaign._template import (
    PLACEHOLDERS,
    placeholders,
    sentences,
    without_placeholders,
    wrong_condition,
    wrong_placeholders,
)

# Fewer phrasings than these say too little about how else people ask.
EXAMPLES_IN_LETTERS = 5
EXAMPLES_IN_HAN = 3
SHORT = 20  # characters of a quick start: four of them stand side by side

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


def sources(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """An answer has a source; one that cites a side of a declared conflict cites the other side too."""
    for answer in campaign.answers:
        place = f"answer.{answer.key}.sources"
        if answer.outcome == "answer" and not answer.sources:
            yield place, "has no source"
        for key in answer.sources:
            if campaign.grounds[key].status != "ruled" and not campaign.grounds[key].quote.strip():
                yield place, f"{key} has no quote"
        for one, other in _conflicts(campaign):
            if one in answer.sources and other not in answer.sources:
                yield place, f"has {one}, but not {other}, with which it conflicts"
        for key in sorted(_claims(answer) - _backed(campaign, answer)):
            yield place, f"the text tells {key}, which is not among the sources"


def languages(campaign: Campaign) -> Iterator[tuple[str, str]]:
    for answer in campaign.answers:
        for language in campaign.languages:
            if not answer.title.get(language, "").strip():
                yield f"answer.{answer.key}.title", f"lacks {language}"
            if answer.short and not answer.short.get(language, "").strip():
                yield f"answer.{answer.key}.short", f"lacks {language}"
            if not any(text.strip() for text in sentences(answer.text.get(language, ()))):
                yield f"answer.{answer.key}.text", f"lacks {language}"


def labels(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Titles stand on buttons: short, and no two alike."""
    taken: dict[tuple[str, str], str] = {}
    for answer in campaign.answers:
        place = f"answer.{answer.key}.title"
        yield from too_long(place, answer.title)
        yield from too_long(f"answer.{answer.key}.short", answer.short, SHORT)
        for language, title in answer.title.items():
            if (first := taken.setdefault((language, title), answer.key)) != answer.key:
                yield place, f"{language}: {title!r} is the title of answer.{first} too"


def templates(campaign: Campaign) -> Iterator[tuple[str, str]]:
    for answer in campaign.answers:
        for language, text in answer.text.items():
            place = f"answer.{answer.key}.text.{language}"
            for sentence in sentences(text):
                yield from ((place, message) for message in wrong_placeholders(campaign, sentence))
            wrong = [message for line in _conditional(text) if (message := wrong_condition(campaign, line.when))]
            yield from ((place, message) for message in wrong)
            if not wrong and (silent := _silent(campaign, text)):
                yield place, f"says nothing when it is {silent}"


def figures(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """A date, time or address typed into a text stands in one of the sources, or nobody knows where it came from."""
    for answer in campaign.answers:
        known = read_printed(" | ".join(_evidence(campaign.grounds[key]) for key in answer.sources))
        for language, text in answer.text.items():
            for sentence in sentences(text):
                for figure in unprinted(without_placeholders(sentence), known, numbers=False):
                    yield f"answer.{answer.key}.text.{language}", f"{figure} is in none of the sources"


def examples(campaign: Campaign) -> Iterator[tuple[str, str]]:
    chinese = any(language.startswith("zh") for language in campaign.languages)
    letters = any(not language.startswith("zh") for language in campaign.languages)
    for answer in campaign.answers:
        in_han = len({example for example in answer.examples if _HAN.search(example)})
        in_letters = len(set(answer.examples)) - in_han
        place = f"answer.{answer.key}.examples"
        if letters and in_letters < EXAMPLES_IN_LETTERS:
            yield place, f"{in_letters} without Chinese characters, {EXAMPLES_IN_LETTERS} are needed"
        if chinese and in_han < EXAMPLES_IN_HAN:
            yield place, f"{in_han} with Chinese characters, {EXAMPLES_IN_HAN} are needed"


def doubles(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """One phrasing under two answers would make both of them unsure."""
    users: dict[str, list[str]] = defaultdict(list)
    for answer in campaign.answers:
        for example in answer.examples:
            users[_same(example)].append(answer.key)
            if len(keys := users[_same(example)]) > 1:
                where = "twice" if keys[0] == answer.key else f"in answer.{keys[0]} too"
                yield f"answer.{answer.key}.examples", f"{example!r} stands {where}"


def rivals(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """What one answer covers, or is triggered by, is no other's: else both speak up and neither is sure."""
    for field in ("covers", "triggers"):
        taken: dict[str, str] = {}
        for answer in campaign.answers:
            for claim in getattr(answer, field):
                if (first := taken.setdefault(claim, answer.key)) != answer.key:
                    yield f"answer.{answer.key}.{field}", f"{claim!r} is answer.{first}'s already"


def _conflicts(campaign: Campaign) -> Iterator[tuple[str, str]]:
    pairs = {frozenset((fact.key, other)) for fact in campaign.facts for other in fact.conflicts_with}
    for one, other in sorted(tuple(sorted(pair)) for pair in pairs if len(pair) == 2):
        yield one, other
        yield other, one


def _claims(answer: Answer) -> set[str]:
    """The facts and briefings that the text itself tells; a contact or an address needs no proof."""
    return {
        argument
        for text in answer.text.values()
        for sentence in sentences(text)
        for name, argument in placeholders(sentence)
        if PLACEHOLDERS.get(name) in {"deadline", "date", "fact", "briefing"}
    }


def _backed(campaign: Campaign, answer: Answer) -> set[str]:
    """A wrong key in the text is reported as such, not as a missing source."""
    return {*answer.sources} | {key for key in _claims(answer) if key not in campaign.grounds}


def _evidence(ground: Grounded) -> str:
    """The words of a source, and what was inferred from them or ruled."""
    match ground:
        case Fact():
            return f"{ground.quote} | {ground.value} {ground.at or ''}"
        case Briefing():
            return f"{ground.quote} | {ground.on} {ground.start} {ground.end or ''} {ground.door or ''}"
        case _:
            return ground.quote


def _conditional(text: Text) -> list[Line]:
    return [line for line in text if isinstance(line, Line)]


def _silent(campaign: Campaign, text: Text) -> str | None:
    """The first state of the dates in which no sentence of the text would be said."""
    said = {line.when for line in _conditional(text)}
    if not text or len(_conditional(text)) < len(text):
        return None
    dates = sorted({when.partition(" ")[2] for when in said})
    for states in product(*([f"{state} {key}" for state in _states(campaign.fact[key].when)] for key in dates)):
        if not said & set(states):
            return " and ".join(states)
    return None


def _states(when: When | None) -> tuple[str, ...]:
    return ("open", "doubt", "over") if when and when.kind == "before" else ("open", "over")


def _same(example: str) -> str:
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", example).casefold()).strip()


ANSWER_RULES = (sources, languages, labels, templates, figures, examples, doubles, rivals)
