"""Plays a campaign's reminders before anybody gets one: on its own clock, on a database that is thrown away after it.

What is planned, worded and paced here is what Usher plans, words and paces; only the sending is left out.
"""

from bot.rehearsal._command import rehearse
from bot.rehearsal._play import Span, play, span_of
from bot.rehearsal._seen import HEADINGS, Seen, Sent

__all__ = ["HEADINGS", "Seen", "Sent", "Span", "play", "rehearse", "span_of"]
