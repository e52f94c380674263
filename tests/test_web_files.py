"""The files of a reply: fetched by nobody but the visitor who got it, and never more than something to keep."""

import re
from urllib.parse import unquote

import pytest
from httpx import AsyncClient
from icalendar import Calendar

from bot.page.downloads import NAME_LENGTH, download, safe_name
from models.conversation import record_message
from models.message import Address, File, Reply
from models.store import Store
from tests.web_cast import CALENDAR, MORNING, Browse, ask, ask_by_script, cookie_of, kept, send, visitor_of


@pytest.fixture
async def link(ann: AsyncClient) -> str:
    """The address of the calendar file that Ann got."""
    await ask(ann, "hold")
    return str(re.findall(r'href="(/file/\d+/1)"', (await ann.get("/")).text)[0])


async def test_a_file_stands_under_the_answer_with_its_name_kind_and_size(ann: AsyncClient, link: str) -> None:
    page = (await ann.get("/")).text
    assert (
        f'<li><a href="{link}"><span dir="auto">briefing.ics</span> <small>calendar file, 0.1 kB</small></a></li>'
        in page
    )
    assert f'<a href="{link[:-1]}2"><span dir="auto">清單.csv</span> <small>CSV, 0.1 kB</small></a>' in page


async def test_it_is_the_file_as_it_was_kept(ann: AsyncClient, link: str) -> None:
    got = await ann.get(link)
    assert (got.status_code, got.content) == (200, CALENDAR.encode())
    assert got.headers["content-type"] == "text/calendar; charset=utf-8; method=REQUEST"
    assert Calendar.from_ical(got.content)["summary"] == "Briefing 座談會"


async def test_a_browser_keeps_it_as_a_file_and_in_no_cache(ann: AsyncClient, link: str) -> None:
    got = await ann.get(link)
    assert got.headers["content-disposition"].startswith('attachment; filename="briefing.ics"; ')
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "no-store"
    other = (await ann.get(f"{link[:-1]}2")).headers["content-disposition"]
    assert other == "attachment; filename=\"__.csv\"; filename*=UTF-8''%E6%B8%85%E5%96%AE.csv"


async def test_nobody_else_gets_it(ann: AsyncClient, browse: Browse, link: str) -> None:
    bob, nobody = browse(), browse()
    await ask(bob, "hold")
    for other in (await bob.get(link), await nobody.get(link)):
        assert other.status_code == 404
        assert "VCALENDAR" not in other.text
    assert (await ann.get(link)).status_code == 200


async def test_after_signing_out_nobody_gets_it(ann: AsyncClient, browse: Browse, link: str) -> None:
    kept_cookie = cookie_of(ann)
    await send(ann, "/signout")
    thief = browse()
    thief.cookies.set("usher", kept_cookie, domain="usher.test")
    assert {(await one.get(link)).status_code for one in (ann, thief)} == {404}


async def test_a_cookie_of_before_the_session_was_renewed_gets_it_no_more(
    ann: AsyncClient, browse: Browse, link: str
) -> None:
    thief = browse()
    thief.cookies.set("usher", cookie_of(ann), domain="usher.test")
    assert (await thief.get(link)).status_code == 200
    await ask(ann, "become Amy")
    assert (await thief.get(link)).status_code == 404
    assert (await ann.get(link)).status_code == 200


@pytest.mark.parametrize(
    "forged", ["0/1", "1/0", "1/3", "1/9", "9/1", "-1/1", "1/-1", "1/1.0", "x/1", "1/x", "9" * 30 + "/1", "1", "1/1/1"]
)
async def test_a_forged_number_leads_nowhere(ann: AsyncClient, store: Store, link: str, forged: str) -> None:
    (turn,) = await kept(store, ann)
    asked = forged.replace("1", str(turn.id), 1) if forged.startswith("1/") else forged
    assert (await ann.get(f"/file/{asked}")).status_code == 404


async def test_a_file_that_came_by_itself_can_be_fetched_too(ann: AsyncClient, store: Store) -> None:
    await ann.get("/")
    room = Address("web", visitor_of(ann))
    told = Reply("A seat is free.", files=(File("seat.ics", CALENDAR, method="CANCEL"),))
    turn = await store.write(record_message, room, "offer", told, at=MORNING, recorded_at=MORNING)
    got = await ann.get(f"/file/{turn.id}/1")
    assert got.headers["content-type"].endswith("; method=CANCEL")


async def test_a_script_gets_the_link_with_the_answer(ann: AsyncClient) -> None:
    await ann.get("/")
    html = (await ask_by_script(ann, "hold")).json()["html"]
    (link, _) = re.findall(r'href="(/file/[^"]+)"', html)
    assert (await ann.get(link)).status_code == 200


# ------------------------------------------------------------------------------------------------------- names, types


HOSTILE = {
    'a"; filename="evil.exe': "a_; filename=_evil.exe",
    "a\r\nSet-Cookie: usher=x": "a__Set-Cookie_ usher=x",
    "../../etc/passwd": "_.._etc_passwd",
    "c:\\windows\\x.ics": "c__windows_x.ics",
    "\u202efdp.ics": "_fdp.ics",
    "...": "file",
    "": "file",
    "\x00\x85": "__",
}


@pytest.mark.parametrize(("name", "safe"), HOSTILE.items())
def test_a_name_can_neither_lead_elsewhere_nor_end_a_header(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    told = header(name)
    assert told.isascii()
    assert not re.search(r'[\r\n]|"[^"]*"[^;]|\.\./', told)
    assert unquote(told.rpartition("''")[2]) == safe


def test_a_very_long_name_keeps_its_ending() -> None:
    name = safe_name("長" * 300 + ".ics")
    assert (len(name) <= NAME_LENGTH, name[-4:]) == (True, ".ics")


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (File("a.ics", ""), "text/calendar; charset=utf-8"),
        (File("a.ics", "", method="PUBLISH"), "text/calendar; charset=utf-8; method=PUBLISH"),
        (File("a.ics", "", method="X\r\nY: z"), "text/calendar; charset=utf-8"),
        (File("a", "", "text/html\r\nX: y"), "application/octet-stream"),
    ],
)
def test_only_a_plain_type_is_told(file: File, told: str) -> None:
    assert download(file).headers["content-type"] == told


def header(name: str) -> str:
    return str(download(File(name, "")).headers["content-disposition"])
