"""`python -m bot cases` shows the support team every open case in full."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cases import table
from models.conversation import record
from models.message import Address, Ask, Reply
from models.store import Store
from models.support import Case, Opening, open_case
from tests.program import told

APRIL = datetime(2023, 4, 12, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _hong_kong(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Hong_Kong")
        time.tzset()
        yield
    time.tzset()


def case(question: str, said: str, number: int = 7) -> Case:
    return Case(
        number=number,
        turn_id=1,
        room="web:amy",
        place="web:amy",
        sender="web:amy",
        question=question,
        said=said,
        at=APRIL,
        recorded_at=APRIL,
    )


def test_with_no_case_it_says_so() -> None:
    assert list(table([])) == ["No case is open."]


def test_a_case_is_one_row_with_the_time_of_this_place() -> None:
    heading, row = table([case("May we pay by cheque?", "The circular does not say.")])
    assert heading.split() == ["case", "when", "room", "question", "what", "was", "said"]
    assert row.startswith("7      2023-04-12 10:00 +0800  web:amy ")
    assert row.endswith("The circular does not say.")
    assert heading.index("question") == row.index("May we pay")


def test_long_texts_are_folded_and_nothing_is_lost() -> None:
    words = " ".join(f"word{number}" for number in range(60)) + " " + "x" * 100
    lines = list(table([case(words, words)]))
    assert max(len(line) for line in lines) <= 160
    column = slice(lines[0].index("question"), lines[0].index("what was said"))
    assert "".join(line[column] for line in lines[1:]).replace(" ", "") == words.replace(" ", "")


def test_chinese_letters_take_two_columns() -> None:
    heading, *rows = table([case("可否用支票付款？" * 5, "通告沒有說明。")])
    begin = heading.index("question")
    assert (
        "".join(row[begin : begin + 17].strip() for row in rows).replace("通告沒有說明。", "") == "可否用支票付款？" * 5
    )
    assert rows[0][begin + 17 + 2 :] == "通告沒有說明。"


async def escalated(file: Path) -> None:
    store = await Store.open(f"sqlite:///{file}")
    amy = Address("web", "amy")
    ask = Ask("e1", amy, amy, "May we pay by cheque?", APRIL)
    turn = await store.write(record, ask, Reply("The circular does not say.", "escalate"), recorded_at=APRIL)
    await store.write(open_case, Opening(turn, APRIL, APRIL))
    await store.close()


def test_the_command_lists_what_the_store_keeps(tmp_path: Path) -> None:
    assert told(tmp_path, "cases").stdout == "No case is open.\n"
    asyncio.run(escalated(tmp_path / "var" / "usher.db"))
    ended = told(tmp_path, "cases")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "May we pay by cheque?" in ended.stdout
