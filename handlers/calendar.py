"""Makes calendar files: of a seat, and of the dates that a circular states."""

from collections.abc import Mapping

from handlers.talk import Act

CALENDAR = "/calendar"

ACTS: Mapping[str, Act] = {}
