"""What people may ask of Usher about their own reminders, by its word."""

from collections.abc import Mapping

from handlers.reminders._mine import mine
from handlers.reminders._room import HERE, remind_here
from handlers.reminders._settings import CHANNELS_WORD, QUIET_WORD, first_channel, quiet
from handlers.reminders._snooze import RESUME_WORD, resume, snooze
from handlers.reminders._stop import STOP_WORD, stop
from handlers.reminders._told import TOLD_WORD, tell
from handlers.reminders._words import REMINDERS, SNOOZE
from handlers.talk import Act

ACTS: Mapping[str, Act] = {
    REMINDERS: Act(mine),
    SNOOZE: Act(snooze),
    STOP_WORD: Act(stop),
    RESUME_WORD: Act(resume),
    QUIET_WORD: Act(quiet),
    CHANNELS_WORD: Act(first_channel),
    TOLD_WORD: Act(tell),
    HERE: Act(remind_here),
}
