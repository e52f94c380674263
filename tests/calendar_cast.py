"""The circulars, seats and steps that the tests of the calendar files are about."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from handlers.calendar import seat_file
from models.campaign import Briefing, Campaign, load
from models.message import File
from tests.calendar_rules import Entry, read

ROOT = Path(__file__).parents[1]
HKCC = load(ROOT / "campaigns" / "ccms-2fa-2023")
NORDHAVEN = load(ROOT / "tests" / "campaigns" / "nordhaven-2027-014")
CAMPAIGNS = [HKCC, NORDHAVEN]
LANGUAGES = ["en", "zh-Hant", "zh-Hans"]
STAMP = datetime(2023, 4, 3, 1, 2, 3, tzinfo=UTC)
AUDITORIUM, WEBINAR = HKCC.briefing["24apr"], HKCC.briefing["26apr"]
UID = "6f2b1d0e-1f5c-4c0b-9a35-2f8f3a1f7f10"
ORGANIZER = "Usher <usher@example.org>"


def seat(campaign: Campaign = HKCC, briefing: Briefing = AUDITORIUM, language: str = "en", **told: Any) -> File:
    given: dict[str, Any] = {"uid": UID, "sequence": 0, "attendee_name": "Amy Wong", "attendee_email": None}
    given |= {"organizer": ORGANIZER, "stamp": STAMP}
    return seat_file(campaign, briefing, language=language, **(given | told))


def entry(file: File) -> Entry:
    return read(file.content).event


STEPS: Mapping[str, Mapping[str, Any]] = {
    "held": {"sequence": 0},
    "changed": {"sequence": 1, "note": "Now with login."},
    "given back": {"sequence": 2, "cancelled": True},
}
