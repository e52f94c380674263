"""A participant's own mail domains are known from those that give addresses to anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from models.participants import (
    NotADomain,
    NotAnAddress,
    ParticipantDomain,
    domain_of,
    domains_of,
    having_domain,
    mail_address,
    mail_domain,
    may_have_address,
)
from models.store import Store
from tests.firms import firm


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("firm.com.hk", "firm.com.hk"),
        (" @FIRM.com.hk ", "firm.com.hk"),
        ("firm.com.hk.", "firm.com.hk"),
        ("ｆｉｒｍ．com．hk", "firm.com.hk"),
        ("證券.香港", "xn--zcr140l.xn--j6w193g"),
        ("mail.firm.com.hk", "mail.firm.com.hk"),
        ("firm.onmicrosoft.com", "firm.onmicrosoft.com"),
    ],
)
def test_a_domain_is_kept_as_the_network_writes_it(written: str, domain: str) -> None:
    assert mail_domain(written) == domain


@pytest.mark.parametrize(
    "written",
    ["gmail.com", "GMail.com", "vip.qq.com", "yahoo.com.hk", "163.com", "netvigator.com", "outlook.com", "ｇmail.com",
     "hotmail.com.", "@icloud.com", "sub.sub.protonmail.com"],
)  # fmt: skip
def test_a_domain_at_which_anybody_gets_an_address_is_nobody_s_own(written: str) -> None:
    with pytest.raises(NotADomain, match="gives addresses to anybody"):
        mail_domain(written)


@pytest.mark.parametrize("written", ["com.hk", "co.uk", "onmicrosoft.com"])
def test_the_ending_of_many_domains_is_nobody_s_own(written: str) -> None:
    with pytest.raises(NotADomain, match="ending of many"):
        mail_domain(written)


@pytest.mark.parametrize(
    "written", ["", "hk", "firm", "amy@firm.hk", "firm..hk", "-firm.hk", "192.0.2.1", "fi rm.hk", "a" * 64 + ".hk", "."]
)
def test_what_is_no_domain_is_refused(written: str) -> None:
    with pytest.raises(NotADomain, match="is not a mail domain"):
        mail_domain(written)


def test_a_firm_whose_name_only_looks_like_a_public_one_may_have_it() -> None:
    assert mail_domain("notgmail.com") == "notgmail.com"
    assert mail_domain("gmail.com.firm.hk") == "gmail.com.firm.hk"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Amy.Wong@Firm.com.HK", "amy.wong@firm.com.hk"),
        (" o'neil+seats@firm.hk ", "o'neil+seats@firm.hk"),
        ("amy@證券.香港", "amy@xn--zcr140l.xn--j6w193g"),
    ],
)
def test_an_address_is_kept_in_small_letters(written: str, address: str) -> None:
    assert mail_address(written) == address


@pytest.mark.parametrize(
    "written",
    ["", "@", "amy", "amy@", "@firm.hk", "a..b@firm.hk", ".a@firm.hk", "amy wong@firm.hk", "amy@firm", "a@b@firm.hk",
     "amy@firm.hk\nBcc: all@firm.hk", '"amy"@firm.hk', "x" * 65 + "@firm.hk", "amy@192.0.2.1", "=cmd@firm.hk\x00"],
)  # fmt: skip
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(NotAnAddress):
        mail_address(written)


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    domain = domain_of(text)
    assert domain is None or mail_address(text).endswith(f"@{domain}")


@given(st.text())
def test_any_text_is_a_domain_or_none(text: str) -> None:
    try:
        domain = mail_domain(text)
    except NotADomain:
        return
    assert mail_domain(domain) == domain


async def test_firms_of_a_group_may_share_a_domain(store: Store) -> None:
    def put(session: Session) -> None:
        for code in ("C02", "C01", "C03"):
            firm(session, code, f"Firm {code}")
        session.add_all(ParticipantDomain(domain="group.example", participant=code) for code in ("C02", "C01"))
        session.add(ParticipantDomain(domain="alpha.example", participant="C01"))

    await store.write(put)
    assert [one.code for one in await store.read(having_domain, ["group.example"])] == ["C01", "C02"]
    assert await store.read(domains_of, "C01") == ["alpha.example", "group.example"]
    assert await store.read(may_have_address, "C01", "Amy@ALPHA.example")
    assert not await store.read(may_have_address, "C02", "amy@alpha.example")
    assert not await store.read(may_have_address, "C01", "amy@sub.alpha.example")
    assert await store.read(may_have_address, "C03", "amy@anywhere.example")  # it has named none
