"""Whatever the cause, people are told in English and Chinese what is wrong, who can help and what comes next."""

import re

import pytest

from handlers.probe import PHASES, Cause, Report, clean, in_words
from models.wording import phrases

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
NAME = "Gate 7"


def report(cause: Cause, verdict: str = "fail") -> Report:
    return Report("gate", verdict, cause.phase, cause, cause.owner, "", (), "here", 1.0)  # type: ignore[arg-type] # one of them


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", Cause)
def test_a_cause_has_its_line_its_owner_and_what_comes_next(cause: Cause, language: str) -> None:
    said = in_words(report(cause), language, NAME)
    for part in (said.verdict, said.owner, said.next):
        assert part.strip()
        assert "{" not in part
        assert bool(re.search("[一-鿿]", part)) == language.startswith("zh")
    assert "Gate" in said.verdict
    assert cause.phase in PHASES


def test_there_are_no_words_for_what_is_no_cause() -> None:
    for told in phrases().values():
        said = {key.split(".")[-1] for key in told if key.startswith(("check.cause.", "check.next."))}
        assert said == {cause.value for cause in Cause}
        owners = {key.split(".")[-1] for key in told if key.startswith("check.owner.")}
        assert owners == {cause.owner for cause in Cause}


def test_only_what_is_on_their_side_points_at_the_guide() -> None:
    guide = "Section 4.7"
    assert guide in in_words(report(Cause.TCP_TIMEOUT), "en", NAME, guide).next
    assert guide in in_words(report(Cause.DNS_SERVER_DEAD, "warning"), "zh-Hant", NAME, guide).next
    assert guide not in in_words(report(Cause.HTTP_SERVER_ERROR), "en", NAME, guide).next
    assert guide not in in_words(report(Cause.OWN_NETWORK, "unknown"), "en", NAME, guide).next
    assert guide not in in_words(report(Cause.OK, "ok"), "en", NAME, guide).next


def test_what_works_in_part_is_not_said_to_be_broken() -> None:
    assert in_words(report(Cause.TCP_REFUSED, "warning"), "en", NAME).verdict.startswith("Works in part: ")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>now", "alert(1) now"),
        (b"bell\x07 \x1b[31mred\x00", "bell [31mred"),
        ("\u202egnirts\u2066", "gnirts"),
        ("a\r\nSet-Cookie: b", "a Set-Cookie: b"),
        ("x" * 500, "x" * 159 + "…"),
        (b"\xff\xfe", "��"),
        ("香港", "香港"),
    ],
)
def test_text_of_a_server_is_cleaned(text: str | bytes, shown: str) -> None:
    assert clean(text) == shown
