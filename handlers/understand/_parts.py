"""Takes a message that asks several things apart into its questions."""

import re

_ENDS = re.compile(r"(?<=[?!。;\n])|(?<=[a-z]{2}\.)(?=\s|$)")
_JOINS = re.compile(
    r"(?:^|\s)\(?\d\)|,|，|、|\band\b|\balso\b|\bplus\b|&|同(?!事|埋|一|意|样|时|步|步|样)|同埋|以及|和|及|与|仲有|另外|还有"
)


def sentences(folded: str) -> list[str]:
    """The sentences of a text, without empty ones."""
    return [part.strip() for part in _ENDS.split(folded) if part and any(sign.isalnum() for sign in part)]


def clauses(folded: str) -> list[str]:
    """The pieces of a text between commas and words such as "and", without empty ones."""
    return [part.strip() for sentence in sentences(folded) for part in _JOINS.split(sentence)
            if any(sign.isalnum() for sign in part)]  # fmt: skip
