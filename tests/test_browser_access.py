"""The web page for everybody: screen readers, keyboard only, narrow and dark, on paper, copied, and with any script."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser_cast import PHONE, ask

STRANGE = "مرحبا بالعالم 👩‍💻 𠮷野家 " + "w" * 400 + " <b>&amp;</b> \u202eabc"


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong, a line each."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-GB", "zh-HK"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_wrong_in_any_state_of_the_page(
    browser: Browser, usher: str, scheme: str, locale: str, viewport: dict[str, int]
) -> None:
    with browser.new_context(color_scheme=scheme, locale=locale, viewport=viewport) as context:  # type: ignore[arg-type]  # both are of the literals that it knows
        page = context.new_page()
        page.goto(usher)
        assert violations(page) == []
        ask(page, "用戶電郵登記幾時死線呀?" if locale == "zh-HK" else "when must we register emails?")
        page.locator("details.source summary").last.click()
        ask(page, "register")
        page.locator(".choices button").first.click()
        expect(page.locator(".chosen")).to_be_visible()
        assert violations(page) == []
        for place in range(page.locator("details.pull").count()):
            page.locator("details.pull > summary").nth(place).click()
            assert violations(page) == []
            page.keyboard.press("Escape")
        page.locator(".send").click()
        expect(page.locator("#note")).not_to_be_empty()
        assert violations(page) == []
        page.goto(f"{usher}circular/ccms-2fa-2023")
        assert violations(page) == []
        page.goto(f"{usher}nowhere")
        assert violations(page) == []


def test_axe_would_find_something(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    page.evaluate("document.querySelector('.send').textContent = ''")
    assert [line.split(":")[0] for line in violations(page)] == ["button-name"]


def test_there_are_landmarks_and_a_live_region(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    for role in ("banner", "main", "contentinfo"):
        expect(page.get_by_role(role)).to_have_count(1)
    expect(page.get_by_role("log", name="Conversation")).to_be_visible()


def tab_to(page: Page, wanted: str, key: str = "Tab") -> None:
    for _ in range(30):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
        page.keyboard.press(key)
    pytest.fail(f"{wanted} cannot be reached by {key}")


def test_every_turn_is_put_into_the_live_region_once(page: Page, rehearsal: str) -> None:
    """A screen reader reads aloud what is added: an answer that comes twice must not be added twice."""
    page.goto(rehearsal)
    page.evaluate("""() => { window.added = []; new MutationObserver((changes) => {
        for (const node of changes.flatMap((one) => [...one.addedNodes])) if (node.dataset?.turn) added.push(node.id);
    }).observe(document.querySelector('.conversation'), { childList: true, subtree: true }); }""")
    for words in ("When is it due?", "register", "and again"):
        ask(page, words)
    page.wait_for_timeout(500)
    added = page.evaluate("added")
    assert len(added) == len(set(added)) == 3


def test_the_whole_journey_goes_by_keyboard_alone(page: Page, usher: str) -> None:
    page.goto(usher)
    keys = page.keyboard
    expect(page.get_by_role("textbox")).to_be_focused()
    keys.type("register")
    keys.press("Enter")
    expect(page.locator(".choices button")).not_to_have_count(0)
    expect(page.get_by_role("textbox")).to_be_focused()

    tab_to(page, ".choices button:first-of-type", "Shift+Tab")
    label = page.evaluate("document.activeElement.textContent")
    keys.press("Enter")
    expect(page.locator(".person .bubble").last).to_have_text(label)
    expect(page.locator(".choices button:focus")).to_have_text(label)

    tab_to(page, ".source summary")
    keys.press("Enter")
    expect(page.locator("blockquote").last).to_be_visible()

    tab_to(page, ".skip", "Shift+Tab")
    expect(page.get_by_role("link", name="Skip to the question box")).to_be_in_viewport()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator("#timeline")).to_be_visible()
    keys.press("Escape")
    expect(page.locator("#timeline")).to_be_hidden()
    expect(page.locator("summary:focus")).to_have_text("Timeline")


def test_enter_while_characters_are_composed_sends_nothing(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    box = page.get_by_role("textbox")
    box.fill("幾時")
    box.evaluate(
        "box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    expect(box).to_have_value("幾時")
    expect(page.locator(".person")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 360, 768])
def test_strange_text_stays_text_and_within_the_page(browser: Browser, rehearsal: str, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 740}) as context:
        page = context.new_page()
        page.goto(rehearsal)
        ask(page, STRANGE.strip())
        ask(page, "When is it due?")
        expect(page.locator(".bubble b")).to_have_count(0)
        assert page.locator(".person .bubble").first.evaluate("one => getComputedStyle(one).direction") == "rtl"
        page.locator("details.source summary").last.click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("(s => s.scrollWidth <= s.clientWidth)(document.querySelector('#conversation'))")
        page.goto(f"{rehearsal}circular/small")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_enlarged_page_loses_nothing(browser: Browser, rehearsal: str) -> None:
    """At 400 % a window of 1280 by 800 has 320 by 200 of the page's pixels."""
    with browser.new_context(viewport={"width": 320, "height": 200}) as context:
        page = context.new_page()
        page.goto(rehearsal)
        ask(page, "When is it due?")
        for part in (page.get_by_role("textbox"), page.locator(".usher .text"), page.get_by_text("Timeline")):
            part.first.scroll_into_view_if_needed()
            expect(part.first).to_be_in_viewport(ratio=0.5)


def test_on_paper_are_the_questions_the_answers_and_their_sources(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    ask(page, "When is it due?")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("blockquote")).to_be_visible()
    for gone in (".composer", ".quick", ".tools", ".copy"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator(".person .bubble")).to_be_visible()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("blockquote")).to_be_hidden()


def test_an_answer_is_copied_with_its_source(browser: Browser, rehearsal: str) -> None:
    with browser.new_context(permissions=["clipboard-read"], locale="en-GB") as context:
        page = context.new_page()
        page.goto(rehearsal)
        ask(page, "When is it due?")
        page.get_by_role("button", name="Copy with source").click()
        whole = page.evaluate("navigator.clipboard.readText()")
        assert whole == (
            "Complete it by Thursday 27 April 2023.\nAsk the hotline about the 28th.\n\n"
            "paragraph 3: “CPs shall verify <b>before</b> 28 April 2023 (Friday).”\n\n"
            "Answered by Usher, Wed, 12 Apr 2023, 10:00 HKT"
        )
        expect(page.get_by_role("status")).to_have_text("Copied")

        page.locator(".usher .text").evaluate(
            "text => getSelection().setBaseAndExtent(text.firstChild.firstChild, 0, text.firstChild.firstChild, 11)"
        )
        page.keyboard.press("Control+C")
        part = page.evaluate("navigator.clipboard.readText()")
        page.evaluate("getSelection().collapseToStart()")
        page.keyboard.press("Control+C")
        assert page.evaluate("navigator.clipboard.readText()") == part  # nothing selected: nothing is copied

        assert re.fullmatch(r"Complete it\n\nparagraph 3: “CPs shall .*”\n\nAnswered by Usher, .*HKT", part)


def test_nothing_is_asked_of_any_other_host(context: BrowserContext, usher: str) -> None:
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(usher)
    ask(page, "when must we register emails?")
    page.goto(f"{usher}circular/ccms-2fa-2023")
    assert asked
    assert [url for url in asked if not url.startswith(usher)] == []
