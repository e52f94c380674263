"""Reminds the right people: plans what is due, once; decides again when it is sent; finds another way when that fails.

Everything is in campaign time but for what says otherwise. Nothing here sends, and nothing asks what time it is.
"""

from models.reminders._anew import SETTLING, Anew, Person, put_off, take_up
from models.reminders._decide import Letter, Told, decide, note_told
from models.reminders._firms import Firms, Held, firms
from models.reminders._items import Item, Letters, Times
from models.reminders._own_room import leave_room, name_room
from models.reminders._people import Crowd, crowd
from models.reminders._plan import PART, Report, Unreached, is_due, plan
from models.reminders._reach import ORDER, people_of, reach_of, rooms
from models.reminders._reroute import Lost, reroute
from models.reminders._rows import ABOUT, DROPPED, Reminder, ReminderLead, ReminderRoom, ReminderRun, ReminderWish
from models.reminders._silent import Silent, silent
from models.reminders._timetable import Moment, Timetable
from models.reminders._told import Record, left_out, told
from models.reminders._wishes import CHANNELS, QUIET, RESUME, SNOOZE, STOP, Wishes, read_quiet, wish, wishes_of

__all__ = [
    "ABOUT", "CHANNELS", "DROPPED", "ORDER", "PART", "QUIET", "RESUME", "SETTLING", "SNOOZE", "STOP", "Anew",
    "Crowd", "Firms", "Held", "Item", "Letter", "Letters", "Lost", "Moment", "Person", "Record", "Reminder",
    "ReminderLead", "ReminderRoom", "ReminderRun", "ReminderWish", "Report", "Silent", "Times", "Timetable", "Told",
    "Unreached", "Wishes", "crowd", "decide", "firms", "is_due", "leave_room", "left_out", "name_room", "note_told",
    "people_of", "plan", "put_off", "reach_of", "read_quiet", "reroute", "rooms", "silent", "take_up", "told", "wish",
    "wishes_of",
]  # fmt: skip
