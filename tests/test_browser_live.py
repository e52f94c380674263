"""The web page in a real browser when things happen by themselves: other tabs, cuts, a moved time, signing out."""

import re

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser_cast import PHONE, Rehearsal, ask

BUBBLES = ".person .bubble"


# ------------------------------------------------------------------------------------------------------------ two tabs


def test_two_tabs_show_the_same_and_each_thing_once(page: Page, context: BrowserContext, rehearsal: str) -> None:
    other = context.new_page()
    other.goto(rehearsal)
    page.goto(rehearsal)
    ask(page, "When is it due?")
    expect(other.locator(BUBBLES)).to_have_text(["When is it due?"])
    ask(other, "register")
    expect(page.locator(BUBBLES)).to_have_text(["When is it due?", "register"])
    expect(page.locator(".day")).to_have_count(1)
    for tab in (page, other):
        tab.reload()
        expect(tab.locator(BUBBLES)).to_have_text(["When is it due?", "register"])


def test_a_choice_pressed_in_one_tab_is_settled_in_the_other(
    page: Page, context: BrowserContext, rehearsal: str
) -> None:
    page.goto(rehearsal)
    ask(page, "register")
    other = context.new_page()
    other.goto(rehearsal)
    page.get_by_role("button", name="E-mails & DAs").click()
    chosen = other.get_by_role("button", name="E-mails & DAs")
    expect(chosen).to_have_attribute("aria-pressed", "true")
    chosen.click(force=True)
    expect(other.locator(BUBBLES)).to_have_text(["register", "E-mails & DAs"])


def test_an_answer_that_comes_while_one_reads_further_up_is_told_and_does_not_move_the_page(
    page: Page, context: BrowserContext, rehearsal: str
) -> None:
    page.goto(rehearsal)
    for number in range(8):
        ask(page, f"question {number}")
    page.locator("#conversation").evaluate("view => { view.scrollTop = -view.scrollHeight }")
    expect(page.get_by_text("question 0", exact=True)).to_be_in_viewport()
    other = context.new_page()
    other.goto(rehearsal)
    ask(other, "When is it due?")
    jump = page.get_by_role("button", name="New message")
    expect(jump).to_be_visible()
    jump.click()
    expect(page.get_by_text("When is it due?")).to_be_in_viewport()
    expect(jump).to_be_hidden()


def test_seven_tabs_of_one_browser_all_work(page: Page, context: BrowserContext, rehearsal: str) -> None:
    """A browser opens six connections to one host: streams alone must not use them up."""
    page.goto(rehearsal)
    tabs = [context.new_page() for _ in range(6)]
    for tab in tabs:
        tab.goto(rehearsal)
    ask(page, "When is it due?")
    for tab in tabs:
        tab.bring_to_front()
        tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # what a real window would say
        expect(tab.locator(BUBBLES)).to_have_text(["When is it due?"])


# ---------------------------------------------------------------------------------------------------------------- cuts


def test_what_was_said_while_the_stream_was_cut_arrives_once(
    page: Page, context: BrowserContext, stage: Rehearsal, rehearsal: str
) -> None:
    page.goto(rehearsal)
    ask(page, "one")
    other = context.new_page()
    other.goto(rehearsal)
    stage.cut_streams()
    ask(page, "two")
    ask(page, "three")
    expect(other.locator(BUBBLES)).to_have_text(["one", "two", "three"])
    stage.cut_streams()
    ask(other, "four")
    for tab in (page, other):
        expect(tab.locator(BUBBLES)).to_have_text(["one", "two", "three", "four"])


def test_usher_stops_and_comes_back_and_nothing_is_lost_or_asked_twice(
    context: BrowserContext, stage: Rehearsal, rehearsal: str
) -> None:
    page = context.new_page()  # a refused connection is told on the console, rightly
    page.goto(rehearsal)
    ask(page, "one")
    stage.stop()
    page.get_by_role("textbox").fill("two")
    page.locator(".send").click()
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    expect(page.locator(".failed .bubble").first).to_have_text("two")
    stage.start()
    again.click()
    expect(page.locator(".pending")).to_have_count(0)
    expect(page.locator(BUBBLES)).to_have_text(["one", "two"])
    expect(page.locator("#line")).to_be_empty(timeout=15_000)
    other = context.new_page()
    other.goto(rehearsal)
    ask(other, "three")
    expect(page.locator(BUBBLES)).to_have_text(["one", "two", "three"], timeout=15_000)


def test_an_answer_lost_on_its_way_is_not_asked_again(context: BrowserContext, rehearsal: str) -> None:
    page = context.new_page()
    page.goto(rehearsal)

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()  # Usher has it, and answers
            route.abort()
        else:
            route.continue_()

    page.route("**/?language=*", lose)
    page.get_by_role("textbox").fill("When is it due?")
    with page.expect_event("requestfailed"):
        page.locator(".send").click()
    expect(page.locator(".usher .text")).to_have_text(re.compile("27 April"))  # by the stream
    expect(page.locator(".pending")).to_have_count(0)
    page.unroute("**/?language=*")
    page.reload()
    expect(page.locator(BUBBLES)).to_have_text(["When is it due?"])


def test_a_page_of_a_proxy_is_no_answer_and_the_words_are_kept(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    page.route(
        "**/?language=*",
        lambda route: route.fulfill(status=200, content_type="text/html", body="<h1>Please log in</h1>"),
    )
    page.get_by_role("textbox").fill("When is it due?")
    page.locator(".send").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.unroute("**/?language=*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".usher .text")).to_have_text(re.compile("27 April"))


def test_a_fault_of_usher_is_told_with_the_hotline_and_can_be_tried_again(
    context: BrowserContext, rehearsal: str
) -> None:
    page = context.new_page()
    page.goto(rehearsal)
    page.get_by_role("textbox").fill("break")
    page.locator(".send").click()
    expect(page.locator(".failure .why")).to_contain_text("contact the Help Line: 2979 0000")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_very_many_messages_are_all_taken_in_the_end(context: BrowserContext, rehearsal: str) -> None:
    page = context.new_page()
    page.goto(rehearsal)
    page.evaluate("""() => { for (let n = 0; n < 13; n++) {
        document.getElementById('question').value = `question ${n}`;
        document.querySelector('.composer').requestSubmit();
    } }""")
    expect(page.locator(".pending")).to_have_count(0, timeout=20_000)
    expect(page.locator(BUBBLES)).to_have_text([f"question {number}" for number in range(13)])


# ------------------------------------------------------------------------------------------------- time and sessions


def test_the_time_is_moved_and_every_page_and_answer_follows(browser: Browser, own_usher: str) -> None:
    with browser.new_context(viewport=PHONE) as one, browser.new_context() as other:
        page, watching = one.new_page(), other.new_page()
        page.goto(own_usher)
        watching.goto(own_usher)
        ask(page, "how many days are left to register e-mails?")
        expect(page.locator(".usher .text").last).to_contain_text("11 business days")

        page.locator("#demonstration summary").click()
        page.get_by_role("button", name="+ 1 day").click()
        expect(page.locator("#demonstration time")).to_contain_text("Thu, 13 Apr 2023, 10:0")
        expect(watching.locator("#demonstration time")).to_contain_text("Thu, 13 Apr 2023, 10:0")
        page.get_by_role("button", name="To the next event: register for briefings (Wed 19 Apr 2023, 09:00)").click()
        expect(watching.locator("#demonstration time")).to_contain_text("Wed, 19 Apr 2023, 09:0")
        expect(page.locator("#timeline .today")).to_contain_text("register for briefings")

        page.keyboard.press("Escape")
        ask(page, "how many days are left to register e-mails?")
        expect(page.locator(".usher .text").last).to_contain_text("6 business days")
        expect(page.locator(".day")).to_have_count(2)


def test_signing_out_empties_every_tab_and_going_back_shows_nothing(
    page: Page, context: BrowserContext, rehearsal: str
) -> None:
    page.goto(rehearsal)
    ask(page, "When is it due?")
    other = context.new_page()
    other.goto(rehearsal)
    expect(other.locator(BUBBLES)).to_have_count(1)

    page.get_by_text("Sign out").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("This browser has forgotten the conversation.")).to_be_visible()
    page.wait_for_timeout(300)
    expect(page.get_by_text("This browser has forgotten the conversation.")).to_be_visible()
    expect(other.locator(BUBBLES)).to_have_count(0)
    page.goto(f"{rehearsal}circular/small")
    page.go_back()
    expect(page.locator(BUBBLES)).to_have_count(0)


def test_what_was_typed_survives_a_reload_and_a_switch_of_language(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    page.get_by_role("textbox").press_sequentially("a long thought")
    page.reload()
    expect(page.get_by_role("textbox")).to_have_value("a long thought")
    page.get_by_role("button", name="繁體中文").click()
    expect(page.get_by_role("textbox", name="你的問題")).to_have_value("a long thought")
    page.locator(".send").click()
    expect(page.locator(BUBBLES)).to_have_text(["a long thought"])
    page.reload()
    expect(page.get_by_role("textbox")).to_have_value("")


def test_a_tab_that_rested_shows_nothing_of_whoever_signed_out_meanwhile(
    page: Page, context: BrowserContext, rehearsal: str
) -> None:
    page.goto(rehearsal)
    ask(page, "When is it due?")
    page.get_by_role("textbox").press_sequentially("my own draft")
    tabs = [context.new_page() for _ in range(5)]
    for tab in tabs:
        tab.goto(rehearsal)  # the first page's stream rests now
    tabs[-1].get_by_text("Sign out").first.click()
    tabs[-1].get_by_role("button", name="Sign out").click()
    expect(tabs[-1].get_by_text("This browser has forgotten the conversation.")).to_be_visible()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(BUBBLES)).to_have_count(0)
    expect(page.get_by_role("textbox")).to_have_value("")
    ask(tabs[-1], "register")
    expect(page.locator(BUBBLES)).to_have_text(["register"])


def test_what_could_not_be_sent_survives_a_switch_of_language_and_is_sent_once(
    context: BrowserContext, stage: Rehearsal, rehearsal: str
) -> None:
    page = context.new_page()
    page.goto(rehearsal)
    page.route("**/?language=*", lambda route: route.abort())
    for words in ("one", "two"):
        page.get_by_role("textbox").fill(words)
        page.locator(".send").click()
    expect(page.get_by_role("button", name="Try again")).to_have_count(2)
    expect(page.locator(".why").first).to_have_text("Not sent: Usher cannot be reached.")
    page.unroute("**/?language=*")
    page.get_by_role("button", name="繁體中文").click()
    expect(page.locator(".pending")).to_have_count(0)
    expect(page.locator(BUBBLES)).to_have_text(["one", "two"])
    page.reload()
    expect(page.locator(BUBBLES)).to_have_text(["one", "two"])


def test_a_page_that_outlived_its_database_is_made_anew(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    ask(page, "one")
    page.locator("#conversation").evaluate("view => { view.dataset.after = 100000 }")
    ask(page, "two")
    expect(page.locator(BUBBLES)).to_have_text(["one", "two"])


def test_a_time_that_cannot_be_moved_is_told_and_can_be_tried_again(context: BrowserContext, own_usher: str) -> None:
    page = context.new_page()
    page.goto(own_usher)
    page.locator("#demonstration summary").click()
    fault = '{"note": "Usher cannot answer just now."}'
    page.route("**/time?*", lambda route: route.fulfill(status=500, content_type="application/json", body=fault))
    page.get_by_role("button", name="+ 1 day").click()
    expect(page.locator("#line")).to_have_text("Usher cannot answer just now.")
    page.unroute("**/time?*")
    page.get_by_role("button", name="+ 1 day").click()
    expect(page.locator("#demonstration time")).to_contain_text("13 Apr 2023")
    expect(page.get_by_role("button", name="+ 1 day")).to_be_focused()
    page.get_by_role("button", name="To the next event").click()
    expect(page.locator("#demonstration time")).to_contain_text("19 Apr 2023")
    expect(page.get_by_role("button", name="To the next event")).to_be_focused()
