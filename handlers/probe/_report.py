"""What a check hands back: the verdict, what it rests on, who can do something, and each step with its time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal

from handlers.probe._causes import OF_TIME, PHASES, Cause, Owner, Phase

Verdict = Literal["ok", "warning", "fail", "unknown"]
Severity = Literal["warning", "fail", "unknown"]
# Seconds that this machine may be late before its time-outs prove nothing: half of the patience with each phase.
LAG = {"dns": 2.0, "tcp": 1.5, "tls": 1.5, "http": 4.0}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried: `dns 192.0.2.53`, `tcp 192.0.2.7:443`; its detail is clean to be shown."""

    name: str
    ok: bool
    ms: float
    detail: str


OnStep = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, in a sentence of its own."""

    cause: Cause
    reason: str
    severity: Severity = "fail"


class Failed(Exception):  # noqa: N818 - it names the situation
    """The check ends here."""

    def __init__(self, cause: Cause, reason: str, severity: Severity = "fail") -> None:
        super().__init__(reason)
        self.finding = Finding(cause, reason, severity)


@dataclass(frozen=True)
class Report:
    """One check of one target, from one place. `also` are the findings beside the one that matters."""

    target: str
    verdict: Verdict
    phase: Phase
    cause: Cause
    owner: Owner
    reason: str
    steps: tuple[Step, ...]
    vantage: str
    ms: float
    also: tuple[Finding, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "target": self.target, "verdict": self.verdict, "phase": self.phase, "cause": self.cause.value,
            "owner": self.owner, "reason": self.reason, "vantage": self.vantage, "ms": self.ms,
            "steps": [{"name": s.name, "ok": s.ok, "ms": s.ms, "detail": s.detail} for s in self.steps],
            "also": [{"cause": one.cause.value, "reason": one.reason} for one in self.also],
        }  # fmt: skip


@dataclass
class Log:
    """What has been seen so far. A listener is told of each step as it finishes."""

    on_step: OnStep | None = None
    steps: list[Step] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    began: float = field(default_factory=monotonic)
    late: float = 0.0  # how late this machine itself was, at worst

    def step(self, name: str, began: float, detail: str, *, ok: bool = True) -> None:
        step = Step(name, ok, since(began), detail)
        self.steps.append(step)
        if self.on_step:
            self.on_step(step)

    def doubt(self, cause: Cause, reason: str) -> None:
        self.findings.append(Finding(cause, reason, "warning"))

    def report(self, target: str, vantage: str, good: str) -> Report:
        """The gravest finding decides; of equals the one about the earliest phase."""
        found = sorted(self.findings, key=_gravity)
        first = found[0] if found else Finding(Cause.OK, good)
        if first.cause in OF_TIME and self.late > LAG[first.cause.phase]:
            busy = f"This machine was too busy to measure ({self.late:.1f} s late), so nothing can be said from here."
            first = Finding(Cause.OWN_LOAD, busy, "unknown")
        verdict: Verdict = "ok" if first.cause is Cause.OK else first.severity
        phase = _last_phase(self.steps) if verdict == "unknown" else first.cause.phase
        return Report(
            target, verdict, phase, first.cause, first.cause.owner, first.reason, tuple(self.steps), vantage,
            since(self.began), tuple(found[1:]),
        )  # fmt: skip


def since(began: float) -> float:
    return round((monotonic() - began) * 1000, 1)


def _gravity(finding: Finding) -> tuple[int, int]:
    return ("unknown", "fail", "warning").index(finding.severity), PHASES.index(finding.cause.phase)


def _last_phase(steps: Sequence[Step]) -> Phase:
    named = [phase for step in steps for phase in PHASES if step.name.startswith(phase)]
    return named[-1] if named else "dns"
