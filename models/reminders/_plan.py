"""Plans what is due: for each person one message of all that they are reminded of, once, however often it is asked."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from models.contacts import Membership
from models.participants import Participant
from models.reminders._items import Item, Letters, Times
from models.reminders._people import Crowd, crowd
from models.reminders._reach import people_of, reach_of, rooms
from models.reminders._rows import ABOUT, Reminder, ReminderLead, ReminderRun
from models.reminders._timetable import Moment, Timetable
from models.store import in_turn

PART = 2000  # people planned for in one transaction: others must not wait long for theirs


@dataclass(frozen=True)
class Unreached:
    """Participants with something open of whom nobody can be reached, as one planning found them."""

    slot: str
    moments: Sequence[Moment]
    participants: Sequence[Participant]


Report = Callable[[Session, Unreached], None]


def is_due(session: Session, timetable: Timetable, now: datetime) -> bool:
    """Whether there is anything to plan: cheap to ask, again and again."""
    return _begun(session) is not None or bool(timetable.due(_known(session), now))


def plan(session: Session, timetable: Timetable, channels: Collection[str], times: Times, report: Report) -> bool:
    """Plan a part of what is due; False where nothing is left to do.

    Every copy of Usher may call it at any time: they take turns, and what was planned is not planned again. `report` is
    told, in the transaction, of participants that cannot be reached.
    """
    in_turn(session, "reminders")
    run = _begun(session) or _begin(session, timetable, times)
    if run is None:
        return False
    if run.done:  # there was something to leave out, and nothing to tell
        return True
    moments = _moments(session, timetable, run)
    people = _next_people(session, run.after) if moments else {}
    if people:
        letters = Letters(session, run.slot, times)
        letters.add(_items(crowd(session, people, moments, channels), moments, times.campaign))
        run.count += letters.post()
        run.after = max(people)
    else:
        _finish(session, run, moments, channels, times, report)
    session.add(run)
    session.flush()
    return True


def _begun(session: Session) -> ReminderRun | None:
    return session.exec(select(ReminderRun).where(col(ReminderRun.done).is_(False)).limit(1)).first()


def _known(session: Session) -> set[tuple[str, str, str, datetime]]:
    every = select(ReminderLead.campaign, ReminderLead.rule, ReminderLead.lead, ReminderLead.due)
    return {(campaign, rule, lead, due) for campaign, rule, lead, due in session.exec(every)}


def _begin(session: Session, timetable: Timetable, times: Times) -> ReminderRun | None:
    """Note what is planned now and what is left out, so that nobody plans it again."""
    due = timetable.due(_known(session), times.campaign)
    slot = times.campaign.strftime("%Y%m%dT%H%M%S")
    if not due:
        return None
    if session.get(ReminderRun, slot):
        return None
    run = ReminderRun(slot=slot, done=not due.planned, planned_at=times.campaign, recorded_at=times.machine)
    session.add(run)
    for moment, reason in [*((one, None) for one in due.planned), *due.skipped]:
        campaign, rule, lead = moment.key
        lead_row = ReminderLead(
            campaign=campaign,
            rule=rule,
            lead=lead,
            due=moment.at,
            slot=None if reason else slot,
            reason=reason,
            recorded_at=times.machine,
        )
        session.add(lead_row)
    session.flush()
    return run


def _moments(session: Session, timetable: Timetable, run: ReminderRun) -> list[Moment]:
    """What the run plans, as the circulars stand now: a date that changed meanwhile is another one's."""
    leads = session.exec(select(ReminderLead).where(ReminderLead.slot == run.slot))
    found = ((lead, timetable.by_key.get((lead.campaign, lead.rule, lead.lead))) for lead in leads)
    return [moment for lead, moment in found if moment and moment.at == lead.due]


def _next_people(session: Session, after: int) -> dict[int, list[str]]:
    """The next people who act for anybody, with the participants that they act for."""
    acting = select(Membership.contact_id).where(col(Membership.until).is_(None), col(Membership.contact_id) > after)
    ids = acting.distinct().order_by(col(Membership.contact_id)).limit(PART)
    found: dict[int, list[str]] = defaultdict(list)
    theirs = select(Membership.contact_id, Membership.participant).where(
        col(Membership.until).is_(None), col(Membership.contact_id).in_(session.exec(ids).all())
    )
    for contact_id, participant in session.connection().execute(theirs.order_by(col(Membership.participant))):
        found[contact_id].append(participant)
    return found


def _items(people: Crowd, moments: Sequence[Moment], now: datetime) -> Iterator[Item]:
    """What each of them is reminded of, where and when."""
    for contact_id, participants in people.acting.items():
        if (to := people.where(contact_id)) is None:
            continue
        for moment in moments:
            if people.wishes.has_stopped(contact_id, moment.campaign.key, moment.rule.key):
                continue
            if (due := people.wishes.when(contact_id, moment, now)) is None:
                continue
            for participant in participants:
                if people.is_told(contact_id, participant, moment, now):
                    yield Item(moment, participant, to, due, contact_id)


def _finish(
    session: Session,
    run: ReminderRun,
    moments: Sequence[Moment],
    channels: Collection[str],
    times: Times,
    report: Report,
) -> None:
    """Remind the participants that have a room of their own, and tell of those that nobody can be reached of."""
    letters = Letters(session, run.slot, times)
    told = rooms(session)
    for codes in _parts(sorted(told)):
        firms = crowd(session, {}, moments, (), codes)
        for code in codes:
            letters.add(Item(one, code, told[code], times.campaign) for one in moments if firms.concerns(code, one))
    run.count += letters.post()
    run.done = True
    silent, of = _unreached(session, run, moments, channels, told)
    if silent:
        report(session, Unreached(run.slot, of, silent))


def _unreached(
    session: Session, run: ReminderRun, moments: Sequence[Moment], channels: Collection[str], told: Collection[str]
) -> tuple[list[Participant], list[Moment]]:
    """Those with something open and nobody who could be told, and what that is.

    Whoever wished no reminders can be told.
    """
    reminded = select(Reminder.participant).where(
        col(Reminder.message_key) >= f"{ABOUT}:{run.slot}:", col(Reminder.message_key) < f"{ABOUT}:{run.slot};"
    )
    silent = session.exec(select(Participant).where(col(Participant.code).not_in(reminded)).order_by(Participant.code))
    named = {one.code: one for one in silent if one.code not in told}
    found: list[Participant] = []
    of: list[Moment] = []
    for codes in _parts(list(named)):
        firms, people = crowd(session, {}, moments, (), codes), people_of(session, codes)
        reach = reach_of(session, [one for ids in people.values() for one in ids], channels)
        for code in codes:
            missed = [one for one in moments if firms.concerns(code, one)]
            if missed and not any(reach.reaches(contact_id) for contact_id in people.get(code, ())):
                found.append(named[code])
                of += [one for one in missed if one not in of]
    return found, of


def _parts(codes: Sequence[str]) -> list[Sequence[str]]:
    return [codes[at : at + PART] for at in range(0, len(codes), PART)]
