"""Says a time in words: how old a result is, how long to wait."""

from datetime import timedelta
from math import ceil

from models.wording import Wording


def in_words(wording: Wording, time: timedelta) -> str:
    """A time in whole seconds, or in minutes where it is long; never none."""
    seconds = max(1, ceil(time.total_seconds()))
    if seconds == 1:
        return wording.say("checks.second")
    if seconds < 120:
        return wording.say("checks.seconds", count=seconds)
    return wording.say("checks.minutes", count=ceil(seconds / 60))
