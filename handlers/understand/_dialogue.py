"""Lets the questions of one message, and one message after another, complete each other."""

from collections.abc import Sequence
from dataclasses import replace

from handlers.understand._lexicon import Found, Reading


def shared(readings: Sequence[Reading]) -> list[tuple[Reading, ...]]:
    """The pieces that ask something, each with the ways to take it.

    One that only names a subject may ask what the other asks ("a and b, when?"), or what there is to say of it.
    """
    asking = [reading for reading in readings if asks(reading)]
    borrowed = [found for reading in asking for found in reading.found if found.kind == "aspect"]
    pieces: list[tuple[Reading, ...]] = []
    for reading in readings:
        if asks(reading):
            pieces.append((reading,))
        elif reading.keys("subject"):
            same = replace(reading, folded="", found=(*reading.found, *borrowed))
            pieces.append((same, reading) if len(asking) == 1 else (reading,))
    return pieces


def asks(reading: Reading) -> bool:
    aspects = [key for key in reading.keys("aspect") if key not in ("day", "register")]
    cued = reading.keys("cue") and reading.keys("aspect") != ("day",)  # a bare day is a circumstance
    return bool(aspects or reading.keys("trigger") or cued)


def first_with_subject(*readings: Reading | None) -> Reading | None:
    return next((one for one in readings if one and one.keys("subject")), None)


def with_before(reading: Reading, before: Reading | None) -> Reading:
    """A question without a subject goes on with the one before; one without an aspect asks the same of another."""
    if before is None or reading.keys("trigger"):
        return reading
    found, folded = list(reading.found), reading.folded
    if not reading.keys("subject") and not reading.keys("qualifier"):
        found += _elsewhere(before, "qualifier")
    if not {*reading.keys("aspect")} - {"day", "same"}:
        # "The same for DAs?" asks what was asked before, not whether two things are alike; and so few words are like
        # nothing that was ever asked.
        found, folded = [one for one in found if one.key != "same"] + _elsewhere(before, "aspect"), ""
    return replace(reading, found=tuple(found), folded=folded)


def _elsewhere(before: Reading, kind: str) -> list[Found]:
    """What was found before: it stands at no place of the present text."""
    return [Found(kind, key, 0, 0) for key in before.keys(kind)]
