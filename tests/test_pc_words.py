"""Everything that a PC may show has a cause, words in both languages, an owner, and what comes next."""

# ruff: noqa: E501 - an answer stays in one line of the table

import json
from typing import get_args

import pytest

from handlers.checks._seen import CODES, HINTS, OTHER, PAGE, PORTAL, SIGHTS, UNSEEN, Answer, result_of_answer
from handlers.checks._slip import Slip
from handlers.probe import Cause, Owner
from models.campaign import Campaign
from models.checks import Check, Result
from models.wording import phrases
from tests.reception_cast import KEY, MORNING

TABLE = {
    "page": (Cause.OK, "The page, as it should be", "正確的網頁", "", "works from here and on your PC"),
    "portal": (Cause.WRONG_PAGE, "Another page", "另一個網頁", "the proxy or portal in between", "a portal or a filter"),
    "nxdomain": (Cause.DNS_NXDOMAIN, "does not exist", "沒有", "the DNS that was asked", "let your DNS resolve this name"),
    "unresolved": (Cause.DNS_NXDOMAIN, "does not exist", "沒有", "the DNS that was asked", "let your DNS resolve this name"),
    "refused": (Cause.TCP_REFUSED, "refused", "被拒絕", "the firewall in between", "firewall"),
    "timeout": (Cause.TCP_TIMEOUT, "silently dropped", "默默丟棄", "the firewall in between", "let this address and port"),
    "reset": (Cause.TLS_RESET, "before it is secure", "切斷", "the firewall in between", "firewall"),
    "tunnel": (Cause.PROXY_REFUSED, "The proxy does not let", "代理伺服器不讓", "the proxy or portal", "at the proxy"),
    "ssl": (Cause.TLS_REFUSED, "secure connection", "拒絕加密連線", "the proxy or portal", "firewall or proxy"),
    "authority": (Cause.TLS_UNKNOWN_CA, "not known", "不明的機構", "the proxy or portal", "inspection"),
    "name": (Cause.TLS_WRONG_NAME, "certificate", "另一個名稱", "the proxy or portal", "Do not log on"),
    "date": (Cause.TLS_EXPIRED, "expired", "已過期", "the proxy or portal", "date"),
    "other": (None, "does not tell what is wrong", "未能判斷", "this computer", "commands for IT staff"),
}  # fmt: skip


def looked(result: Result, **other: str) -> Check:
    kept = {"language": "en"} | vars(result) | other
    return Check(id=7, campaign=KEY, target="sso", participant="B01001", contact_id=1, address="", place="",
                 asked_at=MORNING, recorded_at=MORNING, **kept)  # fmt: skip


def slip(campaign: Campaign, answer: Answer, language: str) -> str:
    told = json.dumps({"saw": answer.saw, "said": answer.said, "hint": answer.hint, "agrees": answer.agrees})
    kept = result_of_answer(answer, told)
    check = looked(kept, vantage="pc", evidence=answer.evidence, language=language)
    bot = looked(Result("ok", "ok", "ok", "nobody", ""))
    return Slip(campaign, campaign.targets[0], check, bot, "Amy", "Alpha (B01001)", language, False).text


def test_there_are_ten_codes_and_every_answer_is_in_the_table() -> None:
    assert len(CODES) == 10
    assert set(SIGHTS) == set(TABLE)


@pytest.mark.parametrize("saw", TABLE)
def test_an_answer_means_its_cause_and_says_who_and_what_next(campaign: Campaign, saw: str) -> None:
    cause, english, chinese, owner, follows = TABLE[saw]
    assert Answer(saw).cause is cause
    told, chinese_told = slip(campaign, Answer(saw), "en"), slip(campaign, Answer(saw), "zh-Hant")
    assert english in told
    assert chinese in chinese_told
    assert owner in told
    assert follows in told
    assert "10:00 HKT" in told
    assert "no verification by HKCC" in told
    assert "並非HKCC" in chinese_told.replace(" ", "")
    assert SIGHTS[saw].code in told


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_that_words_or_tools_can_name_has_words_on_a_slip(cause: Cause) -> None:
    assert cause.owner in get_args(Owner)
    for language in ("en", "zh-Hant"):
        for key in (f"check.cause.{cause}", f"check.next.{cause}", f"check.owner.{cause.owner}"):
            assert phrases()[language][key]


@pytest.mark.parametrize(
    ("saw", "hint", "evidence"),
    [(PAGE, "", "attested"), (PAGE, "answered", "attested+hint"), (PAGE, "good", "attested+hint"),
     (PAGE, "failed", "attested"), ("refused", "failed", "attested+hint"), ("refused", "answered", "attested"),
     (PORTAL, "elsewhere", "attested+hint"), (OTHER, "slow", "attested"), (UNSEEN, "good", "hint"),
     (UNSEEN, "", "hint")],
)  # fmt: skip
def test_the_browser_s_own_tries_only_add_to_what_somebody_saw(saw: str, hint: str, evidence: str) -> None:
    assert hint in HINTS
    assert Answer(saw, hint=hint).evidence == evidence


def test_a_healthy_pc_whose_browser_s_try_fails_is_not_doubted(campaign: Campaign) -> None:
    told = slip(campaign, Answer(PAGE, hint="failed"), "en")
    assert "works from here and on your PC" in told
    assert "what was seen counts" in told


@pytest.mark.parametrize(
    ("said", "cause"),
    [("it says ERR_EMPTY_RESPONSE", Cause.HTTP_CLOSED), ("HTTP ERROR 403", Cause.HTTP_FORBIDDEN),
     ("ERR_PROXY_CONNECTION_FAILED", Cause.PROXY_UNREACHABLE), ("a white page", None)],
)  # fmt: skip
def test_a_code_in_one_s_own_words_is_read(said: str, cause: Cause | None) -> None:
    assert Answer(OTHER, said).cause is cause


def test_where_it_fails_from_here_too_nobody_is_sent_to_the_it_staff(campaign: Campaign) -> None:
    dropped = Result("fail", "tcp", "tcp_timeout", "your_firewall", '{"saw": "timeout"}')
    check, bot = looked(dropped, vantage="pc", evidence="attested"), looked(dropped)
    for knows, told in ((True, "wait, support has been told"), (False, "wait, and try again later")):
        text = Slip(campaign, campaign.targets[0], check, bot, "", "Alpha (B01001)", "en", knows).text
        assert told in text
        assert "IT staff to let" not in text
