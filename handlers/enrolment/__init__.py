"""Finds out who somebody is: by a code of their firm, or by digits that are sent to their address there."""

from collections.abc import Mapping

from handlers.enrolment._firms import ACT_FOR, FIRMS, LEAVE, LINK, NAME, choose, firms, leave, link, name
from handlers.enrolment._join import join, not_enrolled
from handlers.enrolment._keys import JOIN, completes, kept, meant
from handlers.talk import Act

__all__ = ["ACTS", "ACT_FOR", "JOIN", "choose", "completes", "kept", "meant", "not_enrolled"]

# What is done once it is chosen for whom (`ACT_FOR`) stands with the table of everything that can be done.
ACTS: Mapping[str, Act] = {
    # Public, so that whoever shows a code to others is told so: it is not used there.
    JOIN: Act(join, continues=True),
    FIRMS: Act(firms),
    LINK: Act(link),
    # Who has left already, and presses the button again, is told so.
    LEAVE: Act(leave),
    NAME: Act(name),
}
