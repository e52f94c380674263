"""Reads a circular's text without the marks of the program that took it out of its PDF, and finds a quote in it."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# In this order: what an earlier pattern takes off must not be seen by a later one.
_MARKUP: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>"), r"\1"),
    (re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)"), r"\1"),
    (re.compile(r"</?(?:b|i|u|a|em|strong|sup|sub|span)(?: [^<>]*)?>", re.IGNORECASE), ""),
    (re.compile(r"</?[a-z][a-z0-9]*(?: [^<>]*)?/?>", re.IGNORECASE), " "),
    (re.compile(r"^#{1,6} ", re.MULTILINE), ""),
    (re.compile(r"\*\*"), ""),
    (re.compile(r"^\*(?!\s)(.+)\*[ \t]*$", re.MULTILINE), r"\1"),
    (re.compile(r"\\([*_\[\]#\\])"), r"\1"),
    (re.compile(r"[\u200b\u2060\ufeff]"), ""),
    (re.compile(r"\s+"), " "),
)


@lru_cache(maxsize=1024)
def plain(circular: str) -> str:
    """The text as a person reads it: no marks of the extraction, white space folded to single spaces."""
    text = unicodedata.normalize("NFC", circular)
    for pattern, instead in _MARKUP:
        text = pattern.sub(instead, text)
    return text.strip()


def find_quote(circular: str, quote: str) -> tuple[int, int] | None:
    """Where in `plain(circular)` the quote stands (start, end), or None.

    It must be verbatim: only the extraction's marks, white space and the width of characters may differ. It begins and
    ends with whole words, so that "8 April" is not found in "28 April".
    """
    text = plain(circular)
    folded, places = _folded(text)
    wanted = _folded(plain(quote))[0]
    for at in _occurrences(folded, wanted):
        if _whole_words(folded, at, at + len(wanted)):
            return places[at], places[at + len(wanted) - 1] + 1
    return None


@lru_cache(maxsize=64)
def _folded(text: str) -> tuple[str, list[int]]:
    """The text in NFKC, and for each of its characters the place that it came from."""
    characters = [(c, place) for place, plain_c in enumerate(text) for c in unicodedata.normalize("NFKC", plain_c)]
    return "".join(c for c, _ in characters), [place for _, place in characters]


def _occurrences(text: str, wanted: str) -> Iterator[int]:
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)


def _whole_words(text: str, start: int, end: int) -> bool:
    return not (_inside_word(text, start) or _inside_word(text, end))


def _inside_word(text: str, at: int) -> bool:
    """Chinese is written without spaces: only letters and digits of ASCII hold a word together."""
    around = text[max(at - 1, 0) : at + 1]
    return 0 < at < len(text) and around.isascii() and around.isalnum()
