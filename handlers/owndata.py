"""Shows people what is held about them, and forgets them when they wish so."""

from collections.abc import Mapping

from handlers.talk import Act

MY_DATA, FORGET = "/mydata", "/forget"

ACTS: Mapping[str, Act] = {}
