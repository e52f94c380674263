"""The lists of cases: whose they are, in which order, counted, searched, in pages, each row as it is safe to show."""

import re
from datetime import timedelta
from html import unescape

import pytest
from httpx import AsyncClient
from sqlmodel import Session

from bot.page.desk import _words as words
from models.participants import Participant
from models.store import Store
from models.support import By, claim, resolve, wait
from models.support.lists import PAGE, Listed, Order, Tab, View, counts, listed
from tests.desk_cast import OLIVIA, SAM, earlier, open_one
from tests.reminders_cast import ONE_DATABASE
from tests.web_cast import MORNING


def by(name: str) -> By:
    return By(name, MORNING, MORNING)


def six_cases(session: Session) -> None:
    """1 and 2 wait unclaimed, the second longer; 3 is Sam's, 4 Olivia's; 5, Sam's, waits for its asker; 6 is over."""
    session.add(Participant(code="B01234", name="Harbour 100% Bright", imported_at=MORNING))
    session.flush()
    for number, minutes in enumerate((10, 30, 20, 5, 4, 3), 1):
        open_one(session, f"amy{number}", at=earlier(minutes), participant="B01234" if number == 4 else None)
    claim(session, 3, "a", by(SAM))
    claim(session, 4, "b", by(OLIVIA))
    claim(session, 5, "c", by(SAM))
    wait(session, 5, "d", by(SAM))
    resolve(session, 6, "e", by(SAM))


async def numbers(store: Store, view: View) -> list[int]:
    found: Listed = await store.read(listed, view)
    return [row.number for row in found.rows]


async def test_each_list_has_its_own_cases_and_is_counted(store: Store) -> None:
    await store.write(six_cases)
    mine = View(Tab.MINE, name=SAM)
    assert await numbers(store, View(Tab.UNCLAIMED)) == [2, 1]
    assert await numbers(store, View(Tab.UNCLAIMED, Order.NEWEST)) == [2, 1]
    assert await numbers(store, View(Tab.OPEN)) == [2, 3, 1, 4]
    assert await numbers(store, mine) == [3, 5]
    assert await numbers(store, View(Tab.WAITING)) == [5]
    assert await numbers(store, View(Tab.RESOLVED)) == [6]
    counted = await store.read(counts)
    assert counted.tabs == {"unclaimed": 2, "open": 4, "waiting": 1, "resolved": 1}
    assert counted.mine == {SAM: 2, OLIVIA: 1}


@pytest.mark.parametrize(
    ("search", "found"),
    [("4", [4]), ("#4", [4]), ("b01", [4]), ("bright", [4]), ("100%", [4]), ("%", [4]), ("AMY6", [6]), ("zoe", [])],
)
async def test_a_case_is_found_by_its_number_its_participant_or_its_person(
    store: Store, search: str, found: list[int]
) -> None:
    await store.write(six_cases)
    assert await numbers(store, View(Tab.MINE, name=SAM, search=search)) == found


@ONE_DATABASE
async def test_a_long_list_comes_in_pages_and_none_is_lost(store: Store) -> None:
    def many(session: Session) -> None:
        for number in range(PAGE + 3):
            open_one(session, f"amy{number}", at=earlier(500 - number))

    await store.write(many)
    pages = [await store.read(listed, View(Tab.UNCLAIMED, page=page)) for page in (1, 2, 3)]
    assert [(len(page.rows), page.more) for page in pages] == [(PAGE, True), (3, False), (0, False)]
    assert [row.number for page in pages for row in page.rows] == list(range(1, PAGE + 4))


@ONE_DATABASE
async def test_a_row_tells_who_asks_the_first_line_and_the_business_hours_that_it_waits(
    sam: AsyncClient, store: Store
) -> None:
    friday = MORNING - timedelta(days=5, hours=-7.5)  # 17:30 of a Friday, five days before Wednesday at 10:00
    number = await store.write(open_one, at=friday)
    page = unescape((await sam.get("/desk")).text)
    row = re.search(rf'id="case-{number}".*?</li>', page, re.DOTALL)
    assert row
    told = " ".join(re.sub(r"</?(a|span|li|small|bdi)\b[^>]*>", " ", row[0]).split())
    assert "Amy May we pay by <b>cheque</b>? open" in told
    assert "The form does not say." not in told
    assert "19 h 30 min" in told  # half an hour, Monday, Tuesday, and an hour
    assert "<b>cheque" not in (await sam.get("/desk")).text


@ONE_DATABASE
async def test_the_page_shows_the_list_that_is_asked_for_in_the_readers_language(
    sam: AsyncClient, store: Store
) -> None:
    await store.write(six_cases)
    for asked, shown in (("tab=mine", {"3", "5"}), ("tab=nonsense&page=x", {"1", "2"}), ("search=amy6", {"6"})):
        page = (await sam.get(f"/desk?{asked}")).text
        assert set(re.findall(r'data-number="(\d+)"', page)) == shown
    for tag, word in (("zh-HK", "無人處理"), ("zh-CN", "无人处理"), ("fr", "Unclaimed")):
        assert word in (await sam.get("/desk", headers={"accept-language": tag})).text


def test_every_word_of_the_desk_stands_in_each_language_once_and_with_the_same_fields() -> None:
    english, chinese = words.words("en"), words.words("zh-Hant")
    assert set(english) == set(chinese)
    fields = re.compile(r"\{\w*\}")
    for key, text in english.items():
        assert sorted(fields.findall(text)) == sorted(fields.findall(chinese[key])), key
    assert words.words("zh-Hans")["sign_in"] == "登入支援台".replace("臺", "台")
