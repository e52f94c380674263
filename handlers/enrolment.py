"""Finds out who somebody is: by a code of their firm, or by one that is sent to their address there."""

from collections.abc import Mapping

from handlers.talk import Act

JOIN, LINK, LEAVE, ACT_FOR = "/join", "/link", "/leave", "/as"

ACTS: Mapping[str, Act] = {}
