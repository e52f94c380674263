"""Shows the text of a circular, with the quote that an answer rests on marked in it."""

from itertools import groupby

from bot.page.bubbles import mark
from models.campaign import Campaign, paragraphs


def shown_circular(campaign: Campaign, quote: str | None) -> dict[str, object]:
    """What the page of a circular shows; `quote` is the short name that a source's link carries."""
    words = next((one.quote for one in campaign.grounds.values() if one.quote and mark(one.quote) == quote), None)
    lines = paragraphs(campaign.circular, words)
    return {
        "name": campaign.name[campaign.prevails],
        "prevails": campaign.prevails,
        "looked_for": quote is not None,
        "found": any(piece.marked for line in lines for cell in line.cells for piece in cell),
        # Rows that follow each other are one table.
        "groups": [(kind, list(group)) for kind, group in groupby(lines, key=lambda line: line.kind)],
    }
