"""The web page in a real browser for somebody who enrols: one click, and every tab goes on."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser_cast import PHONE, ask
from tests.test_browser_access import tab_to, violations

BUBBLES = ".person .bubble"
FIRM = "Sample Firm One 示範公司一 (DEMO1)"
DECLARES = ":is([value^='/done '], [value^='/undone '])"  # what is left to say depends on the tests before
HERE = "window.here = true"  # gone where the page was loaded anew


def enrol(page: Page) -> None:
    """Press the button of the first sample firm, on an empty page."""
    page.locator(".welcome .samples button").first.click()
    expect(page.locator(".usher .text").last).to_contain_text("DEMO1")
    expect(page.locator(".pending")).to_have_count(0)


def was_not_left(page: Page) -> bool:
    return bool(page.evaluate("window.here === true"))


def cookie(context: BrowserContext) -> Any:
    """The browser's cookie, which only the browser itself can read."""
    (found,) = [one for one in context.cookies() if one["name"] == "usher"]
    return found


# ------------------------------------------------------------------------------------------------------- the samples


def test_a_newcomer_enrols_for_a_sample_firm_with_one_click(page: Page, usher: str) -> None:
    page.goto(usher)
    page.evaluate(HERE)
    expect(page.locator(".welcome")).to_contain_text("USHER-DEMO-1111-1111-1111")
    expect(page.locator("#acting")).to_be_hidden()
    enrol(page)
    expect(page.locator("#acting")).to_have_text(f"You act for {FIRM}")
    expect(page.locator(BUBBLES)).to_have_text(["USHER-DEMO-…"])
    starts = page.locator("#starts button")
    expect(starts).to_have_count(7)
    expect(starts.nth(1)).to_have_text("Seats")
    assert was_not_left(page)
    page.reload()
    expect(page.locator("#acting")).to_have_text(f"You act for {FIRM}")


def test_later_the_codes_stand_in_the_demonstrations_banner(browser: Browser, usher: str) -> None:
    with browser.new_context(locale="zh-HK", viewport=PHONE) as context:
        page = context.new_page()
        page.goto(usher)
        ask(page, "用戶電郵登記幾時死線呀?")
        page.locator("#demonstration summary").click()
        second = page.locator("#demonstration .samples li").nth(1)
        expect(second).to_contain_text("USHER-DEMO-2222-2222-2222")
        second.get_by_role("button").click()
        expect(page.locator("#demonstration .samples")).to_be_hidden()
        expect(page.locator("#acting")).to_have_text("你代表 Sample Firm Two 示範公司二 (DEMO2)")


def test_a_page_that_is_no_demonstration_shows_no_codes(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    expect(page.locator(".samples")).to_have_count(0)
    assert "USHER-" not in page.content()


# --------------------------------------------------------------------------------------------------- sessions, tabs


def test_the_other_tabs_go_on_by_themselves_and_keep_what_was_typed(
    page: Page, context: BrowserContext, usher: str
) -> None:
    page.goto(usher)
    other = context.new_page()
    other.goto(usher)
    ask(other, "when must we register emails?")
    other.get_by_role("textbox").press_sequentially("half a thought")
    for tab in (page, other):
        tab.evaluate(HERE)
    page.locator("#demonstration summary").click()
    page.locator("#demonstration .samples button").first.click()
    expect(other.locator(BUBBLES)).to_have_text(["when must we register emails?", "USHER-DEMO-…"])
    expect(other.locator("#acting")).to_have_text(f"You act for {FIRM}")
    expect(other.get_by_role("textbox")).to_have_value("half a thought")
    other.locator(".send").click()
    expect(page.locator(BUBBLES).last).to_have_text("half a thought")
    assert [was_not_left(tab) for tab in (page, other)] == [True, True]


def test_a_tab_whose_next_cookie_is_still_on_its_way_waits_for_it(
    page: Page, context: BrowserContext, usher: str
) -> None:
    page.goto(usher)
    ask(page, "when must we register emails?")
    before = cookie(context)
    other = context.new_page()
    other.goto(usher)
    other.evaluate(HERE)
    page.locator("#demonstration summary").click()
    page.locator("#demonstration .samples button").first.click()
    expect(page.locator("#acting")).to_be_visible()
    after = cookie(context)
    context.add_cookies([before])  # as if the answer that brought the new one were slow
    ask_box = other.get_by_role("textbox")
    ask_box.fill("and the DAs?")
    other.locator(".send").click()
    other.wait_for_timeout(2500)
    expect(other.locator(".pending")).to_have_count(1)
    expect(other.locator(BUBBLES).first).to_have_text("when must we register emails?")
    assert cookie(context)["value"] == before["value"]  # nothing was put into its place
    context.add_cookies([after])
    expect(other.locator(".pending")).to_have_count(0)
    expect(other.locator(BUBBLES).last).to_have_text("and the DAs?")
    expect(other.locator("#acting")).to_be_visible()
    assert was_not_left(other)


def test_without_script_enrolling_works_too(browser: Browser, usher: str) -> None:
    with browser.new_context(java_script_enabled=False, viewport=PHONE, locale="en-GB") as context:
        page = context.new_page()
        page.goto(usher)
        page.locator(".welcome .samples button").first.click()
        expect(page.locator("#acting")).to_have_text(f"You act for {FIRM}")
        expect(page.locator(".usher .bubble").last).to_be_in_viewport()
        page.get_by_role("button", name="Seats", exact=True).last.click()
        expect(page.locator(".usher .text").last).to_contain_text("Seats of Sample Firm One")


def test_signing_out_in_one_tab_ends_it_in_all(page: Page, context: BrowserContext, usher: str) -> None:
    page.goto(usher)
    enrol(page)
    other = context.new_page()
    other.goto(usher)
    expect(other.locator("#acting")).to_be_visible()
    page.get_by_text("Sign out").first.click()
    page.get_by_role("button", name="Sign out").click()
    for tab in (page, other):
        expect(tab.locator("#acting")).to_be_hidden()
        expect(tab.locator(BUBBLES)).to_have_count(0)


def test_who_is_forgotten_sees_an_empty_page_in_every_tab(page: Page, context: BrowserContext, usher: str) -> None:
    page.goto(usher)
    enrol(page)
    other = context.new_page()
    other.goto(usher)
    expect(other.locator(BUBBLES)).to_have_count(1)
    ask(page, "/forget")
    page.locator("[value='/forget yes']").click()
    expect(page.get_by_text("You are forgotten.")).to_be_visible()
    for tab in (page, other):
        expect(tab.locator(BUBBLES)).to_have_count(0)
        expect(tab.locator("#acting")).to_be_hidden()


# ---------------------------------------------------------------------------------------------------- for everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-GB", "zh-HK"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_wrong_for_somebody_enrolled(
    browser: Browser, usher: str, scheme: str, locale: str, viewport: dict[str, int]
) -> None:
    with browser.new_context(color_scheme=scheme, locale=locale, viewport=viewport) as context:  # type: ignore[arg-type]  # both are of the literals that it knows
        page = context.new_page()
        page.goto(usher)
        assert violations(page) == []
        page.locator("#demonstration summary").click()
        assert violations(page) == []
        page.keyboard.press("Escape")
        enrol(page)
        assert violations(page) == []
        for number in range(3):
            page.locator("#starts button").nth(number).click()
            expect(page.locator(".pending")).to_have_count(0)
            expect(page.locator(".exchange")).to_have_count(number + 2)
        expect(page.locator(".files a")).to_have_count(1)
        assert violations(page) == []
        done = page.locator(DECLARES).first
        done.click()
        expect(done).to_have_attribute("aria-pressed", "true")
        assert violations(page) == []


def test_everything_can_be_touched_and_nothing_is_wider_than_a_phone(browser: Browser, usher: str) -> None:
    with browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True, locale="en-GB") as context:
        page = context.new_page()
        page.goto(usher)
        page.locator("#demonstration summary").click()
        assert narrow_and_large(page)
        page.keyboard.press("Escape")
        enrol(page)
        for number in range(3):
            page.locator("#starts button").nth(number).click()
            expect(page.locator(".exchange")).to_have_count(number + 2)
        assert narrow_and_large(page)


def narrow_and_large(page: Page) -> bool:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("(s => s.scrollWidth <= s.clientWidth)(document.querySelector('.scroll'))")
    sizes = [one.bounding_box() for one in page.locator("button:visible, .files a:visible").all()]
    assert sizes
    return all(size and size["height"] >= 44 for size in sizes)


def test_by_keyboard_alone_one_enrols_and_declares(page: Page, usher: str) -> None:
    page.goto(usher)
    keys = page.keyboard
    tab_to(page, ".welcome .samples button", "Shift+Tab")
    keys.press("Enter")
    expect(page.locator("#acting")).to_be_visible()
    page.get_by_role("textbox").focus()
    tab_to(page, "#starts button:first-of-type", "Shift+Tab")
    keys.press("Enter")
    expect(page.locator(DECLARES)).not_to_have_count(0)
    expect(page.locator("#starts button:first-of-type")).to_be_focused()
    tab_to(page, DECLARES, "Shift+Tab")
    label = page.evaluate("document.activeElement.textContent")
    keys.press("Enter")
    expect(page.locator(BUBBLES).last).to_have_text(label)
    expect(page.locator(".choices button:focus")).to_have_text(re.compile(re.escape(label)))
