"""Keeps the seats of the briefings: never more than a participant may have, never more than the room holds.

Each function belongs into one transaction with what is said of it. It has that briefing to itself until the transaction
ends, so it is called before anything is posted: who holds what others wait for must not wait for them.
"""

from models.seats._change import book, move, swap, unbook
from models.seats._desk import hold_still
from models.seats._leave import hand_over
from models.seats._line import accept, lapse, leave_line, offer_next, place_in_line, stirs, wait
from models.seats._list import Listed, listed
from models.seats._look import line_of, login, seats_of, set_login
from models.seats._reserve import free, reserve
from models.seats._results import Freed, HandedOver, Lapsed, Moved, Reserved, Swapped
from models.seats._rows import Login, Places, Seat, SeatEvent, State, Waiting
from models.seats._rules import (
    AlreadySeated,
    Attendee,
    BriefingFull,
    Moment,
    NoSuchSeat,
    NotAMember,
    OfferOver,
    OthersWait,
    ParticipantFull,
    RegistrationClosed,
    Rules,
)

__all__ = [
    "AlreadySeated", "Attendee", "BriefingFull", "Freed", "HandedOver", "Lapsed", "Listed", "Login", "Moment",
    "Moved", "NoSuchSeat", "NotAMember", "OfferOver", "OthersWait", "ParticipantFull", "Places", "RegistrationClosed",
    "Reserved", "Rules", "Seat", "SeatEvent", "State", "Swapped", "Waiting", "accept", "book", "free", "hand_over",
    "hold_still", "lapse", "leave_line", "line_of", "listed", "login", "move", "offer_next", "place_in_line",
    "reserve", "seats_of", "set_login", "stirs", "swap", "unbook", "wait",
]  # fmt: skip
