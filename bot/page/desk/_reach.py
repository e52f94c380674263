"""Shows the participants of whom nobody can be reached, why, and until when they would have to hear of something."""

from collections.abc import Sequence

from sqlmodel import Session
from starlette.responses import Response

from bot.page.desk._asked import Asked, Door
from bot.page.desk._shown import when, word, zone_of
from models.reminders import Moment, ReminderLead, Silent, left_out, silent

SHOWN = 1000  # participants
LEFT_OUT = 50  # leads, the last


async def _show(asked: Asked) -> Response:
    found, leads = await asked.app.store.read(_found, asked)

    def due(moment: Moment) -> str:
        return word(asked, moment.campaign, moment.rule.name) or moment.rule.key

    return asked.page(
        "desk/reach.html", found=found[:SHOWN], count=len(found), leads=leads, due=due, when=when(asked),
        zone=zone_of(asked),
    )  # fmt: skip


def _found(session: Session, asked: Asked) -> tuple[list[Silent], Sequence[ReminderLead]]:
    channels = asked.app.channels
    if channels is None:
        return [], []
    reminders = channels.reminders
    return silent(session, reminders.timetable, reminders.channels, asked.at), left_out(session)[-LEFT_OUT:]


DOORS = (Door("/desk/unreached", "GET", _show, "see unreached", nav="nav_unreached"),)
