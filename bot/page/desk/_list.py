"""The list of cases: mine, unclaimed, open, waiting, over; in pages, searched, and kept up to date while it is open."""

from dataclasses import replace
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from bot.page.desk._asked import Asked, Door
from bot.page.form import clean, number
from bot.page.templates import HEADERS
from models.support.lists import PAGE, Counts, Order, Tab, View

STREAM = {**HEADERS, "X-Accel-Buffering": "no"}  # nginx must not hold back what it is sent
EVENTS = "text/event-stream; charset=utf-8"
SEARCH = 80  # characters
LAST = 10_000  # pages
_NEWEST = {Tab.WAITING, Tab.RESOLVED}  # what is shown newest first, unless it is asked for otherwise


async def _show(asked: Asked) -> Response:
    view = _view(asked)
    shown = await asked.desk.board.shown(view, asked.language)
    first, name = replace(view, page=1, search=""), asked.member.name
    return asked.page(
        "desk/list.html",
        shown=shown,
        view=view,
        tabs=[(one, _address(View(one, _usual(one))), _count(shown.counts, one, name)) for one in Tab],
        orders=[(one, _address(replace(view, order=one, page=1))) for one in Order],
        order=view.order,
        live=view.page == 1 and not view.search,
        stream=f"/desk/stream?{_query(first)}",
        earlier=_address(replace(view, page=view.page - 1)) if view.page > 1 else "",
        later=_address(replace(view, page=view.page + 1)),
        page_size=PAGE,
    )


async def _stream(asked: Asked) -> Response:
    address = asked.request.client.host if asked.request.client else ""
    if not asked.desk.board.has_room(address):
        return Response(None, 429, {**HEADERS, "Retry-After": "30"})
    stamp = asked.request.query_params.get("stamp", "")[:32]
    view = replace(_view(asked), page=1, search="")
    events = asked.desk.board.stream(asked.signed, address, view, asked.language, stamp)
    return StreamingResponse(events, headers=STREAM, media_type=EVENTS)


def _view(asked: Asked) -> View:
    """What the address asks for; without a word, what nobody has claimed."""
    given = asked.request.query_params
    tab = Tab(given["tab"]) if given.get("tab") in list(Tab) else Tab.UNCLAIMED
    order = Order(given["order"]) if given.get("order") in list(Order) else _usual(tab)
    name = asked.member.name if tab is Tab.MINE else ""
    page = min(max(number(given.get("page")) or 1, 1), LAST)
    return View(tab, order, name, page, clean(given.get("search", ""))[:SEARCH])


def _usual(tab: Tab) -> Order:
    return Order.NEWEST if tab in _NEWEST else Order.WAITING


def _count(counts: Counts, tab: Tab, name: str) -> int:
    return counts.mine.get(name, 0) if tab is Tab.MINE else counts.tabs[tab]


def _query(view: View) -> str:
    said = {"tab": str(view.tab)}
    if view.order is not _usual(view.tab):
        said["order"] = str(view.order)
    if view.search:
        said["search"] = view.search
    if view.page > 1:
        said["page"] = str(view.page)
    return urlencode(said)


def _address(view: View) -> str:
    return f"/desk?{_query(view)}"


DOORS = (
    Door("/desk", "GET", _show, "see cases", nav="nav_cases"),
    Door("/desk/stream", "GET", _stream, "see cases"),
)
