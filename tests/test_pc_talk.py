"""A firm's people have a target tested on their own PC from a chat: the way there, the questions, the slip."""

import re
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from handlers.checks.pc import SIGHTS
from handlers.phrasing import PcPage
from handlers.reception import Reception
from models import checks, status
from models.campaign import Campaign
from models.checks import Check, PcTest
from models.contacts import link
from models.message import Address, Ask, Reply
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.checks_cast import checked
from tests.reception_cast import KEY, MORNING, Person
from tests.status_cast import ALPHA, BETA, labels

pytestmark = ONE_DATABASE  # what is kept is tested on both databases with the models
LINK = re.compile(r"\S*/v\?language=en#[\w-]{22}")


async def seen(store: Store) -> list[Check]:
    return [check for check in await checked(store) if check.vantage == "pc"]


async def from_slack(reception: Reception, text: str) -> Reply:
    """The same person, who writes in Slack: not on a page of Usher's own."""
    person = Address("slack", "U1")
    return (await reception.take(Ask(f"s-{text}", person, person, text, MORNING))).reply


async def test_on_the_page_a_link_of_its_own_is_offered_with_a_code_and_the_steps(
    two_firms: dict[str, int], amy: Person
) -> None:
    reply = await amy.say("/terminal")
    assert reply.private
    assert LINK.search(reply.text)
    assert re.search(r"the code [34679ACDEFGHJKMNPQRTWXY]{6} ", reply.text)
    assert "1. On the CCMS Terminal PC, open the MS Edge browser" in reply.text
    assert "3. Close the window without logging on." in reply.text
    assert "Never log on" in reply.text
    assert labels(reply) == ["Answer here", "Commands for IT staff"]


async def test_elsewhere_no_link_leads_nowhere(store: Store, two_firms: dict[str, int], reception: Reception) -> None:
    await store.write(_in_slack, two_firms["amy"])
    reply = await from_slack(reception, "/terminal")
    assert "/v" not in reply.text
    assert "do the steps on the terminal PC, and answer here" in reply.text
    reception.phrasing.pc_page = PcPage("https://usher.example/")
    reply = await from_slack(reception, f"/terminal {KEY}")
    assert "https://usher.example/v?language=en#" in reply.text
    assert "Or type there: https://usher.example/v – and the code" in reply.text


def _in_slack(session: Session, contact: int) -> None:
    link(session, Address("slack", "U1"), contact, MORNING)


@pytest.mark.parametrize("key", SIGHTS)
async def test_in_the_chat_every_answer_gives_a_slip(
    store: Store, two_firms: dict[str, int], amy: Person, key: str
) -> None:
    asked = await amy.press((await amy.say("/terminal")).choices[0])
    (pressed,) = [choice for choice in asked.choices if choice.action.endswith(f" {key}")]
    slip = await amy.press(pressed)
    if key == "other":
        assert "Write it as it stands there" in slip.text
        slip = await amy.say("a grey page: ERR_TOO_MANY_REDIRECTS")
        assert "In their words: a grey page" in slip.text
    assert slip.text.startswith("Slip ")
    assert "Amy Wong, for Alpha Securities" in slip.text
    (check,) = await seen(store)
    assert check.evidence == "attested"
    declared = await store.read(status.history, KEY, ALPHA)
    assert [row.task for row in declared] == (["connection"] if key == "page" else [])


async def test_a_second_answer_shows_the_first_slip(store: Store, two_firms: dict[str, int], amy: Person) -> None:
    asked = await amy.press((await amy.say("/terminal")).choices[0])
    await amy.press(asked.choices[0])
    again = await amy.press(asked.choices[4])
    assert again.text.startswith("This test was answered already")
    assert "The page, as it should be" in again.text
    assert len(await seen(store)) == 1


async def test_the_slip_is_shown_to_the_firm_s_people_and_to_nobody_else(
    store: Store, two_firms: dict[str, int], amy: Person, ben: Person, cy_of_beta: Person
) -> None:
    asked = await amy.press((await amy.say("/terminal")).choices[0])
    slip = await amy.press(asked.choices[4])
    assert (await ben.say("/slip")).text.splitlines()[0] == slip.text.splitlines()[0]
    assert "Nothing has been said yet" in (await cy_of_beta.say("/slip")).text
    assert "Slip" not in (await cy_of_beta.say(f"/slip {KEY} {ALPHA}")).text
    for action in (asked.choices[0].action, "/commands 1", "/pasted 1 NXDOMAIN", "/saw 1"):
        assert "Alpha" not in (await cy_of_beta.say(action)).text
        assert "no longer" in (await cy_of_beta.say(action)).text
    assert len(await seen(store)) == 1
    assert "I can only do that for" in (await cy_of_beta.say(f"/terminal {KEY} sso {ALPHA}")).text
    assert BETA in (await cy_of_beta.say("/terminal")).text


@pytest.mark.parametrize(
    "text", ["/saw", "/saw x", "/saw 99999999999999999999", "/saw 1 nonsense", "/saw -1", "/saw ²"]
)
async def test_what_names_no_test_or_answer_does_nothing(
    store: Store, two_firms: dict[str, int], amy: Person, text: str
) -> None:
    await amy.say("/terminal")
    assert "no longer" in (await amy.say(text)).text
    assert await seen(store) == []


async def test_what_it_staff_paste_is_read_and_kept(store: Store, two_firms: dict[str, int], amy: Person) -> None:
    told = await amy.press((await amy.say("/terminal")).choices[1])
    for command in ("nslookup sso.hkexposttrade.com.hk", "Test-NetConnection sso.hkexposttrade.com.hk -Port 443",
                    'curl.exe -sSv -o NUL --max-time 12 "https://sso.hkexposttrade.com.hk/sso"',
                    "openssl s_client -brief -connect sso.hkexposttrade.com.hk:443"):  # fmt: skip
        assert command in told.text
    far = await amy.say("Name:    sso.hkexposttrade.com.hk\nAddress:  203.0.113.7")
    assert "That works as far as it goes: name (DNS) ok." in far.text
    assert await seen(store) == []
    slip = await amy.say("curl: (60) SSL certificate problem: unable to get local issuer certificate")
    assert "The line that shows it: curl: (60)" in slip.text
    assert "the output of IT tools" in slip.text
    (check,) = await seen(store)
    assert (check.cause, check.phase) == ("tls_unknown_ca", "tls")


async def test_tools_that_get_the_page_are_not_somebody_who_sees_it(
    store: Store, two_firms: dict[str, int], amy: Person
) -> None:
    await amy.press((await amy.say("/terminal")).choices[1])
    slip = await amy.say("*  SSL certificate verify ok.\n< HTTP/1.1 200 OK")
    assert "Nothing was declared" in slip.text
    assert await store.read(status.history, KEY, ALPHA) == []
    assert await store.read(checks.pages_seen, ALPHA, KEY) == set()


async def test_an_answer_is_taken_for_an_hour(store: Store, two_firms: dict[str, int], amy: Person) -> None:
    asked = await amy.press((await amy.say("/terminal")).choices[0])

    def age(session: Session) -> None:
        for test in session.exec(select(PcTest).order_by(col(PcTest.id))):
            test.recorded_at -= timedelta(hours=1)
            session.add(test)

    await store.write(age)
    assert "no longer" in (await amy.press(asked.choices[0])).text
    assert await seen(store) == []


async def test_a_host_with_ports_is_no_page_for_a_browser(
    two_firms: dict[str, int], campaign: Campaign, reception: Reception, amy: Person
) -> None:
    files = campaign.targets[0].model_copy(
        update={"key": "files", "name": {"en": "Files"}, "url": None, "host": "files.example", "ports": (22,)}
    )  # fmt: skip
    reception.phrasing.campaigns[KEY] = campaign.model_copy(update={"targets": (files,)})
    try:
        reply = await amy.say("/terminal")
        assert "no page that a browser can open" in reply.text
        assert "#" not in reply.text
        assert labels(reply) == ["Commands for IT staff"]
        told = await amy.press(reply.choices[0])
        assert "Test-NetConnection files.example -Port 22" in told.text
        assert "TCP) ok" in (await amy.say("TcpTestSucceeded : True")).text
    finally:
        reception.phrasing.campaigns[KEY] = campaign
