"""What a change of the seats came to, for whoever words it and tells the others."""

from dataclasses import dataclass, field

from models.seats._rows import Seat, Waiting


@dataclass(frozen=True)
class Reserved:
    """The seats of the attendees, in their order. `new` are the uids of those that they had not before."""

    seats: list[Seat]
    new: frozenset[str]


@dataclass(frozen=True)
class Freed:
    """The seat as it was, and those who are offered a seat now."""

    seat: Seat
    offered: list[Seat] = field(default_factory=list)


@dataclass(frozen=True)
class Swapped:
    """The seat as it is now, and as it was `before`; None where that attendee had this seat already."""

    seat: Seat
    before: Seat | None


@dataclass(frozen=True)
class Moved:
    """The seat as it is now, and as it was `before`; None where it was there already."""

    seat: Seat
    before: Seat | None
    offered: list[Seat] = field(default_factory=list)


@dataclass(frozen=True)
class Lapsed:
    """Those whose offers are over, and those who are offered a seat now."""

    lapsed: list[Waiting]
    offered: list[Seat]


@dataclass(frozen=True)
class HandedOver:
    """What became of the seats and places in the line of somebody who left.

    `given` and `passed_on` belong to another member now; `freed` and `left` are gone; `offered` are offers to others.
    """

    given: list[Seat] = field(default_factory=list)
    freed: list[Seat] = field(default_factory=list)
    passed_on: list[Waiting] = field(default_factory=list)
    left: list[Waiting] = field(default_factory=list)
    offered: list[Seat] = field(default_factory=list)
