"""What seats should do, in plain Python with lists: the yardstick for the real ones, written without a look at them."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any


class Refused(Exception):  # noqa: N818 - named after the situation
    """The text is the name of the exception that the real one raises."""


@dataclass(frozen=True)
class Hall:
    """A briefing's rules; where nothing is stated there is room for very many."""

    limit: int
    room: int
    closes: datetime
    starts: datetime
    offers_from: datetime | None
    lasts: timedelta


@dataclass(frozen=True)
class Chair:
    """A seat, held or (with `until`) on offer to the place in the line of that number."""

    number: int
    hall: str
    firm: str
    slot: int
    sitter: str
    holder: str
    until: datetime | None = None
    place: int | None = None
    version: int = 0
    reference: str | None = None
    booked: bool = False


@dataclass(frozen=True)
class Place:
    number: int
    hall: str
    firm: str
    sitter: str
    holder: str
    state: str = "waiting"


@dataclass
class Plain:
    """All that is so, and `told`: everything that happened, as (what, hall, firm, sitter)."""

    halls: dict[str, Hall]
    firms: dict[str, str]  # of those who act for one now, those enrolled first come first
    now: datetime
    chairs: list[Chair] = field(default_factory=list)
    line: list[Place] = field(default_factory=list)
    told: list[tuple[str, str, str, str]] = field(default_factory=list)
    chair_numbers: int = 0

    def reserve(self, who: str, firm: str, hall: str, sitters: list[str]) -> None:
        self._must_act(who, firm)
        mine = self._chairs(hall, firm)
        had = [chair for chair in mine if chair.sitter in sitters]
        new = list(dict.fromkeys(one for one in sitters if one not in {chair.sitter for chair in mine}))
        if any(chair.until and chair.until <= self.now for chair in had):
            raise Refused("OfferOver")
        if new:
            self._must_fit(hall, firm, new)
        for chair in had:
            self._accept(chair)
        for one in new:
            self._seat(hall, firm, one, who)
            self._tell("held", hall, firm, one)

    def free(self, who: str, firm: str, hall: str, number: int) -> None:
        self._must_act(who, firm)
        chair = self._chair(hall, firm, number)
        if self.now >= self.halls[hall].starts:
            raise Refused("RegistrationClosed")
        self._give_up(chair)
        self._serve(hall)

    def swap(self, who: str, firm: str, hall: str, number: int, sitter: str) -> None:
        self._must_act(who, firm)
        chair = self._held(hall, firm, number)
        if chair.sitter == sitter:
            return
        if any(one.sitter == sitter for one in self._chairs(hall, firm)):
            raise Refused("AlreadySeated")
        self._must_be_open(hall)
        self._change(chair, sitter=sitter, holder=who, version=0, booked=False, reference=None)
        self._settle(hall, firm, sitter)
        self._tell("swapped", hall, firm, sitter)

    def move(self, who: str, firm: str, hall: str, to: str, number: int) -> None:
        self._must_act(who, firm)
        there = any(chair.number == number for chair in self._chairs(to, firm))
        chair = self._held(to if there else hall, firm, number)
        if there:
            return
        if self.now >= self.halls[hall].starts:
            raise Refused("RegistrationClosed")
        if any(one.sitter == chair.sitter for one in self._chairs(to, firm)):
            raise Refused("AlreadySeated")
        self._must_fit(to, firm, [chair.sitter])
        slot = self._free_slot(to, firm)
        self._change(chair, hall=to, slot=slot, version=chair.version + 1, booked=False, reference=None)
        self._settle(to, firm, chair.sitter)
        self._tell("moved", to, firm, chair.sitter)
        self._serve(hall)

    def wait(self, who: str, firm: str, hall: str, sitter: str) -> None:
        self._must_act(who, firm)
        if any(one.sitter == sitter and one.firm == firm for one in self._in_line(hall)):
            return
        if any(chair.sitter == sitter for chair in self._chairs(hall, firm)):
            raise Refused("AlreadySeated")
        self._must_be_open(hall)
        place = Place(len(self.line) + 1, hall, firm, sitter, who)
        self.line.append(place)
        self._tell("waiting", hall, firm, sitter)
        if self._offer_until(hall) and place in self._whose_turn(hall):
            self._offer(place)

    def leave_line(self, who: str, firm: str, hall: str, number: int) -> None:
        self._must_act(who, firm)
        self._step_out(self._place(hall, firm, number))
        self._serve(hall)

    def accept(self, who: str, firm: str, hall: str, number: int) -> None:
        self._must_act(who, firm)
        chair = next((one for one in self._chairs(hall, firm) if one.number == number), None)
        if chair is None or (chair.until and chair.until <= self.now):
            raise Refused("OfferOver")
        self._accept(chair)

    def book(self, who: str, firm: str, hall: str, reference: str | None) -> None:
        self._must_act(who, firm)
        held = [chair for chair in self._chairs(hall, firm) if not chair.until]
        fresh = [one for one in held if not one.booked] or [
            one for one in held if reference not in {None, one.reference}
        ]
        for chair in fresh:
            self._change(chair, booked=True, reference=reference)
            self._tell("booked", hall, firm, chair.sitter)

    def unbook(self, who: str, firm: str, hall: str) -> None:
        self._must_act(who, firm)
        for chair in [one for one in self._chairs(hall, firm) if one.booked]:
            self._change(chair, booked=False, reference=None)
            self._tell("unbooked", hall, firm, chair.sitter)

    def tick(self, hall: str) -> None:
        over = [one for one in self.chairs if one.hall == hall and one.until and one.until <= self.now]
        for chair in sorted(over, key=lambda one: one.place or 0):
            self.chairs.remove(chair)
            self._note(chair.place, "lapsed")
            self._tell("lapsed", hall, chair.firm, chair.sitter)
        self._serve(hall)

    def leave(self, who: str) -> None:
        firm = self.firms.pop(who)
        heir = next((one for one, whose in self.firms.items() if whose == firm), None)
        for hall in sorted(self.halls):
            for place in self._in_line(hall):
                if place.firm == firm and (place.sitter == who or (place.holder == who and not heir)):
                    self._step_out(place)
                elif place.firm == firm and place.holder == who and heir:
                    self.line[place.number - 1] = replace(place, holder=heir)
                    self._tell("given", hall, firm, place.sitter)
            for chair in self._chairs(hall, firm):
                if chair.sitter == who or (chair.holder == who and not heir):
                    self._give_up(chair)
                elif chair.holder == who and heir:
                    self._change(chair, holder=heir)
                    if not chair.until:
                        self._tell("given", hall, firm, chair.sitter)
            self._serve(hall)

    def _must_act(self, who: str, firm: str) -> None:
        if self.firms.get(who) != firm:
            raise Refused("NotAMember")

    def _must_be_open(self, hall: str) -> None:
        if self.now >= self.halls[hall].closes:
            raise Refused("RegistrationClosed")

    def _must_fit(self, hall: str, firm: str, sitters: list[str]) -> None:
        """Those who wait come first, but for these themselves: give everybody of the line a seat, and look again."""
        self._must_be_open(hall)
        rules = self.halls[hall]
        own, everybody = len(self._chairs(hall, firm)) + len(sitters), self._taken(hall) + len(sitters)
        if own > rules.limit:
            raise Refused("ParticipantFull")
        if everybody > rules.room:
            raise Refused("BriefingFull")
        ahead = [place.firm for place in self._whose_turn(hall, without=(firm, sitters))]
        if own + ahead.count(firm) > rules.limit or everybody + len(ahead) > rules.room:
            raise Refused("OthersWait")

    def _whose_turn(self, hall: str, without: tuple[str, list[str]] = ("", [])) -> list[Place]:
        """Those of the line who would have a seat if all that is free were given out now, one after the other."""
        rules, turn = self.halls[hall], list[Place]()
        for place in self._in_line(hall):
            if place.state == "offered" or (place.firm == without[0] and place.sitter in without[1]):
                continue
            own = len(self._chairs(hall, place.firm)) + sum(one.firm == place.firm for one in turn)
            if own < rules.limit and self._taken(hall) + len(turn) < rules.room:
                turn.append(place)
        return turn

    def _offer_until(self, hall: str) -> datetime | None:
        rules = self.halls[hall]
        last = rules.starts if rules.offers_from else rules.closes
        if self.now >= last or (rules.offers_from and self.now < rules.offers_from):
            return None
        return min(self.now + rules.lasts, last)

    def _serve(self, hall: str) -> None:
        if self._offer_until(hall):
            for place in self._whose_turn(hall):
                self._offer(place)

    def _offer(self, place: Place) -> None:
        chair = self._seat(place.hall, place.firm, place.sitter, place.holder)
        self._change(chair, until=self._offer_until(place.hall), place=place.number)
        self._note(place.number, "offered")
        self._tell("offered", place.hall, place.firm, place.sitter)

    def _accept(self, chair: Chair) -> None:
        if chair.until:
            self._change(chair, until=None)
            self._note(chair.place, "taken")
            self._tell("accepted", chair.hall, chair.firm, chair.sitter)

    def _give_up(self, chair: Chair) -> None:
        if chair.until:
            self._step_out(self.line[(chair.place or 0) - 1])
        else:
            self.chairs.remove(chair)
            self._tell("freed", chair.hall, chair.firm, chair.sitter)

    def _step_out(self, place: Place) -> None:
        self.chairs = [one for one in self.chairs if not (one.until and one.place == place.number)]
        self._note(place.number, "left")
        self._tell("left", place.hall, place.firm, place.sitter)

    def _seat(self, hall: str, firm: str, sitter: str, holder: str) -> Chair:
        self.chair_numbers += 1
        chair = Chair(self.chair_numbers, hall, firm, self._free_slot(hall, firm), sitter, holder)
        self.chairs.append(chair)
        self._settle(hall, firm, sitter)
        return chair

    def _settle(self, hall: str, firm: str, sitter: str) -> None:
        for place in self._in_line(hall):
            if place.firm == firm and place.sitter == sitter:
                self._note(place.number, "taken")

    def _change(self, chair: Chair, **new: Any) -> None:
        self.chairs = [replace(one, **new) if one.number == chair.number else one for one in self.chairs]

    def _note(self, number: int | None, state: str) -> None:
        self.line[(number or 0) - 1] = replace(self.line[(number or 0) - 1], state=state)

    def _tell(self, what: str, hall: str, firm: str, sitter: str) -> None:
        self.told.append((what, hall, firm, sitter))

    def _chairs(self, hall: str, firm: str) -> list[Chair]:
        mine = (chair for chair in self.chairs if (chair.hall, chair.firm) == (hall, firm))
        return sorted(mine, key=lambda chair: chair.slot)

    def _taken(self, hall: str) -> int:
        return sum(chair.hall == hall for chair in self.chairs)

    def _in_line(self, hall: str) -> list[Place]:
        return [place for place in self.line if place.hall == hall and place.state in {"waiting", "offered"}]

    def _free_slot(self, hall: str, firm: str) -> int:
        taken = {chair.slot for chair in self._chairs(hall, firm)}
        return min(set(range(1, len(taken) + 2)) - taken)

    def _chair(self, hall: str, firm: str, number: int) -> Chair:
        if found := [chair for chair in self._chairs(hall, firm) if chair.number == number]:
            return found[0]
        raise Refused("NoSuchSeat")

    def _held(self, hall: str, firm: str, number: int) -> Chair:
        chair = self._chair(hall, firm, number)
        if chair.until:
            raise Refused("NoSuchSeat")
        return chair

    def _place(self, hall: str, firm: str, number: int) -> Place:
        if found := [place for place in self._in_line(hall) if (place.firm, place.number) == (firm, number)]:
            return found[0]
        raise Refused("NoSuchSeat")
