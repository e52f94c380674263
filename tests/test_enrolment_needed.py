"""Who is not enrolled, or no more, reads that it is needed and how it is done; the circular is for everybody."""

import pytest

from handlers.acts import ACTS
from handlers.permissions import needs_member
from models import contacts
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.enrolment_cast import ALPHA, Newcomer
from tests.town_cast import Town

WRONG = "USHER-0000-0000-0000-0001"
EMAIL_DUE = "When do the e-mails have to be in?"
NEEDS_ENROLMENT = [word for word in ACTS if needs_member(word)]
FOR_EVERYBODY = {"/calendar", "/leave"}  # the dates of the circular are; who has left already is told so


@ONE_DATABASE
@pytest.mark.parametrize("word", NEEDS_ENROLMENT)
async def test_before_enrolment_each_word_that_needs_it_says_so_and_how(amy_on_web: Newcomer, word: str) -> None:
    for text in (word, f"{word} {ALPHA}", f"{word} ccms-2fa-2023 24apr {ALPHA}"):
        reply = await amy_on_web.say(text)
        assert "I must know which CP you act for" in reply.text
        assert [(choice.action, choice.form) for choice in reply.choices] == [("/join", True)]


async def test_the_circular_is_answered_to_everybody_also_while_a_code_is_waited_for(amy_on_web: Newcomer) -> None:
    await amy_on_web.say("/status")
    assert (await amy_on_web.say("when do the e-mails have to be in")).answer == "ccms-2fa-2023/emails.due"
    assert (await amy_on_web.say(EMAIL_DUE)).answer == "ccms-2fa-2023/emails.due"


async def test_what_was_wanted_before_is_offered_once_one_is_enrolled(amy_on_web: Newcomer, alpha_code: str) -> None:
    await amy_on_web.say("/link")
    await amy_on_web.say(WRONG)
    await amy_on_web.say(EMAIL_DUE)
    await amy_on_web.say(alpha_code)
    assert amy_on_web.button("Go on").action == "/link"


async def test_after_support_removed_somebody_nothing_private_is_done_also_by_old_buttons(
    town: Town, store: Store, amy_on_web: Newcomer, alpha_code: str
) -> None:
    await amy_on_web.say(alpha_code)
    old = [
        choice.action for reply in (amy_on_web.heard[-1], await amy_on_web.say("/firms")) for choice in reply.choices
    ]
    await store.write(contacts.leave, await amy_on_web.number or 0, ALPHA, "Sam", town.machine)
    for action in {*old, *NEEDS_ENROLMENT} - FOR_EVERYBODY:
        assert "I must know which CP you act for" in (await amy_on_web.say(action)).text
    assert "so nothing had to be changed" in (await amy_on_web.say(f"/leave {ALPHA} yes")).text
