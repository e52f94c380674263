"""What the doctor finds: a mark, what it is about, and a sentence in which no token and no password is ever shown."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from bot.settings import Settings
from bot.skew import Skew

SECONDS = 10.0  # for all that is asked of one channel
HIDDEN = "(secret)"
SHORTEST = 4  # a shorter "secret" stands in every other word


class Mark(StrEnum):
    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    mark: Mark
    about: str
    said: str

    def __str__(self) -> str:
        """One line, whatever a platform has put into it."""
        said = "".join(sign if sign.isprintable() else " " for sign in f"{self.about}: {self.said}")
        return f"{self.mark:<8} {' '.join(said.split())}"


Findings = AsyncIterator[Finding]
Examination = Callable[[Settings, Callable[[], datetime]], Findings]


def ok(about: str, said: str) -> Finding:
    return Finding(Mark.OK, about, said)


def warning(about: str, said: str) -> Finding:
    return Finding(Mark.WARNING, about, said)


def broken(about: str, said: str) -> Finding:
    return Finding(Mark.BROKEN, about, said)


def clocks(about: str, skew: Skew) -> Iterator[Finding]:
    """Whether this machine's clock agrees with the platform's; nothing where no answer told the time well enough."""
    if skew.last and skew.last.well:
        yield ok(about, "its clock and this machine's agree")
    elif skew.last and skew.last.wrong:
        yield warning(
            about,
            f"this machine's clock is {skew.last.told} the one there: have the clock set by NTP. From 5 minutes "
            "on, what Slack sends is refused",
        )


class Censor:
    """Takes every secret of the settings out of a text: a platform or a library may repeat what it was given."""

    def __init__(self, settings: Settings) -> None:
        kept = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]
        kept += [password for url in kept if (password := _password(url))]
        forms = {form for value in kept for form in (value, unquote(value), quote(value, safe=""))}
        longest_first = sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)
        # In any case of the letters: Telegram's library makes a sentence's first letter large and all others small.
        self._hidden = re.compile("|".join(map(re.escape, longest_first)) or "(?!)", re.IGNORECASE)

    def clean(self, text: str) -> str:
        return self._hidden.sub(HIDDEN, text)


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:
        return None
