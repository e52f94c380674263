"""Has Usher know acts that are there for a test alone, with who may have them done, and where."""

from typing import Any

import pytest

from handlers import acts, permissions
from handlers.permissions import Role, Rule, Where
from handlers.talk import Act


def know(
    monkeypatch: pytest.MonkeyPatch, word: str, act: Act, role: Role = Role.ANYBODY, where: Where = Where.ANYWHERE
) -> None:
    """Have Usher know the act, for one test."""
    acts_table: Any = acts.ACTS
    rules: Any = permissions.RULES
    monkeypatch.setitem(acts_table, word, act)
    monkeypatch.setitem(rules, word, Rule(frozenset({role}), where))
