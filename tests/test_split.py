"""A long text is cut where a reader would pause, and nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.split import parts, shortened


@pytest.mark.parametrize(
    ("text", "most", "pieces"),
    [
        ("", 10, []),
        ("  \n ", 10, []),
        ("short", 10, ["short"]),
        ("one two three", 9, ["one two", "three"]),
        ("First one.\n\nSecond two three.", 22, ["First one.", "Second two three."]),
        ("A line here\nand another. End", 22, ["A line here", "and another. End"]),
        ("One sentence. Another one that is long", 22, ["One sentence.", "Another one that is", "long"]),
        ("第一句在這裏。第二句在那裏。", 10, ["第一句在這裏。", "第二句在那裏。"]),
        ("甲乙丙，丁戊己庚", 6, ["甲乙丙，", "丁戊己庚"]),
        ("a" * 25, 10, ["a" * 10, "a" * 10, "a" * 5]),
        ("A. " + "b" * 30, 20, ["A. " + "b" * 17, "b" * 13]),  # no tiny piece before a huge one
    ],
)
def test_a_text_is_cut_where_a_reader_would_pause(text: str, most: int, pieces: list[str]) -> None:
    assert parts(text, most) == pieces


def escaped(text: str) -> int:
    return len(text.replace("&", "&amp;"))


@given(st.text(alphabet="ab .\n。，&😀é\u202e", max_size=300), st.integers(5, 40))
def test_no_piece_is_too_long_or_empty_and_only_space_is_lost(text: str, most: int) -> None:
    pieces = parts(text, most, escaped)
    assert all(piece and escaped(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.text(alphabet="ab &", max_size=60), st.integers(8, 40))
def test_a_shortened_text_is_short_and_says_so(text: str, most: int) -> None:
    told = shortened(text, most, escaped)
    assert escaped(told) <= most
    assert told == text or (told.endswith("…") and text.startswith(told[:-1]))
