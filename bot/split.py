"""Cuts a long text where a reader would pause: between paragraphs, else sentences, else words."""

import re
from collections.abc import Callable, Iterator

# Where a piece may end, best first: a paragraph, a line, a sentence (Chinese ones have no space after them), a word.
_ENDS = (r"\n\n+", r"\n", r"(?<=[.!?…])\s+|(?<=[。！？；])", r"\s+|(?<=[，、])")


def parts(text: str, most: int, length: Callable[[str], int] = len) -> list[str]:
    """`text` in pieces of which none is longer than `most` by `length`. Nothing is lost but space at the cuts."""
    rest, pieces = text.strip(), []
    while rest:
        cut = _cut(rest, most, length)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return pieces


def shortened(text: str, most: int, length: Callable[[str], int] = len) -> str:
    """`text`, or its beginning with an ellipsis, in at most `most` by `length`."""
    return text if length(text) <= most else f"{text[: _fitting(text, most - 1, length)].rstrip()}…"


def _cut(text: str, most: int, length: Callable[[str], int]) -> int:
    if length(text) <= most:
        return len(text)
    fits = _fitting(text, most, length)
    for ends in _ENDS:
        cuts = [cut for cut in _places(ends, text[: fits + 1]) if cut <= fits]
        if cuts and cuts[-1] > fits // 3:  # a tiny piece before a huge one reads worse than a cut sentence
            return cuts[-1]
    return fits


def _places(ends: str, text: str) -> Iterator[int]:
    return (found.start() for found in re.finditer(ends, text) if found.start())


def _fitting(text: str, most: int, length: Callable[[str], int]) -> int:
    """The number of characters that fit: at least one."""
    low, high = 1, min(len(text), most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if length(text[:middle]) <= most else (low, middle - 1)
    return low
