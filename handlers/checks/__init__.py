"""Has the connection to a target of a circular checked from here, where somebody asks for it and may."""

from collections.abc import Mapping
from dataclasses import replace

from handlers.checks import _pc
from handlers.checks._ages import in_words
from handlers.checks._found import BROKEN, CHECK, REPORT, Telling, gone, result_of, told_to
from handlers.checks._incidents import Incidents
from handlers.checks._side import Beside, Looked, verdict_side_by_side
from handlers.checks._targets import NotATarget, Wanted, addresses_in, host_of
from handlers.checks._to_desk import report
from handlers.talk import Act, Talk
from models import checks
from models.campaign import Campaign, Target
from models.checks import Check, Wait
from models.message import Choice, Reply

__all__ = [
    "ACTS", "AT_ONCE", "BROKEN", "CHECK", "Beside", "Incidents", "Looked", "Telling", "Wanted", "addresses_in", "gone",
    "host_of", "in_words", "result_of", "told_to", "verdict_side_by_side",
]  # fmt: skip

OFFERED = 10  # targets to choose from
AT_ONCE = 20  # checks of a copy of Usher; more wait for a place


def check(talk: Talk, argument: str) -> Reply:
    """`/check [CAMPAIGN] [TARGET] [PARTICIPANT]`: have it checked, or tell what was found a moment ago."""
    try:
        wanted = Wanted.of(talk, argument)
    except NotATarget as refused:
        return _refuse(talk, refused.campaign)
    if wanted.target is None:
        return replace(talk.say("checks.which", wanted.campaign.key, *_choices(wanted)), behaviour="clarify")
    last = checks.fresh(talk.session, wanted.campaign.key, wanted.target.key, talk.machine_now)
    if wait := checks.wait_for(talk.session, talk.contact_id, wanted.participant.code, talk.machine_now):
        return _wait(wanted, wanted.target, wait, last)
    before = checks.targets_waiting(talk.session)
    asked = checks.ask(talk.session, wanted.asked(wanted.target), talk.machine_now, last)
    return _told(wanted, wanted.target, asked) if last else _begun(wanted, wanted.target, before)


ACTS: Mapping[str, Act] = {CHECK: Act(check), REPORT: Act(report), **_pc.ACTS}


def _begun(wanted: Wanted, target: Target, before: int) -> Reply:
    """It is taken: the result comes by itself."""
    named = wanted.wording.word(target.name)
    said = wanted.talk.say("checks.begun", wanted.campaign.key, name=named)
    if before < AT_ONCE:
        return said
    queue = wanted.talk.label("checks.begun.queue", wanted.campaign.key, count=before)
    return replace(said, text=f"{said.text}\n{queue}")


def _told(wanted: Wanted, target: Target, known: Check) -> Reply:
    """What was found a moment ago, with how long ago that was."""
    incident = checks.open_incident(wanted.talk.session, wanted.campaign.key, target.key)
    telling = told_to(wanted.campaign, target, known, support_knows=bool(incident and incident.told))
    return telling.result(known, age=_age(wanted, known))


def _wait(wanted: Wanted, target: Target, wait: Wait, last: Check | None) -> Reply:
    """How long to wait, and what is known meanwhile."""
    talk, key = wanted.talk, wanted.campaign.key
    left = in_words(wanted.wording, wait.until - talk.machine_now)
    said = talk.say(f"checks.wait.{wait.whose}", key, most=wait.most, firm=wanted.firm, wait=talk.script(left))
    if last is None:
        return said
    telling = told_to(wanted.campaign, target, last)
    known = talk.label("checks.last", key, age=_age(wanted, last))
    return replace(said, text=f"{said.text}\n\n{known} {talk.script(telling.line(last))}")


def _age(wanted: Wanted, known: Check) -> str:
    now = wanted.talk.machine_now
    return in_words(wanted.wording, now - (known.ended_at or now))


def _refuse(talk: Talk, campaign: Campaign) -> Reply:
    """Nothing but the campaign's own targets: which those are, each with its button."""
    wording = talk.wording(campaign)
    names = talk.label("comma", campaign.key).join(wording.word(one.name) for one in campaign.targets)
    offered = (Choice(talk.script(wording.word(one.name)), f"{CHECK} {campaign.key} {one.key}")
               for one in campaign.targets[:OFFERED])  # fmt: skip
    return talk.say("checks.only_targets", campaign.key, *offered, names=names)


def _choices(wanted: Wanted) -> list[Choice]:
    return [
        Choice(wanted.talk.script(wanted.wording.word(one.name)), wanted.action(CHECK, one))
        for one in wanted.campaign.targets[:OFFERED]
    ]
