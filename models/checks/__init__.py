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
from models.checks._pc import (
    ANSWERS,
    OPENS,
    Offered,
    answer_test,
    check_beside,
    is_looking,
    last_seen,
    looked_lately,
    note_seen,
    offer_test,
    open_test,
    pages_seen,
    redeem_test,
    wait_for_test,
)
from models.checks._rows import Check, Incident, PcTest, State, TargetState
from models.checks._state import Change, incidents, note_state, open_incident, state_of, states
from models.checks._work import LEASE, claim, finish, give_back, is_due, keep_up, refuse

__all__ = [
    "ANSWERS", "KEPT", "LEASE", "LIMITS", "NEWS", "OPENS", "Asked", "Change", "Check", "Incident", "Offered", "PcTest",
    "Result", "State", "TargetState", "Wait", "Whose", "answer_test", "ask", "check_beside", "claim", "finish", "fresh",
    "give_back", "incidents", "is_due", "is_looking", "keep_up", "last_checks", "last_seen", "looked_lately",
    "note_seen", "note_state", "offer_test", "open_incident", "open_test", "pages_seen", "redeem_test", "refuse",
    "state_of", "states", "targets_waiting", "wait_for", "wait_for_test",
]  # fmt: skip
