"""People enrol by a code of their firm or by digits mailed to them; what goes wrong is told with what helps."""

import re
from datetime import timedelta

import pytest

from models import codes, contacts
from models.message import Address
from tests.channels_cast import ONE_DATABASE
from tests.enrolment_cast import (
    ALPHA,
    BETA,
    FIRM,
    GAMMA,
    WORK_MAIL,
    Newcomer,
    code_of,
    digits_for,
    mailed,
    not_these,
)
from tests.town_cast import Town

HOTLINE = "DCASS Hotline 2979 7222"
WRONG = "USHER-0000-0000-0000-0001"


# ------------------------------------------------------------------------------------------------------ by a code


async def test_a_code_enrols_and_says_for_whom_and_what_can_be_done_now(amy_on_web: Newcomer, alpha_code: str) -> None:
    reply = await amy_on_web.say(alpha_code)
    assert reply.text.startswith(f"Welcome. You act for {FIRM[ALPHA]} now.")
    assert [choice.action for choice in reply.choices] == ["/status", "/seats", "/calendar", "/firms"]
    assert (reply.renews, reply.private) == (True, True)
    assert await amy_on_web.firms == [ALPHA]


async def test_who_has_a_name_in_the_channel_is_called_by_it(amy_on_telegram: Newcomer, alpha_code: str) -> None:
    assert "I call you Amy Wong; to change that" in (await amy_on_telegram.say(alpha_code)).text


async def test_who_has_none_is_asked_for_it_by_the_way(amy_on_web: Newcomer, alpha_code: str) -> None:
    assert "I do not know your name" in (await amy_on_web.say(alpha_code)).text


async def test_enrolling_twice_is_told_kindly_and_changes_nothing(amy_on_web: Newcomer, alpha_code: str) -> None:
    await amy_on_web.say(alpha_code)
    reply = await amy_on_web.say(alpha_code)
    assert reply.text.startswith(f"You act for {FIRM[ALPHA]} already; nothing had to be changed.")
    assert not reply.renews
    assert await amy_on_web.firms == [ALPHA]


async def test_a_code_of_another_firm_is_added_and_chosen(
    amy_on_web: Newcomer, alpha_code: str, beta_code: str
) -> None:
    await amy_on_web.say(alpha_code)
    assert f"You act for {FIRM[BETA]} now." in (await amy_on_web.say(beta_code)).text
    assert await amy_on_web.firms == [ALPHA, BETA]
    assert f"{FIRM[BETA]} – chosen now" in (await amy_on_web.say("/firms")).text


async def test_a_code_that_does_not_exist_is_refused_with_what_helps(amy_on_web: Newcomer) -> None:
    reply = await amy_on_web.say(WRONG)
    assert reply.text.startswith("There is no such code.")
    assert all(part in reply.text for part in ("ask your firm", HOTLINE))
    assert await amy_on_web.firms == []


async def test_a_code_whose_time_is_over_is_told_so(town: Town, amy_on_web: Newcomer, alpha_code: str) -> None:
    town.machine += timedelta(days=8)
    reply = await amy_on_web.say(alpha_code)
    assert reply.text.startswith("That code is no longer good: its time is over")
    assert all(part in reply.text for part in ("Ask your firm for a new one", HOTLINE))


async def test_a_code_that_was_taken_back_or_used_up_is_told_the_same(
    town: Town, amy_on_web: Newcomer, mal: Newcomer, alpha_code: str
) -> None:
    once = await code_of(town.store, ALPHA, uses=1)
    await mal.say(once)
    used_up = await amy_on_web.say(once)
    await town.store.write(codes.revoke, alpha_code, town.machine)
    assert (await amy_on_web.say(alpha_code)).text == used_up.text
    assert await amy_on_web.firms == []


async def test_whoever_guesses_is_told_how_long_to_wait_also_with_a_right_code(
    town: Town, mal: Newcomer, alpha_code: str
) -> None:
    for number in range(6):
        await mal.say(f"USHER-0000-0000-0000-00{number:02}")
    assert mal.heard[-1].text.startswith("That were too many that did not fit. Please try again in a minute.")
    assert (await mal.say(alpha_code)).text == mal.heard[-2].text
    town.machine += timedelta(hours=2)
    assert (await mal.say(alpha_code)).text.startswith("Welcome.")


async def test_a_person_whom_support_removed_does_not_come_back_by_an_old_code(
    town: Town, amy_on_web: Newcomer, alpha_code: str
) -> None:
    await amy_on_web.say(alpha_code)
    number = await amy_on_web.number
    assert await town.store.write(contacts.leave, number or 0, ALPHA, "Sam", town.machine)
    assert "support desk has ended" in (await amy_on_web.say(alpha_code)).text
    assert await amy_on_web.firms == []


async def test_a_code_where_others_read_is_not_used_and_a_new_one_is_asked_for(
    town: Town, amy_on_telegram: Newcomer, alpha_code: str
) -> None:
    crowd = Address("telegram", "-100500")
    for text in (alpha_code, f"/join {alpha_code}"):
        reply = await amy_on_telegram.say(text, room=crowd)
        assert reply.text.startswith("I have not used that code, for others can read it here.")
        assert "ask your firm for a new one" in reply.text
    assert await amy_on_telegram.firms == []


async def test_in_public_an_address_is_not_taken_either(town: Town, amy_on_telegram: Newcomer) -> None:
    reply = await amy_on_telegram.say(f"/join {WORK_MAIL}", room=Address("telegram", "-100500"))
    assert "private chat" in reply.text
    assert await mailed(town) == []


# -------------------------------------------------------------------------------------------------------- by mail


async def test_a_work_address_gets_digits_which_enrol(town: Town, amy_on_web: Newcomer) -> None:
    how = await amy_on_web.say("/join")
    assert all(part in how.text for part in ("USHER-", "work e-mail address", HOTLINE))
    asked = await amy_on_web.say(f"It is {WORK_MAIL.upper()}.")
    assert f"If {WORK_MAIL} is an address at a CP that I know" in asked.text
    assert "within 10 minutes" in asked.text
    reply = await amy_on_web.say(await digits_for(town))
    assert reply.text.startswith(f"Welcome. You act for {FIRM[ALPHA]} now.")
    assert reply.renews
    assert await amy_on_web.firms == [ALPHA]


async def test_the_mail_says_how_long_the_digits_hold_and_that_nobody_asks_for_them(
    town: Town, amy_on_web: Newcomer
) -> None:
    await amy_on_web.say(f"/join {WORK_MAIL}")
    ((to, text),) = await mailed(town)
    assert to == f"mail:{WORK_MAIL}"
    assert not re.search(r"\d", text.split("\n")[0])  # the subject, which shows on locked screens
    assert "They hold for 10 minutes" in text
    assert "nobody from Usher or its support desk ever asks you for them" in text


async def test_the_mail_is_in_the_language_of_who_asked(town: Town, amy_on_web: Newcomer) -> None:
    amy_on_web.language = "zh-Hant"
    await amy_on_web.say(f"/join {WORK_MAIL}")
    assert "絕不會向你索取這些數字" in (await mailed(town))[0][1]


async def test_an_address_of_a_group_enrols_for_each_of_its_firms(town: Town, amy_on_web: Newcomer) -> None:
    email = "amy@alpha.example.hk"
    await amy_on_web.say(f"/join {email}")
    reply = await amy_on_web.say(await digits_for(town, email))
    assert reply.text.startswith(f"Welcome. You act for {FIRM[ALPHA]}, {FIRM[GAMMA]} now.")
    assert await amy_on_web.firms == [ALPHA, GAMMA]


UNKNOWN = ["amy.wong@unknown.example", "amy.wong@gmail.com", "amy.wong@sub.alpha.example"]


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
@pytest.mark.parametrize("email", UNKNOWN)
async def test_nothing_that_is_said_tells_whether_a_domain_is_known(
    town: Town, amy_on_web: Newcomer, mal: Newcomer, email: str, language: str
) -> None:
    """Two people do the same, one with an address that there is a firm for, until nothing is left to be tried."""
    amy_on_web.language = mal.language = language

    async def said(who: Newcomer, address: str, digits: str) -> list[tuple[str, tuple[str, ...]]]:
        told = [await who.say(f"/join {address}")]
        told += [await who.say(digits) for _ in range(6)]
        town.machine += timedelta(hours=2)
        told += [await who.say(text) for text in (f"/join {address}", "/status", "/join", "/mydata", "/firms")]
        town.machine += timedelta(minutes=11)
        told.append(await who.say(digits))
        told += [await who.say(f"/join {address}") for _ in range(4)]
        texts = [reply.text.replace(address, "the address").replace(who.room.id, "who asks") for reply in told]
        return [(text, tuple(one.action.split()[0] for one in reply.choices))
                for text, reply in zip(texts, told, strict=True)]  # fmt: skip

    assert await said(amy_on_web, WORK_MAIL, "999999") == await said(mal, email, "999999")
    assert {to for to, _ in await mailed(town)} == {f"mail:{WORK_MAIL}"}


async def test_wrong_digits_are_refused_and_after_five_even_the_right_ones(town: Town, amy_on_web: Newcomer) -> None:
    await amy_on_web.say(f"/join {WORK_MAIL}")
    digits = await digits_for(town)
    for _ in range(4):
        assert "not the digits of the last mail" in (await amy_on_web.say(not_these(digits))).text
    await amy_on_web.say(not_these(digits))
    town.machine += timedelta(minutes=2)
    assert "No digits are good here now" in (await amy_on_web.say(digits)).text
    assert await amy_on_web.firms == []


async def test_digits_do_not_hold_longer_than_was_said(town: Town, amy_on_web: Newcomer) -> None:
    await amy_on_web.say(f"/join {WORK_MAIL}")
    town.machine += timedelta(minutes=10)
    reply = await amy_on_web.say(await digits_for(town))
    assert "No digits are good here now" in reply.text
    assert HOTLINE in reply.text


async def test_digits_work_for_nobody_but_who_asked_for_them(town: Town, amy_on_web: Newcomer, mal: Newcomer) -> None:
    await amy_on_web.say(f"/join {WORK_MAIL}")
    digits = await digits_for(town)
    assert "No digits are good here now" in (await mal.say(digits)).text
    await mal.say("/join mal@beta.example")
    assert "not the digits of the last mail" in (await mal.say(digits)).text
    assert await mal.firms == []


async def test_digits_that_are_sent_twice_enrol_once(town: Town, amy_on_web: Newcomer) -> None:
    await amy_on_web.say(f"/join {WORK_MAIL}")
    digits = await digits_for(town)
    first, second = [await amy_on_web.say(digits) for _ in range(2)]
    assert first.text.startswith("Welcome.")
    assert "nothing had to be changed" in second.text
    assert not second.renews


async def test_an_address_is_written_to_three_times_an_hour_whoever_asks(
    town: Town, amy_on_web: Newcomer, mal: Newcomer
) -> None:
    for who in (amy_on_web, mal, amy_on_web):
        await who.say(f"/join {WORK_MAIL}")
    reply = await mal.say(f"/join {WORK_MAIL}")
    assert re.search(r"try again in (59|60) minutes", reply.text)
    assert len(await mailed(town)) == 3


async def test_the_address_of_somebody_known_makes_no_second_person_of_them(
    town: Town, amy_on_web: Newcomer, amy_on_telegram: Newcomer
) -> None:
    for who in (amy_on_web, amy_on_telegram):
        await who.say(f"/join {WORK_MAIL}")
        reply = await who.say(await digits_for(town))
        assert reply.text.startswith("Welcome.")
        assert reply.renews
    assert await amy_on_web.number == await amy_on_telegram.number is not None


@ONE_DATABASE
@pytest.mark.parametrize("text", ["@", "amy@", "@alpha.example", "amy@localhost", "amy wong@", "a@b@"])
async def test_what_is_no_address_is_told_so(town: Town, amy_on_web: Newcomer, text: str) -> None:
    assert (await amy_on_web.say(f"/join {text}")).text.startswith("I cannot write to that address.")
    assert await mailed(town) == []


@ONE_DATABASE
async def test_without_mail_no_address_is_asked_for(town: Town, amy_on_web: Newcomer) -> None:
    town.reception._mails = False
    for text in ("/join", "/status", f"/join {WORK_MAIL}"):
        reply = await amy_on_web.say(text)
        assert "USHER-" in reply.text or "enrolment code" in reply.text
        assert "work e-mail" not in reply.text
    assert "I cannot write e-mails here" in amy_on_web.heard[-1].text
