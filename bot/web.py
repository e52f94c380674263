"""The web chat page: shows visitors their own conversation, takes their questions, and says whether Usher is well."""

import hashlib
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.app import App
from bot.page.bubbles import TAGS, exchanges, moment_of
from bot.page.form import QUESTION_LENGTH, Form, read_form
from bot.page.templates import HEADERS, Templates
from bot.page.visitor import Visitors
from handlers.facts import language_of
from models.campaign import Campaign
from models.conversation import turns
from models.message import Address, Ask

log = logging.getLogger(__name__)

SHOWN = 100  # turns; what is older is kept, and one page stays quick to make and to read


@dataclass(frozen=True)
class Start:
    """A first question offered to a person who has asked nothing yet."""

    lang: str
    label: str
    action: str


@dataclass(frozen=True)
class Note:
    """Why a question was not asked; the text stays in the box."""

    english: str
    chinese: str


@dataclass(frozen=True)
class Line:
    words: str
    lang: str | None = None


EMPTY = Note("Please write your question first.", "請先輸入問題。")
TOO_LONG = Note(
    f"Your question is longer than {QUESTION_LENGTH:,} characters. Please shorten it; nothing was sent.",
    f"問題超過 {QUESTION_LENGTH:,} 字，請縮短後再發送；尚未發出。",
)
REFUSALS = {
    403: "This question did not come from Usher's own page, so it was not asked. Please open the page and ask there.",
    404: "There is no such page.",
    405: "The page cannot be used in this way.",
}


def web(app: App) -> Starlette:
    """The web application: the page `/`, its static files, `/healthz` and `/readyz`."""
    page = Page(app)
    return Starlette(
        routes=[
            Route("/", page.show, methods=["GET"]),
            Route("/", page.ask, methods=["POST"]),
            Route("/static/{name}", page.static, methods=["GET"]),
            Route("/healthz", alive, methods=["GET"]),
            Route("/readyz", page.ready, methods=["GET"]),
        ],
        exception_handlers={
            ClientDisconnect: gone,
            HTTPException: page.refuse,
            Exception: page.apologise,
        },
    )


class Page:
    """Everything that a browser can ask of Usher."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._templates = Templates()
        self._visitors = Visitors(app.settings.secret_key.get_secret_value(), app.settings.public_url)

    async def show(self, request: Request) -> Response:
        """The visitor's conversation, newest in view."""
        return await self._conversation(request, self._visitors.recognise(request))

    async def ask(self, request: Request) -> Response:
        """Ask what the form says, then show the page anew: a reload after that asks nothing."""
        if not self._visitors.sent_by_our_page(request):
            raise HTTPException(403)
        form = await read_form(request)
        visitor = self._visitors.recognise(request)
        if not form.text or len(form.text) > QUESTION_LENGTH:
            note = TOO_LONG if form.text else EMPTY
            return await self._conversation(request, visitor, note=note, typed=form.text, status=422)
        request.state.unanswered = form  # for `apologise`: what was typed is given back
        place = Address("web", visitor)
        await self._app.reception.receive(
            Ask(_ask_id(visitor, form.nonce, form.text), place, place, form.text, self._app.clock.now())
        )
        response = RedirectResponse("/#newest", 303, HEADERS)
        self._visitors.remember(request, response, visitor)
        return response

    async def static(self, request: Request) -> Response:
        found = self._templates.static(request)
        if found is None:
            raise HTTPException(404)
        return found

    async def ready(self, request: Request) -> Response:
        """Whether questions can be answered now; if not, which part fails, and nothing more than that."""
        if not self._app.campaigns:
            return _plain("not ready: campaigns", 503)
        if not await self._app.store.reachable():
            return _plain("not ready: database", 503)
        return _plain("ready")

    async def refuse(self, request: Request, error: Exception) -> Response:
        """A page with one sentence for what cannot be done."""
        status, detail = (error.status_code, error.detail) if isinstance(error, HTTPException) else (400, "")
        heading = "Page not found" if status == 404 else "That did not work"
        return self._notice(heading, [Line(REFUSALS.get(status, detail))], status)

    async def apologise(self, request: Request, error: Exception) -> Response:
        """The fixed sentence for when Usher itself fails. The server logs the traceback; nobody is shown it."""
        log.error("%s %s failed: %s", request.method, request.url.path, type(error).__name__)
        unanswered: Form | None = getattr(request.state, "unanswered", None)
        return self._notice("Usher cannot answer just now", sorry(self._app.campaigns), 500, again=unanswered)

    async def _conversation(
        self, request: Request, visitor: str, *, note: Note | None = None, typed: str = "", status: int = 200
    ) -> Response:
        # One more than is shown: its buttons may be what the first shown turn pressed.
        kept = await self._app.store.read(turns, Address("web", visitor), SHOWN + 1)
        response = self._page(
            "conversation.html",
            status,
            exchanges=exchanges(kept, self._app.campaigns)[-SHOWN:],
            earlier_left_out=len(kept) > SHOWN,
            starts=starts(self._app.campaigns),
            nonce=secrets.token_urlsafe(16),
            note=note,
            typed=typed,
        )
        self._visitors.remember(request, response, visitor)
        return response

    def _notice(self, heading: str, lines: Sequence[Line], status: int, again: Form | None = None) -> Response:
        return self._page("notice.html", status, heading=heading, lines=lines, again=again)

    def _page(self, template: str, status: int, **values: object) -> Response:
        campaigns, now = self._app.campaigns, self._app.clock.now()
        return self._templates.page(
            template,
            status,
            titles=[campaign.name for campaign in campaigns],
            demonstration=moment_of(now, campaigns[0]) if self._app.settings.demo else None,
            **values,
        )


def starts(campaigns: Sequence[Campaign]) -> list[Start]:
    """The first questions that the campaigns themselves offer, each in every language, as somebody would ask it."""
    offered = [(campaign, campaign.answer[key]) for campaign in campaigns for key in campaign.starts]
    return [
        Start(TAGS.get(language, language), answer.title[language], _asked_in(language, answer.examples))
        for campaign, answer in offered
        for language in campaign.languages
    ]


def _asked_in(language: str, examples: Sequence[str]) -> str:
    return next((one for one in examples if language_of(one) == language), examples[0])


def sorry(campaigns: Sequence[Campaign]) -> list[Line]:
    """What a person reads when Usher is out of order: fixed words, and whom to call."""
    contacts = campaigns[0].contacts
    hotline = next((contact for contact in contacts if contact.kind == "phone"), contacts[0])
    english = hotline.label["en"]
    chinese = hotline.label.get("zh-Hant", english)
    return [
        Line(f"Something is wrong on Usher's side. Please try again, or contact the {english}: {hotline.value}."),
        Line(f"Usher 暫時未能回答。請稍後再試，或聯絡 {chinese}：{hotline.value}。", "zh-Hant-HK"),
    ]


async def alive(request: Request) -> Response:
    return _plain("ok")


async def gone(request: Request, error: Exception) -> Response:
    """The person closed the page while it was sending: there is nobody to answer, and nothing is wrong."""
    return _plain("", 400)


def _plain(words: str, status: int = 200) -> Response:
    return PlainTextResponse(words, status, HEADERS)


def _ask_id(visitor: str, nonce: str, text: str) -> str:
    """The same form sent twice with the same text is one question. Other words from the same form, as after the Back
    button, are another.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"web:{visitor}:{nonce}-{digest}"
