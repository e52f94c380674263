"""A circular can be read on a page of its own, whole and as it is written, with a quoted passage marked in it."""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest
from httpx import AsyncClient

from bot.app import App
from bot.page.bubbles import mark
from models.campaign import Campaign, load, paragraphs, plain
from models.store import Store
from tests.web_cast import QUOTE, ask, browsers, new_app, small_campaign

ROOT = Path(__file__).parents[1]
FOLDERS = [ROOT / "campaigns" / "ccms-2fa-2023", ROOT / "tests" / "campaigns" / "nordhaven-2027-014"]
CAMPAIGNS = [load(folder) for folder in FOLDERS]
TABLE = "# Notice\n\nDay\tHour\n**Monday**\t<ul><li>• nine</li><li>• ten</li></ul>\nTuesday\t\n\n1. Come in.\n"


def words(circular: str, quote: str | None = None) -> list[list[list[str]]]:
    return [[[piece.text for piece in cell] for cell in one.cells] for one in paragraphs(circular, quote)]


def marked(circular: str, quote: str) -> list[str]:
    pieces = (piece for one in paragraphs(circular, quote) for cell in one.cells for piece in cell)
    return [piece.parts[1] for piece in pieces if piece.marked]


def test_lines_become_headings_paragraphs_items_and_rows_of_cells() -> None:
    assert [one.kind for one in paragraphs(TABLE)] == ["heading", "row", "row", "row", "item"]
    assert words(TABLE) == [
        [["Notice"]], [["Day"], ["Hour"]], [["Monday"], ["• nine", "• ten"]], [["Tuesday"], []], [["1. Come in."]],
    ]  # fmt: skip


def test_a_quote_is_marked_across_cells_and_lines() -> None:
    assert marked(TABLE, "ten Tuesday 1. Come") == ["ten", "Tuesday", "1. Come"]
    assert marked(TABLE, "Hour") == ["Hour"]
    assert [
        piece.parts for one in paragraphs(TABLE, "Come") for cell in one.cells for piece in cell if piece.marked
    ] == [("1. ", "Come", " in.")]


def test_what_is_not_in_the_text_marks_nothing() -> None:
    assert marked(TABLE, "Wednesday") == marked(TABLE, "") == []
    assert words(TABLE, "Wednesday") == words(TABLE)


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign.key)
def test_nothing_of_a_circular_is_lost_and_every_quote_of_it_is_marked_whole(campaign: Campaign) -> None:
    whole = " ".join(piece for one in words(campaign.circular) for cell in one for piece in cell)
    assert whole == plain(campaign.circular)
    for ground in campaign.grounds.values():
        if ground.quote:
            assert " ".join(marked(campaign.circular, ground.quote)) == plain(ground.quote), ground.key


# ------------------------------------------------------------------------------------------------------------ its page


@pytest.fixture
def app(store: Store) -> App:
    quoted = {"key": "due", "kind": "before", "value": "2023-04-28", "clause": "3", "quote": QUOTE, "subject": "due",
              "about": "when", "name": {"en": "due"}}  # fmt: skip
    circular = "## CIRCULAR <script>\n\nPlease note: CPs shall verify **before** 28 April 2023 (Friday). Thank you.\n"
    campaign = small_campaign(circular=circular, fact=(quoted,), subject=({"key": "due", "name": {"en": "Due"}},))
    plain_app = new_app(store)
    return App(plain_app.settings, store, (campaign,), plain_app.reception, plain_app.clock)


@pytest.fixture
async def ann(app: App) -> AsyncIterator[AsyncClient]:
    async with browsers(app) as browse:
        yield browse()


async def test_a_source_links_to_its_place_in_the_circular(ann: AsyncClient) -> None:
    await ask(ann, "When is it due?")
    (link,) = set(re.findall(r'href="(/circular/[^"#]+)#quote"', (await ann.get("/")).text))
    page = (await ann.get(link)).text
    assert '<article lang="en">' in page
    assert "The quoted words are marked." in page
    assert re.findall(r'Please note: <mark id="quote">(.*?)</mark> Thank you\.', page) == [
        "CPs shall verify before 28 April 2023 (Friday)."
    ]
    assert "CIRCULAR" in page
    assert "<script>" not in page


async def test_the_whole_circular_can_be_read_without_a_quote(ann: AsyncClient) -> None:
    page = unescape((await ann.get("/circular/small")).text)
    assert "Please note: CPs shall verify before 28 April 2023 (Friday). Thank you." in page
    assert "<mark" not in page
    assert "quoted words" not in page


async def test_a_quote_that_is_no_longer_there_is_said_to_be_gone(ann: AsyncClient) -> None:
    page = (await ann.get(f"/circular/small/{mark('words of an earlier version')}")).text
    assert "The quoted words are no longer in this text." in page
    assert "Please note:" in page


@pytest.mark.parametrize("path", ["/circular/other", "/circular/", "/circular/../campaign.toml", "/circular/small/a/b"])
async def test_there_is_no_other_circular(ann: AsyncClient, path: str) -> None:
    assert (await ann.get(path)).status_code == 404
