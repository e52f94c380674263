"""Tells the support room when a target begins to fail, seen from here, and when that is over: each once."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.campaign import Campaign, Target
from models.checks import Change, Incident, Result, note_state
from models.message import Address, Reply
from models.outbox import Posting, post_to_each
from models.wording import Wording

log = logging.getLogger(__name__)

LANGUAGE = "en"  # the support team's


@dataclass(frozen=True)
class Incidents:
    """What is noted of a target in the transaction that notes a check. `rooms` are the support desk's, if any."""

    rooms: Sequence[Address]

    def note(
        self, session: Session, campaign: Campaign, target: Target, result: Result, at: datetime, now: datetime,
        *, watched: bool = False,
    ) -> None:  # fmt: skip
        """Remember what was seen, and tell of an incident. Where it is `watched`, also of what is half broken."""
        change = note_state(session, campaign.key, target.key, result, at, now)
        if change is None:
            return
        log.info("%s/%s: %s (%s)", campaign.key, target.key, result.verdict, result.cause)
        reason = json.loads(result.report_json)["reason"] if result.report_json and result.verdict != "ok" else ""
        told = _Told(self, session, campaign, target, change, reason, now)
        if change.began:
            told.incident("checks.incident", "began", change.began)
        elif change.ended:
            told.incident("checks.incident.over", "over", change.ended)
        elif watched and change.turned and change.after.verdict != "fail":
            told.post("checks.turned", f"target:{change.after.id}")


@dataclass(frozen=True)
class _Told:
    """One message to the support room."""

    to: Incidents
    session: Session
    campaign: Campaign
    target: Target
    change: Change
    reason: str
    now: datetime

    def incident(self, phrase: str, part: str, incident: Incident) -> None:
        if self.to.rooms and incident.told is None:
            incident.told = str(self.to.rooms[0])
            self.session.add(incident)
        self.post(phrase, f"incident:{incident.id}:{part}", incident.began)

    def post(self, phrase: str, key: str, began: datetime | None = None) -> None:
        if not self.to.rooms:
            return
        after = self.change.after
        wording = Wording.of(self.campaign, LANGUAGE, after.since)
        name = wording.word(self.target.name)
        text = wording.say(
            phrase, name=name, campaign=wording.word(self.campaign.name), moment=wording.moment(after.since),
            began=wording.moment(began or after.since), line=wording.say(f"check.cause.{after.cause}", name=name),
            reason=self.reason,
        )  # fmt: skip
        said = Reply(text.strip(), language=wording.language)
        posting = Posting(key, self.to.rooms[0], said, due=after.since, about="incident")
        post_to_each(self.session, self.to.rooms, posting, self.now)
