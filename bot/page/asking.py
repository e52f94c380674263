"""Takes what a visitor asks of the page: each thing once, not too much at once, and only in their own open session."""

import hashlib
from dataclasses import dataclass

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.app import App
from bot.clock import machine_time
from bot.page import words
from bot.page.form import QUESTION_LENGTH, Form, read_form
from bot.page.limits import Pace
from bot.page.live import Live
from bot.page.pages import Pages, is_script
from bot.page.session import Over, room_of, within
from bot.page.templates import HEADERS
from bot.page.visitor import Visit, Visitors
from models.conversation import Turn, pressing, turn_asked, turn_of
from models.message import Ask
from models.pseudonyms import is_pseudonym
from models.sessions import Standing, standing

FORGOTTEN = "/?forgotten=1"  # an empty page that says so
SOON = 1  # seconds until a browser is to have the cookie of its next session


@dataclass(frozen=True)
class _Before:
    """How the session stands; the turn of its own room whose button was pressed, in a list, and those that pressed any
    of its buttons before; the turn, if it came before.
    """

    stands: Standing
    under: list[Turn]
    pressed: list[Turn]
    again: Turn | None


@dataclass(frozen=True)
class _Asked:
    """The turn, what was known before it, and the visit that goes on with it."""

    turn: Turn
    before: _Before
    visit: Visit

    @property
    def forgotten(self) -> bool:
        """Whether the visitor was forgotten: the turn stands under a pseudonym, and the visit is somebody new's."""
        return is_pseudonym(self.turn.room)


class _Later(Exception):  # noqa: N818 - named after the situation
    """The session was renewed a moment ago, by something else that this browser sent."""


class Asking:
    """Where the form of a question arrives."""

    def __init__(self, app: App, pages: Pages, live: Live, visitors: Visitors, pace: Pace) -> None:
        self._app, self._pages, self._live, self._visitors, self._pace = app, pages, live, visitors, pace

    async def ask(self, request: Request) -> Response:
        """Ask what the form says. A script gets the turn; else the page is shown anew: a reload of it asks nothing."""
        form = await read_form(request)
        visit = self._visitors.recognise(request)
        if wait := self._pace.wait(request, visit.visitor if visit.known else None):
            return await self._not_asked(request, visit, form, "too_fast", wait)
        if not form.text or len(form.text) > QUESTION_LENGTH:
            return await self._not_asked(request, visit, form, "too_long" if form.text else "empty")
        request.state.unanswered = form  # for the page's apology: what was typed is given back
        try:
            asked = await self._take(request, visit, form)
        except Over:
            return JSONResponse({"reload": True}, 409, HEADERS) if is_script(request) else RedirectResponse("/", 303)
        except _Later:
            if is_script(request):
                return JSONResponse({"wait": SOON}, 409, HEADERS)
            return self._pages.notice(request, "moment", "renewed_again", 409)
        return await self._answer(request, asked)

    async def _take(self, request: Request, visit: Visit, form: Form) -> _Asked:
        """The turn. Raises `_Later`, and for a script `Over`: a page of before must not go on."""
        if is_script(request) and visit.of_another(form.visitor, form.after):
            raise Over
        ask_id = _ask_id(visit.visitor, form.nonce, form.text)
        before = await self._app.store.read(_before_asking, visit, form.under, ask_id)
        if before.stands == "renewing":
            if before.again is None or not before.again.reply.renews:
                raise _Later
            # The answer that brought the new cookie was lost, or two were sent by one double press.
            return _Asked(before.again, before, await self._goes_on(visit, before.again))
        if before.stands == "ended":
            if is_script(request):
                raise Over
            visit = Visit.new()
            ask_id = _ask_id(visit.visitor, form.nonce, form.text)
        place, language = room_of(visit), words.chosen(request, self._app.campaigns)
        under = next((turn.ask_id for turn in before.under), None)
        ask = Ask(ask_id, place, place, form.text, self._app.clock.now(), language, under)
        try:
            turn = await self._app.reception.take(ask, within(visit))
        except Over:  # meanwhile: it is told as if it had been so before
            return await self._take(request, visit, form)
        return _Asked(turn, before, await self._goes_on(visit, turn) if turn.reply.renews else visit)

    async def _goes_on(self, visit: Visit, turn: Turn) -> Visit:
        """The visit after a turn that renews its session. Raises `Over` where the one that followed has ended too."""
        if is_pseudonym(turn.room):  # its visitor was forgotten by it
            return Visit.new()
        following = self._visitors.following(visit, turn.ask_id)
        stood, stands = await self._app.store.read(_standings, visit, following)
        if stood == "open":  # the turn is one of an earlier session, and was only sent again
            return visit
        if stands != "open":
            raise Over
        return following

    async def _answer(self, request: Request, asked: _Asked) -> Response:
        if is_script(request):
            response: Response = JSONResponse(await self._said(request, asked), 200, HEADERS)
        else:
            response = RedirectResponse(FORGOTTEN if asked.forgotten else "/#newest", 303, HEADERS)
        self._visitors.remember(request, response, asked.visit)
        return response

    async def _said(self, request: Request, asked: _Asked) -> dict[str, object]:
        """What the page's script gets: the turn, and what has changed with it."""
        if asked.forgotten:
            return {"leave": FORGOTTEN}
        html = self._live.html([asked.turn], asked.before.under, asked.before.pressed)
        said: dict[str, object] = {"html": html, "visitor": asked.visit.mark}
        if asked.turn.reply.renews:
            said["own"] = await self._live.own(asked.visit, words.chosen(request, self._app.campaigns))
        return said

    async def _not_asked(self, request: Request, visit: Visit, form: Form, told: str, wait: int = 0) -> Response:
        """Say why, and give back what was typed: nothing is lost."""
        status = 429 if wait else 422
        language = words.chosen(request, self._app.campaigns)
        note = words.words(language)[told].format(limit=f"{QUESTION_LENGTH:,}", seconds=wait)
        if is_script(request):
            response: Response = JSONResponse({"note": note, "wait": wait}, status, HEADERS)
        else:
            typed = "" if form.pressed else form.text  # a button is still there to be pressed
            response = await self._pages.conversation(request, visit, note=note, typed=typed, status=status)
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response


def _before_asking(session: Session, visit: Visit, under: int | None, ask_id: str) -> _Before:
    stands = standing(session, visit.session, machine_time()) if visit.known else "open"
    found = turn_of(session, room_of(visit), under) if under and stands != "ended" else None
    offered = [found] if found else []
    again = turn_asked(session, ask_id) if stands == "renewing" else None
    return _Before(stands, offered, pressing(session, offered), again)


def _standings(session: Session, visit: Visit, following: Visit) -> tuple[Standing, Standing]:
    now = machine_time()
    return standing(session, visit.session, now), standing(session, following.session, now)


def _ask_id(visitor: str, nonce: str, text: str) -> str:
    """The same form sent twice with the same text is one question. Other words from the same form, as after the Back
    button, are another.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"web:{visitor}:{nonce}-{digest}"
