"""What somebody may say that a terminal PC shows, and what its browser tells by itself: each with its cause."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from handlers.checks._pasted import read_pasted
from handlers.probe import Cause
from models.checks import Result

Hint = Literal["good", "answered", "elsewhere", "failed", "slow", ""]
HINTS: tuple[Hint, ...] = ("good", "answered", "elsewhere", "failed", "slow", "")
PAGE, PORTAL, OTHER, UNSEEN = "page", "portal", "other", "unseen"
UNCLEAR = "unclear"  # the cause where what was said means none


@dataclass(frozen=True)
class Sight:
    """One answer that can be chosen. `code` is what the browser Edge shows then; it is the same in every language."""

    key: str
    cause: Cause | None = None
    code: str = ""


# The codes of Edge that are met most, in the order of the stages.
CODES: tuple[Sight, ...] = (
    Sight("nxdomain", Cause.DNS_NXDOMAIN, "DNS_PROBE_FINISHED_NXDOMAIN"),
    Sight("unresolved", Cause.DNS_NXDOMAIN, "ERR_NAME_NOT_RESOLVED"),
    Sight("refused", Cause.TCP_REFUSED, "ERR_CONNECTION_REFUSED"),
    Sight("timeout", Cause.TCP_TIMEOUT, "ERR_CONNECTION_TIMED_OUT"),
    Sight("reset", Cause.TLS_RESET, "ERR_CONNECTION_RESET"),
    Sight("tunnel", Cause.PROXY_REFUSED, "ERR_TUNNEL_CONNECTION_FAILED"),
    Sight("ssl", Cause.TLS_REFUSED, "ERR_SSL_PROTOCOL_ERROR"),
    Sight("authority", Cause.TLS_UNKNOWN_CA, "NET::ERR_CERT_AUTHORITY_INVALID"),
    Sight("name", Cause.TLS_WRONG_NAME, "NET::ERR_CERT_COMMON_NAME_INVALID"),
    Sight("date", Cause.TLS_EXPIRED, "NET::ERR_CERT_DATE_INVALID"),
)
SIGHTS: Mapping[str, Sight] = {
    one.key: one for one in (Sight(PAGE, Cause.OK), Sight(PORTAL, Cause.WRONG_PAGE), *CODES, Sight(OTHER))
}
# What the browser's own tries tell, where nobody could look. It cannot tell why something failed.
_OF_HINT: Mapping[Hint, Cause] = {"good": Cause.OK, "elsewhere": Cause.HTTP_REDIRECT_ELSEWHERE}
_AGREE: Mapping[bool, frozenset[Hint]] = {
    True: frozenset({"good", "answered"}), False: frozenset({"elsewhere", "failed", "slow"})
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What was said, in words of one's own where `saw` is other, and what the browser told; as it is kept."""

    saw: str
    said: str = ""
    hint: Hint = ""
    hint_ms: int = 0

    @property
    def sight(self) -> Sight:
        """The answer that was chosen, or that one's own words name."""
        known = SIGHTS.get(self.saw, Sight(self.saw))
        if self.saw == OTHER and (read := read_pasted(self.said)) and read.cause is not Cause.OK:
            return Sight(OTHER, read.cause)
        return known

    @property
    def cause(self) -> Cause | None:
        return _OF_HINT.get(self.hint) if self.saw == UNSEEN else self.sight.cause

    @property
    def agrees(self) -> bool | None:
        """Whether the browser's own tries fit to what was seen; None where they say nothing of it."""
        if not self.hint or self.saw == UNSEEN or self.cause is None:
            return None
        return self.hint in _AGREE[self.cause is Cause.OK]

    @property
    def evidence(self) -> str:
        """How well it is known, in the words of `models.checks.Check`."""
        if self.saw == UNSEEN:
            return "hint"
        return "attested+hint" if self.agrees else "attested"

    @property
    def page_seen(self) -> bool:
        return self.saw == PAGE


def result_of_answer(answer: Answer, told: str) -> Result:
    """The answer as a check is kept; `told` is the whole of it."""
    cause = answer.cause
    if cause is None:
        return Result("unknown", "", UNCLEAR, "your_computer", told)
    return Result("ok" if cause is Cause.OK else "fail", cause.phase, cause.value, cause.owner, told)
