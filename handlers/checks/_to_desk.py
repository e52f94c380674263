"""Passes a check that failed to the support desk: its case holds the slip, and what the bot saw."""

from dataclasses import replace

from handlers.checks._found import told_to
from handlers.checks._side import outcome
from handlers.checks._slip import slip_of
from handlers.checks._targets import NotATarget, Wanted
from handlers.talk import Gone, Talk
from models import checks
from models.campaign import Campaign, Target
from models.checks import Check
from models.message import Reply


def report(talk: Talk, argument: str) -> Reply:
    """`/report CAMPAIGN TARGET PARTICIPANT`: have the desk know of the last check, if that did not work."""
    try:
        wanted = Wanted.of(talk, argument)
    except NotATarget as refused:
        raise Gone from refused
    campaign, target, firm = wanted.campaign, wanted.target, wanted.participant.code
    found = _last(talk, campaign, target, firm) if target else None
    if target is None or found is None or outcome(found) == "works":
        raise Gone
    said = _words(talk, campaign, target, found)
    about = replace(said, answer=f"{campaign.key}/check.{target.key}")
    return talk.desk.asker(talk.session, talk.ask, talk.language).report(about, said.text, firm, campaign.key)


def _last(talk: Talk, campaign: Campaign, target: Target, firm: str) -> Check | None:
    """The last one of the firm that has ended: from the bot, or as it was seen on a PC."""
    ended = (one for one in checks.last_checks(talk.session, firm, campaign.key) if one.target == target.key)
    return next((one for one in ended if one.verdict), None)


def _words(talk: Talk, campaign: Campaign, target: Target, found: Check) -> Reply:
    """Of a PC the slip, which says what the bot saw as well; else the bot's own stages."""
    if found.vantage == "pc":
        slip = slip_of(talk.session, campaign, target, found, talk.language)
        return replace(talk.say("terminal.again", campaign.key), text=slip.text)
    return told_to(campaign, target, found).result(found)
