"""Keeps the seats of the briefings: never more than a participant may have, never more than the room holds."""

from models.seats._rows import Login, Places, Seat, SeatEvent, State, Waiting

__all__ = ["Login", "Places", "Seat", "SeatEvent", "State", "Waiting"]
