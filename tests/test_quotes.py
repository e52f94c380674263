"""A quote is found as it stands, and what it prints is read as a person reads it."""

from datetime import time

import pytest

from models.campaign import find_quote, plain
from models.campaign._printed import read_printed
from tests.campaign_cast import CIRCULAR


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("28 April 2023 (Friday)", [(2023, 4, 28, 4)]),
        ("24, 25 & 26 April 2023", [(2023, 4, 24, None), (2023, 4, 25, None), (2023, 4, 26, None)]),
        ("Friday 26 March 2027", [(2027, 3, 26, 4)]),
        ("Tue 16 March 2027  09:00-10:00 London", [(2027, 3, 16, 1)]),
        ("Thursday, 1 April 2027", [(2027, 4, 1, 3)]),
        ("31 March 2027", [(2027, 3, 31, None)]),
        ("3 May instead of 12 April", [(None, 5, 3, None), (None, 4, 12, None)]),
        ("the 21st of June 2024", [(2024, 6, 21, None)]),
        ("April 28, 2023 (Fri)", [(2023, 4, 28, 4)]),
        ("2027-03-31", [(2027, 3, 31, None)]),
        ("2023年4月28日（星期五）", [(2023, 4, 28, 4)]),
        ("Late April – May 2023", []),
        ("Section 4.7 to Section 4.9", []),
        ("CPs may march on", []),
    ],
)
def test_dates_are_read_as_printed(text: str, days: list[tuple[int | None, int, int, int | None]]) -> None:
    assert [(day.year, day.month, day.day, day.weekday) for day in read_printed(text).dates] == days


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Late April – May 2023", [("late", 2023, 4), (None, 2023, 5)]),
        ("Early May 2023", [("early", 2023, 5)]),
        ("late December 2026 to mid-January 2027", [("late", 2026, 12), ("mid", 2027, 1)]),
        ("in June 2024", [(None, 2024, 6)]),
    ],
)
def test_parts_of_months_are_read_as_printed(text: str, parts: list[tuple[str | None, int, int]]) -> None:
    (read,) = read_printed(text).fuzzy
    assert [(part.part, part.year, part.month) for part in read] == parts


def test_a_date_is_not_also_a_part_of_a_month() -> None:
    assert read_printed("submitted before 28 April 2023").fuzzy == ()


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("16:30 -17:45 (registration starts from 16:00)", [time(16, 30), time(17, 45), time(16)]),
        ("by 5 p.m. or 5:30pm, not 12 am", [time(17), time(17, 30), time(0)]),
        ("closes at noon", [time(12)]),
        ("https://sg5-b.nordhaven.example:8443/health", []),
    ],
)
def test_times_are_read_as_printed(text: str, times: list[time]) -> None:
    assert sorted(read_printed(text).times) == sorted(times)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Maximum 2 attendees", {2}),
        ("at least two and at most five", {2, 5}),
        ("1,200 places on 24 April 2023 at 16:30", {1200}),
        ("Section 4.7", set()),
    ],
)
def test_numbers_are_read_apart_from_dates_and_times(text: str, numbers: set[int]) -> None:
    assert read_printed(text).numbers == numbers


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("host port 22 (files)", (22,)),
        ("ports 1414 and 1415", (1414, 1415)),
        ("ports 1, 2, and 3", (1, 2, 3)),
        ("", ()),
    ],
)
def test_ports_are_read_as_printed(text: str, ports: tuple[int, ...]) -> None:
    assert read_printed(text).ports == ports


def test_addresses_are_read_without_the_sentence_around_them() -> None:
    printed = read_printed("See https://a.example/x?y=1. Mail Help@B.example, or +44 20 7946 0123.")
    assert printed.urls == {"https://a.example/x?y=1"}
    assert printed.emails == {"help@b.example"}
    assert printed.phones == {"442079460123"}


# Quotes.


@pytest.mark.parametrize(
    ("circular", "read"),
    [
        ("**before 28 April**", "before 28 April"),
        ("[HKEX website](#).", "HKEX website."),
        ("a <https://x.example/sso>\n\nb", "a https://x.example/sso b"),
        ("x <sup>A</sup>\t<b>y</b>", "x A y"),
        ('<ul style="a: b"><li>• one</li><li>• two</li></ul>', "• one • two"),
        ("\\*Maximum 2", "*Maximum 2"),
        ("Central*\tnext*", "Central* next*"),
        ("*This prevails.*", "This prevails."),
        ("## Heading\n# not #1", "Heading not #1"),
        ("a\u00a0b\u200bc", "a bc"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ],
)
def test_the_marks_of_the_extraction_are_taken_off(circular: str, read: str) -> None:
    assert plain(circular) == read


def test_a_quote_is_found_at_its_place_in_the_plain_text() -> None:
    quote = "the guide on https://harbour.example/a"
    start, end = find_quote(CIRCULAR, quote) or (0, 0)
    assert plain(CIRCULAR)[start:end] == quote


@pytest.mark.parametrize("quote", ["本通告（中文）以ＡＢＣ為準", "本通告(中文)以ABC為準"])
def test_the_width_of_characters_does_not_matter(quote: str) -> None:
    assert find_quote("一、本通告（中文）以ＡＢＣ為準。", quote) == (2, 15)


@pytest.mark.parametrize("quote", ["8 April 2023", "28 April 202", "Members must return Form A", "", "** **"])
def test_what_is_not_verbatim_is_not_found(quote: str) -> None:
    assert find_quote(CIRCULAR, quote) is None
