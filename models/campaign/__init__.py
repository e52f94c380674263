"""The circulars that Usher serves, as data that somebody reviewed."""

from models.campaign._answer import Answer, Grounded, Line, Text, Words
from models.campaign._dates import BusinessDays, DateKind, Fuzzy, When, read_when
from models.campaign._lint import Problem, lint
from models.campaign._load import CampaignError, load, load_all
from models.campaign._paragraphs import Paragraph, Piece, paragraphs
from models.campaign._quotes import find_quote, plain
from models.campaign._reminders import ReminderTime, milestone_over, reminder_times
from models.campaign._rules import Audience, Reminder
from models.campaign._schema import (
    Briefing,
    Campaign,
    Contact,
    Fact,
    Link,
    Subject,
    Task,
    Term,
)
from models.campaign._target import Picture, Step, Target
from models.campaign._template import CONDITIONS, PLACEHOLDERS

__all__ = [
    "CONDITIONS",
    "PLACEHOLDERS",
    "Answer",
    "Audience",
    "Briefing",
    "BusinessDays",
    "Campaign",
    "CampaignError",
    "Contact",
    "DateKind",
    "Fact",
    "Fuzzy",
    "Grounded",
    "Line",
    "Link",
    "Paragraph",
    "Picture",
    "Piece",
    "Problem",
    "Reminder",
    "ReminderTime",
    "Step",
    "Subject",
    "Target",
    "Task",
    "Term",
    "Text",
    "When",
    "Words",
    "find_quote",
    "lint",
    "load",
    "load_all",
    "milestone_over",
    "paragraphs",
    "plain",
    "read_when",
    "reminder_times",
]  # fmt: skip
