"""Writes the slip of a test on a terminal PC: when, who, what was seen there, and what the bot saw beside it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from handlers.checks._seen import OTHER, PAGE, SIGHTS, UNCLEAR, UNSEEN
from handlers.checks._side import outcome, verdict_side_by_side
from handlers.probe import PHASES, Cause
from models import checks
from models.campaign import Campaign, Target
from models.checks import Check
from models.contacts import Contact
from models.participants import Participant
from models.wording import Wording, in_script

PASTED = "pasted"  # what was seen, where it was read from the output of tools


@dataclass(frozen=True)
class Slip:
    """A kept answer of a PC with all that is shown beside it. `support_knows`: it was told that the target fails."""

    campaign: Campaign
    target: Target
    check: Check
    beside: Check | None
    who: str
    firm: str
    language: str
    support_knows: bool
    declared: bool = False
    first: bool = True
    looking: bool = False

    @property
    def wording(self) -> Wording:
        return Wording.of(self.campaign, self.language, self.check.asked_at)

    @property
    def text(self) -> str:
        wording = self.wording
        shown = self.language if self.language.startswith("zh") == wording.language.startswith("zh") else ""
        return in_script("\n".join(self._lines()), shown or wording.language)

    def say(self, phrase: str, **fields: object) -> str:
        known = {"name": self.wording.word(self.target.name), "firm": self.firm, "contact": self.wording.contact()}
        return self.wording.say(phrase, **(known | fields))

    def _lines(self) -> Iterator[str]:
        said = json.loads(self.check.report_json or "{}")
        if not self.first:
            yield self.say("terminal.slip.again") + "\n"
        yield self.say("terminal.slip", number=self.check.id)
        yield from self._facts(said)
        yield ""
        yield from self._beside()
        yield ""
        yield from self._next(said)

    def _facts(self, said: Mapping[str, Any]) -> Iterator[str]:
        yield self.say("terminal.slip.when", moment=self.wording.moment(self.check.asked_at))
        yield self.say("terminal.slip.who", who=self.who or self.say("terminal.slip.somebody"))
        yield self.say("terminal.slip.target", url=address_of(self.target))
        yield self.say("terminal.slip.vantage")
        yield self.say("terminal.slip.saw", saw=self._saw(said))
        if said.get("said"):
            phrase = "terminal.slip.line" if said["saw"] == PASTED else "terminal.slip.said"
            yield self.say(phrase, said=said["said"])
        yield self.say("terminal.slip.stages", stages=self._stages(said))
        kind = PASTED if said.get("saw") == PASTED else self.check.evidence
        yield self.say("terminal.slip.evidence", evidence=self.say(f"terminal.evidence.{kind}"))
        if said.get("agrees") is False:
            yield self.say("terminal.differs")

    def _saw(self, said: Mapping[str, Any]) -> str:
        saw = said.get("saw", "")
        if saw == UNSEEN and said.get("hint"):
            return self.say(f"terminal.hint.{said['hint']}")
        if saw in SIGHTS and SIGHTS[saw].code:
            return self.say("terminal.saw.code", code=SIGHTS[saw].code) + " – " + self._line(self.check)
        if saw in {OTHER, PASTED, UNSEEN}:
            return self._line(self.check)
        return self.say(f"terminal.saw.{saw}")

    def _line(self, check: Check) -> str:
        return self.say("terminal.unclear") if check.cause == UNCLEAR else self.say(f"check.cause.{check.cause}")

    def _stages(self, said: Mapping[str, Any]) -> str:
        """What the answer implies of each stage: those before the one that fails were passed."""
        if self.check.verdict == "unknown" or said.get("saw") == UNSEEN:
            return self.say("terminal.stages.unknown")
        phases, phase = PHASES[:-1], self.check.phase or ""
        if self.check.verdict == "ok":
            last = phase if phase in phases else "content"
            return self._told(dict.fromkeys(phases[: phases.index(last) + 1], "ok"))
        at = phases.index(phase)
        return self._told({one: "ok" if n < at else "bad" if n == at else "left" for n, one in enumerate(phases)})

    def _told(self, stages: Mapping[str, str]) -> str:
        told = (
            self.say(f"terminal.stage.{how}", phase=self.say(f"terminal.phase.{one}")) for one, how in stages.items()
        )
        return self.say("comma").join(told)

    def _beside(self) -> Iterator[str]:
        if self.beside is None:
            yield self.say("terminal.slip.bot.soon" if self.looking else "terminal.slip.bot.none")
        else:
            moment = self.wording.moment(self.beside.asked_at)
            yield self.say("terminal.slip.bot", moment=moment, line=self.say(f"check.cause.{self.beside.cause}"))
        together = verdict_side_by_side(self.beside, self.check)
        told_alone = not self.support_knows and together.phrase in {"checks.side.both", "checks.side.both_unsure"}
        alone = f"terminal.{together.phrase.removeprefix('checks.')}.alone"
        yield self.say(alone if told_alone else together.phrase)
        if outcome(self.check) != "works":
            yield self.say("terminal.slip.owner", owner=self.say(f"check.owner.{together.owner}"))

    def _next(self, said: Mapping[str, Any]) -> Iterator[str]:
        if outcome(self.check) == "unclear":
            yield self.say("terminal.unclear.next")
        elif self.check.cause != Cause.OK and outcome(self.beside) != "fails":
            guide = self.wording.word(self.target.guide)
            shown = self.say("check.guide", guide=guide) if guide else ""
            yield self.wording.join(self.say(f"check.next.{self.check.cause}"), shown)
        if status := self._status(said):
            yield status
        yield self.say("terminal.slip.note", issuer=self.campaign.issuer_short)
        if self.wording.language != self.campaign.prevails:
            yield self.wording.word(self.campaign.prevails_note)

    def _status(self, said: Mapping[str, Any]) -> str:
        if not self.declared or self.target.task is None:
            return self.say("terminal.slip.not_declared") if said.get("saw") != PAGE else ""
        task = self.campaign.task[self.target.task]
        return self.say("terminal.slip.declared", task=self.wording.word(task.name))


def slip_of(
    session: Session, campaign: Campaign, target: Target, check: Check, language: str, *, first: bool = True
) -> Slip:
    """The slip of a kept answer in the words of one reader. Whether they may see it is not looked at here."""
    contact = session.get(Contact, check.contact_id)
    firm = session.get_one(Participant, check.participant)
    incident = checks.open_incident(session, campaign.key, target.key)
    said = json.loads(check.report_json or "{}")
    return Slip(
        campaign, target, check, checks.check_beside(session, check),
        (contact.name or "") if contact and not contact.forgotten_at else "", f"{firm.name} ({firm.code})", language,
        bool(incident and incident.told), bool(said.get("declared")), first,
        checks.is_looking(session, campaign.key, target.key),
    )  # fmt: skip


def address_of(target: Target) -> str:
    return target.url or f"{target.host} {', '.join(map(str, target.ports))}"
