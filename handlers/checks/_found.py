"""Says what a check showed, as it is kept: the verdict, who can do something and what comes next, the details."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from models.campaign import Campaign, Target
from models.checks import Check, Result
from models.message import Choice, Reply
from models.wording import Wording, in_script

if TYPE_CHECKING:
    from handlers.probe import Report, Step  # their import takes half a second, which no answer needs to wait for

CHECK, TERMINAL, REPORT = "/check", "/terminal", "/report"
STEPS = 16  # of the details
LETTERS = 160  # of a step


def result_of(report: "Report") -> Result:
    """A report in the form in which it is kept."""
    told = json.dumps(report.as_json(), ensure_ascii=False)
    return Result(report.verdict, report.phase, report.cause.value, report.owner, told)


# What is kept where the check itself broke down: nothing is known of the target.
BROKEN = Result("unknown", "dns", "own_load", "us", "")


@dataclass(frozen=True)
class Telling:
    """Words of one target for one reader. `support_knows`: it was told that the target fails."""

    campaign: Campaign
    target: Target
    wording: Wording
    language: str
    support_knows: bool

    @property
    def name(self) -> str:
        return self.wording.word(self.target.name)

    def say(self, phrase: str, **fields: object) -> str:
        return self.wording.say(phrase, **({"name": self.name} | fields))

    def reply(self, text: str, *choices: Choice) -> Reply:
        shown = _shown(self.language, self.wording)
        made = tuple(replace(one, label=in_script(one.label, shown)) for one in choices)
        return Reply(in_script(text, shown), language=shown, private=True, choices=made)

    def line(self, result: Result | Check) -> str:
        """The verdict in a line."""
        cause = self.say(f"check.cause.{result.cause}")
        return self.say(f"checks.line.{result.verdict}", line=cause)

    def result(self, check: Check, *, age: str = "") -> Reply:
        """All that is told of a check that has ended. `age` is in words, where it was not looked just now."""
        named = f"{check.campaign} {check.target} {check.participant}"
        again = Choice(self.say("checks.again"), f"{CHECK} {named}")
        there = Choice(self.say("command.terminal"), f"{TERMINAL} {named}")
        if not check.report_json:
            return self.reply(self.say("checks.failed"), again, there)
        support = (Choice(self.say("support"), f"{REPORT} {named}"),) if check.verdict == "fail" else ()
        first = [self.line(check), self.say("checks.own")]
        if age:
            first.append(self.say("checks.age", age=age))
        parts = ("\n".join(first), self._next(check), self._details(check, json.loads(check.report_json)))
        return self.reply("\n\n".join(parts), again, there, *support)

    def stages(self, steps: "Sequence[Step]", *, done: bool = False) -> Reply:
        """How far a check is."""
        heading = self.say("checks.stages.done" if done else "checks.stages")
        return self.reply("\n".join((heading, *(self._step(as_kept(step)) for step in steps[:STEPS]))))

    def _next(self, check: Check) -> str:
        if check.verdict == "unknown":
            return self.say(f"check.next.{check.cause}")
        parts = [] if check.verdict == "ok" else [self.say("checks.owner", owner=self._owner(check))]
        alone = ".alone" if check.verdict == "fail" and not self.support_knows else ""
        parts.append(self.say(f"checks.next.{check.verdict}{alone}", contact=self.wording.contact()))
        guide = self.wording.word(self.target.guide)
        if guide and check.verdict in {"ok", "warning"}:
            parts.append(self.say("check.guide", guide=guide))
        return self.wording.join(*parts)

    def _owner(self, check: Check) -> str:
        """What a reader's own DNS or firewall would be to a PC is the bot's own, seen from here."""
        if check.owner in {"their_server", "nobody"}:
            return self.say(f"check.owner.{check.owner}")
        return self.say("checks.owner.us" if check.owner == "us" else "checks.owner.between")

    def _details(self, check: Check, told: Mapping[str, Any]) -> str:
        moment, ms = self.wording.moment(check.asked_at), round(told["ms"])
        lines = [self.say("checks.details", moment=moment, ms=ms), *self._why(check, told)]
        steps = told["steps"]
        lines += [self._step(step) for step in steps[:STEPS]]
        if len(steps) > STEPS:
            lines.append(f"… (+{len(steps) - STEPS})")
        return "\n".join(lines)

    def _why(self, check: Check, told: Mapping[str, Any]) -> Iterator[str]:
        if check.verdict != "ok":
            yield self.say("checks.reason", reason=told["reason"])
        for finding in told["also"]:
            yield self.say("checks.also", reason=finding["reason"])

    def _step(self, step: Mapping[str, Any]) -> str:
        mark = self.say("checks.step.ok" if step["ok"] else "checks.step.bad")
        detail = str(step["detail"])
        return f"{mark} · {step['name']} · {step['ms']:.0f} ms · {detail[:LETTERS]}{'…' * (len(detail) > LETTERS)}"


def _shown(language: str, wording: Wording) -> str:
    """The language of the words: simplified Chinese is made of what is written in traditional."""
    return language if language.startswith("zh") == wording.language.startswith("zh") else wording.language


def as_kept(step: "Step") -> Mapping[str, Any]:
    return {"name": step.name, "ok": step.ok, "ms": step.ms, "detail": step.detail}


def told_to(campaign: Campaign, target: Target, check: Check, *, support_knows: bool = False) -> Telling:
    """The words for whoever asked for the check."""
    wording = Wording.of(campaign, check.language, check.asked_at)
    return Telling(campaign, target, wording, check.language, support_knows)


def gone(campaigns: Sequence[Campaign], check: Check) -> Reply:
    """That the circular names the target no more; of it only the key is known."""
    campaign = next((one for one in campaigns if one.key == check.campaign), campaigns[0])
    wording = Wording.of(campaign, check.language, check.asked_at)
    shown = _shown(check.language, wording)
    text = wording.say("checks.gone", name=check.target)
    return Reply(in_script(text, shown), language=shown, private=True)
