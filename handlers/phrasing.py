"""Says the sentences that are the same for every circular, in the words of the one that is spoken of."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from models.campaign import Campaign
from models.message import Reply
from models.wording import Wording, in_script

NOBODY = "Usher <usher@usher.invalid>"  # who calendar entries come from where no mail is sent: nobody can be written to


@dataclass(frozen=True)
class PcPage:
    """Where tests of a terminal PC are answered: the address of Usher, if that is known, and the key of the codes."""

    address: str | None = None
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @classmethod
    def of(cls, secret: str, address: str | None = None) -> "PcPage":
        """With the key that all copies with the same secret have."""
        return cls(address, hmac.digest(secret.encode(), b"usher.pc codes", "sha256"))


class Phrasing:
    """Speaks for all campaigns; where none is named, the first lends its contact and its languages.

    `organizer` is who calendar entries come from: the sender of the mails, where there are any. `pc_page` is where
    tests of a terminal PC lead.
    """

    def __init__(self, campaigns: Sequence[Campaign], organizer: str | None = None) -> None:
        self.campaigns = {campaign.key: campaign for campaign in campaigns}
        self.organizer = organizer or NOBODY
        self.pc_page = PcPage()

    @property
    def first(self) -> Campaign:
        return next(iter(self.campaigns.values()))

    def spoken_of(self, campaign: str | None) -> Campaign:
        """The campaign of that key; the first, where none is named or it is gone."""
        return self.campaigns.get(campaign or "") or self.first

    def say(self, language: str, now: datetime, phrase: str, campaign: str | None = None, **fields: object) -> Reply:
        wording = Wording.of(self.spoken_of(campaign), language, now)
        shown = language if language.startswith("zh") == wording.language.startswith("zh") else wording.language
        text = wording.say(phrase, contact=wording.contact(), **fields)
        return Reply(in_script(text, shown), "answer", language=shown)
