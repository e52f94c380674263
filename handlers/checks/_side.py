"""Puts what the bot saw of a target beside what somebody's PC shows: where the reason lies, and whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, cast

if TYPE_CHECKING:
    from handlers.probe import Owner

Outcome = Literal["works", "fails", "unclear"]


class Looked(Protocol):
    """What was seen from one place: a `Report` of the probe, a kept `Check`, or an answer from a PC."""

    @property
    def verdict(self) -> str | None: ...

    @property
    def phase(self) -> str | None: ...

    @property
    def owner(self) -> str | None: ...


@dataclass(frozen=True)
class Beside:
    """`phrase` is a key of the phrases that takes the target's {name}; `owner` is who can do something."""

    phrase: str
    owner: "Owner"


def verdict_side_by_side(bot: Looked | None, pc: Looked) -> Beside:
    """What both together say. `bot` is None where it was not looked from here, or not lately."""
    seen = outcome(bot), outcome(pc)
    phrase, whose = _TOGETHER[seen]
    return Beside(f"checks.side.{phrase}", whose or near(pc))


def outcome(seen: Looked | None) -> Outcome:
    """What half works, works: somebody sees the page."""
    return _OUTCOMES.get(seen.verdict or "", "unclear") if seen else "unclear"


def near(pc: Looked) -> "Owner":
    """Whose it is where the server works for others: something between it and the PC, by the phase that fails."""
    if pc.owner and pc.owner.startswith("your_"):
        return cast("Owner", pc.owner)
    return _BETWEEN.get(pc.phase or "", "your_computer")


_OUTCOMES: Mapping[str, Outcome] = {"ok": "works", "warning": "works", "fail": "fails"}
_BETWEEN: "Mapping[str, Owner]" = {
    "dns": "your_dns", "tcp": "your_firewall", "tls": "your_proxy", "http": "your_proxy", "content": "your_proxy"
}  # fmt: skip
# By what is seen from the bot and on the PC: the phrase, and the owner; None is whoever is near the PC.
_TOGETHER: "Mapping[tuple[Outcome, Outcome], tuple[str, Owner | None]]" = {
    ("works", "works"): ("fine", "nobody"),
    ("works", "fails"): ("yours", None),
    ("works", "unclear"): ("unsure", "your_computer"),
    ("fails", "works"): ("ours", "us"),
    ("fails", "fails"): ("both", "their_server"),
    ("fails", "unclear"): ("both_unsure", "their_server"),
    ("unclear", "works"): ("pc_fine", "nobody"),
    ("unclear", "fails"): ("alone", None),
    ("unclear", "unclear"): ("unsure_both", "your_computer"),
}
