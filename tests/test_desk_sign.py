"""People of the desk sign in to its page by a link that works once, and out; nobody else sees anything there."""

import asyncio
import logging
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlmodel import select

from bot.app import App
from bot.clock import machine_time
from models.desk import LASTS, OPENS, DeskLink, SignedIn, make_link, member_signed_in, redeem_link
from models.people import add_staff, remove_staff, sign_out_everywhere
from models.store import Store
from tests.desk_cast import OLIVIA, SAM, link_for, marks_of, press, signed_in, use_link
from tests.reminders_cast import ONE_DATABASE
from tests.web_cast import Browse, ask, origin_of

PAGES = ("/desk", "/desk/stream", "/desk/case/1", "/desk/case/1/stream", "/desk/people")


# ----------------------------------------------------------------------------------------------------------- the links


async def test_a_link_signs_in_once_and_its_token_is_kept_nowhere(
    desk_browse: Browse, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = await link_for(store, SAM)
    assert len(token) == 22  # 128 bits
    first, second = desk_browse(), desk_browse()
    assert (await use_link(first, token)).status_code == 303
    assert (await use_link(second, token)).status_code == 401
    assert [(await one.get("/desk")).status_code for one in (first, second)] == [200, 401]
    kept = await store.read(lambda session: [vars(one) for one in session.exec(select(DeskLink))])
    assert token not in f"{kept} {caplog.text}"
    assert "a link to the desk page was refused" in caplog.text


async def test_of_two_who_open_one_link_at_once_one_is_let_in(store: Store, desk_usher: App) -> None:
    token = await link_for(store, SAM)
    opened = await asyncio.gather(*(store.write(redeem_link, token, machine_time()) for _ in range(6)))
    assert [one.name for one in opened if one] == [SAM]


@ONE_DATABASE
@pytest.mark.parametrize("after", [OPENS, OPENS + timedelta(hours=1)])
async def test_a_link_is_good_for_a_quarter_of_an_hour(store: Store, desk_usher: App, after: timedelta) -> None:
    made = machine_time()
    token = await link_for(store, SAM, made)
    assert await store.write(redeem_link, token, made + after) is None
    assert await store.write(redeem_link, token, made + OPENS - timedelta(seconds=1))


async def test_nobody_but_a_named_member_gets_a_link_and_who_left_gets_in_by_none(
    store: Store, desk_usher: App
) -> None:
    assert await store.write(make_link, "Eve", machine_time()) is None
    token = await link_for(store, SAM)
    await store.write(remove_staff, SAM, machine_time())
    assert await store.write(redeem_link, token, machine_time()) is None
    assert await store.write(make_link, SAM, machine_time()) is None


@ONE_DATABASE
async def test_used_old_and_unknown_links_are_answered_alike(desk_browse: Browse, store: Store) -> None:
    used = await link_for(store, SAM)
    old = await link_for(store, SAM, machine_time() - OPENS)
    await use_link(desk_browse(), used)
    told = [await use_link(desk_browse(), token) for token in (used, old, "x" * 22, "")]
    assert {one.status_code for one in told} == {401}
    assert len({one.text for one in told}) == 1


@ONE_DATABASE
async def test_the_whole_link_may_be_pasted_and_a_form_of_another_site_signs_nobody_in(
    desk_browse: Browse, store: Store
) -> None:
    token = await link_for(store, SAM)
    forged = await desk_browse().post("/desk/in", data={"token": token}, headers={"origin": "https://evil.test"})
    assert forged.status_code == 403
    assert (await use_link(desk_browse(), f" https://usher.test/desk#{token} ")).status_code == 303


@ONE_DATABASE
async def test_many_tokens_tried_from_one_address_have_to_wait(desk_browse: Browse) -> None:
    eve = desk_browse()
    assert [(await use_link(eve, "x" * 22)).status_code for _ in range(25)][-1] == 429


# ---------------------------------------------------------------------------------------------------------- the session


async def stands(store: Store, signed: SignedIn, after: timedelta) -> bool:
    return await store.read(member_signed_in, signed, signed.since + after) is not None


async def test_one_stays_signed_in_for_twelve_hours_and_not_longer(store: Store, desk_usher: App) -> None:
    token = await link_for(store, SAM)
    signed = await store.write(redeem_link, token, machine_time())
    assert signed
    assert await stands(store, signed, LASTS - timedelta(seconds=1))
    assert not await stands(store, signed, LASTS)
    assert not await stands(store, signed, -timedelta(seconds=1))  # a cookie of the future


@ONE_DATABASE
async def test_the_cookie_is_for_our_own_pages_and_not_for_scripts(desk_browse: Browse, store: Store) -> None:
    answer = await use_link(desk_browse(), await link_for(store, SAM))
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/", "max-age=43200"))
    secure = desk_browse(origin="https://usher.test")
    answer = await use_link(secure, await link_for(store, SAM))
    assert answer.headers["set-cookie"].startswith("__Host-usher-desk=")
    assert "secure" in answer.headers["set-cookie"].lower()


@ONE_DATABASE
@pytest.mark.parametrize("page", PAGES)
async def test_who_is_not_signed_in_sees_how_one_signs_in_and_nothing_else(desk_browse: Browse, page: str) -> None:
    answer = await desk_browse().get(page)
    assert answer.status_code == 401
    assert "Sign in to the desk" in answer.text
    assert SAM not in answer.text


@ONE_DATABASE
async def test_a_visitor_of_the_chat_page_is_nobody_at_the_desk(desk_browse: Browse) -> None:
    amy = desk_browse()
    assert (await ask(amy, "Where is it?")).status_code == 303
    assert [(await amy.get(page)).status_code for page in PAGES] == [401] * len(PAGES)


@ONE_DATABASE
@pytest.mark.parametrize("forged", ["", "nonsense", "WyJTYW0gTGVlIl0.x", "usher"])
async def test_a_cookie_that_we_did_not_sign_opens_nothing(sam: AsyncClient, desk_browse: Browse, forged: str) -> None:
    eve = desk_browse()
    signed = sam.cookies["usher-desk"]
    eve.cookies.set("usher-desk", forged if forged != "usher" else f"{signed[:-3]}abc")
    assert (await eve.get("/desk")).status_code == 401


@ONE_DATABASE
async def test_a_link_in_a_chat_leads_to_the_page_all_the_same(sam: AsyncClient) -> None:
    bare = AsyncClient(transport=sam._transport, base_url=origin_of(sam))
    came = await bare.get("/desk/case/1", headers={"sec-fetch-site": "cross-site"})
    # The browser kept the cookie back: the page fetches itself once more, which is no foreign site's doing.
    assert (came.status_code, came.headers["refresh"]) == (401, "0")
    assert "refresh" not in (await bare.get("/desk/case/1", headers={"sec-fetch-site": "same-origin"})).headers
    await bare.aclose()


# ---------------------------------------------------------------------------------------------------------- signing out


@ONE_DATABASE
async def test_signing_out_ends_this_session_for_whoever_kept_its_cookie(
    sam: AsyncClient, desk_browse: Browse, store: Store
) -> None:
    other = await signed_in(desk_browse(), store, SAM)
    kept = sam.cookies["usher-desk"]
    assert (await press(sam, "/desk", "/desk/out")).headers["location"] == "/desk/in"
    eve = desk_browse()
    eve.cookies.set("usher-desk", kept)
    assert [(await one.get("/desk")).status_code for one in (sam, eve, other)] == [401, 401, 200]


async def test_signing_out_everywhere_ends_all_sessions_and_links_but_lets_new_ones_in(
    sam: AsyncClient, olivia: AsyncClient, desk_browse: Browse, store: Store
) -> None:
    other = await signed_in(desk_browse(), store, SAM)
    unused = await link_for(store, SAM)
    await press(sam, "/desk", "/desk/out-everywhere")
    assert [(await one.get("/desk")).status_code for one in (sam, other, olivia)] == [401, 401, 200]
    assert (await use_link(desk_browse(), unused)).status_code == 401
    assert (await (await signed_in(desk_browse(), store, SAM)).get("/desk")).status_code == 200


@ONE_DATABASE
async def test_who_is_removed_is_out_at_once_also_when_they_are_named_again(sam: AsyncClient, store: Store) -> None:
    await store.write(remove_staff, SAM, machine_time())
    assert (await sam.get("/desk")).status_code == 401
    await store.write(add_staff, SAM, None, machine_time())
    assert (await sam.get("/desk")).status_code == 401


@ONE_DATABASE
async def test_an_operator_signs_others_out_and_support_may_not(
    sam: AsyncClient, olivia: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert "others-out" not in (await sam.get("/desk/people")).text
    assert (await press(sam, "/desk", "/desk/others-out", name=OLIVIA)).status_code == 403
    assert "Sam Lee may not sign others out" in caplog.text
    assert (await press(olivia, "/desk/people", "/desk/others-out", name=SAM)).status_code == 303
    assert [(await one.get("/desk")).status_code for one in (sam, olivia)] == [401, 200]


# ------------------------------------------------------------------------------------------------------------ the forms


@ONE_DATABASE
async def test_a_form_without_its_token_from_elsewhere_or_of_another_session_does_nothing(
    sam: AsyncClient, olivia: AsyncClient, desk_browse: Browse
) -> None:
    marks, ours = marks_of((await sam.get("/desk")).text), {"origin": origin_of(sam)}
    theirs = marks_of((await olivia.get("/desk")).text)
    unmarked = {name: value for name, value in marks.items() if name == "nonce"}
    for sent, headers in (
        (unmarked, ours),
        ({**marks, "form_token": theirs["form_token"]}, ours),
        (marks, {"origin": "https://evil.test"}),
        (marks, {}),
        (marks, {"origin": "null"}),
    ):
        assert (await sam.post("/desk/out-everywhere", data=sent, headers=headers)).status_code == 403
    assert (await desk_browse().post("/desk/out-everywhere", data=marks, headers=ours)).status_code == 401
    assert (await sam.get("/desk/out-everywhere")).status_code == 405
    assert (await sam.get("/desk")).status_code == 200


async def test_signed_out_everywhere_is_remembered_for_nobody_who_is_not_there(store: Store) -> None:
    assert await store.write(sign_out_everywhere, "Eve", machine_time()) is False


@ONE_DATABASE
async def test_the_desk_keeps_the_doors_of_the_chat_page_shut(sam: AsyncClient) -> None:
    headers = (await sam.get("/desk")).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"


@ONE_DATABASE
async def test_the_language_is_switched_back_to_the_page_and_nowhere_else(sam: AsyncClient) -> None:
    for back, leads in (("/desk/people", "/desk/people"), ("//evil.test", "/desk"), ("/desk//../..", "/desk")):
        sent = {"language": "zh-Hant", "back": back}
        answer = await sam.post("/desk/language", data=sent, headers={"origin": origin_of(sam)})
        assert answer.headers["location"] == leads
    assert '<html lang="zh-Hant-HK"' in (await sam.get("/desk")).text
