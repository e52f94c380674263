"""Keeps the connection checks: asked for, claimed by one copy, told once; how each target stands, and incidents."""

from models.checks._ask import (
    KEPT,
    LIMITS,
    NEWS,
    Asked,
    Result,
    Wait,
    Whose,
    ask,
    fresh,
    last_checks,
    targets_waiting,
    wait_for,
)
from models.checks._rows import Check, Incident, PcTest, State, TargetState
from models.checks._state import Change, incidents, note_state, open_incident, state_of, states
from models.checks._work import LEASE, claim, finish, give_back, is_due, keep_up, refuse

__all__ = [
    "KEPT", "LEASE", "LIMITS", "NEWS", "Asked", "Change", "Check", "Incident", "PcTest", "Result", "State",
    "TargetState", "Wait", "Whose", "ask", "claim", "finish", "fresh", "give_back", "incidents", "is_due", "keep_up",
    "last_checks", "note_state", "open_incident", "refuse", "state_of", "states", "targets_waiting", "wait_for",
]  # fmt: skip
