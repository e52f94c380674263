"""Calendar files keep the rules of their format, whatever stands in them, and every program reads them alike."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.calendar import dates_file
from models.campaign import Briefing, Campaign
from tests.calendar_cast import CAMPAIGNS, LANGUAGES, ORGANIZER, STAMP, STEPS, entry, seat
from tests.calendar_readers import agree
from tests.calendar_rules import read


def every_seat() -> Iterator[Any]:
    for campaign, language in product(CAMPAIGNS, LANGUAGES):
        for briefing, (step, told), email in product(campaign.briefings, STEPS.items(), (None, "amy@example.com")):
            kind = "mail" if email else "chat"
            name = f"{campaign.key} {briefing.key} {language} {step} {kind}"
            yield pytest.param(campaign, briefing, language, {**told, "attendee_email": email}, id=name)


@pytest.mark.parametrize(("campaign", "briefing", "language", "told"), list(every_seat()))
def test_every_seat_keeps_the_rules_and_is_read_alike_by_three_readers(
    campaign: Campaign, briefing: Briefing, language: str, told: dict[str, Any]
) -> None:
    file = seat(campaign, briefing, language, **told)
    agree(file)
    assert read(file.content).method == file.method == expected_method(told)


def expected_method(told: Mapping[str, Any]) -> str:
    if told.get("cancelled"):
        return "CANCEL"
    return "REQUEST" if told["attendee_email"] else "PUBLISH"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign.key)
def test_the_dates_keep_the_rules_and_are_read_alike_by_three_readers(campaign: Campaign, language: str) -> None:
    file = dates_file(campaign, language, STAMP, ORGANIZER)
    agree(file)
    assert read(file.content).method == file.method == "PUBLISH"
    assert file.name.isascii()
    assert file.name.endswith(".ics")


ANY = st.text(st.characters(), max_size=300)  # lone surrogates and controls too


@settings(deadline=None)  # a busy machine is no fault
@given(name=ANY, note=ANY)
def test_whatever_people_are_called_the_file_can_be_read(name: str, note: str) -> None:
    file = seat(attendee_name=name, note=note, attendee_email="amy@example.com")
    agree(file)
    names = {one.name for one in entry(file).properties}
    assert names == {one.name for one in entry(seat(note="x", attendee_email="amy@example.com")).properties}


@settings(deadline=None)  # a busy machine is no fault
@given(note=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Zs"]), min_size=1))
def test_a_note_comes_out_as_it_went_in(note: str) -> None:
    assert entry(seat(note=note))["DESCRIPTION"].text.startswith(f"{note}\n")


@settings(deadline=None)  # a busy machine is no fault
@given(email=st.from_regex(r"[^\s@]*[a-z][^\s@]*@[^\s@]+\.[a-z]+", fullmatch=True), name=ANY)
def test_whatever_the_address_is_nothing_else_gets_into_the_file(email: str, name: str) -> None:
    file = seat(attendee_email=email, attendee_name=name)
    agree(file)
    assert len(entry(file).all("ATTENDEE")) == 1


@pytest.mark.parametrize("email", ["amy", "@example.com", "amy@", "\x1b@example.com"])
def test_what_is_no_address_gets_no_invitation(email: str) -> None:
    with pytest.raises(ValueError, match="mail addresses"):
        seat(attendee_email=email)


LONG = "會議, 議程; 第一項\\二\n👩‍👩‍👧‍👦 ünï—" * 20


def test_long_texts_are_folded_between_characters() -> None:
    file = seat(note=LONG)
    assert any(len(line) > 70 for line in file.content.encode().split(b"\r\n"))
    assert entry(file)["DESCRIPTION"].text.startswith(LONG)
