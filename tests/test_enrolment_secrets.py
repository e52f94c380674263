"""No code and no digits stay where they could be read: in the log, in conversations, cases, or what is to be sent."""

import logging
from datetime import timedelta

import pytest

from models.message import Address
from models.store import Store
from tests.enrolment_cast import ALPHA, WORK_MAIL, Newcomer, code_of, digits_for, everything_kept, not_these
from tests.town_cast import Town


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def needles(code: str) -> set[str]:
    """All that must not be found: the code as it is, without its signs, and its second half."""
    return {code, code.replace("-", ""), code[-9:], code[-9:].lower()}


async def in_database(store: Store, *secrets: str) -> dict[str, list[str]]:
    kept = await store.read(everything_kept)
    found = {table: [one for one in sorted(set(secrets)) if one in text] for table, text in kept.items()}
    return {table: some for table, some in found.items() if some}


async def test_a_code_is_kept_nowhere_whatever_becomes_of_it(
    town: Town, amy_on_telegram: Newcomer, log: pytest.LogCaptureFixture
) -> None:
    good, spent = await code_of(town.store, ALPHA), await code_of(town.store, ALPHA, lasts=timedelta())
    wrong = "USHER-7K3M-Q9D2-TAXW-4PB8"
    public = Address("telegram", "-100500")
    secrets = {needle for code in (good, spent, wrong) for needle in needles(code)}
    for code in (spent, good, wrong):
        for text in (code, f"/join {code}", f"/start {code}", f"我的登記碼是{code}", code.lower().replace("-", " ")):
            await amy_on_telegram.say(text)
            await amy_on_telegram.say(text, room=public)
    await amy_on_telegram.say("/support")
    await amy_on_telegram.say(f"My code {wrong} does not work")
    assert await amy_on_telegram.firms == [ALPHA]
    assert await in_database(town.store, *secrets) == {}
    assert [needle for needle in secrets if needle in log.text] == []


async def test_the_digits_stand_in_the_mail_alone(
    town: Town, amy_on_web: Newcomer, log: pytest.LogCaptureFixture
) -> None:
    await amy_on_web.say(f"/join {WORK_MAIL}")
    digits = await digits_for(town)
    wrong = not_these(digits)
    for text in (wrong, f"my code is {wrong}", f"/join {wrong}", digits, f"/join {digits}", f"驗證碼是{digits}"):
        await amy_on_web.say(text)
    spaced = [f"{one[:3]} {one[3:]}" for one in (digits, wrong)]
    await amy_on_web.say(spaced[0])
    assert await in_database(town.store, digits, wrong, *spaced) == {"outbox": [digits]}
    assert [one for one in (digits, wrong, *spaced) if one in log.text] == []


async def test_a_link_code_stands_in_the_answer_to_who_asked_for_it_alone(
    town: Town, amy_on_web: Newcomer, amy_on_telegram: Newcomer, alpha_code: str, log: pytest.LogCaptureFixture
) -> None:
    await amy_on_web.say(alpha_code)
    (code,) = [line for line in (await amy_on_web.say("/link")).text.split("\n") if line.startswith("LINK-")]
    await amy_on_telegram.say(code, room=Address("telegram", "-100500"))
    await amy_on_telegram.say(code)
    await amy_on_telegram.say(code)
    assert await amy_on_telegram.firms == [ALPHA]
    assert await in_database(town.store, *needles(code)) == {"turn": sorted([code, code[-9:]])}
    assert [needle for needle in needles(code) if needle in log.text] == []


async def test_wrong_codes_are_noted_in_the_log_by_who_sent_them(
    mal: Newcomer, caplog: pytest.LogCaptureFixture
) -> None:
    await mal.say("USHER-7K3M-Q9D2-TAXW-4PB8")
    assert "web:mal sent a wrong code" in caplog.text


async def test_a_code_that_others_could_read_is_noted_in_the_log(
    amy_on_telegram: Newcomer, alpha_code: str, caplog: pytest.LogCaptureFixture
) -> None:
    await amy_on_telegram.say(alpha_code, room=Address("telegram", "-100500"))
    assert "telegram:101 showed a code where others read" in caplog.text
