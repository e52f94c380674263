"""An action is a claim: another firm's, an old, a forged or an unclear one notes nothing; free words only offer."""

import logging
from datetime import UTC, datetime

import pytest

from handlers.reception import Reception
from models.contacts import SELF
from models.contacts import leave as leave_firm
from models.message import Choice
from models.store import Store
from tests.reception_cast import KEY, Person, kept
from tests.status_cast import ALPHA, BETA, DAS, USERS, action, button, labels, said

MACHINE = datetime(2026, 2, 3, tzinfo=UTC)
REFUSED = "I can only do that for a CP that you act for. Nothing was changed, and the attempt is noted."

# ------------------------------------------------------------------------------------------------------------ refusing


@pytest.mark.parametrize("word", ["done", "undone", "status"])
async def test_another_firm_s_code_is_refused_and_logged(
    store: Store, two_firms: dict[str, int], cy_of_beta: Person, caplog: pytest.LogCaptureFixture, word: str
) -> None:
    await cy_of_beta.say("hello")
    forged = f"/status {KEY} {ALPHA}" if word == "status" else action(word, USERS, ALPHA)
    with caplog.at_level(logging.WARNING, "handlers.acts"):
        reply = await cy_of_beta.say(forged)
    assert reply.text == REFUSED
    assert caplog.messages == [f"web:cy may not act for {ALPHA}: refused"]
    assert await said(store) == []


async def test_who_left_the_firm_can_press_the_buttons_of_before_no_more(
    store: Store, two_firms: dict[str, int], amy: Person, dee_of_both: Person
) -> None:
    shown = await dee_of_both.say(f"/status {KEY} {ALPHA}")
    await store.write(leave_firm, two_firms["dee"], ALPHA, SELF, MACHINE)
    reply = await dee_of_both.press(button(shown, "Mark ① as registered"))
    assert reply.text == REFUSED
    assert await said(store) == []


async def test_who_is_not_enrolled_is_told_how_to_be(two_firms: dict[str, int], reception: Reception) -> None:
    reply = await Person(reception, "stranger").say("/status")
    assert reply.text.startswith("For that I must know which CP you act for.")


@pytest.mark.parametrize(
    "forged", [f"/done {KEY} nothing {ALPHA}", f"/done older {USERS} {ALPHA}", f"/undone {KEY} {USERS} {ALPHA} x"]
)
async def test_a_button_of_what_there_is_no_more_changes_nothing(
    store: Store, two_firms: dict[str, int], amy: Person, forged: str
) -> None:
    assert (await amy.say(forged)).text.startswith("That is no longer so")
    assert await said(store) == []


async def test_who_acts_for_two_firms_is_asked_for_which(
    store: Store, two_firms: dict[str, int], dee_of_both: Person
) -> None:
    reply = await dee_of_both.say("/status")
    assert reply.text == "For which CP?"
    chosen = await dee_of_both.press(button(reply, f"{BETA} · Beta Futures"))
    assert chosen.text.startswith("Beta Futures (B01002)\n")
    await dee_of_both.press(button(chosen, "Mark ② as registered"))
    assert (await said(store), await said(store, BETA)) == ([], [(DAS, "done")])


async def test_a_code_may_be_typed_in_small_letters_without_the_circular(
    two_firms: dict[str, int], dee_of_both: Person
) -> None:
    assert (await dee_of_both.say(f"/status {ALPHA.lower()}")).text.startswith("Alpha Securities (B01001)")


# ---------------------------------------------------------------------------------------------------------- free words


@pytest.mark.parametrize(
    ("words", "buttons"),
    [
        ("mark user emails as done", ["Mark ① as registered"]),
        ("we have verified the connection", ["Mark ③ as verified"]),
        ("mark the emails as registered", ["Mark ① as registered", "Mark ② as registered"]),
        ("mark it as done", ["Mark ① as registered", "Mark ② as registered", "Mark ③ as verified"]),
    ],
)
async def test_free_words_note_nothing_and_offer_the_buttons_that_fit(
    store: Store, two_firms: dict[str, int], amy: Person, words: str, buttons: list[str]
) -> None:
    reply = await amy.say(words)
    assert [label for label in labels(reply) if label.startswith("Mark")] == buttons
    assert await said(store) == []
    await amy.press(button(reply, buttons[0]))
    assert len(await said(store)) == 1


@pytest.mark.parametrize("typed", ["/done", f"/done {KEY}", f"/undone {ALPHA}", f"/done {KEY} {ALPHA}"])
async def test_an_action_without_a_task_offers_the_buttons(
    store: Store, two_firms: dict[str, int], amy: Person, typed: str
) -> None:
    assert labels(await amy.say(typed)) == [
        "Mark ① as registered",
        "Mark ② as registered",
        "Mark ③ as verified",
        "Our status",
    ]
    assert await said(store) == []


async def test_what_was_pressed_is_kept_as_a_turn_like_any_other(
    store: Store, two_firms: dict[str, int], amy: Person
) -> None:
    reply = await amy.say(action("done", USERS), ask_id="tap")
    assert await amy.say(action("done", USERS), ask_id="tap") == reply
    (turn,) = await kept(store, amy)
    assert turn.action == action("done", USERS)


def test_the_longest_keys_fit_into_a_button() -> None:
    Choice("", f"/undone {'c' * 20} {'t' * 16} {'P' * 16}")  # raises where they do not
