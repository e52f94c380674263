"""Who acts for several firms is asked which; channels are linked, names given, firms left: only one's own."""

import logging
from datetime import timedelta

import pytest

from models import contacts
from models.message import Address
from models.seats import seats_of
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.enrolment_cast import ALPHA, BETA, FIRM, Newcomer, code_of
from tests.reception_cast import KEY
from tests.town_cast import Town

pytestmark = ONE_DATABASE  # what is kept is tested on both databases with the models


@pytest.fixture
async def amy(amy_on_web: Newcomer, alpha_code: str, beta_code: str) -> Newcomer:
    """She acts for two firms, and has chosen none of them lately."""
    for code in (alpha_code, beta_code):
        await amy_on_web.say(code)
    amy_on_web.town.machine += timedelta(hours=1)
    return amy_on_web


@pytest.fixture
async def mal_of_beta(mal: Newcomer, beta_code: str) -> Newcomer:
    await mal.say(beta_code)
    return mal


async def link_code(who: Newcomer) -> str:
    """One that this person has just been given."""
    reply = await who.say("/link")
    (code,) = [line for line in reply.text.split("\n") if line.startswith("LINK-")]
    return code


# ---------------------------------------------------------------------------------------------------- which firm


async def test_what_was_wanted_is_done_once_it_is_said_for_which_firm(amy: Newcomer) -> None:
    asked = await amy.say("/status")
    assert asked.text == "For which CP?"
    reply = await amy.press(f"{ALPHA} · Alpha Futures")
    assert "Alpha Futures" in reply.text
    assert reply.text == (await amy.say("/status")).text  # and so for a while


@pytest.mark.parametrize("answer", [ALPHA, ALPHA.lower(), "alpha futures", " Alpha Futures "])
async def test_the_firm_may_be_typed_by_its_code_or_name(amy: Newcomer, answer: str) -> None:
    await amy.say("/status")
    assert "Alpha Futures" in (await amy.say(answer)).text


async def test_an_answer_that_names_none_is_asked_again_and_then_done(amy: Newcomer) -> None:
    await amy.say("/status")
    assert (await amy.say("the first one")).text == "For which CP?"
    assert "Beta Clearing" in (await amy.press(f"{BETA} · Beta Clearing")).text


async def test_the_choice_is_forgotten_after_half_an_hour_without_a_word(town: Town, amy: Newcomer) -> None:
    assert (await amy.say(f"/as {ALPHA}")).text.startswith(f"You act for {FIRM[ALPHA]} now.")
    town.machine += timedelta(minutes=29)
    assert (await amy.say("/status")).behaviour == "answer"
    town.machine += timedelta(minutes=29)
    assert (await amy.say("/status")).behaviour == "answer"
    town.machine += timedelta(minutes=31)
    assert (await amy.say("/status")).text == "For which CP?"


async def test_a_choice_from_an_old_message_does_no_more_than_choose(amy: Newcomer) -> None:
    await amy.say("/status")
    old = amy.button(f"{ALPHA} · Alpha Futures").action
    await amy.say("/link")
    assert (await amy.say(old)).text.startswith(f"You act for {FIRM[ALPHA]} now.")


async def test_a_choice_from_an_earlier_question_does_not_do_what_is_asked_now(amy: Newcomer) -> None:
    await amy.say("/status")
    earlier = amy.button(f"{ALPHA} · Alpha Futures").action
    assert (await amy.say("/seats")).text == "For which CP?"
    now = amy.button(f"{ALPHA} · Alpha Futures").action
    assert (await amy.say(earlier)).text.startswith(f"You act for {FIRM[ALPHA]} now.")
    assert not (await amy.say(now)).text.startswith("You act for")


async def test_a_choice_of_another_persons_draft_does_nothing_of_theirs(amy: Newcomer, mal_of_beta: Newcomer) -> None:
    await amy.say("/status")
    mark = amy.button(f"{BETA} · Beta Clearing").action.split()[-1]
    assert (await mal_of_beta.say(f"/as {BETA} {mark}")).text.startswith(f"You act for {FIRM[BETA]} now.")


async def test_another_firm_is_refused_and_noted_and_nothing_of_it_is_shown(
    mal_of_beta: Newcomer, caplog: pytest.LogCaptureFixture
) -> None:
    forged = [f"/as {ALPHA}", f"/as {ALPHA} 0123abcd", "/as ZZ999", f"/status {KEY} {ALPHA}",
              f"/seat {KEY} 24apr {ALPHA}"]  # fmt: skip
    for action in forged:
        reply = await mal_of_beta.say(action)
        assert "I can only do that for a CP that you act for" in reply.text
        assert "Alpha" not in reply.text
    assert caplog.text.count("web:mal may not act for") == len(forged)
    assert FIRM[BETA] in (await mal_of_beta.say("/firms")).text
    assert "Alpha" not in (await mal_of_beta.say("/status")).text


async def test_a_forged_firm_writes_no_line_of_its_own_into_the_log(
    mal_of_beta: Newcomer, caplog: pytest.LogCaptureFixture
) -> None:
    await mal_of_beta.say("/as X1\nERROR all is lost")
    assert all("\n" not in record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING)


async def test_firms_tells_whom_one_acts_for_and_who_one_is(amy: Newcomer) -> None:
    reply = await amy.say("/firms")
    assert f"• {FIRM[ALPHA]}\n• {FIRM[BETA]}" in reply.text
    assert "You reach me by the web page." in reply.text
    assert [one.action for one in reply.choices] == [f"/as {ALPHA}", f"/as {BETA}", "/link", "/leave"]


# -------------------------------------------------------------------------------------------------------- linking


async def test_a_link_code_makes_another_channel_the_same_person(amy: Newcomer, amy_on_telegram: Newcomer) -> None:
    reply = await amy_on_telegram.say(f"Here it is: {await link_code(amy)}")
    assert reply.text.startswith("Done: there and here you are one person")
    assert reply.renews
    assert await amy_on_telegram.firms == await amy.firms == [ALPHA, BETA]
    assert "the web page, Telegram" in (await amy.say("/firms")).text


async def test_a_link_code_works_once_and_for_a_quarter_of_an_hour(
    town: Town, amy: Newcomer, amy_on_telegram: Newcomer, mal: Newcomer
) -> None:
    used, late = await link_code(amy), ""
    await amy_on_telegram.say(used)
    assert "no longer good" in (await mal.say(used)).text
    late = await link_code(amy)
    town.machine += timedelta(minutes=15)
    assert "no longer good" in (await mal.say(late)).text
    assert await mal.firms == []


async def test_where_the_link_code_was_made_it_changes_nothing(amy: Newcomer) -> None:
    code = await link_code(amy)
    await amy.say(code)
    reply = await amy.say(code)
    assert reply.text.startswith("This chat is yours already")
    assert not reply.renews


async def test_nobody_gives_their_firm_away_by_sending_somebody_elses_link_code(
    amy_on_web: Newcomer, alpha_code: str, mal_of_beta: Newcomer
) -> None:
    await amy_on_web.say(alpha_code)
    code = await link_code(mal_of_beta)
    warned = await amy_on_web.say(code)
    assert f"You act for {FIRM[ALPHA]} here." in warned.text
    assert "If somebody else asked you to send it, do not" in warned.text
    assert await mal_of_beta.firms == [BETA]
    other = await link_code(mal_of_beta)
    assert "If somebody else asked you" in (await amy_on_web.say(other)).text
    assert await mal_of_beta.firms == [BETA]


async def test_who_has_two_enrolments_and_means_it_becomes_one_person(
    amy_on_web: Newcomer, alpha_code: str, amy_on_telegram: Newcomer, beta_code: str
) -> None:
    await amy_on_web.say(alpha_code)
    await amy_on_telegram.say(beta_code)
    code = await link_code(amy_on_web)
    await amy_on_telegram.say(code)
    assert (await amy_on_telegram.say(code)).renews
    assert await amy_on_web.firms == await amy_on_telegram.firms == [ALPHA, BETA]
    assert await amy_on_web.number == await amy_on_telegram.number


async def test_a_link_code_where_others_read_is_not_used(amy: Newcomer, amy_on_telegram: Newcomer) -> None:
    reply = await amy_on_telegram.say(await link_code(amy), room=Address("telegram", "-100500"))
    assert reply.text.startswith("I have not used that code, for others can read it here.")
    assert await amy_on_telegram.firms == []


# -------------------------------------------------------------------------------------------------------- leaving


async def test_leaving_is_asked_once_and_the_last_one_ends_the_session(amy_on_web: Newcomer, alpha_code: str) -> None:
    await amy_on_web.say(alpha_code)
    asked = await amy_on_web.say("/leave")
    assert asked.text.startswith(f"Do you no longer act for {FIRM[ALPHA]}?")
    assert await amy_on_web.firms == [ALPHA]
    reply = await amy_on_web.press(f"Yes, leave {ALPHA}")
    assert reply.text.startswith(f"You no longer act for {FIRM[ALPHA]}.")
    assert reply.renews
    assert await amy_on_web.firms == []
    assert "I must know which CP" in (await amy_on_web.say("/status")).text


@pytest.mark.parametrize(("answer", "stays"), [("yes", False), ("no", True), ("係", False), ("唔使", True)])
async def test_leaving_can_be_agreed_to_in_words(
    amy_on_web: Newcomer, alpha_code: str, answer: str, stays: bool
) -> None:
    await amy_on_web.say(alpha_code)
    await amy_on_web.say("/leave")
    await amy_on_web.say(answer)
    assert await amy_on_web.firms == [ALPHA] * stays


async def test_who_leaves_one_of_two_firms_stays_with_the_other(amy: Newcomer) -> None:
    which = await amy.say("/leave")
    assert [one.action for one in which.choices] == [f"/leave {ALPHA}", f"/leave {BETA}"]
    await amy.press(f"{ALPHA} · Alpha Futures")
    reply = await amy.press(f"Yes, leave {ALPHA}")
    assert f"You still act for {FIRM[BETA]}." in reply.text
    assert not reply.renews
    assert await amy.firms == [BETA]


async def test_leaving_twice_or_where_one_never_was_changes_nothing(amy: Newcomer, mal_of_beta: Newcomer) -> None:
    await amy.say(f"/leave {ALPHA} yes")
    for who, code in ((amy, ALPHA), (mal_of_beta, ALPHA), (mal_of_beta, "ZZ999")):
        assert (await who.say(f"/leave {code} yes")).text.startswith("You do not act for that CP")
    assert (await amy.firms, await mal_of_beta.firms) == ([BETA], [BETA])


async def test_who_leaves_reads_what_becomes_of_the_seats_and_it_does(
    store: Store, amy_on_web: Newcomer, alpha_code: str
) -> None:
    await amy_on_web.say(alpha_code)
    await amy_on_web.say("/name Amy Wong")
    await amy_on_web.say(f"/take {KEY} 24apr {ALPHA}")
    held = await store.read(seats_of, KEY, ALPHA)
    assert [seat.attendee_name for seat in held] == ["Amy Wong"]
    assert "Amy Wong" in (await amy_on_web.say("/leave")).text
    await amy_on_web.say("yes")
    assert await store.read(seats_of, KEY, ALPHA) == []


async def test_who_comes_back_later_is_the_same_person(amy_on_web: Newcomer, alpha_code: str) -> None:
    await amy_on_web.say(alpha_code)
    number = await amy_on_web.number
    await amy_on_web.say(f"/leave {ALPHA} yes")
    assert (await amy_on_web.say(alpha_code)).renews
    assert await amy_on_web.number == number


# ----------------------------------------------------------------------------------------------------------- name


@pytest.mark.parametrize("name", ["Amy Wong", "陳大文", "x", "Zoë O’Neill-Ng", "n" * 80])
async def test_a_name_is_set_in_one_message_or_two(amy: Newcomer, name: str) -> None:
    assert f"I call you {name} from now on." in (await amy.say(f"/name  {name} ")).text
    asked = await amy.say("/name")
    assert f"I call you {name}. What is the right name?" in asked.text
    assert "I call you Ada from now on." in (await amy.say("Ada")).text


@pytest.mark.parametrize("name", ["n" * 81, "\u202eevil", "a\x07b", "\u200b", "\u2066x\u2069"])
async def test_what_cannot_be_read_is_no_name(store: Store, amy: Newcomer, name: str) -> None:
    assert (await amy.say(f"/name {name}")).text.startswith("I cannot take that as a name")
    known = await store.read(contacts.known, amy.room)
    assert known
    assert known.name is None


async def test_a_name_of_the_channel_that_cannot_be_read_is_not_taken(town: Town, amy_on_telegram: Newcomer) -> None:
    amy_on_telegram.name = "\u202eAmy"
    assert "I do not know your name" in (await amy_on_telegram.say(await code_of(town.store, ALPHA))).text
