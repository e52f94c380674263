"""How many seats of a briefing are left, and which of those who wait are to have them: the fair order itself."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from models.seats._rows import Waiting
from models.seats._rules import Rules

NO_END = 2**31 - 1  # what is left where nothing is stated


def most_of(rules: Rules) -> int:
    """How many places there are in all."""
    return NO_END if rules.capacity is None else rules.capacity


@dataclass
class Room:
    """What is left of the `places` of all, and of each participant's `limit` beyond the seats it has."""

    limit: int
    places: int
    seats: Counter[str]

    @classmethod
    def of(cls, rules: Rules, taken: int, seats: Counter[str]) -> Self:
        limit = NO_END if rules.limit is None else rules.limit
        return cls(limit, max(0, most_of(rules) - taken), seats)

    def left(self, participant: str) -> int:
        return max(0, min(self.places, self.limit - self.seats[participant]))

    def serve(self, line: Iterable[Waiting]) -> list[Waiting]:
        """Give what is left to those of the line for whom it fits, in their order."""
        served = []
        for waiting in line:
            if not self.places:
                break
            if self.left(waiting.participant):
                self.places -= 1
                self.seats[waiting.participant] += 1
                served.append(waiting)
        return served
