"""Signs people of the support desk in by a link that works once, and out: here, everywhere, or somebody else."""

import logging

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.app import App
from bot.buckets import Buckets
from bot.clock import machine_time
from bot.page.desk._asked import Asked, Door, frame
from bot.page.desk._gate import Gate, Refused, sign_out_here
from bot.page.desk._words import COOKIE, LANGUAGES
from bot.page.form import FormError, read_fields
from bot.page.templates import HEADERS, Templates
from bot.page.visitor import Visitors
from models.desk import redeem_link
from models.people import sign_out_everywhere, staff

log = logging.getLogger(__name__)

BODY = 4096  # bytes
BURST, RATE = 20, 0.5  # tokens that one network address may try at once, and then a second


class Entrance:
    """What is open to who is not signed in: the page that takes a link's token, and its language."""

    def __init__(self, app: App, templates: Templates, visitors: Visitors, gate: Gate) -> None:
        self._app, self._templates, self._visitors, self._gate = app, templates, visitors, gate
        self._buckets = Buckets(BURST, RATE)

    async def show(self, request: Request) -> Response:
        return self.page(request, 200)

    async def sign_in(self, request: Request) -> Response:
        """Let somebody in with the token of a link, once. Every token that is not good is answered in one way."""
        try:
            self._gate.only_our_page(request)
        except Refused:
            return self._templates.page("desk/refused.html", 403, **frame(request), typed="")
        where = request.client.host if request.client else ""
        if self._buckets.take(where):
            raise FormError(429, "pc_often")
        token = (await read_fields(request, BODY)).get("token", "").strip().rpartition("#")[2][:64]
        signed_in = await self._app.store.write(redeem_link, token, machine_time())
        if signed_in is None:
            log.warning("a link to the desk page was refused: used, too old, or never made (from %s)", where)
            return self.page(request, 401, note="sign_in_over")
        log.info("%s has signed in to the desk page", signed_in.name)
        response = RedirectResponse("/desk", 303, HEADERS)
        self._gate.let_in(request, response, signed_in)
        return response

    async def switch(self, request: Request) -> Response:
        """Show the desk in another language from now on."""
        try:
            self._gate.only_our_page(request)
        except Refused:
            return self._templates.page("desk/refused.html", 403, **frame(request), typed="")
        fields = await read_fields(request, BODY)
        back = fields.get("back", "")
        inside = back.startswith("/desk") and all(sign.isalnum() or sign in "/-_" for sign in back)
        response = RedirectResponse(back if inside else "/desk", 303, HEADERS)
        if fields.get("language") in LANGUAGES:
            self._visitors.set_cookie(request, response, COOKIE, fields["language"])
        return response

    def page(self, request: Request, status: int, note: str = "", typed: str = "") -> Response:
        """How one signs in. A form that came too late gives back what was typed into it."""
        response = self._templates.page("desk/in.html", status, **frame(request), note=note, typed=typed)
        if status == 401 and request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
            # Who follows a link from a chat comes without the cookie, which is for our own pages alone: this is one.
            response.headers["Refresh"] = "0"
        return response


async def _out(asked: Asked) -> Response:
    await asked.app.store.write(sign_out_here, asked.signed.signed_in)
    return _gone(asked)


async def _out_everywhere(asked: Asked) -> Response:
    """End all sessions of who asks; the links that they have not used yet are good no more."""
    await asked.app.store.write(sign_out_everywhere, asked.member.name, machine_time())
    return _gone(asked)


async def _others_out(asked: Asked) -> Response:
    """End all sessions of somebody else."""
    name = asked.fields.get("name", "")
    if await asked.app.store.write(sign_out_everywhere, name, machine_time()):
        log.warning("%s has signed %s out of the desk page everywhere", asked.member.name, name)
    return asked.back("/desk/people")


async def _people(asked: Asked) -> Response:
    """Who is of the team. Operators can sign others out."""
    return asked.page("desk/people.html", people=await asked.app.store.read(staff), may_sign_out=asked.may(OTHERS_OUT))


def _gone(asked: Asked) -> Response:
    response = asked.back("/desk/in")
    asked.desk.gate.let_out(asked.request, response)
    return response


OTHERS_OUT = "sign others out"
DOORS = (
    Door("/desk/people", "GET", _people, "see cases", nav="nav_people"),
    Door("/desk/out", "POST", _out, "sign out"),
    Door("/desk/out-everywhere", "POST", _out_everywhere, "sign out"),
    Door("/desk/others-out", "POST", _others_out, OTHERS_OUT),
)
