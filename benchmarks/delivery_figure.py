"""One figure of a benchmark: what was measured, the bar that it must reach, and whether it has."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`held` is None where there is no bar."""

    what: str
    found: str
    bar: str = ""
    held: bool | None = None

    def __str__(self) -> str:
        told = "" if self.held is None else f"  (bar {self.bar}: {'held' if self.held else 'MISSED'})"
        return f"{self.what}: {self.found}{told}"
