"""Hears in free words what Usher is asked to do for somebody: seats, status, their data."""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from handlers.understand import fold

LONGEST = 300  # letters; who writes more tells a story, and is understood by the circular's words


@dataclass(frozen=True)
class _Wish:
    """`always`: also where it is asked as a question ("who holds our seats?")."""

    does: str
    always: bool
    words: tuple[re.Pattern[str], ...]


def wished(text: str) -> str | None:
    """The word of the act that the text wishes; None where it wishes none that is plain."""
    if len(text) > LONGEST:
        return None
    folded = " ".join(fold(text).split())
    asks = _asks(folded)
    for wish in _wishes():
        if (wish.always or not asks) and any(words.search(folded) for words in wish.words):
            return wish.does
    return None


def _asks(folded: str) -> bool:
    """Whether it is a question, and no polite wish."""
    if any(words.search(folded) for words in _patterns("polite")):
        return False
    return any(words.search(folded) for words in _patterns("questions"))


@lru_cache(maxsize=1)
def _raw() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "wishes.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=2)
def _patterns(which: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in _raw()[which])


@lru_cache(maxsize=1)
def _wishes() -> tuple[_Wish, ...]:
    return tuple(
        _Wish(one["does"], one.get("always", False), tuple(re.compile(words) for words in one["words"]))
        for one in _raw()["wish"]
    )
