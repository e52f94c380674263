"""Looks a participant up: who acts for it, how it stands, and what it was told; and acts for who phoned."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sqlmodel import Session, col, select
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.page.desk._asked import Asked, Door
from bot.page.desk._shown import when, word, wording, zone_of
from bot.page.form import clean, number
from handlers.checks.pc import slip_of
from handlers.seats import short_name
from handlers.support import (
    BECAUSE,
    Call,
    Callers,
    Correct,
    EndMembership,
    FreeSeat,
    HoldSeat,
    OpenCase,
    Said,
    SetLine,
    Wish,
    outcome,
)
from models.campaign import Campaign, Target
from models.checks import Check
from models.correspondence import Sent, sent_for
from models.lookup import InCampaign, Looked, look_up, search
from models.outbox import Message
from models.status import NOT_SAID
from models.support import StaffDeed
from models.wording import in_script

FIND = 80  # characters


@dataclass(frozen=True)
class Screen:
    """All that is shown of one participant; `slips` are by the numbers of their checks."""

    looked: Looked
    sent: Sequence[Sent]
    slips: Mapping[int, str]


@dataclass(frozen=True)
class Typed:
    """What was typed into a form that could not be done, and why not; `form` is which one it was."""

    form: str = ""
    told: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def of(self, form: str, name: str) -> str:
        return self.fields.get(name, "") if form == self.form else ""


# ---------------------------------------------------------------------------------------------------------------- shown


async def _find(asked: Asked) -> Response:
    words = clean(asked.request.query_params.get("find", ""))[:FIND]
    found = await asked.app.store.read(search, words) if words else []
    if len(found) == 1:
        return asked.back(f"/desk/participants/{found[0].code}")
    return asked.page("desk/participants.html", find=words, found=found)


async def _show(asked: Asked) -> Response:
    return await _page(asked, Typed())


async def _page(asked: Asked, typed: Typed) -> Response:
    screen = await asked.app.store.read(_screen, asked)
    if screen is None:
        raise HTTPException(404)
    done = number(asked.request.query_params.get("done"))
    told = await asked.app.store.read(_told, asked, done) if done else ""
    return asked.page(
        "desk/participant.html",
        409 if typed.told else 200,
        screen=screen,
        looked=screen.looked,
        typed=typed,
        told=told,
        acts=[deed for deed in _DEEDS if asked.may(deed)],
        around=_Around(asked, screen.looked),
        when=when(asked),
        zone=zone_of(asked),
        because_length=BECAUSE,
    )


def _screen(session: Session, asked: Asked) -> Screen | None:
    looked = look_up(session, _code(asked), asked.app.campaigns, _channels(asked))
    if looked is None:
        return None
    slips = {
        check.id or 0: slip_of(session, part.campaign, target, check, asked.language).text
        for part in looked.campaigns
        for check in part.checks
        if check.vantage == "pc" and check.verdict and (target := _target(part.campaign, check.target))
    }
    return Screen(looked, sent_for(session, looked.participant.code), slips)


def _told(session: Session, asked: Asked, number: int) -> str:
    """What came of a form, as the records have it."""
    deed = session.get(StaffDeed, number)
    if deed is None or deed.participant != _code(asked):
        return ""
    posted = session.exec(select(Message.id).where(col(Message.about) == f"deed:{number}")).all()
    return asked.support.say(outcome(deed, len(posted)), asked.language, asked.at).text


def _target(campaign: Campaign, key: str) -> Target | None:
    return next((one for one in campaign.targets if one.key == key), None)


@dataclass(frozen=True)
class _Around:
    """Writes what the template shows of the circulars and the people."""

    asked: Asked
    looked: Looked

    def name(self, campaign: Campaign) -> str:
        return word(self.asked, campaign, campaign.name)

    def task(self, campaign: Campaign, key: str) -> str:
        return word(self.asked, campaign, campaign.task[key].name) if key in campaign.task else key

    def state(self, part: InCampaign, key: str) -> str:
        return str(part.standing.get(key, NOT_SAID).state)

    def briefing(self, campaign: Campaign, key: str) -> str:
        briefing = campaign.briefing.get(key)
        return short_name(wording(self.asked, campaign), briefing, self.asked.language) if briefing else key

    def target(self, campaign: Campaign, key: str) -> str:
        target = _target(campaign, key)
        return word(self.asked, campaign, target.name) if target else key

    def finding(self, campaign: Campaign, check: Check) -> str:
        """What a check showed, in a line; of one that goes on, nothing yet."""
        if not check.cause or not check.verdict:
            return "…"
        phrase = "terminal.unclear" if check.cause == "unclear" else f"check.cause.{check.cause}"
        said = wording(self.asked, campaign)
        try:
            told = said.say(phrase, name=self.target(campaign, check.target), contact=said.contact())
        except KeyError:  # a cause of an older version
            told = f"{check.verdict}: {check.cause}"
        return in_script(told, self.asked.language)

    def who(self, contact_id: int | None) -> str:
        if contact_id is None:
            return ""
        w = self.asked.words
        name = self.looked.names.get(contact_id, "")
        return w["forgotten_person"] if name is None and self._forgotten(contact_id) else name or w["nameless"]

    def _forgotten(self, contact_id: int) -> bool:
        return any(one.contact.id == contact_id and one.forgotten for one in self.looked.people)


# ---------------------------------------------------------------------------------------------------------------- deeds


def _doing(form: str, wish: Callable[[Asked], Wish]) -> Callable[[Asked], Awaitable[Response]]:
    """Has done what the form of that name asks for; what cannot be done is told beside what was typed."""

    async def do(asked: Asked) -> Response:
        said = await asked.app.store.write(_do, asked, wish(asked), asked.key(form))
        if said.done:
            done = urlencode({"done": said.fields["deed"]})
            return asked.back(f"/desk/participants/{_code(asked)}?{done}")
        told = asked.support.say(said, asked.language, asked.at).text
        return await _page(asked, Typed(form, told, asked.fields))

    return do


def _do(session: Session, asked: Asked, wish: Wish, key: str) -> Said:
    contact, because = number(asked.fields.get("contact")), clean(asked.fields.get("because", ""))[:BECAUSE]
    callers = Callers(asked.support, _channels(asked), bool(asked.app.settings.smtp_url))
    return callers.do(session, asked.member, Call(_code(asked), contact, because, key, asked.at), wish)


def _text(asked: Asked, name: str) -> str:
    return clean(asked.fields.get(name, ""))


def _case(asked: Asked) -> Wish:
    return OpenCase(_text(asked, "question"), _text(asked, "campaign") or None, _text(asked, "name") or None)


def _line(asked: Asked) -> Wish:
    campaign, _, task = _text(asked, "task").partition(" ")
    return SetLine(campaign, task, done=_text(asked, "what") != "off")


def _hold(asked: Asked) -> Wish:
    campaign, _, briefing = _text(asked, "briefing").partition(" ")
    return HoldSeat(campaign, briefing, _text(asked, "name"), _text(asked, "email"))


def _free(asked: Asked) -> Wish:
    return FreeSeat(number(asked.fields.get("seat")) or 0)


def _correct(asked: Asked) -> Wish:
    return Correct(_text(asked, "name"), _text(asked, "email"))


def _code(asked: Asked) -> str:
    return str(asked.request.path_params["code"])


def _channels(asked: Asked) -> Sequence[str]:
    return tuple(asked.app.channels.reminders.channels) if asked.app.channels else ("web",)


_FORMS: Mapping[str, tuple[str, Callable[[Asked], Wish]]] = {
    "case": ("open case for", _case), "line": ("set status for", _line), "hold": ("hold seat for", _hold),
    "free": ("free seat for", _free), "correct": ("correct contact of", _correct),
    "end": ("correct contact of", lambda asked: EndMembership()),
}  # fmt: skip
_DEEDS = tuple(dict.fromkeys(deed for deed, _ in _FORMS.values()))
_AT = "/desk/participants/{code}"
DOORS = (
    Door("/desk/participants", "GET", _find, "see participant", nav="nav_participants"),
    Door(_AT, "GET", _show, "see participant"),
    *(Door(f"{_AT}/{form}", "POST", _doing(form, wish), deed) for form, (deed, wish) in _FORMS.items()),
)
