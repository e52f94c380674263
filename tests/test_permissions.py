"""Who may have what done: every action in every role, as a table that is written here by hand."""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from handlers.acts import ACTS
from handlers.permissions import RULES, Role, Where, may, roles_of, staff_roles
from handlers.reception import Heard, Reception
from models.campaign import Campaign
from models.conversation import record
from models.message import Address, Ask, Reply
from models.people import Staff, add_staff, remove_staff
from models.store import Store
from models.support import Case, Opening, events_of, open_case
from tests.channels_cast import ONE_DATABASE
from tests.reception_cast import MORNING

NOW = datetime(2026, 2, 3, tzinfo=UTC)
ROOM, GENERAL = Address("slack", "CDESK"), Address("slack", "CGEN")
AMY, SAM, KIM, BOB = (Address("slack", f"T0:U0{name}") for name in ("AMY", "SAM", "KIM", "BOB"))

# Who may have it done, where, and what: an action that is added gets its place here as well.
TABLE = """
everybody  anywhere  /cancel /join /calendar /support /takeback /add
everybody  private   /leave /mydata /forget
members    anywhere  /remindhere
members    private   /as /firms /link /name /seats /seat /take /with /hold /queue /swap /move /free /wait /unwait
members    private   /accept /booked /unbooked /status /done /undone /check /report /terminal /saw /slip /commands
members    private   /pasted
members    private   /reminders /snooze /stop /resume /quiet /channels /told
desk       desk      /claim /reply /handover /waits /resolve /reopen /note /thisis /case
desk       private   /desk
desk       private   see+cases see+participant see+seats see+questions see+unreached see+deliveries see+state sign+out
desk       private   open+case+for set+status+for hold+seat+for free+seat+for correct+contact+of
operators  private   send+again sign+others+out
"""
WHO = {
    "everybody": {Role.ANYBODY, Role.MEMBER, Role.SUPPORT, Role.OPERATOR},
    "members": {Role.MEMBER},
    "desk": {Role.SUPPORT, Role.OPERATOR},
    "operators": {Role.OPERATOR},
}
EXPECTED = {
    action.replace("+", " "): (WHO[who], where)
    for who, where, *actions in (line.split() for line in TABLE.strip().splitlines())
    for action in actions
}
AT_THE_DESK = sorted(action for action, (who, _) in EXPECTED.items() if who == WHO["desk"] and action in ACTS)


def test_every_action_stands_in_the_table() -> None:
    assert RULES.keys() == EXPECTED.keys()
    assert ACTS.keys() <= RULES.keys()


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_what_the_table_says(role: Role) -> None:
    allowed = {action for action in EXPECTED if may(frozenset({role}), action)}
    assert allowed == {action for action, (who, _) in EXPECTED.items() if role in who}


def test_each_action_is_done_only_where_the_table_says() -> None:
    assert {action: rule.where for action, rule in RULES.items()} == {
        action: Where(where) for action, (_, where) in EXPECTED.items()
    }


def test_what_is_not_in_the_table_nobody_may() -> None:
    assert not may(frozenset(Role), "/launch")


async def test_roles_are_those_of_the_rows_and_end_with_them(store: Store) -> None:
    await store.write(add_staff, "Sam", SAM, NOW)
    await store.write(add_staff, "Kim", KIM, NOW, "operator")
    assert await store.read(roles_of, AMY) == {Role.ANYBODY}
    assert await store.read(roles_of, SAM) == {Role.ANYBODY, Role.SUPPORT}
    assert await store.read(roles_of, KIM) == {Role.ANYBODY, Role.OPERATOR}
    await store.write(remove_staff, "Kim", NOW)
    assert await store.read(roles_of, KIM) == {Role.ANYBODY}
    assert staff_roles(Staff(name="Kim", added_at=NOW, left_at=NOW)) == frozenset()


# ---------------------------------------------------------------------------------------------- by those who try it


class Chat:
    """People who write to Usher in Slack, with one case of Amy's."""

    def __init__(self, store: Store, campaign: Campaign, keep: Path) -> None:
        self.store, self._numbers = store, count(1)
        self.reception = Reception(store, [campaign], lambda: NOW, keep, [ROOM])

    async def say(self, who: Address, text: str, room: Address | None = None) -> Heard:
        return await self.reception.hear(Ask(f"e{next(self._numbers)}", who, room or who, text, MORNING))


@pytest.fixture
async def chat(store: Store, campaign: Campaign, understanding: Path) -> Chat:
    asked = Ask("q", AMY, AMY, "May we pay by cheque?", MORNING)
    turn = await store.write(record, asked, Reply("The circular does not say.", "escalate"), recorded_at=NOW)
    await store.write(open_case, Opening(turn, MORNING, NOW))
    await store.write(add_staff, "Sam", SAM, NOW)
    await store.write(add_staff, "Bob", BOB, NOW)
    await store.write(remove_staff, "Bob", NOW)
    return Chat(store, campaign, understanding)


@ONE_DATABASE
@pytest.mark.parametrize("who", [AMY, BOB], ids=["the asker", "who left the desk"])
@pytest.mark.parametrize("room", [ROOM, None, GENERAL], ids=["in the room", "in private", "elsewhere"])
async def test_nobody_else_does_what_is_the_desks(
    chat: Chat, who: Address, room: Address | None, caplog: pytest.LogCaptureFixture
) -> None:
    before = await chat.store.read(as_it_stands)
    for word in AT_THE_DESK:
        caplog.clear()
        heard = await chat.say(who, f"{word} 1 Sam", room)
        assert heard.reply, word
        assert heard.reply.private, word
        assert "Only named members" in heard.reply.text, word
        assert str(who) in caplog.text, word
    assert await chat.store.read(as_it_stands) == before
    assert await chat.store.read(events_of, 1) == []


@ONE_DATABASE
async def test_in_a_room_of_others_even_the_desk_does_nothing(chat: Chat) -> None:
    words = ("/claim", "/waits", "/resolve")
    for word in words:
        heard = await chat.say(SAM, f"{word} 1", GENERAL)
        assert heard.reply
        assert "in a room of the desk" in heard.reply.text
    assert await chat.store.read(events_of, 1) == []
    for word in words:
        await chat.say(SAM, f"{word} 1", ROOM)
    assert [event.by for event in await chat.store.read(events_of, 1)] == ["Sam"] * len(words)


def as_it_stands(session: Session) -> dict[str, Any]:
    return session.get_one(Case, 1).model_dump()
