"""One message that Usher acts on: who wrote it, for which participant, and the transaction it all belongs to."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from secrets import token_hex
from typing import TYPE_CHECKING

from sqlmodel import Session

from handlers.phrasing import Phrasing
from handlers.understand import Reading
from models import contacts, drafts
from models.campaign import Campaign
from models.contacts import Contact
from models.forgetting import Forgotten
from models.message import Address, Ask, Choice, Reply
from models.outbox import Posting, post
from models.participants import Participant
from models.people import Staff, staff_member
from models.wording import Wording, in_script

if TYPE_CHECKING:
    from handlers.support import Support

log = logging.getLogger(__name__)

CANCEL = "/cancel"


class NotEnrolled(Exception):  # noqa: N818 - named after the situation, as all of these
    """Who asks belongs to no participant."""


class NotTheirs(Exception):  # noqa: N818 - as above
    """Who asks does not act for that participant."""

    def __init__(self, participant: str) -> None:
        super().__init__(participant)
        self.participant = participant


class NotStaff(Exception):  # noqa: N818 - as above
    """Who asks is not of the support desk, or not in the role that it needs."""


class WhichParticipant(Exception):  # noqa: N818 - as above
    """Who asks acts for several participants, and has not said which one is meant."""


class WhichCampaign(Exception):  # noqa: N818 - as above
    """Several circulars have what was asked for."""

    def __init__(self, campaigns: list[Campaign]) -> None:
        super().__init__([campaign.key for campaign in campaigns])
        self.campaigns = campaigns


class Gone(Exception):  # noqa: N818 - as above
    """What a button or a word named is no longer so, or never was."""


@dataclass
class Talk:
    """One message, as what it does sees it. Everything is done in `session`, the transaction that keeps the turn.

    It may be run twice (the store says when), so nothing may be changed but by `session`. `mails`: whether mail is set
    up. `machine_now` is machine time; campaign time is `ask.at`. `reading` is what free words say in figures and names.
    `forgotten`: the asker was forgotten just now, and so is this turn. `at_desk`: it was said in a support room.
    """

    session: Session
    ask: Ask
    language: str
    phrasing: Phrasing
    machine_now: datetime
    desk: "Support"
    mails: bool = False
    reading: Reading | None = None
    forgotten: Forgotten | None = None
    at_desk: bool = False

    @property
    def now(self) -> datetime:
        """Campaign time."""
        return self.ask.at

    @cached_property
    def contact(self) -> Contact:
        """Who asks. Raises `NotEnrolled` for somebody who belongs to no participant."""
        found = contacts.known(self.session, self.ask.sender)
        if found is None or not self.participants:
            raise NotEnrolled
        return found

    @cached_property
    def contact_id(self) -> int:
        return self.contact.id or 0

    @cached_property
    def member(self) -> Staff:
        """Who of the support desk asks. Raises `NotStaff`."""
        found = staff_member(self.session, self.ask.sender)
        if found is None:
            raise NotStaff
        return found

    @cached_property
    def participants(self) -> list[Participant]:
        """Those that the asker acts for."""
        return contacts.participants_of(self.session, self.ask.sender)

    def acting(self, code: str | None = None) -> Participant:
        """The participant that is acted for: the named one, else the one there is, else the one chosen last.

        Raises `NotEnrolled`, `NotTheirs` or `WhichParticipant`.
        """
        mine = {one.code: one for one in self.participants}
        _ = self.contact
        if code is not None:
            if code not in mine:
                raise NotTheirs(code)
            return mine[code]
        if len(mine) == 1:
            return next(iter(mine.values()))
        chosen = contacts.acts_for(self.session, self.ask.sender, self.machine_now)
        if chosen not in mine:
            raise WhichParticipant
        return mine[chosen]

    def campaign(self, key: str | None, has: Callable[[Campaign], object] = lambda campaign: True) -> Campaign:
        """The campaign of that key; without one the only one that `has` what is asked for.

        Raises `Gone` or `WhichCampaign`.
        """
        all_of_them = self.phrasing.campaigns
        if key:
            if key not in all_of_them:
                raise Gone
            return all_of_them[key]
        fitting = [one for one in all_of_them.values() if has(one)]
        if not fitting:
            raise Gone
        if len(fitting) > 1:
            raise WhichCampaign(fitting)
        return fitting[0]

    def wording(self, campaign: Campaign) -> Wording:
        return Wording.of(campaign, self.language, self.now)

    def say(self, phrase: str, campaign: str | None = None, *choices: Choice, **fields: object) -> Reply:
        """A reply that only the asker may see."""
        said = self.phrasing.say(self.language, self.now, phrase, campaign, **fields)
        return replace(said, choices=choices, private=True)

    def label(self, phrase: str, campaign: str | None = None, **fields: object) -> str:
        """The words of a button, or a part of a sentence."""
        return self.phrasing.say(self.language, self.now, phrase, campaign, **fields).text

    def script(self, text: str) -> str:
        """A text of a campaign in the script that is asked for: `Wording` knows traditional Chinese only."""
        return in_script(text, self.language)

    def expect(self, action: str, fields: Mapping[str, str] | None = None) -> str:
        """Take the asker's next text in this chat as the rest of `action`; gives the draft's mark."""
        mark = token_hex(4)
        drafts.begin(self.session, self.ask.sender, self.ask.room, action, mark, self.machine_now, fields)
        return mark

    def draft(self, mark: str | None = None) -> drafts.Draft:
        """What the asker was asked for in this chat. Raises `Gone`."""
        found = drafts.current(self.session, self.ask.sender, self.ask.room, self.machine_now)
        if found is None or (mark is not None and found.mark != mark):
            raise Gone
        return found

    def settle_draft(self) -> None:
        drafts.drop(self.session, self.ask.sender, self.ask.room)

    def post(self, key: str, to: Address, reply: Reply, about: str, useful_until: datetime | None = None) -> None:
        """Have somebody else told, when this turn is kept. The same key is sent once."""
        posting = Posting(key, to, reply, due=self.now, about=about, useful_until=useful_until)
        post(self.session, posting, self.machine_now)


Do = Callable[[Talk, str], Reply]


@dataclass(frozen=True)
class Act:
    """Something that Usher does when an action asks for it. The rest of the action is handed to `do`.

    An action is a claim: whether it was pressed, typed or forged, `handlers.acts` checks who asks and where, by the
    table of `handlers.permissions`, and `do` checks that what it names is still so. `continues`: it goes on with what a
    draft holds; any other act ends what was waited for.
    """

    do: Do
    continues: bool = False
