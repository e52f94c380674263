"""Makes the whole pages that a visitor sees: the conversation, a circular, one sentence where something is refused."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.app import App
from bot.clock import machine_time
from bot.page import words
from bot.page.bubbles import exchanges, label_of
from bot.page.form import QUESTION_LENGTH, Form
from bot.page.frame import Frames
from bot.page.session import room_of
from bot.page.templates import HEADERS, Templates
from bot.page.visitor import Visit, Visitors
from bot.samples import samples
from models.contacts import participants_of
from models.conversation import Turn, offering, turns
from models.participants import Participant
from models.sessions import Standing, standing
from models.wording import word_in

REFRESH = {"Refresh": "1"}  # seconds; the next cookie is on its way
SHOWN = 100  # turns; what is older is kept, and one page stays quick to make and to read
BACK = re.compile(r"/(circular/[a-z0-9_./-]{1,80})?")  # the pages that a switch of language comes back to


def is_script(request: Request) -> bool:
    """Whether the page's own script asks, which takes parts instead of a page."""
    return request.headers.get("accept", "").startswith("application/json")


@dataclass(frozen=True)
class _Conversation:
    """The newest turns, one more than is shown, those whose buttons they pressed, and for whom the visitor acts."""

    turns: Sequence[Turn] = ()
    offered: Sequence[Turn] = ()
    acts_for: Sequence[Participant] = ()
    stands: Standing = "open"


class Pages:
    """The pages, each in the visitor's language."""

    def __init__(self, app: App, templates: Templates, frames: Frames, visitors: Visitors) -> None:
        self._app, self._templates, self._frames, self._visitors = app, templates, frames, visitors

    async def conversation(
        self, request: Request, visit: Visit, *, note: str = "", typed: str = "", status: int = 200
    ) -> Response:
        """The visitor's conversation; an empty one, of somebody new, where the session has ended."""
        found = await self._app.store.read(_conversation, visit) if visit.known else _Conversation()
        if found.stands == "renewing":
            return self.notice(request, "moment", "renewed", 200, REFRESH)
        if found.stands == "ended":
            visit, found = Visit.new(), _Conversation()
        response = self.page(
            request,
            "conversation.html",
            status,
            exchanges=exchanges(found.turns[-SHOWN:], self._app.campaigns, found.offered),
            earlier_left_out=len(found.turns) > SHOWN,
            after=found.turns[-1].id if found.turns else 0,
            own=self._frames.own(found.acts_for, words.chosen(request, self._app.campaigns)),
            samples=samples() if self._app.settings.demo else (),
            nonce=secrets.token_urlsafe(16),
            note=note,
            typed=typed,
            limit=QUESTION_LENGTH,
            visitor=visit.mark,
            left=next((way for way in ("signed-out", "forgotten") if way in request.query_params), ""),
        )
        self._visitors.remember(request, response, visit)
        return response

    def notice(
        self, request: Request, heading: str, told: str, status: int, headers: dict[str, str] | None = None
    ) -> Response:
        """One sentence, with what was typed given back where it was not answered."""
        own = words.words(words.chosen(request, self._app.campaigns))
        sentence = own[told].format(**self._hotline(request))
        if is_script(request):
            return JSONResponse({"note": sentence}, status, {**HEADERS, **(headers or {})})
        again: Form | None = getattr(request.state, "unanswered", None)
        label = label_of(again.text, self._app.campaigns, words.chosen(request, self._app.campaigns)) if again else ""
        label = "" if label.startswith("/") else label  # its button knew it, and is not here
        response = self.page(
            request, "notice.html", status, heading=own[heading], told=sentence, again=again, label=label
        )
        response.headers.update(headers or {})
        return response

    def page(self, request: Request, template: str, status: int, **values: object) -> Response:
        told = self._frames.of(words.chosen(request, self._app.campaigns))
        path = request.url.path if BACK.fullmatch(request.url.path) else "/"
        return self._templates.page(template, status, frame=told, w=told.words, path=path, **values)

    def _hotline(self, request: Request) -> dict[str, str]:
        language = words.chosen(request, self._app.campaigns)
        campaign = self._app.campaigns[0]
        hotline = next((contact for contact in campaign.contacts if contact.kind == "phone"), campaign.contacts[0])
        return {"contact": word_in(hotline.label, language, campaign.prevails), "value": hotline.value}


def _conversation(session: Session, visit: Visit) -> _Conversation:
    room = room_of(visit)
    kept = turns(session, room, SHOWN + 1)
    offered = offering(session, kept)
    acts_for = participants_of(session, room)
    return _Conversation(kept, offered, acts_for, standing(session, visit.session, machine_time()))
