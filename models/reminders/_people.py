"""Sees all that decides who is reminded of what: what is open, what each person wishes, and where they are reached."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.message import Address
from models.reminders._firms import Firms, firms
from models.reminders._reach import Reach, people_of, reach_of, rooms
from models.reminders._timetable import Moment
from models.reminders._wishes import Wishes, wishes_of


@dataclass(frozen=True)
class Crowd:
    """Some people, the participants that they act for, and how all of them stand at one moment.

    `first` are the people of those participants in the order in which they are tried, where a rule is for the first.
    """

    acting: Mapping[int, Sequence[str]]
    wishes: Wishes
    reach: Reach
    firms: Mapping[str, Firms]
    rooms: Mapping[str, Address]
    first: Mapping[str, Sequence[int]]

    def where(self, contact_id: int) -> Address | None:
        return next(iter(self.reach.where(contact_id, self.wishes)), None)

    def concerns(self, participant: str, moment: Moment, contact_id: int | None = None) -> bool:
        return self.firms[moment.campaign.key].concerns(moment.rule, participant, contact_id)

    def is_told(self, contact_id: int, participant: str, moment: Moment, now: datetime | None = None) -> bool:
        """Whether it is this person who is reminded, and there is something to be reminded of.

        Of a rule for the first of a participant: whoever sleeps past its use at `now` is passed over.
        """
        if participant in self.rooms or not self.concerns(participant, moment, contact_id):
            return False
        if moment.rule.reach == "all":
            return True
        campaign, rule = moment.campaign.key, moment.rule.key
        ready = (
            one
            for one in self.first.get(participant, ())
            if self.reach.reaches(one)
            and not self.wishes.has_stopped(one, campaign, rule)
            and (now is None or self.wishes.when(one, moment, now))
        )
        return next(ready, None) == contact_id


def crowd(
    session: Session,
    acting: Mapping[int, Sequence[str]],
    moments: Sequence[Moment],
    channels: Collection[str],
    participants: Collection[str] = (),
) -> Crowd:
    """How these people, their participants and further `participants` stand."""
    codes = {*participants, *(code for theirs in acting.values() for code in theirs)}
    wants_first = any(moment.rule.reach == "first" for moment in moments)
    first = people_of(session, codes) if wants_first else {}
    everybody = {*acting, *(one for ids in first.values() for one in ids)}
    campaigns = dict.fromkeys(moment.campaign.key for moment in moments)
    return Crowd(
        acting,
        wishes_of(session, everybody),
        reach_of(session, everybody, channels),
        {key: firms(session, key, codes) for key in campaigns},
        rooms(session, codes),
        first,
    )
