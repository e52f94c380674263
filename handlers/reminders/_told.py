"""Tells the people of a participant which reminders were sent to it: when, to whom, and of what."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from handlers.reminders._scene import Scene, firm
from handlers.reminders._settings import channel_name
from handlers.reminders._words import REMINDERS
from handlers.talk import Gone, Talk
from models.campaign import Campaign
from models.message import Choice, Reply
from models.pseudonyms import is_pseudonym
from models.reminders import Record, told

TOLD_WORD = "/told"
LISTED, READ = 15, 1000  # lines that are shown, and records that are read for them
NAMED = 5  # people in a line


def tell(talk: Talk, argument: str) -> Reply:
    """`/told [PARTICIPANT]`: what was sent to it, the newest first. In free words a circular may stand there."""
    words = [] if talk.reading else argument.split()
    if len(words) > 1:
        raise Gone
    participant = talk.acting(words[0].upper() if words else None)
    records = told(talk.session, participant.code, READ)
    if not records:
        return talk.say("reminders.told.none", None, _mine(talk), firm=firm(participant))
    groups = [list(group) for _, group in groupby(records, lambda one: (one.message.due, *_lead(one)))]
    lines = [_line(talk, group) for group in groups[:LISTED]]
    more = [talk.label("reminders.told.more", count=len(groups) - LISTED)] if len(groups) > LISTED else []
    said = talk.say("reminders.told.heading", None, _mine(talk), firm=firm(participant))
    return replace(said, text="\n".join((said.text, *lines, *more)))


def _lead(record: Record) -> tuple[str, str, str]:
    return record.reminder.campaign, record.reminder.rule, record.reminder.lead


def _line(talk: Talk, records: Sequence[Record]) -> str:
    """One reminder, and all who had it."""
    first = records[0]
    campaign = talk.phrasing.campaigns.get(first.reminder.campaign)
    wording = talk.wording(campaign or talk.phrasing.first)
    people = list(dict.fromkeys(_people(talk, records)))
    more = [talk.label("reminders.told.people", count=len(people) - NAMED)] if len(people) > NAMED else []
    return talk.label(
        "reminders.told.line",
        when=talk.script(wording.moment(first.message.due)),
        rule=_rule(talk, campaign, first),
        who=talk.label("comma").join((*people[:NAMED], *more)),
    )


def _rule(talk: Talk, campaign: Campaign | None, record: Record) -> str:
    rule = campaign.reminder.get(record.reminder.rule) if campaign else None
    if campaign is None or rule is None:  # the circular has changed since
        return f"{record.reminder.campaign} {record.reminder.rule}"
    return talk.script(Scene(talk, campaign).rule(rule))


def _people(talk: Talk, records: Sequence[Record]) -> Iterator[str]:
    for one in records:
        channel = channel_name(talk, one.message.channel)
        if one.reminder.contact_id is None:
            yield talk.label("reminders.told.room", channel=channel)
        elif one.reminder.contact_id == talk.contact_id:
            yield talk.label("reminders.told.you", channel=channel)
        elif one.contact and not is_pseudonym(one.contact):
            yield talk.label("reminders.told.person", name=one.contact, channel=channel)
        else:
            yield talk.label("reminders.told.colleague", channel=channel)


def _mine(talk: Talk) -> Choice:
    return Choice(talk.label("reminders.mine"), REMINDERS)
