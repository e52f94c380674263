"""Registers people for briefings, and changes and gives back their seats."""

from collections.abc import Mapping

from handlers.talk import Act

SEATS = "/seats"

ACTS: Mapping[str, Act] = {}
