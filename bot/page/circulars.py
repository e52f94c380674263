"""Shows the text of a circular, with the quote that an answer rests on marked in it."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

from bot.page.bubbles import mark
from models.campaign import Campaign, Paragraph, find_quote, paragraphs


def shown_circular(campaign: Campaign, quote: str | None) -> dict[str, object]:
    """What the page of a circular shows; `quote` is the short name that a source's link carries."""
    words = _quotes(campaign).get(quote or "")
    found = bool(words and find_quote(campaign.circular, words))
    return {
        "name": campaign.name[campaign.prevails],
        "prevails": campaign.prevails,
        "looked_for": quote is not None,
        "found": found,
        "groups": _grouped(paragraphs(campaign.circular, words if found else None)),
    }


def _grouped(lines: Sequence[Paragraph]) -> list[tuple[str, list[Paragraph]]]:
    """Rows that follow each other are one table."""
    return [(kind, list(group)) for kind, group in groupby(lines, key=lambda line: line.kind)]


def _quotes(campaign: Campaign) -> dict[str, str]:
    return _quotes_of(tuple(ground.quote for ground in campaign.grounds.values() if ground.quote))


@lru_cache(maxsize=16)
def _quotes_of(quotes: tuple[str, ...]) -> dict[str, str]:
    return {mark(quote): quote for quote in quotes}
