"""The page of a test on a terminal PC: opened once by a link or a code, answered once, and bound to its firm."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response
from sqlmodel import Session, col, select, update

from bot.app import App
from bot.clock import CampaignClock
from handlers.phrasing import PcPage
from models import checks, status
from models.campaign import Campaign
from models.checks import Asked, Check, Offered, PcTest
from models.codes import Guess
from models.contacts import leave
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.checks_cast import checked, posted
from tests.delivery_cast import machine_time
from tests.reception_cast import KEY as CIRCULAR
from tests.status_cast import ALPHA, BETA
from tests.web_cast import KEY, MORNING, Browse, browsers, new_app, send

pytestmark = ONE_DATABASE  # what is kept is tested on both databases with the models
SITE = "https://sso.hkexposttrade.com.hk"
OURS = {"style-src": "'self'", "script-src": "'self'", "form-action": "'self'", "default-src": "'none'",
        "base-uri": "'none'", "frame-ancestors": "'none'"}  # fmt: skip


@pytest.fixture
def app(store: Store, campaign: Campaign) -> App:
    return replace(new_app(store), campaigns=(campaign,), clock=CampaignClock(MORNING, elapsed=lambda: 0.0))


@pytest.fixture
async def browse(app: App) -> AsyncIterator[Browse]:
    async with browsers(app) as browse:
        yield browse


@pytest.fixture
async def amy_test(store: Store, two_firms: dict[str, int]) -> Offered:
    """A test that Amy of Alpha has asked for in the web chat."""
    return await store.write(offered, two_firms["amy"], "web:amy", ALPHA)


def offered(session: Session, contact: int, place: str, participant: str) -> Offered:
    asked = Asked(CIRCULAR, "sso", participant, contact, place, place, "en", MORNING)
    return checks.offer_test(session, asked, PcPage.of(KEY).key, machine_time())


async def opened(pc: AsyncClient, **fields: str) -> Response:
    return await send(pc, "/v", **fields)


def value_of(page: Response) -> str:
    found = re.search(r'name="value" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def policy_of(response: Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


async def slips(store: Store) -> list[Check]:
    return [check for check in await checked(store) if check.vantage == "pc"]


async def test_the_bare_page_names_nothing_and_uses_nothing_up(browse: Browse, amy_test: Offered) -> None:
    pc = browse()
    page = await pc.get("/v")
    assert page.status_code == 200
    assert "hkexposttrade" not in page.text + str(page.headers)
    assert "Alpha" not in page.text
    assert "set-cookie" not in page.headers
    assert (await opened(pc, token=amy_test.token)).status_code == 200


async def test_the_steps_are_those_of_the_circular_and_the_policy_allows_its_target_only(
    browse: Browse, amy_test: Offered
) -> None:
    page = await opened(browse(), token=amy_test.token)
    assert policy_of(page) == {**OURS, "connect-src": SITE, "img-src": f"'self' {SITE}"}
    for told in ("open the MS Edge browser", "pictured in the circular&#39;s Appendix", "without logging on",
                 "Never log on", "Alpha Securities (B01001)",
                 f'href="{SITE}/sso"', 'target="_blank" rel="noopener noreferrer"',
                 "NET::ERR_CERT_AUTHORITY_INVALID", "Section 4.7 to Section 4.9"):  # fmt: skip
        assert told in page.text
    assert page.headers["referrer-policy"] == "same-origin"  # the targets are not told where somebody comes from
    assert "set-cookie" not in page.headers


async def test_a_code_is_typed_as_people_type(browse: Browse, amy_test: Offered) -> None:
    typed = f" {amy_test.code[:3].lower()}-{amy_test.code[3:]} "
    assert "Alpha Securities" in (await opened(browse(), code=typed)).text


async def test_in_chinese_the_page_is_chinese(browse: Browse, amy_test: Offered) -> None:
    page = await browse().post(
        "/v?language=zh-Hant", data={"token": amy_test.token}, headers={"origin": "http://usher.test"}
    )
    assert "關閉視窗，毋須登入" in page.text
    assert "正確的網頁" in page.text


async def expired(store: Store, test: PcTest) -> None:
    def expire(session: Session) -> None:
        past = machine_time() - timedelta(seconds=1)
        session.connection().execute(update(PcTest).where(col(PcTest.id) == test.id).values(expires_at=past))

    await store.write(expire)


@pytest.mark.parametrize("kind", ["token", "code"])
async def test_used_unknown_and_expired_are_the_same_404(
    browse: Browse, store: Store, amy_test: Offered, two_firms: dict[str, int], kind: str
) -> None:
    other = await store.write(offered, two_firms["ben"], "web:ben", ALPHA)
    left = await store.write(offered, two_firms["cy"], "web:cy", BETA)
    pc = browse()
    assert (await opened(pc, **{kind: getattr(amy_test, kind)})).status_code == 200
    await expired(store, other.test)
    await store.write(leave, two_firms["cy"], BETA, "support", machine_time())
    unknown = "A" * 22 if kind == "token" else "AAAAAA"
    tried = [getattr(amy_test, kind), getattr(other, kind), unknown, getattr(left, kind)]
    answers = [await opened(pc, **{kind: one}) for one in tried]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


async def test_the_answer_is_kept_once_and_the_asker_is_told(
    browse: Browse, store: Store, amy_test: Offered, two_firms: dict[str, int]
) -> None:
    pc = browse()
    value = value_of(await opened(pc, token=amy_test.token))
    slip = await send(pc, "/v/slip", value=value, saw="page", hint="answered", hint_ms="88")
    assert "Slip " in slip.text
    assert "the browser&#39;s own tries fit to it" in slip.text
    again = await send(pc, "/v/slip", value=value, saw="refused")
    assert "answered already" in again.text
    assert "The page, as it should be" in again.text
    (check,) = await slips(store)
    assert (check.verdict, check.cause, check.evidence, check.contact_id, check.participant) == (
        "ok", "ok", "attested+hint", two_firms["amy"], ALPHA
    )  # fmt: skip
    told = (await posted(store))[f"pc-test:{amy_test.test.id}"]
    assert told.address == "web:amy"
    assert "The page, as it should be" in told.reply.text
    (declared,) = await store.read(status.history, CIRCULAR, ALPHA)
    assert (declared.task, declared.what, declared.by) == ("connection", "done", None)
    assert declared.evidence == f"page seen on a terminal PC, as somebody said (slip {check.id}, attested+hint)"
    assert await store.read(status.history, CIRCULAR, BETA) == []


@pytest.mark.parametrize("saw", ["refused", "portal", "other", "unseen"])
async def test_what_is_not_the_page_declares_nothing(browse: Browse, store: Store, amy_test: Offered, saw: str) -> None:
    pc = browse()
    value = value_of(await opened(pc, token=amy_test.token))
    assert (await send(pc, "/v/slip", value=value, saw=saw, hint="good", said="black")).status_code == 200
    assert len(await slips(store)) == 1
    assert await store.read(status.history, CIRCULAR, ALPHA) == []


async def test_a_value_that_is_forged_or_too_old_is_the_same_404(
    browse: Browse, store: Store, amy_test: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    pc = browse()
    value = value_of(await opened(pc, token=amy_test.token))
    over = await opened(pc, token=amy_test.token)
    forged = ["", "x", value[:-2] + "AA", "WzEsIm4iXQ.aaaa.bbbb", value.replace(".", ".A", 1)]
    answers = [await send(pc, "/v/slip", value=one, saw="page") for one in forged]
    monkeypatch.setattr("bot.page.pc.machine_time", lambda: machine_time() + timedelta(minutes=61))
    answers.append(await send(pc, "/v/slip", value=value, saw="page"))
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.content for answer in answers} == {over.content}
    assert await slips(store) == []


async def test_what_no_form_of_ours_can_answer_is_the_same_404(browse: Browse, store: Store, amy_test: Offered) -> None:
    pc = browse()
    value = value_of(await opened(pc, token=amy_test.token))
    assert (await send(pc, "/v/slip", value=value, saw="pasted")).status_code == 404
    assert await slips(store) == []


async def test_who_acts_for_the_firm_no_more_can_send_nothing(
    browse: Browse, store: Store, amy_test: Offered, two_firms: dict[str, int]
) -> None:
    pc = browse()
    value = value_of(await opened(pc, token=amy_test.token))
    await store.write(leave, two_firms["amy"], ALPHA, "support", machine_time())
    assert (await send(pc, "/v/slip", value=value, saw="page")).status_code == 404
    assert await slips(store) == []


@pytest.mark.parametrize("path", ["/v", "/v/slip"])
async def test_only_our_own_page_may_send_and_not_much(browse: Browse, amy_test: Offered, path: str) -> None:
    pc = browse()
    forged = await pc.post(path, data={"token": amy_test.token}, headers={"origin": "https://evil.example"})
    assert forged.status_code == 403
    assert (await pc.post(path, data={"token": amy_test.token})).status_code == 403
    assert (await send(pc, path, token=amy_test.token, value="x" * 4100)).status_code == 413
    assert (await opened(pc, token=amy_test.token)).status_code == 200


async def test_who_guesses_codes_must_wait_and_then_even_the_right_one(
    browse: Browse, store: Store, amy_test: Offered
) -> None:
    pc = browse()
    for _ in range(5):
        assert (await opened(pc, code="AAAAAA")).status_code == 404
    slow = await opened(pc, code=amy_test.code)
    assert slow.status_code == 429
    assert 0 < int(slow.headers["retry-after"]) <= 30
    assert "Too many wrong codes" in slow.text
    guesses = await store.read(lambda session: session.exec(select(Guess.what)).all())
    assert list(guesses) == ["pc"] * 5


async def test_one_network_cannot_send_without_end(browse: Browse, two_firms: dict[str, int]) -> None:
    pc = browse()
    answers = [(await send(pc, "/v/slip", value="x")).status_code for _ in range(25)]
    assert 429 in answers[20:]


async def test_the_bot_looks_as_well_and_both_are_put_side_by_side(
    browse: Browse, store: Store, amy_test: Offered
) -> None:
    pc = browse()
    value = value_of(await opened(pc, token=amy_test.token))
    (asked,) = await checked(store)
    assert (asked.vantage, asked.state, asked.target) == ("bot", "asked", "sso")
    good = checks.Result("ok", "ok", "ok", "nobody", "{}")

    def look(session: Session) -> None:
        checks.claim(session, "one", machine_time())
        checks.finish(session, [asked.id or 0], "one", good, machine_time())

    await store.write(look)
    slip = await send(pc, "/v/slip", value=value, saw="timeout", hint="slow", hint_ms="12000")
    assert "is fine from here and fails on your PC" in slip.text
    assert "whoever runs the firewall in between" in slip.text
    assert "Section 4.7 to Section 4.9" in slip.text


async def test_every_other_page_allows_only_ourselves(app: App, browse: Browse, amy_test: Offered) -> None:
    pc = browse()
    value = value_of(await opened(pc, token=amy_test.token))
    ours = {**OURS, "connect-src": "'self'", "img-src": "'self'"}
    static = re.search(r"/static/[\w.-]+", (await pc.get("/")).text)
    assert static
    answers = [await pc.get(path) for path in ("/", "/v", f"/circular/{CIRCULAR}", "/nowhere", static[0], "/file/1/1")]
    answers += [await send(pc, path) for path in ("/", "/v", "/language", "/signout", "/time", "/v/slip")]
    answers += [await send(pc, "/v/slip", value=value, saw="page"), await opened(pc, token="gone")]
    assert [policy_of(answer) for answer in answers] == [ours] * len(answers)
