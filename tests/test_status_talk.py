"""A firm reads how it stands, and says with one tap what it has done; nobody else can, and no word is mistaken."""

from datetime import UTC, datetime, timedelta

import pytest

from models import status
from models.campaign import Campaign
from models.seats import Attendee, Moment, Rules, book, reserve, wait
from models.status import Duty
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.reception_cast import KEY, MORNING, Person
from tests.status_cast import ALPHA, BETA, DAS, LINE, TEN, USERS, action, button, labels, said, tasks

pytestmark = ONE_DATABASE  # what is kept is tested on both databases with the models

MACHINE = datetime(2026, 2, 3, tzinfo=UTC)
AT = Moment(MORNING, MACHINE)
ON_28TH = datetime(2023, 4, 28, 2, tzinfo=UTC)
IN_MAY = datetime(2023, 5, 2, 2, tzinfo=UTC)
OWN = "This is your firm's own declaration, not HKCC's record."
BY_AMY = f"said done by Amy Wong, {TEN}"


# ------------------------------------------------------------------------------------------------------------- reading


async def test_a_firm_reads_its_tasks_its_deadlines_and_that_it_is_its_own_word(
    two_firms: dict[str, int], amy: Person
) -> None:
    reply = await amy.say("/status")
    due = "by Thursday 27 April 2023 (the circular: before Friday 28 April 2023; 11 business days are left after today)"
    assert reply.text == "\n".join(
        [
            "Alpha Securities (B01001)",
            "CCMS two-factor authentication, 2023",
            "",
            "① CCMS users' e-mail addresses: not said",
            "② DAs' e-mail addresses: not said",
            "③ connection to the 2FA server: not said",
            f"Deadline ①②③: {due}.",
            "No clock time is stated for any of them. Where it says \"before\", the schedule gives that day as the "
            "deadline: whether the day itself still counts is not stated.",
            "",
            "Seats at the briefings: none in this bot's list.",
            "",
            OWN,
        ]
    )  # fmt: skip
    assert labels(reply) == ["Mark ① as registered", "Mark ② as registered", "Mark ③ as verified", "Seats"]
    assert reply.private
    assert [source.quote[:10] for source in reply.sources] == ["Clearing P", "In prepara"]


async def test_each_task_tells_who_said_so_and_when_and_what_support_saw(
    store: Store, two_firms: dict[str, int], amy: Person, ben: Person
) -> None:
    await amy.say(action("done", USERS))
    await store.write(status.verify, Duty(KEY, ALPHA, LINE), "Sam", MORNING, MACHINE, "seen")
    reply = await ben.say("/status", MORNING + timedelta(days=1))
    assert tasks(reply) == [
        f"① CCMS users' e-mail addresses: {BY_AMY}",
        "② DAs' e-mail addresses: not said",
        f"③ connection to the 2FA server: verified by support, {TEN}",
    ]
    assert labels(reply) == ["Take back ①", "Mark ② as registered", "Seats"]
    assert "Sam" not in reply.text


async def test_a_colleague_without_a_name_is_a_colleague_and_oneself_is_you(
    two_firms: dict[str, int], cy_of_beta: Person, dee_of_both: Person
) -> None:
    own = await cy_of_beta.say(action("done", USERS, BETA))
    assert tasks(own) == [f"① CCMS users' e-mail addresses: said done by you, {TEN}"]
    others = await dee_of_both.say(f"/status {KEY} {BETA}")
    assert tasks(others)[0] == f"① CCMS users' e-mail addresses: said done by a colleague, {TEN}"


async def test_on_the_28th_it_says_what_is_not_stated_and_never_that_there_is_still_today(
    two_firms: dict[str, int], amy: Person
) -> None:
    await amy.say(action("done", LINE))
    text = (await amy.say("/status", ON_28TH)).text
    doubt = "whether today still counts is not stated: do it now and call DCASS Hotline 2979 7222."
    assert text.count(doubt) == 1  # for the e-mails; who has verified the connection need not hurry
    assert "Deadline ③: before Friday 28 April 2023.\n" in text
    assert "today is the last" not in text
    assert "left" not in text


async def test_after_the_deadline_what_is_open_leads_to_the_hotline(two_firms: dict[str, int], amy: Person) -> None:
    text = (await amy.say("/status", IN_MAY)).text
    assert "Deadline ①②③: before Friday 28 April 2023 (passed)." in text
    assert "what can still be done is not stated: call DCASS Hotline 2979 7222." in text
    for task in (USERS, DAS, LINE):
        await amy.say(action("done", task), IN_MAY)
    assert "what can still be done" not in (await amy.say("/status", IN_MAY)).text


async def test_in_chinese_it_says_that_the_english_prevails(two_firms: dict[str, int], amy: Person) -> None:
    await amy.say("/language zh-Hant")
    reply = await amy.say("/status")
    assert reply.language == "zh-Hant"
    assert tasks(reply)[0] == "① CCMS 用戶的電郵地址：未有表示"
    assert reply.text.endswith("以上是貴公司自己的申報，並非 HKCC 的紀錄。以上中文只供參考，以英文原文為準。")
    assert labels(reply)[:3] == ["把 ① 記為已登記", "把 ② 記為已登記", "把 ③ 記為已核實"]


# --------------------------------------------------------------------------------------------------------------- seats


async def test_the_firm_s_seats_stand_with_their_names_and_whether_they_are_registered_where_it_counts(
    store: Store, campaign: Campaign, two_firms: dict[str, int], ben: Person
) -> None:
    rules = {key: Rules.of(campaign, briefing) for key, briefing in campaign.briefing.items()}
    amy = Attendee("Amy Wong", "amy@alpha.example", two_firms["amy"])

    eve, waiter = Attendee("Eve", "eve@alpha.example"), Attendee("Ben Lee", "ben@alpha.example")
    by = two_firms["amy"]
    await store.write(reserve, rules["24apr"], ALPHA, by, [amy], AT)
    await store.write(book, KEY, "24apr", ALPHA, by, "HK-7", AT)
    await store.write(reserve, rules["24apr"], ALPHA, by, [eve], AT)
    await store.write(reserve, rules["26apr"], ALPHA, by, [amy], AT)
    await store.write(book, KEY, "26apr", ALPHA, by, None, AT)
    await store.write(wait, rules["24apr"], ALPHA, two_firms["ben"], waiter, AT)
    text = (await ben.say("/status")).text
    assert text.split("\n\n")[2].split("\n") == [
            "Seats at the briefings, in this bot's list.",
            "The registration that counts is made in the Event section in Client Connect on the HKEX Access Management "
            "Portal by Wednesday 19 April 2023.",
            "Mon 24 Apr 2023, in person",
            "• Amy Wong – registered there: done (reference HK-7)",
            "• Eve – registered there: not yet said",
            "• Ben Lee – on the waiting list, place 1",
            "Wed 26 Apr 2023, webinar",
            "• Amy Wong – registered there: done (no reference given)",
    ]  # fmt: skip


async def test_another_firm_s_seats_and_words_are_nowhere_in_it(
    store: Store, campaign: Campaign, two_firms: dict[str, int], amy: Person, cy_of_beta: Person
) -> None:
    rules = Rules.of(campaign, campaign.briefing["24apr"])
    await store.write(reserve, rules, ALPHA, two_firms["amy"], [Attendee("Eve", "eve@alpha.example")], AT)
    await amy.say(action("done", USERS))
    text = (await cy_of_beta.say("/status")).text
    assert not [word for word in ("Eve", "Amy", "Alpha", "said done") if word in text]


# ------------------------------------------------------------------------------------------------------------ pressing


async def test_one_tap_declares_and_tells_for_whom_with_the_way_back(
    store: Store, two_firms: dict[str, int], amy: Person
) -> None:
    shown = await amy.say("/status")
    reply = await amy.press(button(shown, "Mark ① as registered"))
    noted = f"Noted for Alpha Securities (B01001):\n① CCMS users' e-mail addresses: {BY_AMY}\n\n{OWN}"
    assert reply.text == noted
    assert labels(reply) == ["Take back ①", "Mark ② as registered", "Mark ③ as verified", "Our status"]
    assert await said(store) == [(USERS, "done")]
    assert tasks(await amy.press(button(reply, "Our status")))[0].endswith(BY_AMY)


async def test_a_double_tap_changes_nothing_and_says_the_same(
    store: Store, two_firms: dict[str, int], amy: Person, ben: Person
) -> None:
    first = await amy.say(action("done", USERS))
    later = MORNING + timedelta(minutes=5)
    assert await amy.say(action("done", USERS), later) == first
    assert (await ben.say(action("done", USERS), later)).text == first.text
    back = await ben.say(action("undone", USERS), later)
    assert await amy.say(action("undone", USERS), later) == back
    assert await said(store) == [(USERS, "done"), (USERS, "taken_back")]


async def test_a_colleague_takes_it_back_with_one_tap(
    store: Store, two_firms: dict[str, int], amy: Person, ben: Person
) -> None:
    await amy.say(action("done", USERS))
    shown = await ben.say("/status")
    reply = await ben.press(button(shown, "Take back ①"))
    taken = f"Taken back for Alpha Securities (B01001):\n① CCMS users' e-mail addresses: not said\n\n{OWN}"
    assert reply.text == taken
    assert labels(reply)[0] == "Mark ① as registered"
    assert len(await said(store)) == 2


async def test_what_support_verified_stands_though_the_firm_takes_its_word_back(
    store: Store, two_firms: dict[str, int], amy: Person
) -> None:
    await amy.say(action("done", USERS))
    await store.write(status.verify, Duty(KEY, ALPHA, USERS), "Sam", MORNING, MACHINE)
    reply = await amy.say(action("undone", USERS))
    assert tasks(reply) == [f"① CCMS users' e-mail addresses: verified by support, {TEN}"]
    assert "What support has verified stands until support takes it off: call DCASS Hotline 2979 7222" in reply.text
    assert "Take back ①" not in labels(reply)


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (ON_28TH, "The circular says before Friday 28 April 2023; whether today, 28 April 2023, still counts is not "
                  "stated. If it was done only today, call DCASS Hotline 2979 7222."),
        (IN_MAY, "The deadline (before Friday 28 April 2023) has passed. If it was done only after it, what then holds "
                 "is not stated: call DCASS Hotline 2979 7222."),
    ],
)  # fmt: skip
async def test_declared_too_late_it_is_noted_and_leads_to_the_hotline(
    store: Store, two_firms: dict[str, int], amy: Person, at: datetime, told: str
) -> None:
    reply = await amy.say(action("done", USERS), at)
    assert reply.text.split("\n\n")[1] == told
    assert await said(store) == [(USERS, "done")]
