"""Says what an import came to."""

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """How many rows were new, changed something, and were so already.

    `left` are the numbers of rows that were not taken over, as their people left or were removed since.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    left: list[int] = field(default_factory=list)
