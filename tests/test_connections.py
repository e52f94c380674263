"""A check that was asked for is looked at once for all who wait, and told to each of them once, whatever dies."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from handlers.probe import Cause, Finding, Flight
from models import checks
from models.campaign import Campaign
from models.checks import State
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.checks_cast import (
    DROPPED,
    Line,
    checked,
    copy_of,
    looking,
    posted,
    report,
    results,
    soon,
    told,
    wanted,
)
from tests.delivery_cast import Recorder, machine_time
from tests.reception_cast import KEY
from tests.status_cast import ALPHA, BETA

OWN = "This is the view from this bot's own network, not from your PC."


async def test_a_check_is_looked_at_and_told_once(store: Store, campaign: Campaign, two_firms: dict[str, int]) -> None:
    line = Line()
    async with looking(copy_of(store, campaign, line)):
        check = await wanted(store, two_firms["amy"])
        texts = await told(store, 1)
    assert list(texts) == [f"check:{check.id}"]
    assert [aim.host for aim in line.looked] == ["sso.hkexposttrade.com.hk"]
    (kept,) = await checked(store)
    assert (kept.state, kept.verdict, kept.phase, kept.cause, kept.owner) == ("done", "ok", "ok", "ok", "nobody")
    message = (await posted(store))[f"check:{check.id}"]
    assert (message.address, message.reply.private, message.not_before >= check.recorded_at) == (
        f"web:{two_firms['amy']}", True, True
    )  # fmt: skip


async def test_it_begins_at_once_when_it_is_asked_for(
    store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    line, copy = Line(), copy_of(store, campaign, Line())
    copy.flight, copy.pace = Flight(line.look), replace(copy.pace, poll=60.0)
    async with looking(copy):
        await asyncio.sleep(0.1)
        await wanted(store, two_firms["amy"])
        await told(store, 1)


async def test_five_hundred_at_once_are_one_check_and_each_is_told(
    store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    line = Line()
    line.open.clear()
    for _ in range(500):
        await wanted(store, two_firms["amy"])
    async with looking(copy_of(store, campaign, line)):
        await soon(_all_running(store))
        line.open.set()
        began = asyncio.get_running_loop().time()
        assert len(await told(store, 500)) == 500
        took = asyncio.get_running_loop().time() - began
    assert len(line.looked) == 1
    assert took < 5  # on a machine with time it is half a second


def _all_running(store: Store):  # type: ignore[no-untyped-def] # a test's own
    async def running() -> bool:
        return all(check.state == State.RUNNING for check in await checked(store))

    return running


async def test_two_copies_tell_it_once(store: Store, campaign: Campaign, two_firms: dict[str, int]) -> None:
    line = Line()
    async with looking(copy_of(store, campaign, line, "one"), copy_of(store, campaign, line, "two")):
        for name in ("amy", "ben", "cy"):
            await wanted(store, two_firms[name], participant=BETA if name == "cy" else ALPHA)
        await told(store, 3)
        await asyncio.sleep(0.2)
    assert len(await results(store)) == 3


async def test_what_a_copy_that_was_killed_had_begun_another_tells_once(
    store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    dead = Line()
    dead.open.clear()
    killed = copy_of(store, campaign, dead, "dead")
    killed.start()
    check = await wanted(store, two_firms["amy"])
    await soon(_all_running(store))
    for task in (killed._loop, *killed._looking):
        assert task
        task.cancel()  # as a kill would: nothing is given back

    async def late() -> None:
        async with looking(copy_of(store, campaign, Line(), "two", machine=_later)):
            await told(store, 1)
            await asyncio.sleep(0.2)

    await late()
    assert list(await results(store)) == [f"check:{check.id}"]


def _later() -> datetime:
    return machine_time() + checks.LEASE + timedelta(seconds=5)


async def test_a_copy_that_is_stopped_leaves_its_check_to_another_at_once(
    store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    slow = Line()
    slow.open.clear()
    async with looking(copy_of(store, campaign, slow, "one")):
        await wanted(store, two_firms["amy"])
        await soon(_all_running(store))
    assert [check.state for check in await checked(store)] == ["asked"]
    async with looking(copy_of(store, campaign, Line(), "two")):
        await told(store, 1)


# --------------------------------------------------------------------------------------------------------------- words


async def one_text(store: Store, campaign: Campaign, contact: int, line: Line, language: str = "en") -> str:
    async with looking(copy_of(store, campaign, line)):
        await wanted(store, contact, language=language)
        (text,) = (await told(store, 1)).values()
    return text


@ONE_DATABASE
async def test_what_works_is_told_with_where_to_look_if_it_fails_on_the_pc(
    store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    text = await one_text(store, campaign, two_firms["amy"], Line())
    verdict, following, details = text.split("\n\n")
    assert verdict == (
        "From this bot: 2FA server (SSO page) can be reached, and all that was tried works.\n" + OWN
    )  # fmt: skip
    assert following == (
        "Whether your PC reaches it, only a test on that PC can show. If it fails there, the reason lies between your "
        "PC and the server: your DNS, firewall or proxy. Ask your IT staff. The network set-up is described in "
        "Section 4.7 to Section 4.9 of the CCASS (CCMS) Terminal Installation Procedures."
    )
    assert details.split("\n") == [
        "Details to copy (2FA server (SSO page), seen from this bot's own network, 10:00 HKT on Wednesday 12 April "
        "2023, 321 ms):",
        "ok · dns 192.0.2.53 · 12 ms · A 203.0.113.7",
    ]


@ONE_DATABASE
async def test_a_time_out_is_no_proof_that_it_is_down_and_the_asker_is_to_wait(
    store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    text = await one_text(store, campaign, two_firms["amy"], Line(report(Cause.TCP_TIMEOUT)))
    assert text.startswith("It does not work from this bot: 2FA server (SSO page) is found, but nothing answers")
    assert "down" not in text
    assert "It fails from here too, so it need not be your PC or your network: wait. The support team has been" in text
    assert "your IT staff" not in text  # the firewall that is meant is none of theirs
    assert "Why: The reason of tcp_timeout." in text
    assert f"BAD · tcp 203.0.113.7:443 · 3000 ms · {DROPPED.detail}" in text


@ONE_DATABASE
async def test_without_a_support_room_nobody_is_said_to_have_been_told(
    store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    line = Line(report(Cause.TCP_TIMEOUT))
    async with looking(copy_of(store, campaign, line, room=None)):
        await wanted(store, two_firms["amy"])
        (text,) = (await told(store, 1)).values()
    assert "has been told" not in text
    assert "contact DCASS Hotline 2979 7222" in text


@ONE_DATABASE
async def test_half_broken_is_not_called_fine(store: Store, campaign: Campaign, two_firms: dict[str, int]) -> None:
    also = Finding(Cause.TLS_EXPIRES_SOON, "It ends in 5 days.", "warning")
    text = await one_text(store, campaign, two_firms["amy"], Line(report(Cause.DNS_SERVER_DEAD, "warning", also)))
    assert text.startswith("From this bot it works in part: 2FA server (SSO page) can be found, but one of the name")
    assert "Also: It ends in 5 days." in text


@ONE_DATABASE
@pytest.mark.parametrize("cause", [Cause.OWN_NETWORK, Cause.OWN_LOAD])
async def test_where_the_bot_s_own_network_is_broken_it_cannot_judge(
    store: Store, campaign: Campaign, two_firms: dict[str, int], cause: Cause
) -> None:
    text = await one_text(store, campaign, two_firms["amy"], Line(report(cause, "unknown")))
    assert text.startswith("From here 2FA server (SSO page) cannot be judged")
    assert "This says nothing about 2FA server (SSO page) or about you." in text
    assert await store.read(checks.incidents, KEY) == []


@ONE_DATABASE
async def test_a_bug_in_the_check_keeps_nobody_waiting(
    store: Store, campaign: Campaign, two_firms: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    text = await one_text(store, campaign, two_firms["amy"], Line(error=ZeroDivisionError("a bug")))
    assert text.startswith("I could not check 2FA server (SSO page) just now: the error is on this bot's side")
    assert "could not be checked" in caplog.text


@ONE_DATABASE
@pytest.mark.parametrize(("language", "begins"), [
    ("zh-Hant", "從本機械人測試不成功：找到"), ("zh-Hans", "从本机械人测试不成功：找到")
])  # fmt: skip
async def test_each_is_told_in_their_language(
    store: Store, campaign: Campaign, two_firms: dict[str, int], language: str, begins: str
) -> None:
    line = Line(report(Cause.TCP_TIMEOUT))
    assert (await one_text(store, campaign, two_firms["amy"], line, language)).startswith(begins)


@ONE_DATABASE
async def test_a_target_that_the_circular_names_no_more_is_not_checked(
    store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    line = Line()
    async with looking(copy_of(store, campaign, line)):
        await wanted(store, two_firms["amy"], target="gone")
        (text,) = (await told(store, 1)).values()
    assert text == "gone is no longer named by the circular: it was not checked."
    assert line.looked == []


@ONE_DATABASE
async def test_a_channel_that_edits_nothing_is_told_the_result_all_the_same(
    store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    line = Line()
    line.open.clear()
    copy = copy_of(store, campaign, line, channels={"web": Recorder("web")})
    async with looking(copy):
        await wanted(store, two_firms["amy"])
        await soon(_posted(store, 1))
        line.open.set()
        await told(store, 1)
    (stages, _) = (await posted(store)).values()
    assert (stages.key.endswith(":stages"), stages.state) == (True, "cancelled")


def _posted(store: Store, number: int):  # type: ignore[no-untyped-def] # a test's own
    async def enough() -> bool:
        return len(await posted(store)) >= number

    return enough
