"""The web page in a real browser: lists of which each button can be pressed, and files that can be kept."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser_cast import Rehearsal, ask

BUBBLES = ".person .bubble"
HERE = "window.here = true"  # gone where the page was loaded anew


def was_not_left(page: Page) -> bool:
    return bool(page.evaluate("window.here === true"))


def test_of_a_list_each_can_be_pressed_and_both_arrive(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    ask(page, "status")
    page.evaluate(HERE)
    first, second = page.locator(".choices button").all()
    first.click()
    second.click()
    expect(page.locator(BUBBLES)).to_have_text(["status", "E-mails registered", "DAs registered"])
    expect(page.locator(".choices .chosen")).to_have_count(2)
    expect(page.locator(".choices button").nth(1)).to_be_focused()
    expect(page.locator(".pending")).to_have_count(0)
    assert was_not_left(page)


def test_what_was_pressed_in_a_list_is_marked_and_can_be_pressed_again(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    ask(page, "status")
    first, second = page.locator(".choices button").all()
    first.dblclick()
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(page.locator(BUBBLES)).to_have_text(["status", "E-mails registered"])
    page.reload()
    second.click()
    expect(page.locator(BUBBLES)).to_have_text(["status", "E-mails registered", "DAs registered"])
    first.click()
    expect(page.locator(BUBBLES)).to_have_text(["status", "E-mails registered", "DAs registered", "E-mails registered"])


def test_a_press_that_failed_can_be_made_again(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    ask(page, "status")
    first, second = page.locator(".choices button").all()
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    page.route(
        "**/?language=*", lambda route: route.fulfill(status=200, content_type="text/html", body="Please log in")
    )
    second.click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    expect(second).not_to_have_attribute("aria-disabled", "true")
    page.unroute("**/?language=*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(BUBBLES)).to_have_text(["status", "E-mails registered", "DAs registered"])


def test_a_press_that_another_tab_made_already_is_shown_once(
    page: Page, context: BrowserContext, rehearsal: str
) -> None:
    page.goto(rehearsal)
    ask(page, "status")
    other = context.new_page()
    other.route("**/stream?*", lambda route: route.abort())  # it hears nothing of the first press
    other.goto(rehearsal)
    other.evaluate(HERE)
    for tab in (page, other):
        tab.locator(".choices button").first.click()
        expect(tab.locator(BUBBLES)).to_have_text(["status", "E-mails registered"])
        expect(tab.locator(".pending")).to_have_count(0)
    assert was_not_left(other)
    expect(page.locator(BUBBLES)).to_have_count(2)


def test_a_file_is_kept_under_its_name(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    ask(page, "hold")
    link = page.get_by_role("link", name="briefing.ics")
    expect(link).to_contain_text("calendar file")
    with page.expect_download() as kept:
        link.click()
    assert kept.value.suggested_filename == "briefing.ics"
    assert "SUMMARY:Briefing 座談會" in kept.value.path().read_text(encoding="utf-8")
    with page.expect_download() as other:
        page.get_by_role("link", name="清單.csv").click()
    assert other.value.suggested_filename == "清單.csv"


def test_a_message_that_is_changed_changes_on_the_open_page_and_moves_nothing_else(
    page: Page, context: BrowserContext, stage: Rehearsal
) -> None:
    page.goto(stage.address)
    ask(page, "When is it due?")
    cookie = next(one["value"] for one in context.cookies() if one["name"] == "usher")
    reference = stage.tell(cookie.split(".")[0], "so far: one")
    told = page.locator(".usher .text").last
    expect(told).to_have_text("so far: one")
    count = page.locator(".exchange").count()
    for words in ("so far: one, two", "so far: one, two, three"):
        stage.change(reference, words)
        expect(told).to_have_text(words)
    assert page.locator(".exchange").count() == count
