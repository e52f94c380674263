"""Reads a calendar file by three readers: two libraries, and the rules that the tests know themselves."""

from typing import Any

import icalendar
import vobject  # type: ignore[import-untyped]  # it has no types of its own

from models.message import File
from tests.calendar_rules import Calendar, read


def agree(file: File) -> None:
    """The rules are kept, and icalendar and vobject find the same in the file."""
    assert file.media_type == "text/calendar"
    mine = read(file.content)
    assert seen_by_vobject(file.content) == seen_by_icalendar(file.content) == seen(mine)


def seen(calendar: Calendar) -> list[tuple[object, ...]]:
    return [
        (
            event["UID"].text,
            event["SUMMARY"].text,
            event["DESCRIPTION"].text,
            event["DTSTART"].at,
            event["DTEND"].at if "DTEND" in event else None,
            sorted(one.value for one in event.all("ATTENDEE")),
            [event["SEQUENCE"].value, event["STATUS"].value, event["ORGANIZER"].value],
        )
        for event in calendar.events
    ]


def seen_by_icalendar(content: str) -> list[tuple[object, ...]]:
    events: list[Any] = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return [
        (
            str(event["UID"]),
            str(event["SUMMARY"]),
            str(event["DESCRIPTION"]),
            event["DTSTART"].dt,
            event["DTEND"].dt if "DTEND" in event else None,
            [str(event["ATTENDEE"])] if "ATTENDEE" in event else [],
            [str(event["SEQUENCE"]), str(event["STATUS"]), str(event["ORGANIZER"])],
        )
        for event in events
    ]


def seen_by_vobject(content: str) -> list[tuple[object, ...]]:
    return [
        (
            event.uid.value,
            event.summary.value,
            event.description.value,
            event.dtstart.value,
            event.dtend.value if hasattr(event, "dtend") else None,
            [one.value for one in event.contents.get("attendee", [])],
            [event.sequence.value, event.status.value, event.organizer.value],
        )
        for event in vobject.readOne(content).vevent_list
    ]
