"""What RFC 5545 and RFC 5546 ask of the calendar files that Usher makes, read without any library."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

NAME = r"[A-Za-z0-9-]+"
PARAMETER = re.compile(rf';({NAME})=((?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x08\x0a-\x1f\x7f]*))')
TEXTS = {"SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "UID", "PRODID"}
ONCE = {"CLASS", "CREATED", "DESCRIPTION", "DTSTART", "DTEND", "GEO", "LAST-MODIFIED", "LOCATION", "ORGANIZER",
        "PRIORITY", "DTSTAMP", "SEQUENCE", "STATUS", "SUMMARY", "TRANSP", "UID", "URL", "RECURRENCE-ID"}  # fmt: skip
# RFC 5546, 3.2.1, 3.2.2 and 3.2.5: what an event must have, what it must not have, and the states it may be in.
NEEDED = {
    "PUBLISH": {"DTSTAMP", "DTSTART", "ORGANIZER", "SUMMARY", "UID"},
    "REQUEST": {"ATTENDEE", "DTSTAMP", "DTSTART", "ORGANIZER", "SUMMARY", "UID"},
    "CANCEL": {"DTSTAMP", "ORGANIZER", "SEQUENCE", "UID"},
}
BARRED = {"PUBLISH": {"ATTENDEE", "REQUEST-STATUS"}, "REQUEST": {"REQUEST-STATUS"}, "CANCEL": {"REQUEST-STATUS"}}
STATES = {
    "PUBLISH": {"TENTATIVE", "CONFIRMED", "CANCELLED"},
    "REQUEST": {"TENTATIVE", "CONFIRMED"},
    "CANCEL": {"CANCELLED"},
}
STATED = {"PUBLISH": False, "REQUEST": False, "CANCEL": True}  # whether the state must be there


@dataclass(frozen=True)
class Property:
    """One line, unfolded. `text` is its value without the escapes, where it is a text."""

    name: str
    parameters: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], self.value)

    @property
    def at(self) -> date | datetime:
        """The day, or the instant: nothing else is taken."""
        if self.parameters.get("VALUE") == "DATE":
            return datetime.strptime(self.value, "%Y%m%d").replace(tzinfo=UTC).date()
        assert self.parameters == {}, f"{self.name} is not in UTC"
        return datetime.strptime(self.value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@dataclass
class Entry:
    """An event."""

    properties: list[Property] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        return [one for one in self.properties if one.name == name]

    def __getitem__(self, name: str) -> Property:
        (found,) = self.all(name)
        return found

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))


@dataclass
class Calendar:
    method: str
    events: list[Entry]

    @property
    def event(self) -> Entry:
        (only,) = self.events
        return only


def read(content: str) -> Calendar:
    """The calendar in the file; an `AssertionError` names the rule that it breaks."""
    lines = [_property(line) for line in _unfolded(content.encode())]
    assert [lines[0].name, lines[0].value] == ["BEGIN", "VCALENDAR"]
    assert [lines[-1].name, lines[-1].value] == ["END", "VCALENDAR"]
    own, events, entry = Entry(), list[Entry](), None
    for line in lines[1:-1]:
        if line.name == "BEGIN":
            assert line.value == "VEVENT"
            assert entry is None, "an event within an event"
            entry = Entry()
        elif line.name == "END":
            assert line.value == "VEVENT"
            assert entry is not None
            events.append(entry)
            entry = None
        else:
            assert entry is not None or not events, "a property of the calendar after its events"
            (own if entry is None else entry).properties.append(line)
    assert entry is None, "an event without an end"
    assert own["VERSION"].value == "2.0"
    assert own["PRODID"].value
    assert {one.name for one in own.properties} == {"VERSION", "PRODID", "METHOD"}
    calendar = Calendar(own["METHOD"].value, events)
    _check(calendar)
    return calendar


def _unfolded(content: bytes) -> list[str]:
    assert content.endswith(b"\r\n")
    lines = content.removesuffix(b"\r\n").split(b"\r\n")
    for line in lines:
        assert b"\r" not in line
        assert b"\n" not in line
        assert line, "an empty line"
        assert len(line) <= 75, f"{len(line)} octets"
        line.decode()  # a line that is broken within a character is shown wrong by many programs
    whole: list[str] = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            whole[-1] += line[1:].decode()
        else:
            whole.append(line.decode())
    return whole


def _property(line: str) -> Property:
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", line), "a control character"
    name = re.match(NAME, line)
    assert name, f"no property: {line!r}"
    at, parameters = name.end(), dict[str, str]()
    while found := PARAMETER.match(line, at):
        assert found[1].upper() not in parameters, "a parameter twice"
        parameters[found[1].upper()] = found[2].strip('"')
        at = found.end()
    assert line[at : at + 1] == ":", f"no value: {line!r}"
    told = Property(name[0].upper(), parameters, line[at + 1 :])
    if told.name in TEXTS:
        assert re.fullmatch(r"(?:[^\\;,]|\\[\\;,nN])*", told.value), f"not escaped: {line!r}"
    return told


def _check(calendar: Calendar) -> None:
    method = calendar.method
    assert calendar.events, "a calendar without events"
    uids = [event["UID"].value for event in calendar.events]
    assert len(uids) == len(set(uids)), "two events with one UID"
    for event in calendar.events:
        names = {one.name for one in event.properties}
        assert names >= NEEDED[method], f"{method} without {NEEDED[method] - names}"
        assert not names & BARRED[method], f"{method} with {names & BARRED[method]}"
        assert all(len(event.all(name)) == 1 for name in names & ONCE)
        assert event["UID"].value
        assert "STATUS" in event or not STATED[method]
        if "STATUS" in event:
            assert event["STATUS"].value in STATES[method]
        if "SEQUENCE" in event:
            assert re.fullmatch(r"0|[1-9]\d*", event["SEQUENCE"].value)
        for who in (event["ORGANIZER"], *event.all("ATTENDEE")):
            assert re.fullmatch(r"mailto:[!-~]+@[A-Za-z0-9.%_~-]+", who.value), who.value
        _check_times(event)


def _check_times(event: Entry) -> None:
    assert isinstance(event["DTSTAMP"].at, datetime)
    begin = event["DTSTART"].at
    if "DTEND" in event:
        end = event["DTEND"].at
        assert type(end) is type(begin), "a day and an instant"
        assert end > begin
