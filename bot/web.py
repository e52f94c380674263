"""The web chat page: shows visitors their own conversation, takes their questions, and says whether Usher is well."""

import asyncio
import logging

from sqlmodel import Session
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bot.app import App
from bot.clock import machine_time
from bot.page import words
from bot.page.asking import Asking
from bot.page.circulars import shown_circular
from bot.page.desk import DeskPages
from bot.page.downloads import download
from bot.page.form import FormError, number, read_fields
from bot.page.frame import Frames, destination
from bot.page.limits import Pace
from bot.page.live import GONE, Has, Live
from bot.page.pages import BACK, Pages, is_script
from bot.page.pc import PcPages
from bot.page.session import room_of, sign_out
from bot.page.templates import HEADERS, templates
from bot.page.visitor import Visit, Visitors
from models.conversation import turn_of
from models.message import File
from models.sessions import standing

log = logging.getLogger(__name__)

STREAM = {**HEADERS, "X-Accel-Buffering": "no"}  # nginx must not hold back what it is sent
EVENTS = "text/event-stream; charset=utf-8"
REFUSALS = {403: "not_ours", 404: "not_found_note", 405: "not_so"}


# Seconds after which it is said that Usher is ill: a database that hangs says nothing itself. What was asked may be
# answered all the same, once: asked again, it is the same question.
PATIENCE = 10.0


def web(app: App) -> Starlette:
    """The web application: the page `/`, what it needs, `/healthz` and `/readyz`. `state.close` ends its streams."""
    page = Page(app)
    application = Starlette(
        routes=[
            Route("/", page.show, methods=["GET"]),
            Route("/", page.ask, methods=["POST"]),
            Route("/stream", page.stream, methods=["GET"]),
            Route("/file/{turn}/{number}", page.file, methods=["GET"]),
            Route("/language", page.switch, methods=["POST"]),
            Route("/signout", page.sign_out, methods=["POST"]),
            Route("/time", page.move, methods=["POST"]),
            Route("/circular/{campaign}", page.circular, methods=["GET"]),
            Route("/circular/{campaign}/{quote}", page.circular, methods=["GET"]),
            Route("/v", page.pc.show, methods=["GET"]),
            Route("/v", page.pc.open, methods=["POST"]),
            Route("/v/slip", page.pc.answer, methods=["POST"]),
            *page.desk.routes(),
            Route("/static/{name}", page.static, methods=["GET"]),
            Route("/healthz", alive, methods=["GET"]),
            Route("/readyz", page.ready, methods=["GET"]),
            *(app.channels.routes() if app.channels else ()),
        ],
        middleware=[
            Middleware(ProxyHeadersMiddleware, trusted_hosts=list(app.settings.trusted_proxies)),
            Middleware(GZipMiddleware, minimum_size=600, compresslevel=6),
        ],
        exception_handlers={
            ClientDisconnect: gone,
            FormError: page.refuse,
            HTTPException: page.refuse,
            Exception: page.apologise,
        },
    )
    application.state.close = page.close
    return application


class Page:
    """Everything that a browser can ask of Usher."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._templates = templates()
        self._visitors = Visitors(app.settings.secret_key.get_secret_value(), app.settings.public_url)
        frames = Frames(app)
        self._pages = Pages(app, self._templates, frames, self._visitors)
        self._live = Live(app, self._templates, frames)
        self.pc = PcPages(app, self._templates, self._visitors)
        self.desk = DeskPages(app, self._templates, self._visitors)
        self._pace = Pace(proxies=bool(app.settings.trusted_proxies))
        self._asking = Asking(app, self._pages, self._live, self._visitors, self._pace)

    def close(self) -> None:
        self._live.close()
        self.desk.close()

    async def show(self, request: Request) -> Response:
        """The visitor's conversation, newest in view."""
        async with asyncio.timeout(PATIENCE):
            return await self._pages.conversation(request, self._visitors.recognise(request))

    async def ask(self, request: Request) -> Response:
        self._only_our_page(request)
        async with asyncio.timeout(PATIENCE):
            return await self._asking.ask(request)

    async def stream(self, request: Request) -> Response:
        """What arrives by itself, for as long as the page is open. Without a conversation there is nothing to send."""
        visit, asked = self._visitors.recognise(request), request.query_params
        after = number(request.headers.get("last-event-id")) or number(asked.get("after")) or 0
        if visit.of_another(asked.get("visitor", ""), after):
            return Response(GONE, headers=STREAM, media_type=EVENTS)
        if not visit.known:
            return Response(None, 204, HEADERS)  # a browser does not come again after that
        address = self._pace.address(request)
        if not self._live.has_room(address):
            return self._pages.notice(request, "failed", "many_streams", 429, {"Retry-After": "30"})
        has = Has(after, asked.get("stamp", ""), asked.get("own", ""))
        events = self._live.stream(visit, has, words.chosen(request, self._app.campaigns), address)
        return StreamingResponse(events, headers=STREAM, media_type=EVENTS)

    async def file(self, request: Request) -> Response:
        """A file of a reply in the visitor's own conversation; for anybody else there is none."""
        visit, asked = self._visitors.recognise(request), request.path_params
        turn, place = number(asked["turn"]), number(asked["number"])
        if visit.known and turn and place and (found := await self._app.store.read(_file, visit, turn, place)):
            return download(found)
        raise HTTPException(404)

    async def switch(self, request: Request) -> Response:
        """Show the page in another language from now on."""
        self._only_our_page(request)
        fields = await read_fields(request)
        back = fields.get("back", "/")
        response = RedirectResponse(back if BACK.fullmatch(back) else "/", 303, HEADERS)
        if fields.get("language") in words.offered(self._app.campaigns):
            self._visitors.set_cookie(request, response, words.COOKIE, fields["language"])
        return response

    async def sign_out(self, request: Request) -> Response:
        """Forget the visitor here, and end the session for whoever kept its cookie."""
        self._only_our_page(request)
        visit = self._visitors.recognise(request)
        if visit.known:
            await self._app.store.write(sign_out, visit)
        response = RedirectResponse("/?signed-out=1", 303, HEADERS)
        # A new one at once: tabs that are made anew now would each get another one.
        self._visitors.remember(request, response, Visit.new())
        return response

    async def move(self, request: Request) -> Response:
        """Move a demonstration's time forward."""
        if self._app.demonstration is None:
            raise HTTPException(404)
        self._only_our_page(request)
        fields = await read_fields(request)
        by, moves = fields.get("by", ""), number(fields.get("moves"))
        if moves is not None:
            await self._app.demonstration.move(lambda now: destination(self._app, by, now), moves)
        if is_script(request):
            return JSONResponse(self._live.frame(words.chosen(request, self._app.campaigns)), 200, HEADERS)
        return RedirectResponse("/", 303, HEADERS)

    async def circular(self, request: Request) -> Response:
        """The text of a circular; the quote that a source's link names is marked."""
        asked = request.path_params
        campaign = next((one for one in self._app.campaigns if one.key == asked["campaign"]), None)
        if campaign is None:
            raise HTTPException(404)
        return self._pages.page(request, "circular.html", 200, **shown_circular(campaign, asked.get("quote")))

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
        """One sentence for what cannot be done."""
        if isinstance(error, FormError):
            return self._pages.notice(request, "failed", error.told, error.status)
        status = error.status_code if isinstance(error, HTTPException) else 400
        return self._pages.notice(
            request, "not_found" if status == 404 else "failed", REFUSALS.get(status, "not_so"), status
        )

    async def apologise(self, request: Request, error: Exception) -> Response:
        """The fixed sentence for when Usher itself fails. The server logs the traceback; nobody is shown it."""
        log.error("%s %s failed: %s", request.method, request.url.path, type(error).__name__)
        return self._pages.notice(request, "ill", "sorry", 500)

    def _only_our_page(self, request: Request) -> None:
        if not self._visitors.sent_by_our_page(request):
            raise HTTPException(403)


def _file(session: Session, visit: Visit, turn: int, place: int) -> File | None:
    found = turn_of(session, room_of(visit), turn)
    if found is None or standing(session, visit.session, machine_time()) != "open":
        return None
    return next(iter(found.reply.files[place - 1 : place]), None)


async def alive(request: Request) -> Response:
    return _plain("ok")


async def gone(request: Request, error: Exception) -> Response:
    """The person closed the page while it was sending: there is nobody to answer, and nothing is wrong."""
    return _plain("", 400)


def _plain(told: str, status: int = 200) -> Response:
    return PlainTextResponse(told, status, HEADERS)
