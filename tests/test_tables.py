"""A table opens in any spreadsheet as it is: no cell is a formula, no text is lost, no file is half written."""

import csv
from collections.abc import Iterator, Sequence
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import IO
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.settings import SettingsError
from bot.tables import Cell, Row, put, write

# Anything that can be written, with what begins a formula far more often than chance would have it.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
BEGINNINGS = st.text(st.sampled_from("=+-@＝＋－＠﹦−\t\r\n \u3000\u00a0\u200b\ufeff\x00'\""), max_size=4)
CELLS = st.builds("{}{}".format, BEGINNINGS, TEXTS)


def written(*rows: Sequence[Cell]) -> bytes:
    file = BytesIO()
    assert write(file, ("name", "count"), rows) == len(rows)
    return file.getvalue()


def read(table: bytes) -> list[list[str]]:
    """The rows without the headings."""
    return list(csv.reader(TextIOWrapper(BytesIO(table), "utf-8-sig", newline="")))[1:]


def is_formula(cell: str) -> bool:
    """Told in other words than the code's: what a spreadsheet may pass over before it looks at the first sign."""
    shown = "".join(sign for sign in cell if sign.isprintable() and not sign.isspace())
    return cell.startswith(("\t", "\r", "\n")) or normalize("NFKC", shown[:1]).startswith(("=", "+", "-", "@", "−"))


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
@example([("=1+1", " ＝cmd|'/c calc'!A1"), ("\u200b=1", "\ufeff@SUM(1)")])
def test_no_cell_begins_like_a_formula_and_every_text_survives(rows: list[tuple[str, str]]) -> None:
    texts = [text for row in rows for text in row]
    cells = [cell for row in read(written(*rows)) for cell in row]
    assert not [cell for cell in cells if is_formula(cell)]
    assert cells == [f"'{text}" if is_formula(text) else text for text in texts]


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\t1", "\r1", "\n1", "＝1", "＋1", "－1", "＠x", "   =1", "\u3000＝1"]
)
def test_what_a_spreadsheet_would_calculate_is_text(text: str) -> None:
    assert read(written((text, ""))) == [[f"'{text}", ""]]


@pytest.mark.parametrize(
    "text", ["Wong, Amy", 'the "second" one', "two\nlines", "陳大文", "2023-04-12T10:05:00+08:00", " a=b", "1 - 1"]
)
def test_any_other_text_is_left_as_it_is(text: str) -> None:
    assert read(written((text, ""))) == [[text, ""]]


def test_numbers_of_our_own_stay_numbers_and_what_is_missing_is_empty() -> None:
    assert written(("a", -3), (None, 2)).splitlines()[1:] == [b'"a",-3', b'"",2']


def test_a_table_has_the_mark_of_its_encoding_and_ends_its_lines_as_spreadsheets_do() -> None:
    assert written(("陳", 1)) == '\ufeff"name","count"\r\n"陳",1\r\n'.encode()


def test_each_row_is_written_as_it_comes() -> None:
    file, sizes = BytesIO(), []

    def rows() -> Iterator[Row]:
        for number in range(3):
            sizes.append(file.tell())
            yield ("Amy", number)

    write(file, ("name", "count"), rows())
    assert sizes == sorted(set(sizes))  # grows with each


def test_half_a_character_is_written_as_a_question_mark() -> None:
    assert read(written(("a\ud800", ""))) == [["a?", ""]]


# --------------------------------------------------------------------------------------------------------------- files


def fill(file: IO[bytes]) -> int:
    return write(file, ("name",), [("Amy",)])


def test_a_file_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    out = tmp_path / "seats.csv"
    assert put(fill, out) == 1
    assert out.read_bytes() == b'\xef\xbb\xbf"name"\r\n"Amy"\r\n'
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_replaced_only_where_that_is_said(tmp_path: Path) -> None:
    out = tmp_path / "seats.csv"
    out.write_text("mine")
    with pytest.raises(SettingsError, match=r"seats\.csv is there already: name another file, or add --force"):
        put(fill, out)
    assert out.read_text() == "mine"
    put(fill, out, force=True)
    assert b"Amy" in out.read_bytes()


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is no file that could be replaced"):
        put(fill, Path("/dev/null"), force=True)
    assert Path("/dev/null").is_char_device()


def test_a_table_that_fails_halfway_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "seats.csv"
    out.write_text("mine")

    def break_off(file: IO[bytes]) -> int:
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put(break_off, out, force=True)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("seats.csv", "mine")]


def test_a_folder_that_is_missing_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"seats\.csv cannot be written \(No such file or directory\)"):
        put(fill, tmp_path / "missing" / "seats.csv")


def test_on_the_terminal_nothing_is_shown_of_a_table_that_fails(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    def break_off(file: IO[bytes]) -> int:
        fill(file)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        put(break_off)
    assert capfdbinary.readouterr().out == b""
    put(fill)
    assert capfdbinary.readouterr().out == b'\xef\xbb\xbf"name"\r\n"Amy"\r\n'
