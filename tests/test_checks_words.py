"""Every cause has words for whoever asked in a chat, in both languages; bot and PC side by side lead to an owner."""

import re
from datetime import UTC, datetime

import pytest

from handlers.checks import Looked, result_of, told_to, verdict_side_by_side
from handlers.checks._side import _TOGETHER
from handlers.probe import Cause, Flight
from models.campaign import Campaign
from models.checks import Check
from models.store import Store
from models.wording import phrases
from tests.channels_cast import ONE_DATABASE
from tests.checks_cast import Line, copy_of, looking, report, told, wanted
from tests.probe_kinds import KINDS
from tests.probe_lab import Lab
from tests.reception_cast import KEY, MORNING

NOW = datetime(2026, 2, 3, tzinfo=UTC)
WARNINGS = {kind.cause for kind in KINDS if kind.verdict == "warning"}
OWN = {Cause.OWN_NETWORK, Cause.OWN_LOAD}


def kept(cause: Cause, language: str = "en") -> Check:
    verdict = "unknown" if cause in OWN else "warning" if cause in WARNINGS else None
    result = result_of(report(cause, verdict))  # type: ignore[arg-type] # each is a verdict
    return Check(campaign=KEY, target="sso", participant="B01001", contact_id=1, address="web:amy", place="web:amy",
                 language=language, asked_at=MORNING, recorded_at=NOW, **vars(result))  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-Hant", "zh-Hans"])
@pytest.mark.parametrize("cause", Cause, ids=lambda cause: cause.value)
def test_every_cause_is_told_with_verdict_owner_next_step_and_details(
    campaign: Campaign, cause: Cause, language: str
) -> None:
    telling = told_to(campaign, campaign.targets[0], kept(cause, language), support_knows=True)
    reply = telling.result(kept(cause, language))
    verdict, following, details = reply.text.split("\n\n")
    assert "{" not in reply.text
    assert reply.language == language
    assert len(verdict.split("\n")) == 2
    assert following
    assert details.split("\n")[0].endswith(("):", "）："))
    if cause in OWN | {Cause.OK}:
        return
    assert "not from your PC" in verdict or "你電腦" in verdict or "你电脑" in verdict
    # What would be a reader's own DNS or firewall is not theirs, seen from the bot.
    who = {"en": "Who can do something about it:", "zh-Hant": "誰可以處理：", "zh-Hans": "谁可以处理："}
    assert following.startswith(who[language])
    assert not re.search("your IT staff\\)|貴公司的 IT|whoever runs the (DNS|firewall|proxy)", following)


def test_long_details_are_cut_so_that_they_fit_a_chat(campaign: Campaign) -> None:
    made = report(Cause.TCP_TIMEOUT)
    long = result_of(type(made)(**{**vars(made), "steps": made.steps[1:] * 100}))
    check = kept(Cause.TCP_TIMEOUT)
    check.report_json = long.report_json
    text = told_to(campaign, campaign.targets[0], check).result(check).text
    assert text.endswith("\n… (+84)")
    assert len(text) < 4096


# -------------------------------------------------------------------------------------------------------- side by side


def seen(cause: Cause, verdict: str | None = None) -> Looked:
    return report(cause, verdict)  # type: ignore[arg-type] # each is a verdict


@pytest.mark.parametrize(
    ("bot", "pc", "phrase", "owner"),
    [
        (seen(Cause.OK), seen(Cause.OK), "fine", "nobody"),
        (seen(Cause.DNS_SERVER_DEAD, "warning"), seen(Cause.OK), "fine", "nobody"),
        (seen(Cause.OK), seen(Cause.DNS_NXDOMAIN), "yours", "your_dns"),
        (seen(Cause.OK), seen(Cause.TCP_TIMEOUT), "yours", "your_firewall"),
        (seen(Cause.OK), seen(Cause.TCP_REFUSED), "yours", "your_firewall"),
        (seen(Cause.OK), seen(Cause.TLS_UNKNOWN_CA), "yours", "your_proxy"),
        (seen(Cause.OK), seen(Cause.HTTP_FORBIDDEN), "yours", "your_proxy"),
        (seen(Cause.OK), seen(Cause.HOSTS_FILE), "yours", "your_computer"),
        (seen(Cause.DNS_SERVER_DEAD, "warning"), seen(Cause.TCP_TIMEOUT), "yours", "your_firewall"),
        (seen(Cause.TCP_TIMEOUT), seen(Cause.TCP_TIMEOUT), "both", "their_server"),
        (seen(Cause.DNS_SERVFAIL), seen(Cause.OK), "ours", "us"),
        (seen(Cause.OWN_NETWORK, "unknown"), seen(Cause.OK), "pc_fine", "nobody"),
        (seen(Cause.OWN_NETWORK, "unknown"), seen(Cause.TCP_TIMEOUT), "alone", "your_firewall"),
        (None, seen(Cause.DNS_TIMEOUT), "alone", "your_dns"),
        (None, seen(Cause.OK), "pc_fine", "nobody"),
        (seen(Cause.OK), seen(Cause.WRONG_PAGE, "unknown"), "unsure", "your_computer"),
        (seen(Cause.TCP_TIMEOUT), seen(Cause.WRONG_PAGE, "unknown"), "both_unsure", "their_server"),
        (None, seen(Cause.WRONG_PAGE, "unknown"), "unsure_both", "your_computer"),
    ],
)  # fmt: skip
def test_bot_and_pc_side_by_side_say_where_the_reason_lies(
    bot: Looked | None, pc: Looked, phrase: str, owner: str
) -> None:
    beside = verdict_side_by_side(bot, pc)
    assert (beside.phrase, beside.owner) == (f"checks.side.{phrase}", owner)


def test_all_that_can_stand_side_by_side_has_words() -> None:
    outcomes = ("works", "fails", "unclear")
    assert set(_TOGETHER) == {(bot, pc) for bot in outcomes for pc in outcomes}
    said = {f"checks.side.{phrase}" for phrase, _ in _TOGETHER.values()}
    for language in ("en", "zh-Hant"):
        assert {key for key in phrases()[language] if key.startswith("checks.side.")} == said


# ------------------------------------------------------------------------------------------------------ the real probe


@ONE_DATABASE
@pytest.mark.parametrize(
    ("kind", "begins"),
    [("healthy", "From this bot: "), ("expired", "It does not work from this bot: ")],
)
async def test_what_the_probe_sees_is_told(
    store: Store, campaign: Campaign, two_firms: dict[str, int], lab: Lab, kind: str, begins: str
) -> None:
    wanted_kind = next(one for one in KINDS if one.name == kind)
    async with lab.of(wanted_kind) as setup:
        copy = copy_of(store, campaign, Line())
        copy.flight = Flight(lambda aim, on_step: setup.look(on_step=on_step))
        async with looking(copy):
            await wanted(store, two_firms["amy"])
            (text,) = (await told(store, 1)).values()
    assert text.startswith(begins)
    assert "· dns " in text
    assert "· tls " in text


@ONE_DATABASE
async def test_the_running_bot_looks_as_the_campaign_says_and_uses_no_proxy_of_the_environment(
    store: Store, campaign: Campaign, two_firms: dict[str, int], lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with lab.of(next(one for one in KINDS if one.name == "healthy")) as setup:
        told_of = {"name_servers": (str(setup.resolvers[0]),), "addresses": ("127.0.0.1",)}
        (target,) = campaign.targets
        lab_target = target.model_copy(update={"url": f"{setup.aim.origin}{setup.aim.path}", **told_of})
        copy = copy_of(store, campaign.model_copy(update={"targets": (lab_target,)}), Line())
        copy.flight = None  # it makes its own, as in a start
        async with looking(copy):
            await wanted(store, two_firms["amy"])
            (text,) = (await told(store, 1)).values()
    # Nobody but the lab believes the lab's certificates: that it got as far as that is what counts.
    assert text.startswith("It does not work from this bot: The certificate of 2FA server (SSO page)")
    assert f"ok · tcp 127.0.0.1:{setup.aim.ports[0]}" in text
