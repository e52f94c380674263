"""Says what a participant has declared as done and what is open, and takes what it declares."""

from collections.abc import Mapping

from handlers.talk import Act

STATUS, DONE, UNDONE = "/status", "/done", "/undone"

ACTS: Mapping[str, Act] = {}
