"""The test on a terminal PC in a real browser: all is well, refused, a wrong certificate, a portal, silence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from models.campaign import Campaign
from tests.browser_cast import DESKTOP, PHONE, chromium_with
from tests.pc_bench import Bench, arguments, bench
from tests.probe_lab import Lab

SHOTS = os.environ.get("PC_SHOTS")  # a folder: what is seen is kept there


@pytest.fixture(scope="module")
def terminal(lab: Lab) -> Iterator[Browser]:
    """A browser that finds the lab's server by its name."""
    with chromium_with(*arguments(lab)) as browser:
        yield browser


@pytest.fixture
def case(lab: Lab, campaign: Campaign, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    with bench(lab, campaign, f"sqlite:///{tmp_path / 'usher.db'}", request.param) as made:
        yield made


@contextmanager
def on_pc(terminal: Browser, **given: object) -> Iterator[Page]:
    with terminal.new_context(**({"viewport": DESKTOP, "locale": "en-GB"} | given)) as context:  # type: ignore[arg-type] # handed on by name
        yield context.new_page()


def begun(page: Page, case: Bench, language: str = "en") -> None:
    """Open the link, and press the button."""
    page.goto(f"{case.address}v?language={language}#{case.offered().token}")
    page.locator("#linked button").click()
    expect(page.locator("#steps")).to_be_visible()


def opened(page: Page) -> str:
    """What the new tab shows."""
    with page.context.expect_page() as tab:
        page.locator("a.open").click()
    tab.value.wait_for_load_state()
    expect(tab.value.locator("body")).not_to_be_empty()
    told = tab.value.locator("body").inner_text()
    assert tab.value.evaluate("window.opener") is None
    tab.value.close()
    return told


def answered(page: Page, saw: str) -> str:
    page.locator(f"input[value={saw}]").check()
    page.locator("form .send").click()
    expect(page.locator(".slip")).to_be_visible()
    return page.locator(".slip").inner_text()


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


CASES = [
    ("healthy", "good", "Harbour gate", "page", "works on your PC", ("ok", "ok", "attested+hint")),
    ("refused", "failed", "ERR_CONNECTION_REFUSED", "refused", "connection (TCP) FAILS",
     ("fail", "tcp_refused", "attested+hint")),
    ("certificate", "failed", "ERR_CERT_AUTHORITY_INVALID", "authority", "encryption (TLS) FAILS",
     ("fail", "tls_unknown_ca", "attested+hint")),
    ("portal", "elsewhere", "Guest network", "portal", "Another page", ("fail", "wrong_page", "attested+hint")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "hint", "tab", "saw", "told", "kept"), CASES, indirect=["case"], ids=[one[0] for one in CASES]
)
def test_the_browser_says_what_it_can_and_the_person_what_they_see(
    terminal: Browser, case: Bench, hint: str, tab: str, saw: str, told: str, kept: tuple[str, str, str]
) -> None:
    with on_pc(terminal) as page:
        begun(page, case)
        expect(page.locator("input[name=hint]")).to_have_value(hint)
        expect(page.locator("#hint")).to_contain_text("This browser's own try")
        assert tab in opened(page)
        slip = answered(page, saw)
        assert told in slip
        (check,) = case.seen()
        assert (check.verdict, check.cause, check.evidence) == kept


@pytest.mark.parametrize("case", ["silent"], indirect=True)
def test_silence_is_told_from_a_failure_at_once(terminal: Browser, case: Bench) -> None:
    with on_pc(terminal) as page:
        begun(page, case)
        expect(page.locator("input[name=hint]")).to_have_value("slow", timeout=30_000)
        answered(page, "timeout")
        (check,) = case.seen()
        assert (check.cause, check.evidence) == ("tcp_timeout", "attested+hint")


@pytest.mark.parametrize("case", ["healthy"], indirect=True)
def test_the_link_opens_the_test_once_and_the_slip_can_be_seen_again(terminal: Browser, case: Bench) -> None:
    with on_pc(terminal) as page:
        test = case.offered()
        asked: list[str] = []
        page.on("request", lambda one: asked.append(one.url + (one.post_data or "")))
        page.goto(f"{case.address}v?language=en#{test.token}")
        assert [one for one in asked if test.token in one.partition("#")[0]] == []  # before the button nothing is sent
        page.locator("#linked button").click()
        expect(page.locator("#steps")).to_be_visible()
        answered(page, "page")
        page.reload()  # sends the same again
        expect(page.locator(".slip")).to_contain_text("answered already")
        page.goto(f"{case.address}v?language=en")
        page.goto(f"{case.address}v?language=en#{test.token}")
        page.reload()
        page.locator("#linked button").click()
        expect(page.get_by_role("heading")).to_have_text("This test cannot be opened")


@pytest.mark.parametrize("case", ["healthy"], indirect=True)
def test_without_script_the_code_is_typed(terminal: Browser, case: Bench) -> None:
    with on_pc(terminal, java_script_enabled=False) as page:
        page.goto(f"{case.address}v?language=en")
        page.locator("#code").fill(case.offered().code.lower())
        page.locator("#typed .send").click()
        assert "ERR" not in answered(page, "page")
        (check,) = case.seen()
        assert (check.verdict, check.evidence) == ("ok", "attested")


@pytest.mark.parametrize("case", ["healthy"], indirect=True)
def test_the_browser_alone_is_weak_evidence(terminal: Browser, case: Bench) -> None:
    with on_pc(terminal) as page:
        begun(page, case)
        expect(page.locator("input[name=hint]")).to_have_value("good")
        assert "Nothing was declared" in answered(page, "unseen")
        assert [check.evidence for check in case.seen()] == ["hint"]


@pytest.mark.parametrize("case", ["refused"], indirect=True)
@pytest.mark.parametrize("language", ["en", "zh-Hant"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_is_readable_for_everybody(
    terminal: Browser, case: Bench, language: str, viewport: dict[str, int], scheme: str
) -> None:
    case.bot_saw("ok", "ok")
    name = f"{language}-{'phone' if viewport == PHONE else 'desktop'}-{scheme}"
    with on_pc(terminal, viewport=viewport, color_scheme=scheme) as page:
        page.goto(f"{case.address}v?language={language}#{case.offered().token}")
        fits(page, f"bare-{name}")
        page.locator("#linked button").click()
        expect(page.locator("input[name=hint]")).to_have_value("failed")
        fits(page, f"test-{name}")
        answered(page, "refused")
        fits(page, f"slip-{name}")


def fits(page: Page, name: str) -> None:
    shot(page, name)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [f"{rule['id']}: {node['html'][:150]}" for rule in found for node in rule["nodes"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
