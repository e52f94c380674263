"""The desk page, `/desk`, where the people of the support desk work: who is let in, and which pages there are."""

# To add a page: write bot/page/desk/_SUBJECT.py with `async def show(asked: Asked) -> Response` for each door, and
#     DOORS = (Door("/desk/SUBJECT", "GET", show, "see SUBJECT", nav="nav_SUBJECT"), Door(…, "POST", keep, "DEED"))
# and add `*_SUBJECT.DOORS` below. The deed stands in handlers/permissions.py: the gate has checked it before `show` is
# called, and for a POST that the form is our own. Templates are bot/page/desk/SUBJECT.html, which extend
# "desk/layout.html" (blocks: title, content) and get what they show by `asked.page("desk/SUBJECT.html", **values)`.
# Every form has {{ form_marks() }} of "desk/parts.html" in it: the session's token, and a nonce: `asked.key(word)` is
# the same for a form that is sent twice. Words stand in bot/page/desk/words/SUBJECT.toml, in [en] and [zh-Hant], their
# keys in no other file there. A door that did what it should answers `asked.back("/desk/…")`.

import logging
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.app import App
from bot.page.desk import _case, _deliveries, _list, _participants, _questions, _reach, _seats, _sign, _state
from bot.page.desk._asked import Asked, Desk, Door, frame
from bot.page.desk._board import Board
from bot.page.desk._gate import Gate, Refused
from bot.page.templates import Templates
from bot.page.visitor import Visitors

__all__ = ["DeskPages"]

log = logging.getLogger(__name__)

DOORS: Sequence[Door] = (
    *_list.DOORS, *_case.DOORS, *_participants.DOORS, *_seats.DOORS, *_questions.DOORS, *_reach.DOORS,
    *_deliveries.DOORS, *_state.DOORS, *_sign.DOORS,
)  # fmt: skip


class DeskPages:
    """All that a browser can ask of the desk."""

    def __init__(self, app: App, templates: Templates, visitors: Visitors) -> None:
        self._templates, self._gate = templates, Gate(app, visitors)
        self._entrance = _sign.Entrance(app, templates, visitors, self._gate)
        self._desk = Desk(app, templates, self._gate, Board(app, templates), DOORS)

    def routes(self) -> list[Route]:
        mine = [Route(one.path, self._through(one), methods=[one.method]) for one in DOORS]
        return [
            Route("/desk/in", self._entrance.show, methods=["GET"]),
            Route("/desk/in", self._entrance.sign_in, methods=["POST"]),
            Route("/desk/language", self._entrance.switch, methods=["POST"]),
            *mine,
        ]

    def close(self) -> None:
        """End every stream, so that they do not hold up a stop."""
        self._desk.board.close()

    def _through(self, door: Door) -> Callable[[Request], Awaitable[Response]]:
        """The way to the door's page: through the gate, and out with a page of its own where that does not open."""

        async def asked(request: Request) -> Response:
            try:
                if door.method == "POST":
                    signed, fields = await self._gate.form(request, door.deed)
                else:
                    signed, fields = await self._gate.member(request, door.deed), {}
                return await door.answer(Asked(self._desk, request, signed, fields))
            except Refused as refused:
                return self._refused(request, refused)

        return asked

    def _refused(self, request: Request, refused: Refused) -> Response:
        if refused.status == 401:
            return self._entrance.page(request, 401, typed=refused.typed)
        return self._templates.page("desk/refused.html", 403, **frame(request), typed=refused.typed)
