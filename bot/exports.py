"""Writes the lists that operators open in a spreadsheet, and notes what support has verified."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import IO

from sqlmodel import Session

from bot.clock import machine_time
from bot.settings import Settings, SettingsError, load
from bot.tables import Row, put, write
from bot.terminal import with_store
from models import status
from models.campaign import Campaign, load_all
from models.demonstration import time_of
from models.participants import Participant
from models.seats import listed
from models.status import Duty, Said, all_standings

Rows = Callable[[Session, Campaign], Iterator[Row]]

STATUS = (
    "campaign", "participant", "name", "task", "last safe day", "state",
    "declared by", "declared at (campaign time)", "declared at (machine time)",
    "verified by", "verified at (campaign time)", "verified at (machine time)", "evidence",
)  # fmt: skip
SEATS = (
    "campaign", "briefing", "date", "start", "participant", "name", "attendee", "attendee e-mail", "registered by",
    "since (campaign time)", "state", "place in line", "on offer until (campaign time)",
    "registered where it counts", "reference", "said at (campaign time)",
)  # fmt: skip
_UNNAMED = "a colleague"


def export_status(given: argparse.Namespace) -> int:
    return _export(given, STATUS, _status)


def export_seats(given: argparse.Namespace) -> int:
    return _export(given, SEATS, _seats)


def verify(given: argparse.Namespace) -> int:
    """Note it; what is noted already is said again, and changes nothing."""
    duty = _duty(given)

    def note(session: Session) -> None:
        _known(session, duty.participant)
        now = machine_time()
        status.verify(session, duty, given.by, time_of(session, now), now, given.evidence)

    with_store(lambda store: store.write(note))
    print(f"{duty.participant}, {duty.task}: verified by support. Support may take it off with status unverify.")
    return 0


def unverify(given: argparse.Namespace) -> int:
    duty = _duty(given)

    def note(session: Session) -> bool:
        _known(session, duty.participant)
        now = machine_time()
        return status.unverify(session, duty, given.by, time_of(session, now), now)

    if not with_store(lambda store: store.write(note)):
        print(f"{duty.participant}, {duty.task} was not verified by support: nothing was changed.", file=sys.stderr)
        return 2
    print(f"{duty.participant}, {duty.task}: verified by support no longer. What the participant says stands.")
    return 0


def _export(given: argparse.Namespace, headings: tuple[str, ...], rows: Rows) -> int:
    settings = load(signs=False)
    campaigns = _campaigns(settings, given.campaign)

    def fill(file: IO[bytes]) -> int:
        return with_store(lambda store: store.read(_fill, file, headings, rows, campaigns), settings)

    count = put(fill, given.out, force=given.force)
    if given.out:
        print(f"{given.out}: {count} {'row' if count == 1 else 'rows'}")
    return 0


def _fill(
    session: Session, file: IO[bytes], headings: tuple[str, ...], rows: Rows, campaigns: Mapping[str, Campaign]
) -> int:
    """Each row is written as it is read: thousands of participants need no more memory than a few."""
    return write(file, headings, (row for campaign in campaigns.values() for row in rows(session, campaign)))


def _status(session: Session, campaign: Campaign) -> Iterator[Row]:
    for code, name, task, standing in all_standings(session, campaign):
        safe = campaign.safe_day(campaign.task[task].due).isoformat()
        declared, verified = _said(campaign, standing.declared), _said(campaign, standing.verified)
        evidence = standing.verified.evidence if standing.verified else None
        state = standing.state.replace("_", " ")
        yield campaign.key, code, name, task, safe, state, *declared, *verified, evidence


def _said(campaign: Campaign, said: Said | None) -> Row:
    if said is None:
        return "", "", ""
    who = f"support for the participant ({said.by})" if said.for_them else said.by
    return who or _UNNAMED, _moment(campaign, said.at), _moment(campaign, said.recorded_at)


def _seats(session: Session, campaign: Campaign) -> Iterator[Row]:
    for seat in listed(session, campaign):
        briefing = campaign.briefing.get(seat.briefing)
        opening = campaign.opening(briefing) if briefing else None
        yield (
            campaign.key,
            seat.briefing,
            opening.date().isoformat() if opening else "",
            opening.isoformat(timespec="minutes") if opening else "",
            seat.participant,
            seat.participant_name,
            seat.attendee_name,
            seat.attendee_email,
            seat.held_by or _UNNAMED,
            _moment(campaign, seat.since),
            seat.state,
            seat.place,
            _moment(campaign, seat.offer_until),
            "" if seat.state != "held" else "done" if seat.booked_at else "not yet said",
            seat.booked_reference,
            _moment(campaign, seat.booked_at),
        )


def _moment(campaign: Campaign, at: datetime | None) -> str:
    """ISO 8601, in the time zone of the circular, with its offset."""
    return at.astimezone(campaign.zone).isoformat(timespec="seconds") if at else ""


def _duty(given: argparse.Namespace) -> Duty:
    """What the arguments name. Raises `SettingsError` for what there is none of."""
    served = _campaigns(load(signs=False), given.campaign)
    having = [campaign for campaign in served.values() if given.task in campaign.task]
    if len(having) == 1:
        return Duty(having[0].key, given.participant, given.task)
    if having:
        keys = " or ".join(campaign.key for campaign in having)
        raise SettingsError(f"Several circulars have {given.task}: add --campaign {keys}.")
    known = ", ".join(dict.fromkeys(task for campaign in served.values() for task in campaign.task)) or "none"
    raise SettingsError(f"There is no task {given.task!r}; there are: {known}.")


def _campaigns(settings: Settings, key: str | None) -> dict[str, Campaign]:
    """Those that are served, or the one that is named."""
    served = {campaign.key: campaign for campaign in load_all(settings.campaigns)}
    if key is None:
        return served
    if key not in served:
        raise SettingsError(f"There is no campaign {key!r}; there are: {', '.join(served)}.")
    return {key: served[key]}


def _known(session: Session, participant: str) -> None:
    if session.get(Participant, participant) is None:
        raise SettingsError(f"There is no participant {participant!r}; participants are imported from a file.")
