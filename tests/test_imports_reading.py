"""A table is read however it was saved, and what is none is refused in words, whatever bytes it is."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models import imports
from models.imports import BadRows, Unreadable
from models.store import Store
from tests.imported import all_of, firms, firms_in, people_in, problems

# What people's programs write


@pytest.mark.parametrize(
    "table",
    [
        "code,name\nC01,Alpha\n",
        "\ufeffCODE,Name\r\nC01,Alpha\r\n",
        "Name;Code\nAlpha;C01\n",
        "name\tcode\nAlpha\tC01",
        ' "Code" , "Name" \nC01,Alpha\n',
        "\n\n,\ncode,name\n\n,\nC01,Alpha\n,\n",
        "code,name,,\nC01,Alpha,,\n",
        'code,name\nC01,"Al\npha"\n'.replace("Al\npha", "Alpha\n"),
        "participant_code,NAME?\nC01,Alpha\n",
    ],
)
async def test_a_table_is_read_however_it_was_saved(store: Store, table: str) -> None:
    assert (await firms(store, table)).new == 1
    (one,) = await store.read(all_of)
    assert (one.code, one.name) == ("C01", "Alpha")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("code,name\nC01,Alpha\n".encode("utf-16"), "UTF-16"),
        ("code,name\nC01,Alpha\n".encode("utf-16-le"), "UTF-16"),
        ("code,name\nC01,中華期貨\n".encode("big5"), "Line 2 is not UTF-8 .*Big5.*CSV UTF-8"),
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\n , ;\n", "empty"),
        (b"name,zone\nAlpha,x\n", "does not name the column code"),
        (b"code,name,phone\nC01,Alpha,1\n", "“phone” is not known: leave it out"),
        (b"code,name,Code\nC01,Alpha,1\n", "column code is there twice"),
        (b"code,name\nC01," + b"x" * 200_000, "longer than any table"),
        (b"PK\x03\x04\x14\x00\x06\x00", "UTF-16"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_in_one_sentence(table: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        firms_in(table)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ('C01,"Alpha\nC02,Beta\n', "row 2: a quotation mark is not closed"),
        ("C01,Alpha,Beta\n", "row 2: has more cells than there are columns"),
        ("C01\n", "row 2, name: is empty"),
        ("C01,a\u202eb\n", "row 2, name: has signs that cannot be seen"),
        (f"C01,{'x' * 201}\n", "row 2, name: has 201 letters"),
        ("ABCDEFGHIJKLMNOPQ,x\n", "row 2, code"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(row: str, says: str) -> None:
    assert problems(firms_in, f"code,name\n{row}")[0].startswith(says)


@pytest.mark.parametrize("name", ["=1+1", "+852", "-x", "@SUM(A1)", " =1+1"])
def test_a_formula_is_no_name(name: str) -> None:
    assert "formula" in problems(firms_in, f'code,name\nC01,"{name}"\n')[0]


@given(st.binary() | st.text().map(str.encode))
@example(b'code,name\n"')
@example(b"code,name\n\r,\r\n")
@example(b"\xef\xbb\xbf\xef\xbb\xbfcode,name\nC01,x\n")
def test_any_bytes_are_a_table_or_refused_in_words(content: bytes) -> None:
    """Never anything else: a traceback would tell an operator nothing."""
    for table in (content, b"code,name\n" + content, b"code;name;time zone;language;e-mail domains\n" + content):
        with_no_traceback(firms_in, table)
    for table in (content, b"participant,channel,address\n" + content, b"participant,channel,address\nC01," + content):
        with_no_traceback(people_in, table)


CELLS = st.sampled_from(
    ("C01", "C02", "mail", "slack", "telegram", "T1:U2", "123", "amy@alpha.hk", "=x", "", '"', "名")
)


@given(st.lists(st.lists(CELLS | st.text(max_size=8), max_size=6), max_size=8), st.sampled_from(",;\t"))
def test_any_cells_are_contacts_or_refused_in_words(rows: list[list[str]], separator: str) -> None:
    table = "\n".join(separator.join(row) for row in [["participant", "channel", "address", "name"], *rows])
    with_no_traceback(people_in, table.encode("utf-8", "replace"))


def with_no_traceback(read: Callable[[bytes], imports.Staging], table: bytes) -> None:
    try:
        read(table).close()
        told = ["all of it is right"]
    except Unreadable as refused:
        told = [str(refused)]
    except BadRows as bad:
        told = [str(problem) for problem in bad.shown]
    assert told
    assert all(map(str.isprintable, told))
