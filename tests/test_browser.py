"""The web page in a real browser: the journey of a question in both languages, on a desktop and on a phone."""

import re

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser_cast import PHONE, ask

# ------------------------------------------------------------------------------------- the journey, with the real Usher


def test_a_deadline_is_asked_in_english(page: Page, usher: str) -> None:
    page.goto(usher)
    expect(page.get_by_text("DEMONSTRATION", exact=True)).to_be_visible()
    expect(page.locator("#demonstration time")).to_contain_text("12 Apr 2023, 1")

    ask(page, "when must we register emails?")
    answer = page.locator(".usher .bubble").last
    expect(answer).to_contain_text("27 April 2023")
    expect(page.locator(".exchange").last).to_have_attribute("lang", "en")
    expect(answer.get_by_role("blockquote").first).to_be_hidden()
    answer.get_by_text("Source", exact=True).click()
    expect(answer.get_by_role("blockquote").first).to_be_visible()
    expect(answer).to_contain_text("before 28 April 2023 (Friday)")


def test_a_deadline_is_asked_in_cantonese(page: Page, usher: str) -> None:
    page.goto(usher)
    ask(page, "用戶電郵登記幾時死線呀?")
    answer = page.locator(".usher .bubble").last
    expect(answer).to_contain_text("4月27日")
    expect(page.locator(".exchange").last).to_have_attribute("lang", "zh-Hant-HK")
    answer.locator("summary").click()
    quote = answer.get_by_role("blockquote").first
    expect(quote).to_be_visible()
    expect(quote).to_have_attribute("lang", "en")


def test_the_whole_page_can_be_chinese(browser: Browser, usher: str) -> None:
    with browser.new_context(locale="zh-HK", viewport=PHONE) as context:
        page = context.new_page()
        page.goto(usher)
        expect(page.get_by_role("heading", name="歡迎查詢通告內容")).to_be_visible()
        page.get_by_role("button", name="限期", exact=True).click()
        expect(page.locator(".usher .text").last).to_contain_text("4月27日")
        expect(page.locator(".person .bubble").last).to_have_text("限期")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("button", name="Deadlines", exact=True)).to_be_visible()
        expect(page.locator(".person .bubble").last).to_have_text("限期")  # what was said stays as it was said


def test_every_quick_start_is_answered(page: Page, usher: str) -> None:
    page.goto(usher)
    answers = {
        "Deadlines": "27 April 2023",
        "Briefings": "16:30",
        "Connection check": "Edge",
        "Ask support": "one message",
        "Enrol": "enrolment code",
    }
    quick = page.locator(".quick button")
    assert quick.all_inner_texts() == list(answers)
    for label, words in answers.items():
        page.get_by_role("button", name=label, exact=True).first.click()
        expect(page.locator(".person .bubble").last).to_have_text(label)
        expect(page.locator(".usher .text").last).to_contain_text(words)


def test_support_is_asked_in_two_steps_and_the_case_has_a_number(page: Page, usher: str) -> None:
    page.goto(usher)
    page.get_by_role("button", name="Ask support").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    ask(page, "Our terminal is at two sites, does it matter?")
    expect(page.locator(".usher .text").last).to_contain_text("is noted as case")
    expect(page.locator(".usher .text").last).to_contain_text("Our terminal is at two sites, does it matter?")


def test_a_source_opens_the_circular_at_the_quote(page: Page, context: BrowserContext, usher: str) -> None:
    page.goto(usher)
    ask(page, "when must we register emails?")
    page.locator("details.source summary").last.click()
    with context.expect_page() as opened:
        page.get_by_role("link", name="Show in the circular").last.click()
    circular = opened.value
    expect(circular.locator("#quote")).to_be_in_viewport()
    expect(circular.locator("mark").first).to_have_text("28 April 2023")


def test_an_unclear_word_gives_choices_and_a_press_answers(page: Page, usher: str) -> None:
    page.goto(usher)
    ask(page, "register")
    choices = page.locator(".usher .choices button")
    expect(choices.first).to_be_visible()
    label = choices.first.inner_text()
    choices.first.click()
    expect(page.locator(".person .bubble").last).to_have_text(label)
    expect(page.locator(".usher details").last).to_be_visible()
    expect(choices.first).to_have_attribute("aria-pressed", "true")
    expect(choices.first).to_be_focused()  # whoever goes by keyboard is still there
    choices.last.click(force=True)  # settled: nothing is asked any more
    page.reload()
    expect(page.locator(".person .bubble")).to_have_text(["register", label])


# ---------------------------------------------------------------------------------------- the page, with fixed answers


def test_the_conversation_is_there_after_a_reload_and_in_a_second_tab(
    page: Page, context: BrowserContext, rehearsal: str
) -> None:
    page.goto(rehearsal)
    ask(page, "When is it due?")
    page.reload()
    expect(page.locator(".person .bubble")).to_have_text(["When is it due?"])

    other = context.new_page()
    other.goto(rehearsal)
    expect(other.locator(".person .bubble")).to_have_text(["When is it due?"])


def test_another_visitor_sees_nothing_of_it(page: Page, browser: Browser, rehearsal: str) -> None:
    page.goto(rehearsal)
    ask(page, "When is it due?")
    with browser.new_context() as stranger:
        other = stranger.new_page()
        other.goto(rehearsal)
        expect(other.locator(".bubble")).to_have_count(0)


def test_a_pressed_choice_is_marked(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    ask(page, "register")
    page.get_by_role("button", name="E-mails & DAs").click()
    expect(page.locator(".person .bubble").last).to_have_text("E-mails & DAs")
    expect(page.get_by_role("button", name="E-mails & DAs")).to_have_attribute("aria-pressed", "true")


def test_the_keyboard_is_enough(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    expect(page.locator(".person .bubble")).to_have_text("first line\nsecond line", use_inner_text=True)
    expect(page.get_by_label("Your question")).to_be_focused()


def test_an_impatient_double_click_asks_once(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    page.get_by_label("Your question").fill("When is it due?")
    page.get_by_role("button", name="Send").dblclick()
    expect(page.locator(".person .bubble")).to_have_count(1)
    page.reload()
    expect(page.locator(".person .bubble")).to_have_count(1)


def test_without_script_it_works_and_the_newest_is_in_view(browser: Browser, rehearsal: str) -> None:
    with browser.new_context(java_script_enabled=False, viewport=PHONE) as context:
        page = context.new_page()
        page.goto(rehearsal)
        for number in range(8):
            ask(page, f"question {number}")
        for _ in range(2):
            expect(page.locator(".usher .bubble").last).to_be_in_viewport()
            expect(page.locator(".usher .bubble").first).not_to_be_in_viewport()
            page.goto(rehearsal)  # afresh, with no #newest in the address


def test_a_phone_shows_everything_within_its_width(browser: Browser, rehearsal: str) -> None:
    with browser.new_context(viewport=PHONE, has_touch=True) as context:
        page = context.new_page()
        page.goto(rehearsal)
        ask(page, "w" * 500)
        ask(page, "register")
        wide = "document.documentElement.scrollWidth <= innerWidth"
        assert page.evaluate(wide)
        assert page.evaluate("(s => s.scrollWidth <= s.clientWidth)(document.querySelector('.scroll'))")
        sizes = [button.bounding_box() for button in page.get_by_role("button").all()]
        assert all(size and size["height"] >= 44 for size in sizes)


def test_markup_of_a_question_is_text(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    ask(page, "<img src=x onerror=alert(1)> & <b>bold</b>")
    expect(page.locator(".bubble img, .bubble b")).to_have_count(0)


def test_a_too_long_question_stays_in_the_box(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    page.get_by_label("Your question").fill("長" * 3000)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Too long by 1,000 characters")
    expect(page.get_by_label("Your question")).to_have_value("長" * 3000)
    expect(page.locator(".bubble")).to_have_count(0)


def test_a_question_of_nothing_is_told(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_have_text("Please write your question first.")
    ask(page, "When is it due?")
    expect(page.locator("#note")).to_be_empty()


def test_while_an_answer_is_on_its_way_the_question_stands_there_and_usher_types(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/?language=*", hold)
    page.get_by_role("textbox").fill("When is it due?")
    page.locator(".send").click()
    expect(page.locator(".pending .person .bubble").first).to_have_text("When is it due?")
    expect(page.locator(".pending .typing")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("Usher is answering")
    held[0].continue_()
    expect(page.locator(".typing")).to_have_count(0)
    expect(page.locator(".usher .text")).to_have_text(re.compile("27 April"))
